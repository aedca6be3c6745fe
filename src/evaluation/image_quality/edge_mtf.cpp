#include <algorithm>
#include <cmath>
#include <numbers>

#include "vitrine/core/math.hpp"
#include "vitrine/evaluation/image_quality/detail/transform.hpp"
#include "vitrine/evaluation/image_quality/mtf.hpp"

namespace vitrine::evaluation {
namespace {

constexpr double pi = std::numbers::pi;
constexpr double flat = 0.7;  // in reaches: from there on the edge is over

/// Mean values well inside and well outside of the edge.
struct Levels {
  double inside = 0.0, outside = 0.0, noise = 0.0;
};

Levels levels(const Plane& plane, const Vec2& centre, double radius, double reach) {
  const RoiStatistics in = disc(plane, centre, std::max(radius - flat * reach, 2.0 * plane.pixel),
                                "the inside of the disc");
  const RoiStatistics out = ring(plane, centre, radius + flat * reach, radius + reach);
  return {in.mean, out.mean, out.sd};
}

void require_edge(const Levels& level, const Vec2& centre, double radius) {
  constexpr double clear = 3.0;
  const double contrast = level.inside - level.outside;
  require(std::abs(contrast) > clear * level.noise && contrast != 0.0, Error::Kind::data,
          "no edge found (the disc of radius ", radius, " mm at (", centre.x(), ", ", centre.y(),
          ") mm stands out by ", contrast, " HU, the noise is ", level.noise,
          " HU). Average slices, or choose an insert of more contrast.");
}

/// Centre of mass of the disc over its surroundings.
Vec2 centre_of_disc(const Plane& plane, Vec2 centre, double radius, double reach) {
  for (int round = 0; round < 30; ++round) {
    const Levels level = levels(plane, centre, radius, reach);
    Vec2 sum(0.0, 0.0);
    double weight = 0.0;
    for_disc(plane, centre, radius + flat * reach, [&](const Vec2& at, double v) {
      sum += (v - level.outside) * (at - centre);
      weight += v - level.outside;
    });
    if (weight == 0.0) return centre;
    // A step of more than a third of the reach is noise, or another insert's.
    Vec2 step = sum / weight;
    if (step.norm() > reach / 3.0) step *= reach / 3.0 / step.norm();
    centre += step;
    if (step.norm() < 1e-5 * plane.pixel) break;
  }
  return centre;
}

/// Value over distance in even steps, from samples in any order: means of bins at the mean distance
/// of their samples, and straight lines between those.
struct Profile {
  double start = 0.0, step = 1.0;
  std::vector<double> value;
  double distance(std::size_t i) const { return start + step * (double(i) + 0.5); }
};

Profile radial_profile(const Plane& plane, const Vec2& centre, double low, double high,
                       double step) {
  Profile profile{low, step, {}};
  const auto bins = std::size_t((high - low) / step);
  std::vector<double> count(bins, 0.0), at(bins, 0.0), mean(bins, 0.0);
  for_disc(plane, centre, high, [&](const Vec2& position, double v) {
    const double r = (position - centre).norm();
    const double bin = (r - low) / step;
    if (bin < 0.0 || bin >= double(bins)) return;
    count[std::size_t(bin)] += 1.0;
    at[std::size_t(bin)] += r;
    mean[std::size_t(bin)] += v;
  });
  std::vector<double> r, v;
  for (std::size_t b = 0; b < bins; ++b)
    if (count[b] > 0.0) {
      r.push_back(at[b] / count[b]);
      v.push_back(mean[b] / count[b]);
    }
  constexpr std::size_t fewest = 8;
  require(r.size() >= fewest, Error::Kind::input, "the edge has samples at ", r.size(),
          " distances (it takes ", fewest, "). Use a larger disc, reach, or smaller pixels.");
  std::size_t next = 1;
  for (std::size_t b = 0; b < bins; ++b) {
    const double x = profile.distance(b);
    while (next + 1 < r.size() && r[next] < x) ++next;
    const double w = std::clamp((x - r[next - 1]) / (r[next] - r[next - 1]), -1.0, 2.0);
    profile.value.push_back((1.0 - w) * v[next - 1] + w * v[next]);
  }
  return profile;
}

/// Where the profile first is half way from its inside to its outside.
double half_way(const Profile& profile, const Levels& level) {
  const double middle = 0.5 * (level.inside + level.outside);
  for (std::size_t i = 1; i < profile.value.size(); ++i) {
    const double a = profile.value[i - 1] - middle, b = profile.value[i] - middle;
    if (a * b <= 0.0 && a != b && a * (level.inside - level.outside) >= 0.0)
      return profile.distance(i - 1) + profile.step * a / (a - b);
  }
  return profile.distance(profile.value.size() / 2);
}

/// 1 up to half the reach, then a cosine down to 0 (Tukey's window).
double taper(double distance, double reach) {
  const double x = std::abs(distance) / reach;
  if (x <= 0.5) return 1.0;
  return x >= 1.0 ? 0.0 : 0.5 + 0.5 * math::cos(pi * (2.0 * x - 1.0));
}

/// Transform of the line-spread function `lsf` at even steps, centred at `edge`.
Mtf transform(const std::vector<double>& lsf, double start, double step, double edge, double reach,
              double nyquist) {
  std::vector<double> line = lsf, at(lsf.size());
  double at_zero = 0.0;
  for (std::size_t i = 0; i < line.size(); ++i) {
    at[i] = start + step * double(i) - edge;
    line[i] *= taper(at[i], reach);
    at_zero += line[i];
  }
  Mtf mtf;
  mtf.frequency = detail::mtf_frequencies(nyquist);
  for (const double f : mtf.frequency) {
    double real = 0.0, imaginary = 0.0;
    for (std::size_t i = 0; i < line.size(); ++i) {
      real += line[i] * math::cos(2.0 * pi * f * at[i]);
      imaginary += line[i] * math::sin(2.0 * pi * f * at[i]);
    }
    const double aperture = math::sinc(f * step) * math::sinc(f * step);  // bin and difference
    mtf.value.push_back(std::sqrt(real * real + imaginary * imaginary) /
                        (std::abs(at_zero) * aperture));
  }
  mtf.value.front() = 1.0;
  return mtf;
}

}  // namespace

EdgeMtf edge_mtf(const Plane& plane, const Vec2& centre, double radius,
                 const EdgeOptions& options) {
  require(radius >= 4.0 * plane.pixel, Error::Kind::input, "the disc's radius is ", radius,
          " mm (an edge needs 4 pixels, ", 4.0 * plane.pixel, " mm). Use smaller pixels.");
  constexpr double usual = 0.8, most = 8.0;
  const double reach =
      options.reach > 0.0 ? std::min(options.reach, radius) : std::min(usual * radius, most);
  EdgeMtf result;
  require_edge(levels(plane, centre, radius, reach), centre, radius);
  result.centre = centre_of_disc(plane, centre, radius, reach);
  const Levels level = levels(plane, result.centre, radius, reach);
  require_edge(level, result.centre, radius);
  result.contrast = level.inside - level.outside;
  result.noise = level.noise;

  const double step = options.bin * plane.pixel;
  const Profile esf =
      radial_profile(plane, result.centre, std::max(0.0, radius - reach), radius + reach, step);
  result.radius = half_way(esf, level);
  for (std::size_t i = 0; i < esf.value.size(); ++i) {
    result.distance.push_back(esf.distance(i));
    result.esf.push_back(esf.value[i]);
  }
  std::vector<double> lsf;
  for (std::size_t i = 1; i < esf.value.size(); ++i)
    lsf.push_back((esf.value[i] - esf.value[i - 1]) / step);
  result.mtf = transform(lsf, esf.start + step, step, result.radius, reach, plane.nyquist());
  return result;
}

}  // namespace vitrine::evaluation
