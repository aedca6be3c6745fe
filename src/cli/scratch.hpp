#pragma once
#include <cstdlib>

#include "vitrine/core/error.hpp"
#include "vitrine/io/file.hpp"

namespace vitrine::cli {

/// A directory below that for temporary files, gone with this.
class Scratch {
 public:
  Scratch() {
    std::string name = (std::filesystem::temp_directory_path() / "vitrine-XXXXXX").string();
    require(::mkdtemp(name.data()) != nullptr, Error::Kind::io, "no directory can be made in '",
            std::filesystem::temp_directory_path().string(),
            "'. Set TMPDIR to a place that can be written");
    path_ = name;
  }
  ~Scratch() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  Scratch(const Scratch&) = delete;
  Scratch& operator=(const Scratch&) = delete;
  const io::Path& path() const { return path_; }

 private:
  io::Path path_;
};

}  // namespace vitrine::cli
