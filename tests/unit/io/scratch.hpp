#pragma once
#include <stdlib.h>

#include <catch2/catch.hpp>
#include <filesystem>
#include <string>

#include "vitrine/core/error.hpp"
#include "vitrine/io/file.hpp"

namespace vitrine {

/// A directory for one test, gone at its end.
class Scratch {
 public:
  Scratch() {
    std::string name = (std::filesystem::temp_directory_path() / "vitrine-io-XXXXXX").string();
    REQUIRE(::mkdtemp(name.data()) != nullptr);
    dir_ = name;
  }
  Scratch(const Scratch&) = delete;
  Scratch& operator=(const Scratch&) = delete;
  ~Scratch() {
    std::error_code ignored;
    std::filesystem::remove_all(dir_, ignored);
  }
  io::Path operator/(const io::Path& name) const { return dir_ / name; }
  const io::Path& path() const { return dir_; }

 private:
  io::Path dir_;
};

/// What `call` says when it throws our Error of this kind; "" if it does not.
template <class Call>
std::string complaint(Error::Kind kind, const Call& call) {
  try {
    call();
  } catch (const Error& error) {
    CHECK(error.kind() == kind);
    return explain(error);
  }
  return {};
}

inline io::Bytes bytes_of(std::string_view text) {
  const auto bytes = std::as_bytes(std::span(text));
  return {bytes.begin(), bytes.end()};
}

}  // namespace vitrine
