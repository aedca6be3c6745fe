#include "vitrine/evaluation/detail/variance_intervals.hpp"

#include <cmath>

#include "vitrine/core/math.hpp"
#include "vitrine/evaluation/distributions.hpp"

namespace vitrine::evaluation::detail {
namespace {

/// Ratios from which a search can still grow: on logarithms, next to zero all slopes look flat.
Eigen::VectorXd clear_of_zero(const ProfiledLikelihood& likelihood, const LikelihoodPoint& best) {
  Eigen::VectorXd ratio = 0.1 * best.ratio;
  for (Index k = 0; k < ratio.size(); ++k)
    ratio[k] = std::max(ratio[k], 1e4 * likelihood.negligible(k));
  return ratio;
}

/// The profile on a scale without ends: the logarithm of a variance, the log-odds of a share.
class Profile {
 public:
  Profile(const ProfiledLikelihood& likelihood, const LikelihoodPoint& best, Held::What what,
          const std::vector<bool>& set)
      : likelihood_(likelihood), best_(best), held_{what, set, 0.0}, warm_(best.ratio) {}

  /// -2 log L above its least.
  double operator()(double z) {
    held_.value = held_.what == Held::What::variance ? math::exp(z) : 1.0 / (1.0 + math::exp(-z));
    Eigen::VectorXd start = warm_.cwiseMax(clear_of_zero(likelihood_, best_));
    if (held_.what == Held::What::variance && held_.set.back())
      start *= best_.residual / held_.value;  // the components keep their size
    const LikelihoodPoint point = likelihood_.maximise(start, held_, 1e-7);
    for (Index k = 0; k < warm_.size(); ++k)
      if (point.ratio[k] > 0.0) warm_[k] = std::clamp(point.ratio[k], 1e-10, 1e10);
    return point.deviance - best_.deviance;
  }

 private:
  const ProfiledLikelihood& likelihood_;
  const LikelihoodPoint& best_;
  Held held_;
  Eigen::VectorXd warm_;
};

/// Where a rising profile reaches `limit`, going from `from` in the direction `sign`.
std::optional<double> crossing(Profile& profile, double from, double sign, double limit) {
  // The root of the profile is nearly straight, which makes secants good.
  const double target = std::sqrt(limit);
  const auto excess = [&](double z) { return std::sqrt(std::max(profile(z), 0.0)) - target; };
  double inner = from, at_inner = -target, step = 0.5;
  double outer = from + sign * step, at_outer = excess(outer);
  while (at_outer < 0.0) {
    if (std::fabs(outer - from) > 60.0) return {};
    inner = outer;
    at_inner = at_outer;
    step *= 2.0;
    outer += sign * step;
    at_outer = excess(outer);
  }
  constexpr double near_enough = 1e-6;
  int side = 0;  // Illinois: the end that stays put loses half its weight
  for (int i = 0; i < 60; ++i) {
    const double z = (outer * at_inner - inner * at_outer) / (at_inner - at_outer);
    const double at = excess(z);
    if (std::fabs(at) < near_enough || std::fabs(outer - inner) < near_enough) return z;
    if (at > 0.0) {
      outer = z;
      at_outer = at;
      if (side == 1) at_inner *= 0.5;
      side = 1;
    } else {
      inner = z;
      at_inner = at;
      if (side == -1) at_outer *= 0.5;
      side = -1;
    }
  }
  return outer;
}

/// -2 log L, above its least, where a set of random factors contributes nothing.
double at_zero(const ProfiledLikelihood& likelihood, const LikelihoodPoint& best,
               const std::vector<bool>& set) {
  const Eigen::VectorXd clear = clear_of_zero(likelihood, best);
  Eigen::VectorXd start = best.ratio;
  for (Index k = 0; k < start.size(); ++k)
    start[k] = set[std::size_t(k)] ? 0.0 : std::max(start[k], clear[k]);
  return likelihood.maximise(start, {}, 1e-7).deviance - best.deviance;
}

/// A ratio, or share, to leave zero with.
double start_from_zero(const ProfiledLikelihood& likelihood, const LikelihoodPoint& best,
                       const std::vector<bool>& set) {
  double smallest = 0.1;
  for (Index k = 0; k < best.ratio.size(); ++k)
    if (set[std::size_t(k)]) smallest = std::min(smallest, 1e3 * likelihood.negligible(k));
  return smallest;
}

}  // namespace

double held_value(const LikelihoodPoint& point, Held::What what, const std::vector<bool>& set) {
  double inside = set.back() ? 1.0 : 0.0;
  for (Index k = 0; k < point.ratio.size(); ++k)
    if (set[std::size_t(k)]) inside += point.ratio[k];
  return what == Held::What::variance ? inside * point.residual
                                      : inside / (1.0 + point.ratio.sum());
}

std::optional<std::pair<double, double>> profile_interval(const ProfiledLikelihood& likelihood,
                                                          const LikelihoodPoint& best,
                                                          Held::What what,
                                                          const std::vector<bool>& set,
                                                          double confidence) {
  const double limit = chi_square_quantile(confidence, 1.0);
  const double value = held_value(best, what, set);
  const auto scale = [&](double v) {
    return what == Held::What::variance ? math::log(v) : math::log(v / (1.0 - v));
  };
  const auto back = [&](double z) {
    return what == Held::What::variance ? math::exp(z) : 1.0 / (1.0 + math::exp(-z));
  };
  std::vector<bool> rest = set;  // what a share leaves to the others
  rest.flip();
  const double least = start_from_zero(likelihood, best, set);
  const double from =
      what == Held::What::variance
          ? scale(std::max(value, least * best.residual))
          : scale(std::clamp(value, least, 1.0 - start_from_zero(likelihood, best, rest)));
  Profile profile(likelihood, best, what, set);
  std::pair<double, double> ends{0.0, 1.0};
  // A set of random factors may contribute nothing, and so may all that is not in a share.
  const bool up_to_all =
      what == Held::What::share && set.back() && at_zero(likelihood, best, rest) <= limit;
  if (!up_to_all) {
    const auto high = crossing(profile, from, +1.0, limit);
    if (!high) return {};
    ends.second = back(*high);
  }
  if (!set.back() && at_zero(likelihood, best, set) <= limit) return ends;
  const auto low = crossing(profile, from, -1.0, limit);
  if (!low) return {};
  ends.first = back(*low);
  return ends;
}

}  // namespace vitrine::evaluation::detail
