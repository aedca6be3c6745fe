#include "vitrine/radiomics/detail/count_matrix.hpp"

#include <algorithm>

#include "vitrine/core/math.hpp"

namespace vitrine::radiomics {
namespace {

/// Counts that the dense part may hold: 256 KiB stay in a core's own cache.
constexpr Index most_dense = 65536;

}  // namespace

CountEntropy::CountEntropy() : small_(1024) {
  for (std::size_t n = 1; n < small_.size(); ++n) small_[n] = large(n);
}

double CountEntropy::large(std::uint64_t n) { return double(n) * math::log2(double(n)); }

double CountEntropy::of(std::span<const std::uint64_t> counts, double total) const {
  double sum = 0;
  for (const std::uint64_t n : counts) sum += (*this)(n);
  return math::log2(total) - sum / total;
}

const CountEntropy& count_entropy() {
  static const CountEntropy table;
  return table;
}

CountMatrix::CountMatrix(int levels, Index largest)
    : width_(std::clamp<Index>(largest, 1, std::max<Index>(1, most_dense / levels))),
      dense_(static_cast<std::size_t>(width_ * levels), 0u) {}

void CountMatrix::clear() {
  std::fill(dense_.begin(), dense_.end(), 0u);
  large_.clear();
  voxels_ = 0;
}

std::vector<Count> CountMatrix::counts() const {
  std::vector<Count> found;
  auto large = large_;
  std::sort(large.begin(), large.end());
  auto next = large.begin();
  const auto take_large = [&](int level) {
    for (; next != large.end() && next->first == level; ++next) {
      if (!found.empty() && found.back().level == level && found.back().number == next->second) {
        ++found.back().count;
      } else {
        found.push_back({level, next->second, 1});
      }
    }
  };
  int level = 1;
  for (auto row = dense_.begin(); row != dense_.end(); row += width_, ++level) {
    for (Index number = 1; number <= width_; ++number)
      if (const std::uint32_t count = row[number - 1]; count > 0)
        found.push_back({level, number, double(count)});
    take_large(level);
  }
  return found;
}

CountSummary::CountSummary(std::vector<Count> of, double in_voxels)
    : counts(std::move(of)), voxels(in_voxels) {
  std::vector<std::pair<Index, double>> by_number;
  double of_level = 0, entropies = 0;
  for (std::size_t c = 0; c < counts.size(); ++c) {
    const double n = counts[c].count;
    total += n;
    squares += n * n;
    const auto whole = static_cast<std::uint64_t>(n);
    entropies += double(whole) == n ? count_entropy()(whole) : n * math::log2(n);
    level_mean += n * counts[c].level;
    number_mean += n * double(counts[c].number);
    of_level += n;
    if (c + 1 == counts.size() || counts[c + 1].level != counts[c].level) {
      level_squares += of_level * of_level;
      of_level = 0;
    }
    by_number.emplace_back(counts[c].number, counts[c].count);
  }
  std::sort(by_number.begin(), by_number.end());
  double of_number = 0;
  for (std::size_t c = 0; c < by_number.size(); ++c) {
    of_number += by_number[c].second;
    if (c + 1 == by_number.size() || by_number[c + 1].first != by_number[c].first) {
      number_squares += of_number * of_number;
      of_number = 0;
    }
  }
  level_mean /= total;
  number_mean /= total;
  entropy = math::log2(total) - entropies / total;
}

Result level_non_uniformity(const CountSummary& s) { return s.level_squares / s.total; }

Result normalised_level_non_uniformity(const CountSummary& s) {
  return s.level_squares / (s.total * s.total);
}

Result number_non_uniformity(const CountSummary& s) { return s.number_squares / s.total; }

Result normalised_number_non_uniformity(const CountSummary& s) {
  return s.number_squares / (s.total * s.total);
}

Result percentage(const CountSummary& s) { return s.total / s.voxels; }

Result level_variance(const CountSummary& s) {
  double sum = 0;
  for (const Count& c : s.counts)
    sum += c.count * (c.level - s.level_mean) * (c.level - s.level_mean);
  return sum / s.total;
}

Result number_variance(const CountSummary& s) {
  double sum = 0;
  for (const Count& c : s.counts) {
    const double d = double(c.number) - s.number_mean;
    sum += c.count * d * d;
  }
  return sum / s.total;
}

Result count_entropy_of(const CountSummary& s) { return s.entropy; }

Result count_energy(const CountSummary& s) { return s.squares / (s.total * s.total); }

}  // namespace vitrine::radiomics
