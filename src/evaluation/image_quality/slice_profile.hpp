#pragma once
#include "vitrine/evaluation/image_quality/plane.hpp"

namespace vitrine::evaluation {

/// Slice sensitivity profile: how a slice weights what lies above and below its middle.
struct SliceProfile {
  std::vector<double> position;  ///< along z, mm
  std::vector<double> value;     ///< relative to the highest
  double fwhm = 0.0;             ///< full width at half maximum, mm
  double fwtm = 0.0;             ///< at a tenth of it, mm; NaN if the profile ends before
  double middle = 0.0;           ///< half way between the points at half maximum, mm
  Index samples_in_fwhm = 0;     ///< below 4 the widths are rough
};

/// Widths of a profile of even or uneven steps, linear between samples; the maximum is that of the
/// parabola through the highest three. Throws Error (data) if there are fewer than 5 samples or the
/// profile does not fall to half on both sides.
SliceProfile profile_widths(std::vector<double> position, std::vector<double> value);

/// Profile from a bead or a thin disc: per slice, the mean within `radius` mm of `centre` less that
/// of the ring out to `outer`. Its own thickness widens the profile.
SliceProfile bead_profile(const Image& image, Slices slices, const Vec2& centre, double radius,
                          double outer);

/// Profile from a wire or strip that rises by `angle` [rad] out of the slice along the line `from`
/// to `to`: the mean over +-`half_width` mm across it less that of the flanks beside, at every
/// pixel along it, times tan(angle).
SliceProfile ramp_profile(const Plane& plane, const Vec2& from, const Vec2& to, double angle,
                          double half_width);

}  // namespace vitrine::evaluation
