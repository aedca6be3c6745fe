#pragma once
#include <libdeflate.h>

#include <catch2/catch.hpp>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>
#include <string>
#include <vector>

#include "support/data.hpp"
#include "vitrine/core/error.hpp"

namespace vitrine::radiomics::test {

/// Folder of IBSI's data sets, which are no part of the project (the CT phantom is CC BY-NC).
inline std::filesystem::path ibsi_data() {
  return vitrine::test::reference_data("VITRINE_IBSI_DATA", "ibsi");
}

inline bool is_absent(const std::filesystem::path& file) {
  if (std::filesystem::exists(file)) return false;
  WARN("skipped: " << file.string()
                   << " is absent (VITRINE_IBSI_DATA names the folder of IBSI's data)");
  return true;
}

/// The voxels of a gzipped NIfTI-1 file of known layout: header of 352 bytes, i fastest.
template <class T>
std::vector<T> read_voxels(const std::filesystem::path& path, std::size_t count) {
  std::ifstream file(path, std::ios::binary);
  const std::vector<char> packed{std::istreambuf_iterator<char>(file), {}};
  std::vector<char> bytes(352 + count * sizeof(T));
  libdeflate_decompressor* decompressor = libdeflate_alloc_decompressor();
  const auto result = libdeflate_gzip_decompress(decompressor, packed.data(), packed.size(),
                                                 bytes.data(), bytes.size(), nullptr);
  libdeflate_free_decompressor(decompressor);
  require(result == LIBDEFLATE_SUCCESS, Error::Kind::io, path.string(),
          " is not what was expected");
  std::vector<T> voxels(count);
  std::memcpy(voxels.data(), bytes.data() + 352, count * sizeof(T));
  return voxels;
}

/// Rows of a comma-separated file, as maps from its heading.
inline std::vector<std::map<std::string, std::string>> read_csv(const std::filesystem::path& path) {
  const auto split = [](const std::string& line) {
    std::vector<std::string> cells(1);
    bool quoted = false;
    for (const char c : line) {
      if (c == '"') {
        quoted = !quoted;
      } else if (c == ',' && !quoted) {
        cells.emplace_back();
      } else if (c != '\r') {
        cells.back() += c;
      }
    }
    return cells;
  };
  std::ifstream file(path);
  std::string line;
  std::getline(file, line);
  const auto heading = split(line);
  std::vector<std::map<std::string, std::string>> rows;
  while (std::getline(file, line)) {
    const auto cells = split(line);
    for (std::size_t c = 0; c < heading.size(); ++c) {
      if (c == 0) rows.emplace_back();
      rows.back()[heading[c]] = cells.at(c);
    }
  }
  return rows;
}

}  // namespace vitrine::radiomics::test
