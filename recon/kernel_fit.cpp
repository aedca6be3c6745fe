#include "vitrine/recon/kernel_fit.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <functional>
#include <limits>
#include <numbers>

#include "vitrine/core/math.hpp"
#include "vitrine/model/scan.hpp"
#include "vitrine/physics/focal_spot.hpp"

namespace vitrine::recon {
namespace {

constexpr double highest = 5.0, step = 1e-3;  // 1/mm, of searches

/// Last frequency at which a curve is at `level` or above, to 1e-9.
double last_at(const std::function<double(double)>& curve, double level) {
  double low = 0.0;
  for (double f = 0.0; f <= highest; f += step)
    if (curve(f) >= level) low = f;
  double high = low + step;
  for (int i = 0; i < 40; ++i) {
    const double middle = 0.5 * (low + high);
    (curve(middle) >= level ? low : high) = middle;
  }
  return low;
}

/// Where a curve is highest.
double place_of_peak(const std::function<double(double)>& curve) {
  double at = 0.0;
  for (double f = 0.0; f <= highest; f += step)
    if (curve(f) > curve(at)) at = f;
  return at;
}

/// Minimum of a function of N numbers by the simplex of Nelder and Mead (1965), from `start` with
/// edges `reach`.
template <std::size_t N>
std::array<double, N> minimise(const std::function<double(const std::array<double, N>&)>& f,
                               const std::array<double, N>& start, double reach) {
  using Point = std::array<double, N>;
  struct Corner {
    Point x;
    double value;
  };
  std::vector<Corner> simplex{{start, f(start)}};
  for (std::size_t i = 0; i < N; ++i) {
    Point x = start;
    x[i] += reach;
    simplex.push_back({x, f(x)});
  }
  const auto by_value = [](const Corner& a, const Corner& b) { return a.value < b.value; };
  constexpr int most = 4000;
  for (int turn = 0; turn < most; ++turn) {
    std::ranges::sort(simplex, by_value);
    if (simplex.back().value - simplex.front().value < 1e-16) break;
    Point centre{};
    for (std::size_t c = 0; c < N; ++c)
      for (std::size_t i = 0; i < N; ++i) centre[i] += simplex[c].x[i] / double(N);
    const auto towards = [&](double share) {
      Point x;
      for (std::size_t i = 0; i < N; ++i)
        x[i] = centre[i] + share * (simplex.back().x[i] - centre[i]);
      return Corner{x, f(x)};
    };
    const Corner mirrored = towards(-1.0);
    if (mirrored.value < simplex.front().value) {
      simplex.back() = std::min(mirrored, towards(-2.0), by_value);
    } else if (mirrored.value < simplex[N - 1].value) {
      simplex.back() = mirrored;
    } else {
      const Corner inside = towards(mirrored.value < simplex.back().value ? -0.5 : 0.5);
      if (inside.value < std::min(mirrored.value, simplex.back().value)) {
        simplex.back() = inside;
      } else {
        for (std::size_t c = 1; c <= N; ++c) {
          for (std::size_t i = 0; i < N; ++i)
            simplex[c].x[i] = 0.5 * (simplex[c].x[i] + simplex.front().x[i]);
          simplex[c].value = f(simplex[c].x);
        }
      }
    }
  }
  return std::ranges::min_element(simplex, by_value)->x;
}

/// A kernel by five unbounded numbers: the logarithms of what is positive, and of what an exponent
/// has above 1.
RollOff::Params params_of(const std::array<double, 5>& x, bool boost) {
  const auto between = [](double low, double value, double high) {
    return std::clamp(math::exp(std::clamp(value, -20.0, 5.0)), low, high);
  };
  RollOff::Params p;
  p.width = between(0.02, x[0], 5.0);
  p.steepness = 1.0 + between(0.0, x[1], 15.0);
  p.boost = boost ? between(0.0, x[2], 20.0) : 0.0;
  p.boost_at = between(0.02, x[3], 5.0);
  p.boost_steepness = 1.0 + between(0.0, x[4], 7.0);
  return p;
}

/// The kernel with the least `misfit`, of several starts about a frequency and a height of the
/// hump.
RollOff::Params best_of(const std::function<double(const RollOff&)>& misfit, double frequency,
                        double place, double height, bool boost) {
  const auto of = [&](const std::array<double, 5>& x) {
    return misfit(RollOff(params_of(x, boost)));
  };
  double least = std::numeric_limits<double>::infinity();
  std::array<double, 5> found{};
  for (const double steepness : {2.0, 6.0})
    for (const double flanks : {1.5, 2.5})
      for (const double further : {1.0, 1.7}) {
        constexpr double edge = 0.2;
        const auto x =
            minimise<5>(of,
                        {math::log(frequency), math::log(steepness - 1.0), math::log(height),
                         math::log(further * place), math::log(flanks - 1.0)},
                        edge);
        if (const double value = of(x); value < least) {
          least = value;
          found = x;
        }
      }
  return params_of(found, boost);
}

/// The two numbers of a kernel without a hump that lets exactly these shares pass.
RollOff::Params through(double f50, double left50, double f10, double left10) {
  RollOff::Params p;
  const double a = -math::log(left50), b = -math::log(left10);
  p.steepness = math::log(b / a) / math::log(f10 / f50);
  p.width = f50 / math::pow(a, 1.0 / p.steepness);
  return p;
}

void require_frequencies(const MtfTarget& target, const ScannerBlur& blur) {
  require(target.mtf50 > 0.0 && target.mtf10 > target.mtf50 && target.mtf10 <= highest,
          Error::Kind::input, "the MTF is to fall to 50 % at ", target.mtf50, " and to 10 % at ",
          target.mtf10, " per mm (the first must be positive, the second larger, up to ", highest,
          "). Look at the units: 1 per mm is 10 line pairs per cm.");
  for (const auto& [f, level] : {std::pair{target.mtf50, 0.5}, std::pair{target.mtf10, 0.1}}) {
    const double most = blur.signal(f);
    require(target.peak || most > level, Error::Kind::input, "an MTF of ", level, " at ", f,
            " per mm cannot be had without edge enhancement (this scanner's cells, interpolation ",
            "and focal spot alone leave ", most, " there). Give the MTF's peak, or use a scanner ",
            "with smaller cells or focal spot.");
  }
  if (target.peak)
    require(target.peak->height > 1.0 && target.peak->frequency > 0.0 &&
                target.peak->frequency < target.mtf50,
            Error::Kind::input, "the MTF's peak is ", target.peak->height, " at ",
            target.peak->frequency, " per mm (it must be above 1, and at a frequency below that ",
            "of 50 %, ", target.mtf50, "). Leave it out if the kernel enhances no edges.");
}

}  // namespace

ScannerBlur::ScannerBlur(const Scanner& scanner)
    : cell_(scanner.column_pitch * scanner.source_to_iso / scanner.source_to_detector) {
  constexpr int parts = 64;
  const auto spot = physics::SpotProfile::across(scanner);
  const double magnified = 1.0 - scanner.source_to_iso / scanner.source_to_detector;
  for (int i = 0; i < parts; ++i) spot_.push_back(spot.width() * magnified * spot.place(i, parts));
}

double ScannerBlur::signal(double f) const {
  double re = 0.0, im = 0.0;
  for (const double x : spot_) {
    const double phase = 2.0 * std::numbers::pi * f * x;
    re += math::cos(phase) / double(spot_.size());
    im += math::sin(phase) / double(spot_.size());
  }
  return std::abs(math::sinc(cell_ * f)) * noise(f) * std::sqrt(re * re + im * im);
}

double ScannerBlur::noise(double f) const {
  const double line = math::sinc(0.5 * cell_ * f);  // linear between lines half a cell apart
  return line * line;
}

double noise_power(const Kernel& kernel, const ScannerBlur& blur, double f) {
  const double amplitude = kernel.gain(f) * blur.noise(f);
  return f * amplitude * amplitude;
}

KernelFigures figures(const Kernel& kernel, const ScannerBlur& blur) {
  const auto mtf = [&](double f) { return kernel.gain(f) * blur.signal(f); };
  const auto nps = [&](double f) { return noise_power(kernel, blur, f); };
  KernelFigures out{};
  out.mtf50 = last_at(mtf, 0.5);
  out.mtf10 = last_at(mtf, 0.1);
  out.mtf_peak_frequency = place_of_peak(mtf);
  out.mtf_peak = mtf(out.mtf_peak_frequency);
  out.nps_peak_frequency = place_of_peak(nps);
  double sum = 0.0, moment = 0.0;
  for (double f = 0.5 * step; f < highest; f += step) {
    sum += nps(f);
    moment += f * nps(f);
  }
  out.nps_mean_frequency = moment / sum;
  return out;
}

RollOff::Params fit_kernel(const MtfTarget& target, const ScannerBlur& blur) {
  require_frequencies(target, blur);
  if (!target.peak) {
    const RollOff::Params p = through(target.mtf50, 0.5 / blur.signal(target.mtf50), target.mtf10,
                                      0.1 / blur.signal(target.mtf10));
    require(p.steepness >= 1.0 && p.steepness <= 16.0, Error::Kind::input, "an MTF that falls to ",
            "50 % at ", target.mtf50, " and to 10 % at ", target.mtf10, " per mm needs a roll-off ",
            "of exponent ", p.steepness,
            " (between 1 and 16 a kernel is well behaved). Check both ", "frequencies.");
    return p;
  }
  const MtfTarget::Peak peak = *target.peak;
  const auto misfit = [&](const RollOff& kernel) {
    const auto mtf = [&](double f) { return kernel.gain(f) * blur.signal(f); };
    const auto square = [](double d) { return d * d; };
    // Levels at the stated places rather than places of stated levels: smooth in the numbers.
    const double h = 0.02 * peak.frequency;
    const double slope = (mtf(peak.frequency + h) - mtf(peak.frequency - h)) / (2.0 * h);
    return square(mtf(target.mtf50) / 0.5 - 1.0) + square(mtf(target.mtf10) / 0.1 - 1.0) +
           square(mtf(peak.frequency) / peak.height - 1.0) + square(slope * peak.frequency);
  };
  return best_of(misfit, target.mtf50, peak.frequency, peak.height - 1.0, true);
}

RollOff::Params fit_kernel(const NpsTarget& target, const ScannerBlur& blur, bool boost) {
  const auto& f = target.frequencies;
  require(f.size() == target.power.size() && f.size() >= 4 && f.front() >= 0.0 &&
              std::ranges::adjacent_find(f, std::greater_equal<>()) == f.end(),
          Error::Kind::input, "a noise power spectrum of ", f.size(), " frequencies and ",
          target.power.size(), " powers (at least 4 pairs with ascending frequencies are needed). ",
          "Give one frequency and its power a line.");
  double all = 0.0;
  for (const double power : target.power) {
    require(power >= 0.0 && std::isfinite(power), Error::Kind::input, "a noise power is ", power,
            " (a spectrum is not negative).");
    all += power;
  }
  require(all > 0.0, Error::Kind::input, "all noise powers are 0.");
  const auto misfit = [&](const RollOff& kernel) {
    double sum = 0.0, error = 0.0;
    for (const double at : f) sum += noise_power(kernel, blur, at);
    if (!(sum > 0.0)) return 1.0;
    for (std::size_t i = 0; i < f.size(); ++i) {
      const double d = noise_power(kernel, blur, f[i]) / sum - target.power[i] / all;
      error += d * d;
    }
    return error;
  };
  const auto peak = std::size_t(std::ranges::max_element(target.power) - target.power.begin());
  const double near = std::max(f[peak], 0.05);
  return best_of(misfit, near, near, 0.5, boost);
}

}  // namespace vitrine::recon
