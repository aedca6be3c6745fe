#include "vitrine/recon/detail/flat_rows.hpp"

#include <algorithm>
#include <cmath>

namespace vitrine::recon::detail {

FlatRows::FlatRows(const ScanGeometry& scan, std::span<const double> cosines) : rows_(scan.rows) {
  const auto used = std::min<Index>(rows_, Index(taps));
  const double middle = 0.5 * double(rows_ - 1);
  rows_of_.reserve(cosines.size() * std::size_t(rows_));
  for (const double cosine : cosines)
    for (Index r = 0; r < rows_; ++r) {
      const double tangent = scan.row_tangent(double(r));
      const double weight = 1.0 / std::sqrt(1.0 + tangent * tangent);
      const double x = std::clamp(middle + (double(r) - middle) / cosine, 0.0, double(rows_ - 1));
      const auto first = std::clamp<Index>(Index(std::floor(x)) - (used / 2 - 1), 0, rows_ - used);
      Row row{std::int32_t(first), {}};
      for (Index i = 0; i < used; ++i) {
        double w = weight;
        for (Index k = 0; k < used; ++k)
          if (k != i) w *= (x - double(first + k)) / double(i - k);
        row.weights[std::size_t(i)] = float(w);
      }
      rows_of_.push_back(row);
    }
}

void FlatRows::curve(Index padded_rows, std::span<float> line) const {
  // Taps that a detector of fewer rows lacks have weight 0; the padding is there to be read.
  std::vector<float> measured(std::size_t(padded_rows) + taps, 0.0f);
  const Row* row = rows_of_.data();
  for (float* sample = line.data(); row != rows_of_.data() + rows_of_.size();
       sample += padded_rows) {
    std::copy_n(sample, rows_, measured.begin());
    for (Index r = 0; r < rows_; ++r, ++row) {
      const float* from = measured.data() + row->first;
      float sum = 0.0f;
      for (std::size_t i = 0; i < taps; ++i) sum += row->weights[i] * from[i];
      sample[r] = sum;
    }
  }
}

}  // namespace vitrine::recon::detail
