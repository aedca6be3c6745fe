#include "vitrine/evaluation/detail/variance_intervals.hpp"

#include <Eigen/Cholesky>
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

/// Looks for an end of the interval among all unknowns at once: where -2 log L is `limit` above its
/// least and its gradient is a multiple of that of what the interval is of (Venzon & Moolgavkar,
/// Applied Statistics 37 (1988) 87), by Newton's method. Unknowns are logarithms of the ratios that
/// are not zero and of the residual variance. May fail, then `crossing` has the last word.
class EndSearch {
 public:
  EndSearch(const ProfiledLikelihood& likelihood, const LikelihoodPoint& best, Held::What what,
            const std::vector<bool>& set, double limit)
      : likelihood_(likelihood), best_(best), what_(what), set_(set), limit_(limit) {
    for (Index k = 0; k < best.ratio.size(); ++k)
      if (best.ratio[k] > likelihood.negligible(k)) free_.push_back(k);
    residual_only_.assign(set.size(), false);
    residual_only_.back() = true;
  }

  /// Value at the end in the direction `sign`, or nothing.
  ///
  /// A share becomes small, or that of the others large, as any one of the others grows: each that
  /// has few levels, and so may be much larger, is a way of its own to an end. The farthest counts.
  std::optional<double> operator()(double sign) const {
    const Index size = std::ssize(free_) + 1;
    Eigen::VectorXd x(size);
    for (Index i = 0; i + 1 < size; ++i) x[i] = math::log(best_.ratio[free_[std::size_t(i)]]);
    x[size - 1] = math::log(best_.residual);
    std::optional<double> end = from(x, sign);
    if (what_ == Held::What::variance) return end;
    constexpr Index few = 12;
    constexpr double larger = 3.0;  // by its logarithm
    for (Index i = 0; i + 1 < size; ++i) {
      const auto k = std::size_t(free_[std::size_t(i)]);
      if (likelihood_.design().groups[k].levels > few || set_[k] != (sign > 0.0)) continue;
      Eigen::VectorXd beside = x;
      beside[i] += larger;
      const auto other = from(beside, sign);
      if (other && (!end || sign * (*other - *end) > 0.0)) end = other;
    }
    return end;
  }

 private:
  std::optional<double> from(Eigen::VectorXd x, double sign) const {
    const Index size = x.size();
    double pull = 0.0;  // Lagrange's multiplier
    constexpr int most = 40;
    for (int iteration = 0; iteration < most; ++iteration) {
      Eigen::VectorXd ratio = Eigen::VectorXd::Zero(best_.ratio.size());
      for (Index i = 0; i + 1 < size; ++i) {
        const Index k = free_[std::size_t(i)];
        ratio[k] = math::exp(x[i]);
        if (!(ratio[k] > likelihood_.negligible(k) && ratio[k] < 1e10)) return {};
      }
      const Held held{Held::What::variance, residual_only_, math::exp(x[size - 1])};
      const auto possible = likelihood_.if_regular(ratio, held);
      if (!possible) return {};
      const LikelihoodPoint& here = *possible;
      const Target target = target_at(here);
      const Quadratic model = model_at(here);
      const double excess = here.deviance - best_.deviance - limit_;
      const Eigen::MatrixXd curved = model.curvature - pull * target.curvature;
      Eigen::LLT<Eigen::MatrixXd> factor(curved);
      if (factor.info() != Eigen::Success) factor.compute(model.curvature);
      if (factor.info() != Eigen::Success) factor.compute(model.information);
      if (factor.info() != Eigen::Success) return {};
      const Eigen::VectorXd to_target = factor.solve(target.gradient);
      const Eigen::VectorXd to_best = factor.solve(model.gradient);
      const double along = target.gradient.dot(to_target);
      const double left = model.gradient.dot(to_best) - 2.0 * excess;
      if (!(along > 0.0)) return {};
      pull = left > 0.0 ? sign * std::sqrt(left / along) : 0.0;
      Eigen::VectorXd step = pull * to_target - to_best;
      const double gap = (pull * target.gradient - model.gradient).dot(step);
      constexpr double near_enough = 4e-6;  // of -2 log L
      if (std::fabs(excess) < near_enough && gap < near_enough)
        return sign * (target.value - held_value(best_, what_, set_)) > 0.0 && optimal(ratio, held)
                   ? std::optional(target.value)
                   : std::nullopt;
      constexpr double longest = 1.0;
      const double length = step.cwiseAbs().maxCoeff();
      if (!std::isfinite(length)) return {};
      if (length > longest) step *= longest / length;
      x += step;
    }
    return {};
  }

