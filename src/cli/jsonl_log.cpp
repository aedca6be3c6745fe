#include "vitrine/cli/jsonl_log.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cmath>
#include <cstdio>
#include <cstring>
#include <string_view>

#include "vitrine/io/identity.hpp"

namespace vitrine::cli {
namespace {

constexpr std::array<const char*, 4> level_names = {"debug", "info", "warning", "error"};

bool write_whole(int descriptor, std::string_view text) {
  while (!text.empty()) {
    const ssize_t n = ::write(descriptor, text.data(), text.size());
    if (n < 0 && errno != EINTR) return false;
    if (n > 0) text.remove_prefix(static_cast<std::size_t>(n));
  }
  return true;
}

/// Does a regular file end in the middle of a line?
bool ends_in_a_line(int descriptor) {
  struct stat status {};
  char last = '\n';
  return ::fstat(descriptor, &status) == 0 && S_ISREG(status.st_mode) && status.st_size > 0 &&
         ::pread(descriptor, &last, 1, status.st_size - 1) == 1 && last != '\n';
}

}  // namespace

JsonlLog::~JsonlLog() {
  for (const File& file : files_) ::close(file.descriptor);
}

void JsonlLog::open(const io::Path& path, LogLevel least) {
  // A pipe or a terminal can be written, but not read.
  int descriptor = ::open(path.c_str(), O_RDWR | O_APPEND | O_CREAT | O_CLOEXEC, 0666);
  if (descriptor < 0)
    descriptor = ::open(path.c_str(), O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0666);
  require(descriptor >= 0, Error::Kind::io, "cannot write the log '", path.string(), "' (",
          std::strerror(errno), "). Check the path and its directory.");
  if (ends_in_a_line(descriptor)) static_cast<void>(write_whole(descriptor, "\n"));
  files_.push_back({path, least, descriptor});
}

double JsonlLog::seconds() const {
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - start_).count();
}

void JsonlLog::write(LogLevel level, const std::string& event, const Value& detail) {
  std::string text;
  for (std::size_t i = 0; i < files_.size();) {
    if (level < files_[i].least) {
      ++i;
      continue;
    }
    if (text.empty()) {
      Value line = Value()
                       .set("time", Value(io::utc_time()))
                       .set("level", Value(level_names[std::size_t(level)]))
                       .set("event", Value(event))
                       .set("seconds", Value(std::round(seconds() * 1e3) / 1e3));
      if (const auto* members = detail.as<Value::Map>())
        for (const auto& member : *members) line.set(member.key, member.value);
      text = to_json(line) + "\n";
    }
    if (write_whole(files_[i].descriptor, text)) {
      ++i;
      continue;
    }
    std::fprintf(stderr, "vitrine: note: the log '%s' is not continued (%s)\n",
                 files_[i].path.c_str(), std::strerror(errno));
    ::close(files_[i].descriptor);
    files_.erase(files_.begin() + std::ptrdiff_t(i));
  }
}

}  // namespace vitrine::cli
