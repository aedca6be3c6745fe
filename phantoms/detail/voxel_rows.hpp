#pragma once
#include <algorithm>
#include <cmath>
#include <cstdint>
#include <vector>

#include "vitrine/core/parallel.hpp"
#include "vitrine/model/scene.hpp"
#include "vitrine/model/volume.hpp"
#include "vitrine/phantoms/convex.hpp"

namespace vitrine::phantoms::detail {

/// The voxel centres of a row along i: centre of voxel i = origin + i step.
struct Row {
  Vec3 origin, step;
  Index count;
  Row(const Grid& grid, Index j, Index k)
      : origin(grid.centre(0, j, k)),
        step(grid.axes.col(0) * grid.spacing.x()),
        count(grid.size[0]) {}
  Bounds box() const {
    const Vec3 end = origin + double(count - 1) * step;
    return {origin.cwiseMin(end), origin.cwiseMax(end)};
  }
};

inline Bounds slice_box(const Grid& grid, Index k) {
  return hull(Row(grid, 0, k).box(), Row(grid, grid.size[1] - 1, k).box());
}

/// Voxels [begin, end) of a row whose centres lie in an interval of its line.
struct Run {
  Index begin, end;
  Run(const Interval& inside, Index count)
      : begin(inside.enter > 0.0 ? whole(std::ceil(inside.enter), count) : 0),
        end(inside.leave < double(count) ? whole(std::floor(inside.leave) + 1.0, count) : count) {}
  bool empty() const { return begin >= end; }

 private:
  static Index whole(double x, Index count) { return Index(std::clamp(x, 0.0, double(count))); }
};

template <class Item>
std::vector<const Item*> those_that_meet(const std::vector<Item>& items, const Bounds& box) {
  std::vector<const Item*> chosen;
  for (const Item& item : items)
    if (item.box.meets(box)) chosen.push_back(&item);
  return chosen;
}

/// Scratch memory of one slice: densities of all materials along a row.
class Mixture {
 public:
  Mixture(std::size_t materials, Index count)
      : count_(count),
        step_(materials * std::size_t(count + 1)),
        sum_(std::size_t(count)),
        most_(std::size_t(count)),
        used_(materials) {}

  void clear() {
    for (std::size_t m = 0; m < used_.size(); ++m)
      if (used_[m]) std::fill_n(row(m), count_ + 1, 0.0);
    std::fill(used_.begin(), used_.end(), std::uint8_t{0});
  }
  void add(std::uint32_t material, const Run& run, double density) {
    used_[material] = 1;
    row(material)[run.begin] += density;
    row(material)[run.end] -= density;
  }
  /// Steps to densities; afterwards `at` may be called.
  void sum_up() {
    for (std::size_t m = 0; m < used_.size(); ++m)
      if (used_[m])
        for (Index i = 1; i < count_; ++i) row(m)[i] += row(m)[i - 1];
  }
  void add_at(std::uint32_t material, Index i, double density) {
    used_[material] = 1;
    row(material)[i] += density;
  }
  /// What is at a voxel of material m, g/mm^3; nothing unless `holds(m)`.
  bool holds(std::size_t m) const { return used_[m] != 0; }
  double density(std::size_t m, Index i) const {
    return step_[m * std::size_t(count_ + 1) + std::size_t(i)];
  }
  std::size_t materials() const { return used_.size(); }
  void store(std::uint16_t* material, float* density) {
    std::fill_n(material, count_, std::uint16_t{0});
    std::fill(sum_.begin(), sum_.end(), 0.0);
    std::fill(most_.begin(), most_.end(), least_density);
    for (std::size_t m = 0; m < used_.size(); ++m) {
      if (!used_[m]) continue;
      const double* values = step_.data() + m * std::size_t(count_ + 1);
      for (Index i = 0; i < count_; ++i) {
        const auto at = std::size_t(i);
        sum_[at] += values[i];
        if (values[i] <= most_[at]) continue;
        most_[at] = values[i];
        material[i] = static_cast<std::uint16_t>(m + 1);
      }
    }
    for (Index i = 0; i < count_; ++i) density[i] = static_cast<float>(sum_[std::size_t(i)]);
  }

 private:
  static constexpr double least_density = 1e-12;  // g/mm^3: vacuum
  double* row(std::size_t material) { return step_.data() + material * std::size_t(count_ + 1); }

  Index count_;
  std::vector<double> step_, sum_, most_;
  std::vector<std::uint8_t> used_;
};

/// What a scene holds at the voxel centres of a grid, row by row.
class SceneRows {
 public:
  SceneRows(const Scene& scene, const Grid& grid);
  /// Call `use` with the densities of every row of slice k; several slices may be asked for at
  /// once.
  void slice(Index k, FunctionRef<void(Index j, Mixture&)> use) const;

 private:
  struct Counted {
    const Term* term;
    Bounds box;
  };
  const Scene& scene_;
  const Grid& grid_;
  std::vector<Counted> terms_;
};

}  // namespace vitrine::phantoms::detail
