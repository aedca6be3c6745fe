#include "vitrine/recon/water_table.hpp"

#include <algorithm>

namespace vitrine::recon {

RawScan::WaterTable water_table(const WaterCorrection& water) {
  RawScan::WaterTable out;
  out.terms = std::int64_t(WaterCorrection::terms);
  out.rows.assign(water.rows().begin(), water.rows().end());
  const Index tables = water.columns() * std::max<Index>(1, std::ssize(water.rows()));
  for (Index c = 0; c < tables; ++c) {
    const auto& column = water.column(c);
    for (const float coefficient : column.coefficients) out.coefficients.push_back(coefficient);
    out.low_slope.push_back(column.low_slope);
    out.limit.push_back(column.limit);
    out.limit_slope.push_back(column.limit_slope);
  }
  return out;
}

WaterCorrection water_correction(const RawScan::WaterTable& table) {
  constexpr std::size_t terms = WaterCorrection::terms;
  require(table.terms == std::int64_t(terms), Error::Kind::unsupported, "the water correction has ",
          table.terms, " terms (this program knows ", terms,
          "). Use the program that wrote the file.");
  std::vector<WaterCorrection::Column> columns(table.limit.size());
  for (std::size_t c = 0; c < columns.size(); ++c) {
    std::copy_n(table.coefficients.begin() + std::ptrdiff_t(c * terms), terms,
                columns[c].coefficients);
    columns[c].low_slope = table.low_slope[c];
    columns[c].limit = table.limit[c];
    columns[c].limit_slope = table.limit_slope[c];
  }
  return WaterCorrection::of(std::move(columns), table.rows);
}

}  // namespace vitrine::recon
