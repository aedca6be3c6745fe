#pragma once
#include <chrono>
#include <string>
#include <vector>

#include "vitrine/core/value.hpp"
#include "vitrine/io/file.hpp"

namespace vitrine::cli {

/// How much a line of a log matters.
enum class LogLevel { debug, info, warning, error };

/// Writes lines of JSON, {time, level, event, seconds, ...}, to the end of files
/// (docs/formats/outputs.md). A reader may follow them while they grow.
class JsonlLog {
 public:
  JsonlLog() = default;
  JsonlLog(const JsonlLog&) = delete;
  JsonlLog& operator=(const JsonlLog&) = delete;
  ~JsonlLog();

  /// Write also to this file, lines of `least` and above. What a killed run left of a line there is
  /// ended first. Throws Error (io).
  void open(const io::Path& path, LogLevel least);

  /// `seconds` counts from the making of this log. A file that can no longer be written is said
  /// once on the error stream and left alone: a log is no reason to end a trial.
  void write(LogLevel level, const std::string& event, const Value& detail = {});

  double seconds() const;

 private:
  struct File {
    io::Path path;
    LogLevel least;
    int descriptor;
  };
  std::vector<File> files_;
  std::chrono::steady_clock::time_point start_ = std::chrono::steady_clock::now();
};

}  // namespace vitrine::cli