  struct Target {
    double value = 0.0;
    Eigen::VectorXd gradient;  ///< of the logarithm of a variance, the log-odds of a share
    Eigen::MatrixXd curvature;
  };
  struct Quadratic {
    Eigen::VectorXd gradient;
    Eigen::MatrixXd information, curvature;
  };

  Target target_at(const LikelihoodPoint& here) const {
    const Index size = std::ssize(free_) + 1;
    Target t{0.0, Eigen::VectorXd::Zero(size), Eigen::MatrixXd::Zero(size, size)};
    t.value = held_value(here, what_, set_);
    if (what_ == Held::What::variance) {
      for (Index i = 0; i + 1 < size; ++i) t.gradient[i] = set_[std::size_t(free_[std::size_t(i)])];
      t.gradient[size - 1] = 1.0;
      return t;
    }
    Eigen::VectorXd parts[2] = {Eigen::VectorXd::Zero(size), Eigen::VectorXd::Zero(size)};
    for (Index i = 0; i + 1 < size; ++i) {
      const Index k = free_[std::size_t(i)];
      parts[set_[std::size_t(k)] ? 1 : 0][i] = here.ratio[k];
    }
    double whole[2] = {parts[0].sum(), parts[1].sum()};
    whole[set_.back() ? 1 : 0] += 1.0;
    for (const int side : {0, 1}) {
      const Eigen::VectorXd p = parts[side] / whole[side];
      const double direction = side == 1 ? 1.0 : -1.0;
      t.gradient += direction * p;
      t.curvature.diagonal() += direction * p;
      t.curvature -= direction * p * p.transpose();
    }
    return t;
  }

  Quadratic model_at(const LikelihoodPoint& here) const {
    const Index size = std::ssize(free_) + 1, e = size - 1;
    Quadratic q{Eigen::VectorXd::Zero(size), Eigen::MatrixXd::Zero(size, size), {}};
    const double squares = here.quadratic / here.residual;
    for (Index i = 0; i < e; ++i) {
      const Index k = free_[std::size_t(i)];
      q.gradient[i] = here.ratio[k] * here.gradient[k];
      q.information(i, e) = q.information(e, i) = here.ratio[k] * here.squares[k] / here.residual;
      for (Index j = 0; j < e; ++j) {
        const Index l = free_[std::size_t(j)];
        q.information(i, j) = here.ratio[k] * here.information(k, l) * here.ratio[l];
      }
    }
    q.gradient[e] = likelihood_.degrees() - squares;
    q.information(e, e) = squares;
    q.curvature = q.information;
    q.curvature.diagonal().head(e) += q.gradient.head(e);
    return q;
  }

  /// Whether ratios that are zero want to stay there.
  bool optimal(Eigen::VectorXd ratio, const Held& held) const {
    bool all_free = true;
    for (Index k = 0; k < ratio.size(); ++k)
      if (ratio[k] == 0.0) {
        ratio[k] = likelihood_.negligible(k);
        all_free = false;
      }
    if (all_free) return true;
    const auto beside = likelihood_.if_regular(ratio, held);
    for (Index k = 0; beside && k < ratio.size(); ++k)
      if (ratio[k] <= likelihood_.negligible(k) && beside->gradient[k] < 0.0) return false;
    return beside.has_value();
  }

  const ProfiledLikelihood& likelihood_;
  const LikelihoodPoint& best_;
  Held::What what_;
  const std::vector<bool>& set_;
  double limit_;
  std::vector<Index> free_;
  std::vector<bool> residual_only_;
};

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
  const EndSearch end(likelihood, best, what, set, limit);
  const bool inside = value > 0.0 && (what == Held::What::variance || value < 1.0);
  const auto found = [&](double sign) { return inside ? end(sign) : std::nullopt; };
  Profile profile(likelihood, best, what, set);
  std::pair<double, double> ends{0.0, 1.0};
  // A set of random factors may contribute nothing, and so may all that is not in a share.
  if (const auto high = found(+1.0)) {
    ends.second = *high;
  } else if (!(what == Held::What::share && set.back() &&
               at_zero(likelihood, best, rest) <= limit)) {
    const auto slow = crossing(profile, from, +1.0, limit);
    if (!slow) return {};
    ends.second = back(*slow);
  }
  if (const auto low = found(-1.0)) {
    ends.first = *low;
  } else if (set.back() || at_zero(likelihood, best, set) > limit) {
    const auto slow = crossing(profile, from, -1.0, limit);
    if (!slow) return {};
    ends.first = back(*slow);
  }
  return ends;
}

}  // namespace vitrine::evaluation::detail
