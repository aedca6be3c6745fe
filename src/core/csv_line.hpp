#pragma once
#include <span>
#include <string>

#include "vitrine/core/table.hpp"

namespace vitrine {

/// Append one line of `Table::to_csv` to `out`: the names of columns, or a row.
void append_csv_line(std::string& out, std::span<const std::string> names);
void append_csv_line(std::string& out, std::span<const Table::Cell> row);

}  // namespace vitrine
