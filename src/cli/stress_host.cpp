#include "vitrine/cli/stress_host.hpp"

#include <unistd.h>

#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <iostream>

#include "vitrine/io/csv.hpp"
#include "vitrine/io/image_reader.hpp"

namespace vitrine::cli {
namespace {

bool names_a_file(const std::string& argument) {
  std::error_code ignored;
  return !argument.empty() && std::filesystem::is_regular_file(argument, ignored);
}

void replace(std::string& text, std::string_view what, const std::string& by) {
  for (std::size_t at = 0; (at = text.find(what, at)) != std::string::npos; at += by.size())
    text.replace(at, what.size(), by);
}

/// A mask on the image's grid: what is not 0.
Mask read_found(const io::Path& file, const Grid& grid) {
  const LabelImage labels = io::read_labels(file, 8 * std::uint64_t(grid.count()) + io::mebibyte);
  require(labels.grid.size == grid.size, Error::Kind::data, "its output has ", labels.grid.size[0],
          " x ", labels.grid.size[1], " x ", labels.grid.size[2], " voxels (the image has ",
          grid.size[0], " x ", grid.size[1], " x ", grid.size[2],
          "). Write the mask on the image's grid");
  io::require_same_grid(grid, labels.grid);
  Mask mask(grid);
  for (std::size_t v = 0; v < labels.index.size(); ++v)
    mask.values()[v] = labels.labels[labels.index[v]].value != 0;
  return mask;
}

std::vector<readers::Point> read_points(const io::Path& file) {
  constexpr std::uint64_t most_bytes = 16 * io::mebibyte;
  const Table table = io::parse_csv(io::read_text(file, most_bytes), "its output");
  std::array<std::size_t, 4> column{};
  constexpr const char* names[] = {"x_mm", "y_mm", "z_mm", "score"};
  for (std::size_t c = 0; c < 4; ++c) column[c] = table.column(names[c]);
  std::vector<readers::Point> points;
  for (const auto& row : table.rows) {
    std::array<double, 4> values{};
    for (std::size_t c = 0; c < 4; ++c) {
      const double* number = std::get_if<double>(&row[column[c]]);
      require(number && std::isfinite(*number), Error::Kind::data, "row ", points.size() + 1,
              " of its output has no number as ", names[c], ". Write finite numbers");
      values[c] = *number;
    }
    points.push_back({{values[0], values[1], values[2]}, values[3]});
  }
  return points;
}

/// Removes a directory at the end, whatever happens.
struct Removed {
  io::Path path;
  ~Removed() {
    std::error_code ignored;
    std::filesystem::remove_all(path, ignored);
  }
};

}  // namespace

readers::Command resolved(const readers::Command& command) {
  readers::Command out = command;
  for (std::string& argument : out.arguments)
    if (names_a_file(argument)) argument = std::filesystem::absolute(argument).string();
  return out;
}

Digest digest_of(const readers::Command& command) {
  const io::Path program = io::find_program(command.arguments.front());
  require(!program.empty(), Error::Kind::io, "there is no program '", command.arguments.front(),
          "'. Give its path, or install it");
  Sha256 sum;
  for (const std::string& argument : command.arguments) {
    sum.add(argument);
    if (&argument == &command.arguments.front())
      sum.add(sha256(io::read_file(program)).hex());
    else if (names_a_file(argument))
      sum.add(sha256(io::read_file(argument)).hex());
  }
  return sum.finish();
}

readers::Reading CommandHost::run(const readers::Command& command,
                                  const readers::Request& request) {
  const Removed removed{scratch_};
  std::filesystem::remove_all(scratch_);
  // The image lies outside of the directory in which the program may write.
  const io::Path home = scratch_ / "run", image = scratch_ / "image.nii.gz";
  io::make_directories(home);
  io::write_file(image, image_);
  const bool masks = command.task != "detection";
  const io::Path output =
      std::filesystem::absolute(home / (masks ? "output.nii.gz" : "output.csv"));
  io::ProcessOrder order{command.arguments, home, log_, command.timeout,
                         std::uint64_t(command.memory * double(io::gibibyte))};
  for (std::string& argument : order.arguments) {
    replace(argument, "{image}", std::filesystem::absolute(image).string());
    replace(argument, "{output}", output.string());
  }
  end_ = io::run_process(order);
  require(end_->how == io::ProcessEnd::How::exited && end_->code == 0, Error::Kind::data,
          to_string(*end_));
  // A link could lead anywhere.
  const auto status = std::filesystem::symlink_status(output);
  require(std::filesystem::exists(status), Error::Kind::data,
          "it wrote no output (exit code 0). {output} is where it must be");
  require(std::filesystem::is_regular_file(status), Error::Kind::data,
          "its output is no regular file (links are not followed). Write the file itself");
  readers::Reading reading;
  try {
    if (masks)
      reading.mask = read_found(output, request.image.grid());
    else
      reading.points = read_points(output);
  } catch (const Error& error) {
    // Tables name no directory of this run.
    std::string message = error.what();
    replace(message, output.string(), "{output}");
    throw Error(error.kind(), message);
  }
  return reading;
}

Consent::Consent(const std::string& file, bool yes) : file_(file), yes_(yes) {
  if (!file_.empty()) return;
  const char* config = std::getenv("XDG_CONFIG_HOME");
  const char* home = std::getenv("HOME");
  if (config && *config)
    file_ = io::Path(config) / "vitrine" / "consent";
  else if (home && *home)
    file_ = io::Path(home) / ".config" / "vitrine" / "consent";
}

void Consent::require_for(const std::string& model, const readers::Command& command,
                          const Digest& digest) {
  std::string agreed;
  if (!file_.empty() && std::filesystem::exists(file_)) agreed = io::read_text(file_);
  if (yes_ || agreed.starts_with(digest.hex()) ||
      agreed.find('\n' + digest.hex()) != std::string::npos)
    return;
  std::string shown;
  for (const std::string& argument : command.arguments) shown += " " + to_json(Value(argument));
  if (::isatty(STDIN_FILENO) != 0) {
    std::fprintf(stderr,
                 "The model '%s' runs a program:\n %s\n(SHA-256 of it and its files %s)\n"
                 "Run it on every image? [y/N] ",
                 model.c_str(), shown.c_str(), digest.hex().c_str());
    std::string answer;
    std::getline(std::cin, answer);
    if (answer == "y" || answer == "Y" || answer == "yes") {
      if (!file_.empty()) {
        io::make_directories(file_.parent_path());
        io::write_file(file_, str(agreed, digest.hex(), ' ', model, '\n'));
      }
      return;
    }
  }
  throw Error(Error::Kind::input, str("nobody agreed that the model '", model, "' may run", shown,
                                      ". Give --yes, or put the line '", digest.hex(), ' ', model,
                                      "' into a file and name it by --consent"));
}

}  // namespace vitrine::cli
