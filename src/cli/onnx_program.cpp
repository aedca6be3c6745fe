#include "vitrine/cli/onnx_program.hpp"

#include "vitrine/cli/scratch.hpp"
#include "vitrine/io/process.hpp"
#include "vitrine/readers/onnx.hpp"

namespace vitrine::cli {
namespace {

io::Path path_of(const std::string& program) {
  const io::Path beside = std::filesystem::read_symlink("/proc/self/exe").parent_path() / program;
  const io::Path found = io::find_program(beside.string());
  return found.empty() ? io::find_program(program) : found;
}

/// What the program says of itself.
std::string runtime_of(const io::Path& program) {
  const Scratch scratch;
  const io::Path log = scratch.path() / "log";
  constexpr double seconds = 60.0;
  const io::ProcessEnd end = io::run_process({.arguments = {program.string(), "--version"},
                                              .directory = scratch.path(),
                                              .log = log,
                                              .seconds = seconds});
  std::string said = io::read_text(log);
  while (said.ends_with('\n')) said.pop_back();
  constexpr int not_started = 127;  // a library is not there, or Node.js
  require(end.how == io::ProcessEnd::How::exited && end.code == 0, Error::Kind::input, "'",
          program.string(), "' does not say what it is (", io::to_string(end), "): ", said,
          end.code == not_started ? ". Install what is missing, or say the other runtime" : "");
  return said;
}

}  // namespace

readers::Command with_runtime(const readers::Command& command) {
  readers::Command out = command;
  if (!readers::is_onnx(command)) return out;
  std::string& program = out.arguments.front();
  const std::string& file = out.arguments[readers::onnx_file];
  require(std::filesystem::is_regular_file(file), Error::Kind::input, "there is no file '", file,
          "' (reader onnx). Give the network's path from where `vitrine` is started");
  const io::Path found = path_of(program);
  require(!found.empty(), Error::Kind::input, "there is no program '", program,
          program.ends_with("opencv")
              ? "' (this build has no OpenCV). Install libopencv-dnn-dev and build again, say "
                "runtime: node, or run the network by a program of yours (reader command)"
              : "'. Install vitrine again, or run the network by a program of yours (reader "
                "command)");
  program = found.string();
  out.arguments[readers::onnx_runtime] = runtime_of(found);
  return out;
}

}  // namespace vitrine::cli
