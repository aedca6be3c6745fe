#include "vitrine/trial/designs/latin_hypercube.hpp"

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <numeric>
#include <set>

#include "vitrine/core/random.hpp"

namespace vitrine::trial {
namespace {

constexpr std::uint64_t draws = 64;

/// Intervals beside the key of their factor and the list that their levels go to.
struct Named {
  std::string_view factor;
  Intervals::Ends Intervals::*ends;
  std::vector<double> Factors::*levels;
};
constexpr Named intervals[] = {
    {"tube_voltage_kv", &Intervals::tube_voltage, &Factors::tube_voltage},
    {"tube_load_mas", &Intervals::tube_load, &Factors::tube_load},
    {"slice_thickness_mm", &Intervals::slice_thickness, &Factors::slice_thickness},
    {"contrast_delay_s", &Intervals::contrast_delay, &Factors::contrast_delay},
    {"motion_percent", &Intervals::motion, &Factors::motion},
    {"noise_reduction_percent", &Intervals::noise_reduction, &Factors::noise_reduction}};

/// The strata of one factor, in the order of the arms (Fisher and Yates).
std::vector<std::size_t> permutation(std::size_t count, std::uint64_t seed,
                                     const std::string& factor, std::uint64_t draw) {
  Rng rng(make_stream(seed, "arms/" + factor, Draw::design), draw);
  std::vector<std::size_t> strata(count);
  std::iota(strata.begin(), strata.end(), std::size_t{0});
  for (std::size_t i = count; i-- > 1;) std::swap(strata[i], strata[rng.below(i + 1)]);
  return strata;
}

/// Proportional to the correlation of two permutations of 0 ... n-1, without its sign.
std::int64_t correlation(const std::vector<std::size_t>& a, const std::vector<std::size_t>& b) {
  const auto n = std::ssize(a);
  std::int64_t sum = 0;
  for (std::size_t i = 0; i < a.size(); ++i) sum += std::int64_t(a[i] * b[i]);
  return std::abs(4 * sum - n * (n - 1) * (n - 1));
}

}  // namespace

const Schema<Intervals>& Intervals::schema() {
  static const auto s =
      Schema<Intervals>("between", "Intervals [low, high] that levels are taken from, evenly")
          .optional("tube_voltage", &Intervals::tube_voltage, unit::kv, "tube voltages")
          .between(40, 150)
          .optional("tube_load", &Intervals::tube_load, unit::mas, "tube loads per rotation")
          .between(0.1, 2000)
          .optional("slice_thickness", &Intervals::slice_thickness, unit::mm, "slice thicknesses")
          .between(0.3, 20)
          .optional("contrast_delay", &Intervals::contrast_delay, unit::s, "delays of the scan")
          .between(0, 1200)
          .optional("motion", &Intervals::motion, unit::percent, "strengths of the motion")
          .between(0, 200)
          .optional("noise_reduction", &Intervals::noise_reduction, unit::percent,
                    "steps of noise reduction")
          .between(0, 80)
          .rule("the first number of an interval must be less than the second",
                [](const Intervals& all) {
                  return std::ranges::all_of(intervals, [&](const Named& each) {
                    const Ends& ends = all.*each.ends;
                    return !ends || (*ends)[0] < (*ends)[1];
                  });
                });
  return s;
}

const Schema<LatinHypercube::Params>& LatinHypercube::schema() {
  static const auto s =
      Schema<Params>("latin_hypercube",
                     "So many arms, spread evenly over every factor: each arm has another part of "
                     "each interval, and the levels of a list come equally often")
          .required("arms", &Params::arms, "number of arms")
          .between(2, double(most_arms))
          .optional("between", &Params::between,
                    "intervals that levels are taken from (other factors: the lists of arms.vary)");
  return s;
}

std::vector<double> middles(double low, double high, std::size_t count) {
  const double width = (high - low) / double(count);
  int decimals = -3;
  const auto power = [](int exponent) {
    double p = 1.0;
    for (int i = 0; i < std::abs(exponent); ++i) p *= 10.0;
    return p;
  };
  const auto steps_in = [&](double x) {
    return decimals < 0 ? x / power(decimals) : x * power(decimals);
  };
  while (steps_in(width) < 10.0 && decimals < 12) ++decimals;
  std::vector<double> out;
  for (std::size_t i = 0; i < count; ++i) {
    const double steps = std::round(steps_in(low + (double(i) + 0.5) * width));
    out.push_back(decimals < 0 ? steps * power(decimals) : steps / power(decimals));
  }
  return out;
}

Factors LatinHypercube::levels(const Factors& vary, const Factors&, const ScannerNames&,
                               std::size_t) const {
  Factors out = vary;
  for (const Named& each : intervals)
    if (const auto& ends = params_.between.*each.ends)
      out.*each.levels = middles((*ends)[0], (*ends)[1], std::size_t(params_.arms));
  return out;
}

bool LatinHypercube::is_interval(std::string_view factor) const {
  return std::ranges::any_of(intervals, [&](const Named& each) {
    return each.factor == factor && params_.between.*each.ends;
  });
}

void LatinHypercube::check(const DesignSpace& space, const Value& arms,
                           Diagnostics& problems) const {
  const Value* design = arms.find("design");
  const Value* between = design ? design->find("between") : nullptr;
  const Value* vary = arms.find("vary");
  for (const Named& each : intervals)
    if (const Value* list = vary ? vary->find(each.factor) : nullptr;
        list && names_levels(*list) && is_interval(each.factor)) {
      const Value* interval = between ? between->find(each.factor) : nullptr;
      problems.error(interval ? interval->where : arms.where,
                     str(each.factor,
                         " has an interval here and levels in arms.vary (only one of "
                         "them can be meant). Remove one."));
    }
  bool any = false;
  for (std::size_t f = 0; f < space.factors.size(); ++f) any |= varies(space, f);
  if (!any)
    problems.error(design ? design->where : arms.where,
                   "a Latin hypercube has nothing to spread (no factor varies). Give intervals in "
                   "between, or lists in arms.vary.");
}

std::vector<DesignRow> LatinHypercube::rows(const DesignSpace& space) const {
  const auto count = std::size_t(params_.arms);
  std::vector<DesignRow> best;
  std::int64_t least = 0;
  for (std::uint64_t draw = 0; draw < draws; ++draw) {
    std::vector<std::vector<std::size_t>> strata;
    for (std::size_t f = 0; f < space.factors.size(); ++f)
      strata.push_back(varies(space, f) ? permutation(count, space.seed, space.factors[f], draw)
                                        : std::vector<std::size_t>{});
    std::vector<DesignRow> rows;
    for (std::size_t arm = 0; arm < count; ++arm) {
      DesignRow row(space.factors.size(), 0);
      for (std::size_t f = 0; f < row.size(); ++f)  // the scanner first: it has its levels
        if (!strata[f].empty()) row[f] = strata[f][arm] * space.levels[row[0]][f] / count;
      rows.push_back(std::move(row));
    }
    if (std::set<DesignRow>(rows.begin(), rows.end()).size() < count) continue;
    std::int64_t worst = 0;
    for (std::size_t f = 0; f < strata.size(); ++f)
      for (std::size_t g = 0; g < f; ++g)
        if (!strata[f].empty() && !strata[g].empty())
          worst = std::max(worst, correlation(strata[f], strata[g]));
    if (best.empty() || worst < least) {
      best = std::move(rows);
      least = worst;
    }
  }
  require(!best.empty(), Error::Kind::input, "a Latin hypercube of ", count,
          " arms has some that are alike (the factors have too few levels). Use fewer arms, more "
          "levels, or an interval.");
  return best;
}

}  // namespace vitrine::trial
