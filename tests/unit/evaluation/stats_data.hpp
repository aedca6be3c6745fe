#pragma once
#include <catch2/catch.hpp>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <optional>
#include <sstream>
#include <string>
#include <vector>

/// Rows of a comma-separated file in the folder that VITRINE_STATS_DATA names, without its header;
/// nothing, with a warning, where that is absent.
inline std::optional<std::vector<std::vector<std::string>>> stats_table(const std::string& name,
                                                                        bool header = true) {
  const char* folder = std::getenv("VITRINE_STATS_DATA");
  const std::filesystem::path path = std::filesystem::path(folder ? folder : "") / name;
  std::ifstream file(path);
  if (!folder || !file) {
    WARN("skipped: " << path.string()
                     << " is absent (VITRINE_STATS_DATA names the folder of reference statistics)");
    return {};
  }
  std::vector<std::vector<std::string>> rows;
  std::string line;
  if (header) std::getline(file, line);
  while (std::getline(file, line)) {
    std::istringstream cells(line);
    auto& row = rows.emplace_back();
    for (std::string cell; std::getline(cells, cell, ',');) row.push_back(cell);
  }
  return rows;
}
