#include <cstdio>
#include <exception>
#include <new>
#include <string>
#include <string_view>

#include "vitrine/io/file.hpp"
#include "vitrine/io/image_reader.hpp"
#include "vitrine/io/json.hpp"
#include "vitrine/io/nifti.hpp"
#include "vitrine/onnx/opencv_network.hpp"
#include "vitrine/onnx/reading.hpp"

namespace {

using namespace vitrine;

constexpr const char* usage =
    "usage: vitrine-onnx-opencv --version\n"
    "       vitrine-onnx-opencv RUNTIME MODEL SETTINGS IMAGE OUTPUT\n"
    "Runs a network of an ONNX file on an image, for `vitrine stress` (reader onnx). RUNTIME is "
    "what --version says, SETTINGS are the reader's keys as JSON. OUTPUT: NIfTI of a segmentation, "
    "CSV of a detection or classification.\n";

readers::Onnx settings_of(const std::string& json) {
  Diagnostics problems;
  const readers::Onnx settings =
      readers::Onnx::schema().read(io::parse_json(json, "SETTINGS"), problems);
  if (!problems.ok())
    throw Error(Error::Kind::input, "SETTINGS: " + problems.entries().front().message);
  return settings;
}

void run(const std::string& runtime, const io::Path& model, const std::string& json,
         const io::Path& input, const io::Path& output) {
  require(runtime == onnx::opencv_runtime(), Error::Kind::input, "this is ", onnx::opencv_runtime(),
          ", and no longer '", runtime, "'. Start `vitrine stress` again");
  const readers::Onnx settings = settings_of(json);
  const auto network = onnx::opencv_network(model);
  const Image image = io::read_image(input);
  if (settings.task == "segmentation") {
    const Mask mask = onnx::segment(image, settings, *network);
    io::write_file(output, io::encode_nifti(mask, "vitrine onnx"));
    return;
  }
  if (settings.task == "detection") {
    std::string table = "x_mm,y_mm,z_mm,score\n";
    for (const auto& [centre, score] : onnx::detect(image, settings, *network))
      table += str(to_text(centre.x()), ',', to_text(centre.y()), ',', to_text(centre.z()), ',',
                   to_text(score), '\n');
    io::write_file(output, table);
    return;
  }
  const std::string column = settings.output == "scores" ? "score" : "probability";
  const double rating = onnx::rate(image, settings, *network);
  io::write_file(output, str(column, '\n', to_text(rating), '\n'));
}

}  // namespace

int main(int argc, char** argv) {
  try {
    if (argc == 2 && std::string_view(argv[1]) == "--version") {
      std::puts(onnx::opencv_runtime().c_str());
      return 0;
    }
    if (argc != 6) {
      std::fputs(usage, stderr);
      return 2;
    }
    run(argv[1], argv[2], argv[3], argv[4], argv[5]);
    return 0;
  } catch (const std::bad_alloc&) {
    std::fputs("error: out of memory. Raise memory_gib, or give the network patches\n", stderr);
    return 1;
  } catch (const std::exception& error) {
    std::fprintf(stderr, "error: %s\n", error.what());
    return 1;
  }
}
