#include "vitrine/io/checksums.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <filesystem>

#include "vitrine/core/error.hpp"
#include "vitrine/io/detail/posix.hpp"

namespace vitrine::io {
namespace {

bool stays_inside(const std::string& path) {
  const Path relative(path);
  return !path.empty() && relative.is_relative() &&
         std::find(relative.begin(), relative.end(), "..") == relative.end();
}

// sha256sum escapes a newline, a carriage return and a backslash, and begins such a line with one.
std::string escaped(const std::string& path) {
  std::string out;
  for (const char c : path) {
    if (c == '\\')
      out += "\\\\";
    else if (c == '\n')
      out += "\\n";
    else if (c == '\r')
      out += "\\r";
    else
      out += c;
  }
  return out;
}

std::string unescaped(std::string_view path) {
  std::string out;
  for (std::size_t i = 0; i < path.size(); ++i) {
    if (path[i] == '\\' && i + 1 < path.size()) {
      const char next = path[++i];
      out += next == 'n' ? '\n' : next == 'r' ? '\r' : next;
    } else {
      out += path[i];
    }
  }
  return out;
}

}  // namespace

Digest hash_file(const Path& path) {
  const auto file = detail::open_file("read", path, O_RDONLY | O_NONBLOCK);
  Bytes piece(static_cast<std::size_t>(mebibyte));
  Sha256 hash;
  for (;;) {
    const ssize_t n = ::read(file.number(), piece.data(), piece.size());
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) detail::fail("read", path, errno);
    if (n == 0) return hash.finish();
    hash.bytes(std::span(piece).first(static_cast<std::size_t>(n)));
  }
}

std::string checksums_text(std::vector<Checksum> files) {
  std::ranges::sort(files, {}, &Checksum::path);
  std::string text;
  for (const Checksum& file : files) {
    const std::string path = escaped(file.path);
    if (path != file.path) text += '\\';
    text += str(file.digest.hex(), "  ", path, '\n');
  }
  return text;
}

std::vector<Checksum> parse_checksums(std::string_view text, const std::string& file) {
  std::vector<Checksum> files;
  for (int line = 1; !text.empty(); ++line) {
    const auto refuse = [&](const std::string& why) {
      throw Error(Error::Kind::data, why, Location{file, line, 1, {}});
    };
    const std::size_t end = text.find('\n');
    std::string_view row = text.substr(0, end);
    text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
    if (end == std::string_view::npos)
      refuse("the last line has no end (the file is cut short). Write it again.");
    const bool is_escaped = row.starts_with('\\');
    if (is_escaped) row.remove_prefix(1);

    Checksum entry;
    if (row.size() < 67 || row[64] != ' ' || (row[65] != ' ' && row[65] != '*'))
      refuse("this is no line of sha256sum: 64 digits, two spaces and a path are expected.");
    const auto digest = digest_from_hex(row.substr(0, 64));
    if (!digest) refuse("a SHA-256 digest has 64 of the digits 0-9 a-f.");
    entry.digest = *digest;
    entry.path = is_escaped ? unescaped(row.substr(66)) : std::string(row.substr(66));
    if (entry.path.find('\0') != std::string::npos) refuse("a path holds a NUL character.");
    if (!stays_inside(entry.path))
      refuse(str("'", entry.path, "' is not below the directory of this file."));
    files.push_back(std::move(entry));
  }
  std::ranges::sort(files, {}, &Checksum::path);
  return files;
}

std::vector<std::string> verify(const Path& dir, const std::vector<Checksum>& files) {
  std::vector<std::string> problems;
  for (const Checksum& file : files) {
    const Path path = dir / file.path;
    std::error_code error;
    if (!std::filesystem::exists(path, error)) {
      problems.push_back(str("'", file.path, "' is missing."));
    } else if (!std::filesystem::is_regular_file(path, error)) {
      problems.push_back(str("'", file.path, "' is no regular file."));
    } else if (hash_file(path) != file.digest) {
      problems.push_back(str("'", file.path, "' has changed since it was written."));
    }
  }
  return problems;
}

}  // namespace vitrine::io
