#include "vitrine/physics/tube_current.hpp"

#include <algorithm>
#include <cmath>

#include "vitrine/core/math.hpp"
#include "vitrine/physics/detail/sub_views.hpp"
#include "vitrine/physics/projector.hpp"

namespace vitrine::physics {

const Schema<TubeCurrentModulation>& TubeCurrentModulation::schema() {
  static const auto s =
      Schema<TubeCurrentModulation>(
          "tube_current_modulation",
          "Tube current that follows the patient's attenuation p as exp(strength p), its mean "
          "that of tube_load_mas (Gies et al., Med Phys 26 (1999) 2235)")
          .optional("angular_strength", &TubeCurrentModulation::angular,
                    "within a rotation: 0 constant, 0.5 least noise for the dose, 1 equal quanta")
          .between(0, 1)
          .optional("longitudinal_strength", &TubeCurrentModulation::longitudinal,
                    "from rotation to rotation")
          .between(0, 1)
          .optional("least", &TubeCurrentModulation::least, unit::ma,
                    "smallest tube current (no limit if nothing is said)")
          .between(0, 10000)
          .optional("most", &TubeCurrentModulation::most, unit::ma,
                    "largest tube current (the tube's power if nothing is said)")
          .between(0.1, 10000)
          .rule("least_ma must be below most_ma", [](const TubeCurrentModulation& m) {
            return !m.least || !m.most || *m.least < *m.most;
          });
  return s;
}

namespace {

/// The darkest part of a view.
double darkest(std::span<const float> signal, Index columns, Index rows) {
  constexpr Index parts = 48;
  double least = 1.0;
  const Index count = std::min(parts, columns);
  for (Index part = 0; part < count; ++part) {
    const Index begin = part * columns / count, end = (part + 1) * columns / count;
    double sum = 0.0;
    for (Index i = begin * rows; i < end * rows; ++i) sum += double(signal[std::size_t(i)]);
    least = std::min(least, sum / double((end - begin) * rows));
  }
  return -math::log(std::max(least, 1e-12));
}

/// Mean over the rotation that a view belongs to.
std::vector<double> rotation_means(const std::vector<double>& p, const ScanGeometry& geometry) {
  const Index views = std::ssize(p),
              turn = std::min(geometry.views_per_rotation, views_per_turn(geometry));
  const auto& table = geometry.table_positions;
  std::vector<double> sums{0.0}, means;
  for (const double x : p) sums.push_back(sums.back() + x);
  const bool axial = views >= 2 && table[0] == table[1];
  for (Index v = 0; v < views; ++v) {
    const Index begin = axial ? v / turn * turn : std::clamp(v - turn / 2, Index(0), views - turn);
    const Index end = std::min(begin + turn, views);
    means.push_back((sums[std::size_t(end)] - sums[std::size_t(begin)]) / double(end - begin));
  }
  return means;
}

}  // namespace

std::vector<double> view_attenuation(const Scene& scene, const ScanGeometry& geometry,
                                     const Beam& beam, Isa isa) {
  constexpr Index per_rotation = 36, at_once = 24;
  const Index step = std::max<Index>(1, geometry.views_per_rotation / per_rotation);
  std::vector<Index> picked;
  for (Index v = 0; v < geometry.views(); v += step) picked.push_back(v);
  if (picked.back() != geometry.views() - 1) picked.push_back(geometry.views() - 1);

  std::vector<double> measured;
  for (std::size_t first = 0; first < picked.size(); first += at_once) {
    const std::size_t last = std::min(first + at_once, picked.size());
    const ScanGeometry part =
        detail::part_of(geometry, std::span(picked).subspan(first, last - first));
    const Exposure seen = expose(scene, part, beam, Sampling{1, 1, 1}, isa);
    for (Index v = 0; v < part.views(); ++v)
      measured.push_back(darkest(seen.signal.view(v), part.columns, part.rows));
  }

  std::vector<double> all;
  std::size_t i = 0;
  for (Index v = 0; v < geometry.views(); ++v) {
    while (i + 1 < picked.size() && picked[i + 1] <= v) ++i;
    double p = measured[i];
    if (i + 1 < picked.size())
      p += double(v - picked[i]) / double(picked[i + 1] - picked[i]) * (measured[i + 1] - p);
    all.push_back(p);
  }
  return all;
}

CurrentLimits current_limits(const TubeCurrentModulation& modulation, double mean_current,
                             double kv, const std::optional<double>& power) {
  double most = power ? *power * 1000.0 / kv : 1e300;
  if (modulation.most) most = std::min(most, *modulation.most);
  const double least = modulation.least.value_or(0.0);
  require(mean_current >= least, Error::Kind::input, "the mean tube current is ", mean_current,
          " mA (tube-current modulation never goes below ", least,
          " mA). Raise tube_load_mas, or lower least_ma.");
  require(mean_current <= most, Error::Kind::input, "the mean tube current is ", mean_current,
          " mA (tube-current modulation never goes above ", most,
          " mA). Lower tube_load_mas, or raise most_ma or the tube's power.");
  return {least / mean_current, most / mean_current};
}

std::vector<double> modulated(const TubeCurrentModulation& modulation,
                              const std::vector<double>& attenuation, const ScanGeometry& geometry,
                              const CurrentLimits& limits) {
  VITRINE_EXPECT(std::ssize(attenuation) == geometry.views());
  if (modulation.angular == 0.0 && modulation.longitudinal == 0.0) return {};
  const std::vector<double> means = rotation_means(attenuation, geometry);
  std::vector<double> wanted;
  for (std::size_t v = 0; v < means.size(); ++v)
    wanted.push_back(modulation.angular * (attenuation[v] - means[v]) +
                     modulation.longitudinal * means[v]);
  const double top = *std::ranges::max_element(wanted);
  for (double& w : wanted) w = math::exp(w - top);
  // The factor that makes the mean of what the limits leave 1.
  const auto limited = [&](double w) { return std::clamp(w, limits.least, limits.most); };
  const auto mean = [&](double factor) {
    double sum = 0.0;
    for (const double w : wanted) sum += limited(factor * w);
    return sum / double(wanted.size());
  };
  double low = 0.0, high = 1.0;
  while (mean(high) < 1.0 && high < 1e30) high *= 2.0;
  require(mean(low) <= 1.0 + 1e-12 && mean(high) >= 1.0 - 1e-12, Error::Kind::input,
          "no tube current between ", limits.least, " and ", limits.most,
          " times the mean has that mean. Widen the limits.");
  for (int i = 0; i < 200 && high - low > 1e-15 * high; ++i) {
    const double middle = 0.5 * (low + high);
    (mean(middle) < 1.0 ? low : high) = middle;
  }
  for (double& w : wanted) w = limited(high * w);
  return wanted;
}

}  // namespace vitrine::physics
