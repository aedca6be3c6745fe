#pragma once
#include <stdlib.h>

#include <string>

#include "fuzz.hpp"
#include "vitrine/io/file.hpp"

namespace vitrine::fuzz {

/// A directory for the inputs of readers that want files, in memory where there is such a place.
inline const io::Path& scratch() {
  struct Directory {
    Directory() {
      std::error_code error;
      const io::Path root = std::filesystem::exists("/dev/shm", error)
                                ? io::Path("/dev/shm")
                                : std::filesystem::temp_directory_path();
      std::string name = (root / "vitrine-fuzz-XXXXXX").string();
      expect(::mkdtemp(name.data()) != nullptr);
      path = name;
    }
    ~Directory() {
      std::error_code ignored;
      std::filesystem::remove_all(path, ignored);
    }
    io::Path path;
  };
  static const Directory directory;
  return directory.path;
}

inline std::string text_of(const io::Bytes& bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}
inline std::string file_text(const io::Path& path) { return text_of(io::read_file(path)); }

}  // namespace vitrine::fuzz
