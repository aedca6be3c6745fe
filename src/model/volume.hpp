#pragma once
#include <Eigen/Dense>
#include <array>
#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "vitrine/core/error.hpp"

namespace vitrine {

using Vec3 = Eigen::Vector3d;
using Mat3 = Eigen::Matrix3d;
using Index = std::int64_t;

/// A regular voxel lattice in patient space.
///
/// Patient space is DICOM LPS in mm (+x left, +y posterior, +z head). Voxel (i,j,k) is
/// *centred* at origin + axes * (spacing o (i,j,k)); i runs fastest in memory.
struct Grid {
  std::array<Index, 3> size{};
  Vec3 spacing = Vec3::Ones();   ///< mm
  Vec3 origin = Vec3::Zero();    ///< mm, centre of voxel (0,0,0)
  Mat3 axes = Mat3::Identity();  ///< columns: direction of i, j, k; orthonormal

  Index count() const { return size[0] * size[1] * size[2]; }
  Index offset(Index i, Index j, Index k) const { return (k * size[1] + j) * size[0] + i; }
  Vec3 centre(Index i, Index j, Index k) const {
    return origin + axes * spacing.cwiseProduct(Vec3(double(i), double(j), double(k)));
  }
  double voxel_volume() const { return spacing.prod(); }  ///< mm^3
  bool operator==(const Grid& other) const {
    return size == other.size && spacing == other.spacing && origin == other.origin &&
           axes == other.axes;
  }
};

/// Some of a grid's voxels, as a grid of their own.
struct GridBox {
  std::array<Index, 3> first{};  ///< of the whole grid
  Grid grid;
};

/// The voxels within `reach` mm of a point along each axis, at least one: those nearest if the
/// point is elsewhere.
GridBox box_about(const Grid& grid, const Vec3& centre, double reach);

/// What the numbers in a volume mean. Mixing two quantities does not compile.
namespace quantity {
struct Attenuation {
  using value_type = float;
  static constexpr std::string_view unit = "1/mm";
};
struct Hounsfield {
  using value_type = float;
  static constexpr std::string_view unit = "HU";
};
struct Fraction {
  using value_type = float;
  static constexpr std::string_view unit = "1";
};
/// A number that stands for a name: an organ, a material.
struct Label {
  using value_type = std::uint16_t;
  static constexpr std::string_view unit = "1";
};
struct Density {
  using value_type = float;
  static constexpr std::string_view unit = "g/mm^3";
};
struct Mask {
  using value_type = std::uint8_t;
  static constexpr std::string_view unit = "0/1";
};
}  // namespace quantity

/// Voxel values on a grid, i fastest.
template <class Quantity>
class Volume {
 public:
  using value_type = typename Quantity::value_type;
  explicit Volume(Grid grid, value_type fill = {})
      : grid_(std::move(grid)), values_(static_cast<std::size_t>(grid_.count()), fill) {}

  const Grid& grid() const { return grid_; }
  std::span<value_type> values() { return values_; }
  std::span<const value_type> values() const { return values_; }
  value_type& operator()(Index i, Index j, Index k) {
    return values_[static_cast<std::size_t>(grid_.offset(i, j, k))];
  }
  value_type operator()(Index i, Index j, Index k) const {
    return values_[static_cast<std::size_t>(grid_.offset(i, j, k))];
  }

 private:
  Grid grid_;
  std::vector<value_type> values_;
};

/// Copy the values of a box into a volume on the whole grid.
template <class Quantity>
void paste(const Volume<Quantity>& part, const GridBox& box, Volume<Quantity>& whole) {
  const auto& size = box.grid.size;
  for (Index k = 0; k < size[2]; ++k)
    for (Index j = 0; j < size[1]; ++j)
      for (Index i = 0; i < size[0]; ++i)
        whole(box.first[0] + i, box.first[1] + j, box.first[2] + k) = part(i, j, k);
}

using Image = Volume<quantity::Hounsfield>;
using Mask = Volume<quantity::Mask>;
using LabelMap = Volume<quantity::Label>;

}  // namespace vitrine
