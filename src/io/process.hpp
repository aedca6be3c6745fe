#pragma once
#include <cstdint>
#include <string>
#include <vector>

#include "vitrine/io/file.hpp"

namespace vitrine::io {

/// A program to run, and what it may take.
struct ProcessOrder {
  std::vector<std::string> arguments;   ///< the program first, as execvp(3) finds it; no shell
  Path directory;                       ///< where it runs; TMPDIR and HOME are there too
  Path log;                             ///< takes its standard output and error
  double seconds = 600.0;               ///< after which it is killed
  std::uint64_t memory = 8 * gibibyte;  ///< bytes of addresses, of each process
};

/// How a program ended.
struct ProcessEnd {
  enum class How { exited, signalled, timed_out };
  How how = How::exited;
  int code = 0;           ///< exit code, or the signal
  double seconds = 0.0;   ///< of wall time
  bool confined = false;  ///< it could write nowhere but in its directory and to devices
};

/// Run a program in a process group of its own, and kill whatever is left of that group when it
/// ends. It has no standard input. Where the kernel has Landlock it can write below its directory
/// only, and to devices. Throws Error (io) if it cannot be started.
ProcessEnd run_process(const ProcessOrder& order);

/// "exit code 3", "killed by signal 9 (Killed)", "still running after 5 s".
std::string to_string(const ProcessEnd& end);

/// The file that execvp(3) would run for this name; empty: there is none.
Path find_program(const std::string& name);

}  // namespace vitrine::io
