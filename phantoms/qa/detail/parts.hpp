#pragma once
#include <string>
#include <string_view>
#include <vector>

#include "vitrine/phantoms/anatomy.hpp"
#include "vitrine/phantoms/solids.hpp"

namespace vitrine::phantoms::detail {

/// Above zero: the density to use. Zero: the material's own.
inline constexpr double own_density = -1.0;

/// A point in the axial plane z, at an angle from +x towards +y: clockwise as images are shown, mm.
Vec3 polar(double distance, double degrees, double z);

/// A rod of circular section along z between `low` and `high`, mm.
Solid rod(const Vec3& axis, double radius, double low, double high);

/// A box whose middle is `centre`, turned about z so that its first axis points `degrees` from +x.
Solid plate(const Vec3& centre, const Vec3& half_axes, double degrees);

/// Puts a test phantom together: every insert is an organ of its own, and its density is recorded.
class Assembly {
 public:
  explicit Assembly(SceneBuilder& scene) : scene_(scene) {}

  /// `solid` replaces what was there as (a further part of) the organ `name`.
  void place(std::string_view name, const Solid& solid, std::string_view material,
             double density = own_density);
  /// A sampled or chosen size for the truth table; the name ends in its unit.
  void note(std::string name, double value);
  AnatomyRecord record() && { return std::move(record_); }

 private:
  SceneBuilder& scene_;
  AnatomyRecord record_;
};

/// Parallel bars of a line-pair pattern: `bars` boxes a bar's width apart, side by side along the
/// direction `degrees` from +x, `length` mm long across it and `depth` mm along z.
std::vector<Solid> bar_pattern(const Vec3& centre, double degrees, int bars, double width,
                               double length, double depth);

}  // namespace vitrine::phantoms::detail
