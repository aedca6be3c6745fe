#include "vitrine/recon/rebin.hpp"

#include <algorithm>
#include <cmath>
#include <numbers>

#include "vitrine/core/math.hpp"
#include "vitrine/core/parallel.hpp"
#include "vitrine/core/units.hpp"
#include "vitrine/recon/detail/hot.hpp"

namespace vitrine::recon {
namespace {

constexpr double two_pi = 2.0 * std::numbers::pi;
constexpr int taps = detail::rebin_taps;

template <class... Why>
[[noreturn]] void refuse(const Why&... why) {
  throw Error(Error::Kind::unsupported,
              str("this scan cannot be reconstructed by filtered back projection (", why...,
                  "). Use axial turns that start at one angle, or a helix of even pitch"));
}

/// How the views of a scan follow each other.
struct Way {
  double advance = 0.0;  ///< of the table per view, mm
  Index turn = 0;        ///< views at one position of the table
};

/// Refuses what is neither axial turns nor one even helix.
Way way_of(const ScanGeometry& scan) {
  const Index views = scan.views_per_rotation;
  if (std::ssize(scan.table_positions) != scan.views())
    refuse(scan.table_positions.size(), " table positions for ", scan.views(), " views");
  if (views < 2 * taps || scan.views() < 2 * taps)
    refuse(scan.views(), " views, ", views, " a turn");
  if (scan.columns < 2 * taps || scan.rows < 1)
    refuse(scan.columns, " columns, ", scan.rows, " rows");
  const std::vector<double>& table = scan.table_positions;
  Way way{table[1] - table[0], views};
  if (way.advance == 0.0) way.turn = views_per_turn(scan);
  if (way.advance != 0.0 && scan.views() < views)
    refuse(scan.views(), " views are no whole turn of ", views);
  for (Index v = 0; v < scan.views(); ++v) {
    const double expected = scan.view_angles[0] + two_pi * double(v % way.turn) / double(views);
    const double turns = (scan.view_angles[std::size_t(v)] - expected) / two_pi;
    if (std::abs(turns - std::round(turns)) > 1e-9)
      refuse("view ", v, " is at ", scan.view_angles[std::size_t(v)], " rad, not at ", expected);
  }
  for (Index v = 1; v < scan.views(); ++v) {
    const auto i = std::size_t(v);
    if (way.advance == 0.0 && v % way.turn != 0 && table[i] != table[i - 1])
      refuse("the table moves during a turn, at view ", v);
    if (way.advance != 0.0 && std::abs(table[i] - table[0] - double(v) * way.advance) > 1e-6)
      refuse("the table does not move evenly, at view ", v);
  }
  if (way.advance == 0.0 && scan.views() % way.turn != 0)
    refuse(scan.views(), " views are no whole number of turns of ", way.turn);
  return way;
}

/// What a turn of fewer views than a full one needs to be one.
std::optional<ShortScanWeights> short_scan(const ScanGeometry& scan, Index turn, Index period) {
  if (turn == scan.views_per_rotation) return {};
  const ShortScanWeights weights(two_pi * double(turn - 1) / double(scan.views_per_rotation));
  const double least = least_arc(scan);
  require(weights.arc() >= least, Error::Kind::unsupported, "the views cover ",
          std::round(weights.arc() / units::deg * 100.0) / 100.0,
          " degrees from the first to the last (half a turn and the fan, ",
          std::ceil(least / units::deg * 100.0) / 100.0,
          " degrees, see every point from all sides). Scan a longer arc, or a full turn");
  if (scan.views() != turn && turn % period != 0)
    refuse(turn, " views a turn are no multiple of the focal spot's ", period, " places");
  return weights;
}

}  // namespace

Rebinned::Rebinned(const ScanGeometry& scan, Views kind) : kind_(kind), scan_(scan), spots_(scan) {
  const Way way = way_of(scan);
  const double per_view = way.advance;
  const Index views = scan.views_per_rotation;
  advance_ = per_view * double(views) / two_pi;
  const Index merged = views / spots_.across();  // readings that differ across the fan alone
  angles_ = 2 * ((merged + 1) / 2);
  spacing_ = scan.source_to_iso * scan.column_angle / double(spots_.across());
  // Sample j lies at the column whose ray passes nearest: the same offset, no interpolation there.
  const auto [low, high] = spots_.extent();
  const double first = low / spacing_, last = high / spacing_;
  const double offset =
      scan.focal_shifts.empty() ? scan.column_at(0.0) : -spots_.nearest_to_axis() / spacing_;
  const double lowest = std::ceil(first + offset - 1e-9),
               highest = std::floor(last + offset + 1e-9);
  samples_ = Index(highest - lowest) + 1;
  centre_ = offset - lowest;
  padded_rows_ = scan.rows == 1
                     ? 1  // batches are made of lines
                     : (scan.rows + detail::row_batch - 1) / detail::row_batch * detail::row_batch;
  turn_views_ = is_helical() ? scan.views() : way.turn;
  if (!is_helical()) {
    short_ = short_scan(scan, way.turn, spots_.period());
    first_angle_ = scan.view_angles[0];
    for (Index turn = 0; turn < scan.views() / way.turn; ++turn)
      for (Index i = 0; i < angles_; ++i)
        source_z_.push_back(scan.table_positions[std::size_t(turn * way.turn)] +
                            spots_.z(height_of(std::ssize(source_z_))));
  } else {  // lines all of whose rays lie between measured views
    const double views_per_angle = double(views) / double(angles_);
    const double early = -scan.fan_angle(0.0) / two_pi * double(views);
    const double late = scan.fan_angle(double(scan.columns - 1)) / two_pi * double(views);
    // Of readings from one place: the interpolation takes two before, and three after.
    const double period = double(spots_.period());
    const double first_line = std::ceil((early + 3.0 * period - 1.0) / views_per_angle);
    const double last_line =
        std::floor((double(scan.views()) - 3.0 * period - 1.0 - late) / views_per_angle);
    require(last_line - first_line + 1.0 >= 0.5 * double(angles_), Error::Kind::unsupported,
            "this helical scan is too short (", scan.views(), " views of ", views,
            " a turn leave no half turn of parallel rays). Scan farther");
    first_angle_ = scan.view_angles[0] + two_pi * first_line / double(angles_);
    first_view_ = first_line * views_per_angle;
    for (double line = first_line; line <= last_line; line += 1.0)
      source_z_.push_back(scan.table_positions[0] + line * views_per_angle * per_view +
                          spots_.z(height_of(std::ssize(source_z_))));
  }
  if (kind_ == Views::direct) {
    const auto direct_only = [](bool met, const char* what) {
      require(met, Error::Kind::unsupported, "this scan has no direct filtered back projection (",
              what, "). Use algorithm: fbp");
    };
    direct_only(!is_helical(), "it is a helix");
    direct_only(spots_.stands_still(), "its focal spot flies");
    direct_only(scan.tilt == 0.0, "its gantry is tilted");
    values_ = Buffer<float>(std::size_t(scan.views() * scan.columns * scan.rows));
    return;
  }
  advance_z_ = advance_;
  if (scan.tilt != 0.0 && scan.table_positions.back() != scan.table_positions.front()) {
    // Table and axis are at an angle: what the table moves is along both z and y of the gantry.
    const double along = math::cos(scan.tilt), aside = math::sin(scan.tilt);
    advance_z_ = along * advance_;
    advance_y_ = aside * advance_;
    for (std::size_t n = 0; n < source_z_.size(); ++n) {
      const double spot = spots_.z(height_of(Index(n))), moved = source_z_[n] - spot - centre_z();
      source_z_[n] = centre_z() + along * moved + spot;
      axis_y_.push_back(aside * moved);
    }
  }
  values_ = Buffer<float>(source_z_.size() * std::size_t(samples_ * padded_rows_));
}

double Rebinned::angle(Index i) const {
  return first_angle_ + two_pi * double(i) / double(angles_);
}

double Rebinned::lead(double t, Index height) const {
  return advance_z_ * math::asin(std::clamp(t / spots_.radius(height), -1.0, 1.0));
}

double Rebinned::lead_y(double t, Index height) const {
  return advance_y_ * math::asin(std::clamp(t / spots_.radius(height), -1.0, 1.0));
}

double Rebinned::t_at(double place, double sine, Index height) const {
  if (advance_y_ == 0.0) return place;
  double t = place;  // the table is slow: every step leaves a hundredth of the error
  for (int step = 0; step < 6; ++step) t = place - sine * lead_y(t, height);
  return t;
}

double Rebinned::centre_z() const {
  return 0.5 * (scan_.table_positions.front() + scan_.table_positions.back());
}

double Rebinned::farthest_axis_y() const {
  double farthest = 0.0;
  for (const double y : axis_y_) farthest = std::max(farthest, std::abs(y));
  return farthest;
}

void Rebinned::redundancy(Index half_turn, Index i, std::span<float> weights) const {
  VITRINE_EXPECT(is_short() && std::ssize(weights) == samples_);
  const double theta = angle(i) - first_angle_ + std::numbers::pi * double(half_turn % 2);
  const double radius = spots_.radius(height(half_turn, i));
  for (Index j = 0; j < samples_; ++j) {
    const double fan = math::asin(std::clamp(position(double(j)) / radius, -1.0, 1.0));
    const double view = theta + fan;
    weights[std::size_t(j)] = float((*short_)(view - two_pi * std::floor(view / two_pi), fan));
  }
}

double Rebinned::view_of(Index line) const {
  return first_view_ + double(line) * double(scan_.views_per_rotation) / double(angles_);
}

std::span<float> Rebinned::part(Index i, Index size) {
  return {(placed_ ? placed_.get() : values_.data()) + i * size, std::size_t(size)};
}
std::span<const float> Rebinned::part(Index i, Index size) const {
  return {(placed_ ? placed_.get() : values_.data()) + i * size, std::size_t(size)};
}

std::span<float> Rebinned::view(Index v) { return part(v, scan_.columns * scan_.rows); }
std::span<const float> Rebinned::view(Index v) const { return part(v, scan_.columns * scan_.rows); }

std::span<float> Rebinned::line(Index half_turn, Index i) {
  return part(half_turn * (angles_ / 2) + i, samples_ * padded_rows_);
}
std::span<const float> Rebinned::line(Index half_turn, Index i) const {
  return part(half_turn * (angles_ / 2) + i, samples_ * padded_rows_);
}

Rebinned copy(const Rebinned& scan) {
  require(scan.kind() == Views::rebinned, Error::Kind::unsupported,
          "artefacts are corrected in parallel lines (this scan is to be back projected from its "
          "own views). Use algorithm: fbp");
  Rebinned other(scan.scan());
  other.extend_truncated(scan.extends_truncated());
  const Index half = scan.angles() / 2;
  parallel_for(scan.lines(), [&](Index n) {
    std::ranges::copy(scan.line(n / half, n % half), other.line(n / half, n % half).begin());
  });
  return other;
}

}  // namespace vitrine::recon
