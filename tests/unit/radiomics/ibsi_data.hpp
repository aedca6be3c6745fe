#pragma once
#include <catch2/catch.hpp>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <map>
#include <string>
#include <vector>

namespace vitrine::radiomics::test {

/// Folder of IBSI's data sets, which are no part of the project (the CT phantom is CC BY-NC).
inline std::filesystem::path ibsi_data() {
  if (const char* folder = std::getenv("VITRINE_IBSI_DATA")) return folder;
  return std::filesystem::path(VITRINE_SOURCE_DIR) / ".." / "shared" / "ibsi";
}

inline bool is_absent(const std::filesystem::path& file) {
  if (std::filesystem::exists(file)) return false;
  WARN("skipped: " << file.string()
                   << " is absent (VITRINE_IBSI_DATA names the folder of IBSI's data)");
  return true;
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
