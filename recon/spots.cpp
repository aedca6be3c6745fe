#include "vitrine/recon/spots.hpp"

#include <algorithm>
#include <cmath>

#include "vitrine/core/error.hpp"
#include "vitrine/core/math.hpp"

namespace vitrine::recon {
namespace {

constexpr Index most_places = 4;

template <class... Why>
[[noreturn]] void refuse(const Why&... why) {
  throw Error(
      Error::Kind::unsupported,
      str("this scan cannot be reconstructed by filtered back projection (its focal spot ", why...,
          "). Use places that repeat after one, two or four readings and that are "
          "half a column apart at the isocentre"));
}

/// The places of one period.
std::vector<FocalShift> cycle(const ScanGeometry& scan) {
  if (scan.focal_shifts.empty()) return {FocalShift{}};
  if (std::ssize(scan.focal_shifts) != scan.views())
    refuse("has ", scan.focal_shifts.size(), " places in ", scan.views(), " views");
  for (const Index period : {Index(1), Index(2), most_places}) {
    const auto repeats = [&] {
      for (Index v = period; v < scan.views(); ++v)
        if (!(scan.focal_shift(v) == scan.focal_shift(v - period))) return false;
      return true;
    };
    if (period > scan.views() || !repeats()) continue;
    if (scan.views_per_rotation % period != 0)
      refuse("takes ", period, " places in turn, ", scan.views_per_rotation,
             " views per rotation are no multiple of that");
    return {scan.focal_shifts.begin(), scan.focal_shifts.begin() + period};
  }
  refuse("does not come back to the same places");
}

/// The ray from a place of the focal spot to a cell: the angle to the central ray, and its distance
/// from the axis.
Spots::Ray ray_from(const ScanGeometry& scan, const FocalShift& shift, Index place, Index column) {
  const auto p = std::int32_t(place), c = std::int32_t(column);
  if (shift == FocalShift{}) {
    const double fan = scan.fan_angle(double(column));
    return {p, c, fan, scan.source_to_iso * math::sin(fan)};
  }
  const auto [across, along] = scan.column_place(double(column));
  const double fan = math::atan2(across - shift.across, along - shift.along);
  return {p, c, fan,
          (scan.source_to_iso - shift.along) * math::sin(fan) + shift.across * math::cos(fan)};
}

}  // namespace

Spots::Spots(const ScanGeometry& scan)
    : source_to_iso_(scan.source_to_iso),
      source_to_detector_(scan.source_to_detector),
      shifts_(cycle(scan)) {
  period_ = std::ssize(shifts_);
  if (!scan.focal_shifts.empty() && scan.shape == DetectorShape::flat)
    refuse("flies before a flat detector");
  std::vector<std::vector<Index>> places;  // per height
  for (Index p = 0; p < period_; ++p) {
    const FocalShift& shift = shifts_[std::size_t(p)];
    const auto same = std::ranges::find_if(centres_, [&](const FocalShift& known) {
      return known.z == shift.z && known.along == shift.along;
    });
    const auto height = std::size_t(same - centres_.begin());
    if (same == centres_.end()) {
      centres_.push_back({0.0, shift.along, shift.z});
      places.emplace_back();
    }
    places[height].push_back(p);
  }
  across_ = std::ssize(places.front());
  if (places.size() > 2 || across_ > 2 ||
      std::ranges::any_of(places, [&](const auto& h) { return std::ssize(h) != across_; }))
    refuse("takes ", period_, " places that are not one or two heights of one or two each");

  for (const auto& of_height : places) {
    auto& line = lines_.emplace_back();
    for (Index column = 0; column < scan.columns; ++column)
      for (const Index place : of_height)
        line.push_back(ray_from(scan, shifts_[std::size_t(place)], place, column));
    std::ranges::stable_sort(line, {}, &Ray::t);
    if (across_ == 1) continue;
    // Where neighbouring rays nearly coincide, one of two readings adds noise and no sampling.
    constexpr double least_gap = 0.25;  // of a column
    const auto middle = std::size_t(std::ssize(line) / 2);
    const double column = scan.source_to_iso * scan.column_angle;
    const double gap =
        std::min(line[middle].t - line[middle - 1].t, line[middle + 1].t - line[middle].t) / column;
    if (gap < least_gap)
      refuse("flies so far that rays are ", gap, " columns apart at the isocentre, not ", least_gap,
             " to 0.5");
  }
}

std::array<double, 2> Spots::extent() const {
  double low = lines_.front().front().t, high = lines_.front().back().t;
  for (const auto& line : lines_) {
    low = std::max(low, line.front().t);
    high = std::min(high, line.back().t);
  }
  return {low, high};
}

double Spots::nearest_to_axis() const {
  const auto& line = lines_.front();
  return std::ranges::min_element(line, {}, [](const Ray& ray) { return std::abs(ray.t); })->t;
}

double Spots::to_cell(Index height, double t) const {
  const double along = centres_[std::size_t(height)].along;
  if (along == 0.0) return source_to_detector_;
  // On the cylinder about the nominal place: x^2 + y^2 = sdd^2 at L (sin, cos) + (0, along).
  const double sine = std::clamp(t / radius(height), -1.0, 1.0);
  return std::sqrt(source_to_detector_ * source_to_detector_ - along * along * sine * sine) -
         along * std::sqrt(1.0 - sine * sine);
}

}  // namespace vitrine::recon
