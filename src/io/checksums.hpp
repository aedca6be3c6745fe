#pragma once
#include <string>
#include <string_view>
#include <vector>

#include "vitrine/core/hash.hpp"
#include "vitrine/io/file.hpp"

namespace vitrine::io {

/// SHA-256 of a file's content, read in pieces: any size.
Digest hash_file(const Path& path);

/// A file and what it must contain. `path` is relative, with '/' between its parts.
struct Checksum {
  std::string path;
  Digest digest;
};

/// The text of SHA256SUMS, sorted by path: `sha256sum -c` reads it.
std::string checksums_text(std::vector<Checksum> files);

/// Read such a text back, sorted by path. Throws Error (data) with `file` and the line on anything
/// else, and on paths that are absolute or leave the directory.
std::vector<Checksum> parse_checksums(std::string_view text, const std::string& file);

/// What is wrong with the files below `dir`: one sentence each, none if all are as they must be.
std::vector<std::string> verify(const Path& dir, const std::vector<Checksum>& files);

}  // namespace vitrine::io
