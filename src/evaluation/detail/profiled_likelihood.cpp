#include "vitrine/evaluation/detail/profiled_likelihood.hpp"

#include <Eigen/Cholesky>
#include <cmath>
#include <limits>
#include <numbers>

#include "vitrine/core/error.hpp"
#include "vitrine/core/math.hpp"

namespace vitrine::evaluation::detail {
namespace {

/// Maps what the optimiser varies to the ratios: their logarithms, or, where a share is held, the
/// logarithms of parts within the set and outside it.
class Coordinates {
 public:
  Coordinates(const Held& held, const Eigen::VectorXd& ratio) : held_(held) {
    const Index groups = ratio.size();
    for (Index k = 0; k < groups; ++k)
      if (ratio[k] > 0.0) free_.push_back(k);
    if (held.what == Held::What::share) free_.push_back(groups);
    x_.resize(std::ssize(free_));
    for (std::size_t i = 0; i < free_.size(); ++i)
      x_[Index(i)] = free_[i] == groups ? 0.0 : math::log(ratio[free_[i]]);
    groups_ = groups;
  }

  Index count() const { return std::ssize(free_); }
  Eigen::VectorXd& x() { return x_; }
  Index group(Index i) const { return free_[std::size_t(i)]; }

  /// Ratios, and their derivatives by x.
  Eigen::VectorXd ratio(const Eigen::VectorXd& x, Eigen::MatrixXd* by_x = nullptr) const {
    Eigen::VectorXd result = Eigen::VectorXd::Zero(groups_);
    if (by_x) *by_x = Eigen::MatrixXd::Zero(groups_, count());
    if (held_.what != Held::What::share) {
      for (Index i = 0; i < count(); ++i) {
        result[group(i)] = math::exp(x[i]);
        if (by_x) (*by_x)(group(i), i) = result[group(i)];
      }
      return result;
    }
    Eigen::VectorXd part(count());  // within the set or outside it
    double sum[2] = {0.0, 0.0};
    for (Index i = 0; i < count(); ++i) sum[inside(i)] += part[i] = math::exp(x[i]);
    for (Index i = 0; i < count(); ++i) part[i] /= sum[inside(i)];
    const Index e = count() - 1;  // the residual comes last
    const double whole[2] = {1.0 - held_.value, held_.value};
    for (Index i = 0; i < e; ++i)
      result[group(i)] = part[i] * whole[inside(i)] / (part[e] * whole[inside(e)]);
    if (!by_x) return result;
    const auto slope = [&](Index i, Index j) {  // of log part i by x j
      return inside(i) == inside(j) ? (i == j ? 1.0 : 0.0) - part[j] : 0.0;
    };
    for (Index i = 0; i < e; ++i)
      for (Index j = 0; j < count(); ++j)
        (*by_x)(group(i), j) = result[group(i)] * (slope(i, j) - slope(e, j));
    return result;
  }

  /// Takes a coordinate out whose ratio is nothing; false if that would empty its side of a share.
  bool drop(Index i) {
    const Index k = group(i);
    if (held_.what == Held::What::variance && held_.set[std::size_t(k)]) return false;
    if (held_.what == Held::What::share) {
      Index others = 0;
      for (Index j = 0; j < count(); ++j) others += j != i && inside(j) == inside(i);
      if (others == 0) return false;
    }
    free_.erase(free_.begin() + i);
    for (Index j = i; j + 1 < x_.size(); ++j) x_[j] = x_[j + 1];
    x_.conservativeResize(x_.size() - 1);
    return true;
  }

 private:
  int inside(Index i) const { return held_.set[std::size_t(free_[std::size_t(i)])] ? 1 : 0; }

