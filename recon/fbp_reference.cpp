#include <algorithm>
#include <cmath>
#include <numbers>

#include "vitrine/core/math.hpp"
#include "vitrine/core/parallel.hpp"
#include "vitrine/recon/detail/hot.hpp"
#include "vitrine/recon/detail/line_filter.hpp"
#include "vitrine/recon/fbp.hpp"

namespace vitrine::recon {
namespace {

/// The filtered value on a line through (t, row), bilinear; rows end at the first and the last.
double sample(const float* lines, const detail::LineFilter& filter, Index rows, double t,
              double row) {
  const double s = t / filter.spacing() + 0.5 * double(filter.samples() - 1);
  const auto left = std::clamp<Index>(Index(std::floor(s)), 0, filter.samples() - 2);
  const double w = s - double(left);
  const double r = std::clamp(row, 0.0, double(rows - 1));
  const auto below = std::clamp<Index>(Index(std::floor(r)), 0, std::max<Index>(rows - 2, 0));
  const double v = r - double(below);
  const auto value = [&](Index r0, Index s0) { return double(lines[filter.at(r0, s0)]); };
  return (1 - v) * ((1 - w) * value(below, left) + w * value(below, left + 1)) +
         v * ((1 - w) * value(below + 1, left) + w * value(below + 1, left + 1));
}

/// Where one source's detector sees a point, in rows from its middle.
double row_offset(const Rebinned& scan, Index source, Index angle, double t, double along,
                  double z) {
  const Index height = scan.height(source, angle);
  const double radius = scan.spots().radius(height), side = source % 2 == 0 ? 1.0 : -1.0;
  const double distance = std::sqrt(radius * radius - t * t) + side * along;
  return scan.row_offset(t, z - scan.source_z(source, angle) - side * scan.lead(t, height),
                         distance, height);
}

/// Weighted mean of all sources at one angle; the nearest row where none sees the point.
double mean_of_sources(const Rebinned& scan, const detail::LineFilter& filter, const float* lines,
                       Index angle, double t, double along, double z) {
  const double half = 0.5 * double(scan.rows()), middle = 0.5 * double(scan.rows() - 1);
  double sum = 0.0, weights = 0.0, least = 0.0;
  Index nearest = -1;
  for (Index s = 0; s < scan.half_turns(); ++s) {
    if (!scan.holds(s, angle)) continue;
    const double offset = row_offset(scan, s, angle, t, along, z);
    if (nearest < 0 || std::abs(offset) < least) {
      nearest = s;
      least = std::abs(offset);
    }
    if (std::abs(offset) > half) continue;
    const double w = std::clamp((half - std::abs(offset)) / half / (1.0 - detail::flat_share),
                                detail::edge_weight, 1.0);
    const float* line = lines + s * filter.line_size();
    sum += w * sample(line, filter, scan.rows(), t, middle + offset);
    weights += w;
  }
  if (weights > 0.0) return sum / weights;
  const float* line = lines + nearest * filter.line_size();
  return sample(line, filter, scan.rows(), t,
                middle + row_offset(scan, nearest, angle, t, along, z));
}

/// Of a short scan: the weighted half turns of a turn add up; turns are averaged by rows.
double mean_of_turns(const Rebinned& scan, const detail::LineFilter& filter, const float* lines,
                     Index angle, double t, double along, double z) {
  const double half = 0.5 * double(scan.rows()), middle = 0.5 * double(scan.rows() - 1);
  double sum = 0.0, weights = 0.0;
  for (Index s = 0; s < scan.half_turns(); s += 2) {
    double value = 0.0, farther = 1e-3;
    for (const Index h : {s, s + 1}) {
      const double offset = row_offset(scan, h, angle, t, along, z);
      value += sample(lines + h * filter.line_size(), filter, scan.rows(), t, middle + offset);
      farther = std::max(farther, std::abs(offset));
    }
    const double beyond = std::min(1.0, half / farther), far = beyond * beyond * beyond * beyond;
    const double w = std::clamp((half - farther) / half / (1.0 - detail::flat_share),
                                detail::edge_weight * far * far, 1.0);
    sum += w * value;
    weights += w;
  }
  return sum / weights;
}

}  // namespace

std::vector<double> reconstruct_points(const Rebinned& scan, const Kernel& kernel,
                                       std::span<const Vec3> points, double slice_thickness,
                                       const HounsfieldScale& scale, Isa isa) {
  require(scan.scan().tilt == 0.0, Error::Kind::unsupported,
          "single points of a scan with a tilted gantry are not reconstructed. Use reconstruct");
  require(scan.kind() == Views::rebinned, Error::Kind::unsupported,
          "single points are reconstructed from lines, not from views. Use reconstruct");
  const detail::LineFilter filter(scan, kernel);
  const auto planes = sub_planes(slice_thickness, scan.scan().row_pitch_at_iso());
  const Index half_turn = scan.angles() / 2, sources = scan.half_turns();
  const Index line_size = filter.line_size();
  Buffer<float> lines(std::size_t(sources * line_size)), scratch(filter.scratch_size());
  std::vector<double> mu(points.size(), 0.0);
  const auto mean = scan.is_short() ? mean_of_turns : mean_of_sources;
  std::vector<float> weights(scan.is_short() ? std::size_t(scan.samples()) : 0);
  const auto filter_line = [&](Index s, Index a) {
    if (scan.is_short()) scan.redundancy(s, a, weights);
    filter(scan.line(s, a), s % 2 == 1, scratch.span(), lines.data() + s * line_size, isa, 0.0,
           weights);
  };
  for (Index a = 0; a < half_turn; ++a) {
    for (Index s = 0; s < sources; ++s)
      if (scan.holds(s, a)) filter_line(s, a);
    const double c = math::cos(scan.angle(a)), n = math::sin(scan.angle(a));
    for (std::size_t i = 0; i < points.size(); ++i)
      for (const double plane : planes)
        mu[i] += mean(scan, filter, lines.data(), a, points[i].x() * c + points[i].y() * n,
                      -points[i].x() * n + points[i].y() * c, points[i].z() + plane);
  }
  const double radius = scan.scan().field_of_view_radius();
  for (std::size_t i = 0; i < points.size(); ++i)
    mu[i] = points[i].head<2>().norm() > radius
                ? double(outside_field_of_view)
                : scale(mu[i] * std::numbers::pi / (double(half_turn) * double(planes.size())));
  return mu;
}

}  // namespace vitrine::recon
