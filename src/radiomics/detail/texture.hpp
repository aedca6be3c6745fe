#pragma once
#include <array>
#include <span>
#include <vector>

#include "vitrine/radiomics/detail/families.hpp"

namespace vitrine::radiomics {

/// Half of the neighbours of a voxel at Chebyshev distance 1; the first four lie within the slice.
inline constexpr std::array<std::array<int, 3>, 13> directions{{{1, 0, 0},
                                                                {0, 1, 0},
                                                                {1, 1, 0},
                                                                {-1, 1, 0},
                                                                {0, 0, 1},
                                                                {1, 0, 1},
                                                                {-1, 0, 1},
                                                                {0, 1, 1},
                                                                {0, -1, 1},
                                                                {1, 1, 1},
                                                                {-1, 1, 1},
                                                                {1, -1, 1},
                                                                {-1, -1, 1}}};
inline constexpr std::size_t directions_in_slice = 4;

/// The matrices an aggregation asks for: which slices and which directions each one merges.
struct Merge {
  bool all_slices = true;      ///< all slices in one matrix
  bool all_directions = true;  ///< all directions in one matrix
  std::size_t direction_count = directions.size();
};
Merge merge_of(Aggregation aggregation);

/// A limit for families whose cost does not grow with the square of the levels.
inline constexpr int any_levels = 65535;

constexpr Connectivity connectivity_of(Pooling pooling) {
  return pooling == Pooling::volume_3d ? Connectivity::volume : Connectivity::slice;
}

/// Voxels in ascending order.
using Voxels = std::span<const std::int32_t>;

/// The voxels of the intensity mask slice by slice.
std::vector<Voxels> slices_of(const Region& region);

/// Calls `visit(row)` with the voxels of every row that has any; `width` is the grid's.
template <class Visit>
void for_each_row(Voxels voxels, Index width, Visit visit) {
  for (std::size_t begin = 0, end = 0; begin < voxels.size(); begin = end) {
    const Index row_end = (voxels[begin] / width + 1) * width;
    while (end < voxels.size() && voxels[end] < row_end) ++end;
    visit(voxels.subspan(begin, end - begin));
  }
}

/// Calls `add(voxels, direction)` for everything that belongs in one matrix, then `finish()`.
template <class Add, class Finish>
void for_each_matrix(const Region& region, Aggregation aggregation, Add add, Finish finish) {
  const Merge merge = merge_of(aggregation);
  for (const Voxels voxels :
       merge.all_slices ? std::vector<Voxels>{region.voxels} : slices_of(region)) {
    for (std::size_t d = 0; d < merge.direction_count; ++d) {
      add(voxels, d);
      if (!merge.all_directions) finish();
    }
    if (merge.all_directions) finish();
  }
}

/// The same for matrices without directions.
template <class Add, class Finish>
void for_each_matrix(const Region& region, Pooling pooling, Add add, Finish finish) {
  if (pooling != Pooling::average_2d) {
    add(Voxels(region.voxels));
    return finish();
  }
  for (const Voxels voxels : slices_of(region)) {
    add(voxels);
    finish();
  }
}

/// Means of every feature over matrices; a matrix in which a feature has no value is left out.
template <class Evidence>
class Average {
 public:
  explicit Average(std::span<const Feature<Evidence>> table)
      : table_(table), sum_(table.size(), 0.0), count_(table.size(), 0), reason_(table.size()) {}
  void add(const Evidence& matrix) {
    for (std::size_t f = 0; f < table_.size(); ++f) {
      const Result result = table_[f].value(matrix);
      if (!result.reason.empty()) {
        reason_[f] = result.reason;
        continue;
      }
      sum_[f] += result.value;
      ++count_[f];
    }
  }
  void append_to(std::vector<FeatureValue>& out) const {
    for (std::size_t f = 0; f < table_.size(); ++f) {
      const Result result = count_[f] > 0        ? Result(sum_[f] / count_[f])
                            : reason_[f].empty() ? Result::undefined(reason::no_pairs)
                                                 : Result::undefined(reason_[f]);
      out.push_back({&table_[f].info, result.value, result.reason, {}});
    }
  }

 private:
  std::span<const Feature<Evidence>> table_;
  std::vector<double> sum_;
  std::vector<int> count_;
  std::vector<std::string_view> reason_;
};

/// Appends a texture family: `measure(average)` adds its matrices, unless the region has no voxel
/// or more than `most_levels` grey levels. `aggregation` is named in every row.
template <class Evidence, class Measure>
void append_texture(std::span<const Feature<Evidence>> table, Subject& subject, int most_levels,
                    std::string_view aggregation, Measure measure, std::vector<FeatureValue>& out) {
  const std::size_t before = out.size();
  if (subject.region.voxels.empty()) {
    append_undefined(table, subject.region.no_intensity, out);
  } else if (subject.levels().overflow || subject.levels().count > most_levels) {
    append_undefined(table, reason::too_many_levels, out);
  } else {
    Average<Evidence> average(table);
    measure(average);
    average.append_to(out);
  }
  for (std::size_t v = before; v < out.size(); ++v) out[v].aggregation = aggregation;
}

}  // namespace vitrine::radiomics