  const Held& held_;
  std::vector<Index> free_;
  Eigen::VectorXd x_;
  Index groups_ = 0;
};

/// The random factor whose variance is held, or -1 for the residual's.
Index held_group(const Held& held) {
  for (std::size_t k = 0; k + 1 < held.set.size(); ++k)
    if (held.set[k]) return Index(k);
  return -1;
}

/// A Newton step by the information, damped until it is positive definite, at most a factor of 20
/// per ratio.
Eigen::VectorXd newton_step(const Eigen::MatrixXd& information, const Eigen::VectorXd& gradient) {
  constexpr double longest = 3.0;
  const double size = std::max(information.diagonal().cwiseAbs().maxCoeff(), 1e-30);
  for (double damping = 1e-10;; damping *= 100.0) {
    Eigen::MatrixXd damped = information;
    damped.diagonal().array() += damping * size;
    const Eigen::LLT<Eigen::MatrixXd> factor(damped);
    if (factor.info() != Eigen::Success && damping < 1e10) continue;
    Eigen::VectorXd step = -factor.solve(gradient);
    if ((!step.allFinite() || step.dot(gradient) > 0.0) && damping < 1e10) continue;
    for (double& s : step) s = std::clamp(s, -longest, longest);
    return step;
  }
}

}  // namespace

/// The penalised system at some ratios, solved.
struct ProfiledLikelihood::Solution {
  std::vector<double> factor;  ///< of [T Z'Z T + 1, T Z'X; X'Z T, X'X], T the roots of the ratios
  Eigen::VectorXd root;        ///< T of each unknown, 1 for the fixed effects
  Eigen::VectorXd unknowns;    ///< levels and fixed effects
  Eigen::VectorXd left;        ///< [Z X]'(y - [Z X] unknowns)
  double quadratic = 0.0;      ///< y'Py
  double residual = 0.0;       ///< variance
  double deviance = 0.0;
};

ProfiledLikelihood::ProfiledLikelihood(const MixedDesign& design, Likelihood kind,
                                       Eigen::VectorXd y)
    : design_(design), kind_(kind), y_(std::move(y)), right_(design.transposed_times(y_)) {
  degrees_ = double(design.rows - (kind == Likelihood::restricted ? design.fixed : 0));
  length_ = y_.squaredNorm();
}

std::optional<ProfiledLikelihood::Solution> ProfiledLikelihood::solve(const Eigen::VectorXd& ratio,
                                                                      const Held& held) const {
  const SparsePattern& pattern = design_.pattern;
  Solution s;
  s.root = Eigen::VectorXd::Ones(pattern.size);
  for (Index i = 0; i < design_.random; ++i)
    s.root[i] = std::sqrt(ratio[design_.group_of[std::size_t(i)]]);
  s.factor = design_.gram;
  for (Index j = 0; j < pattern.size; ++j) {
    const Index begin = pattern.start[std::size_t(j)], end = pattern.start[std::size_t(j) + 1];
    for (Index at = begin; at < end; ++at)
      s.factor[std::size_t(at)] *= s.root[j] * s.root[pattern.row[std::size_t(at)]];
    if (j < design_.random) s.factor[std::size_t(begin)] += 1.0;
  }
  if (!factorise(pattern, s.factor)) return {};
  s.unknowns = s.root.cwiseProduct(right_);
  solve_lower(pattern, s.factor, s.unknowns);
  solve_upper(pattern, s.factor, s.unknowns);
  const double penalty = s.unknowns.head(design_.random).squaredNorm();
  s.unknowns = s.unknowns.cwiseProduct(s.root);
  // From the sums of the design, or from the rows where what is left is a small part of them.
  constexpr double small = 1e-3;
  s.left = right_ - design_.gram_times(s.unknowns);
  s.quadratic = length_ - s.unknowns.dot(right_) - s.unknowns.dot(s.left) + penalty;
  if (!(s.quadratic > small * length_)) {
    const Eigen::VectorXd left = design_.residual(y_, s.unknowns);
    s.left = design_.transposed_times(left);
    s.quadratic = left.squaredNorm() + penalty;
  }

  double determinant = 0.0;  // log |V|, and of X'V^-1 X
  const Index end = kind_ == Likelihood::restricted ? pattern.size : design_.random;
  for (Index j = 0; j < end; ++j)
    determinant += 2.0 * math::log(s.factor[std::size_t(pattern.start[std::size_t(j)])]);
  s.residual = s.quadratic / degrees_;
  if (held.what == Held::What::variance) {
    const Index k = held_group(held);
    s.residual = k < 0 ? held.value : held.value / ratio[k];
  }
  s.deviance = determinant + degrees_ * math::log(2.0 * std::numbers::pi * s.residual) +
               s.quadratic / s.residual;
  if (!std::isfinite(s.deviance)) return {};
  return s;
}

double ProfiledLikelihood::deviance(const Eigen::VectorXd& ratio, const Held& held) const {
  const auto s = solve(ratio, held);
  return s ? s->deviance : std::numeric_limits<double>::infinity();
}

Eigen::VectorXd ProfiledLikelihood::traces(const Solution& s, const Eigen::VectorXd& ratio) const {
  const Index size = kind_ == Likelihood::restricted ? design_.pattern.size : design_.random;
  const Eigen::VectorXd inverse = inverse_diagonal(design_.pattern, s.factor, size);
  Eigen::VectorXd trace = Eigen::VectorXd::Zero(ratio.size());
  for (Index i = 0; i < design_.random; ++i)
    trace[design_.group_of[std::size_t(i)]] += 1.0 - inverse[i];
  for (Index k = 0; k < ratio.size(); ++k) trace[k] = ratio[k] > 0.0 ? trace[k] / ratio[k] : 0.0;
  return trace;
}

LikelihoodPoint ProfiledLikelihood::at(const Eigen::VectorXd& ratio, const Held& held) const {
  return at(ratio, held, solve(ratio, held));
}

std::optional<LikelihoodPoint> ProfiledLikelihood::if_regular(const Eigen::VectorXd& ratio,
                                                              const Held& held) const {
  const auto solved = solve(ratio, held);
  if (!solved) return {};
  return at(ratio, held, solved);
}

LikelihoodPoint ProfiledLikelihood::at(const Eigen::VectorXd& ratio, const Held& held,
                                       const std::optional<Solution>& solved) const {
  require(solved.has_value(), Error::Kind::numeric,
          "the likelihood of a mixed model has no value (its system is singular)");
  const Solution& s = *solved;
  const Index count = ratio.size();
  LikelihoodPoint point{.ratio = ratio,
                        .residual = s.residual,
                        .deviance = s.deviance,
                        .quadratic = s.quadratic,
                        .squares = Eigen::VectorXd::Zero(count),
                        .gradient = traces(s, ratio),
                        .information = Eigen::MatrixXd::Zero(count, count),
                        .effects = s.unknowns.tail(design_.fixed),
                        .effect_covariance = {}};
  // (X'V^-1 X)^-1 is the inverse's last block.
  Eigen::MatrixXd root(design_.fixed, design_.fixed);
  for (Index j = 0; j < design_.fixed; ++j) {
    Eigen::VectorXd unit = Eigen::VectorXd::Zero(design_.pattern.size);
    unit[design_.random + j] = 1.0;
    solve_lower(design_.pattern, s.factor, unit);
    root.col(j) = unit.tail(design_.fixed);
  }
  point.effect_covariance = s.residual * (root.transpose() * root);
  // w_k = Z_k Z_k' P y; the information holds w_k' P w_l (Gilmour, Thompson & Cullis 1995, 5).
  Eigen::VectorXd& squares = point.squares;
  std::vector<Eigen::VectorXd> half, from, through;
  for (Index k = 0; k < count; ++k) {
    Eigen::VectorXd t = Eigen::VectorXd::Zero(design_.pattern.size);
    const Grouping& g = design_.groups[std::size_t(k)];
    t.segment(g.first, g.levels) = s.left.segment(g.first, g.levels);
    squares[k] = t.squaredNorm();
    through.push_back(design_.gram_times(t));
    half.push_back(through.back().cwiseProduct(s.root));
    solve_lower(design_.pattern, s.factor, half.back());
    from.push_back(std::move(t));
  }
  for (Index k = 0; k < count; ++k)
    for (Index l = 0; l <= k; ++l)
      point.information(k, l) = point.information(l, k) =
          (from[std::size_t(k)].dot(through[std::size_t(l)]) -
           half[std::size_t(k)].dot(half[std::size_t(l)])) /
          s.residual;
  for (Index k = 0; k < count; ++k)
    point.gradient[k] = ratio[k] > 0.0 ? point.gradient[k] - squares[k] / s.residual : 0.0;

  const Index k = held.what == Held::What::variance ? held_group(held) : -1;
  if (held.what != Held::What::variance) {
    point.information -= squares * squares.transpose() / (s.residual * s.residual * degrees_);
  } else if (k >= 0) {  // the residual variance follows the ratio: their product is held
    const double by_log = degrees_ - s.quadratic / s.residual;  // d deviance / d log residual
    point.gradient[k] -= by_log / ratio[k];
    const Eigen::VectorXd cross = squares / (s.residual * ratio[k]);
    point.information.row(k) -= cross.transpose();
    point.information.col(k) -= cross;
    point.information(k, k) += s.quadratic / (s.residual * ratio[k] * ratio[k]);
  }
  return point;
}

LikelihoodPoint ProfiledLikelihood::maximise(const Eigen::VectorXd& start, const Held& held,
                                             double tolerance) const {
  Coordinates coordinates(held, start);
  const auto drop_negligible = [&](const LikelihoodPoint& here) {
    for (Index i = 0; i < coordinates.count(); ++i) {
      const Index k = coordinates.group(i);
      if (k == here.ratio.size() || here.ratio[k] > negligible(k)) continue;
      if (here.gradient[k] > 0.0 && coordinates.drop(i)) return true;
    }
    return false;
  };
  constexpr int most = 200;
  LikelihoodPoint here = at(coordinates.ratio(coordinates.x()), held);
  for (int iteration = 0; iteration < most; ++iteration) {
    while (drop_negligible(here)) here = at(coordinates.ratio(coordinates.x()), held);
    if (coordinates.count() == 0) return here;
    Eigen::MatrixXd by_x;
    coordinates.ratio(coordinates.x(), &by_x);
    const Eigen::VectorXd gradient = by_x.transpose() * here.gradient;
    Eigen::MatrixXd information = by_x.transpose() * here.information * by_x;
    // Far from the optimum a part of the logarithm's own curvature keeps steps down short.
    if (held.what != Held::What::share) information.diagonal() += 0.3 * gradient.cwiseMax(0.0);
    Eigen::VectorXd step = newton_step(information, gradient);
    const double promised = -step.dot(gradient);
    std::optional<Solution> there;
    Eigen::VectorXd ratio;
    for (int halving = 0; halving < 40 && !there; ++halving, step *= 0.5) {
      constexpr double ceiling = 1e12;  // ratios beyond are a residual of nothing
      const Eigen::VectorXd x = coordinates.x() + step;
      ratio = coordinates.ratio(x);
      if (!(ratio.maxCoeff() < ceiling)) continue;
      there = solve(ratio, held);
      if (there && there->deviance <= here.deviance + 1e-13 * std::fabs(here.deviance))
        coordinates.x() = x;
      else
        there.reset();
    }
    if (!there) return here;
    here = at(ratio, held, there);
    if (promised < tolerance) return here;
  }
  return here;
}

}  // namespace vitrine::evaluation::detail
