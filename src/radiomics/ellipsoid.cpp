#include "vitrine/radiomics/detail/ellipsoid.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <numbers>

namespace vitrine::radiomics {
namespace {

using Mat4 = Eigen::Matrix4d;
using Lifted = Eigen::Matrix<double, 4, Eigen::Dynamic>;

/// Points moved and stretched so that they spread alike in all directions: the smallest ellipsoid
/// goes along, and shape and unit no longer matter to the arithmetic.
struct Whitened {
  explicit Whitened(std::span<const Vec3> given);
  std::vector<Vec3> points;
  Vec3 centre = Vec3::Zero();
  Mat3 stretch = Mat3::Identity();  ///< given = centre + stretch * points
  Mat3 shrink = Mat3::Identity();   ///< its inverse
  bool flat = false;
};

Whitened::Whitened(std::span<const Vec3> given) : points(given.begin(), given.end()) {
  constexpr double least_thickness = 1e-12;
  for (int pass = 0; pass < 2; ++pass) {  // the second mends what rounding left of thin shapes
    const double n = double(points.size());
    Vec3 mean = Vec3::Zero();
    for (const Vec3& p : points) mean += p / n;
    Eigen::MatrixXd spread(std::max<Index>(std::ssize(points), 3), 3);
    spread.setZero();
    for (std::size_t i = 0; i < points.size(); ++i)
      spread.row(Index(i)) = (points[i] - mean).transpose();
    // Singular values of the points themselves: a covariance would lose half of the digits.
    const Eigen::HouseholderQR<Eigen::MatrixXd> qr(spread);
    const Mat3 r = qr.matrixQR().topRows<3>().triangularView<Eigen::Upper>();
    const Eigen::JacobiSVD<Mat3> svd(r, Eigen::ComputeFullV);
    const Vec3 width = svd.singularValues() / std::sqrt(n);
    flat = flat || !(width[2] > least_thickness * width[0]);
    if (flat) return;
    const Mat3 turn = svd.matrixV();
    for (Vec3& p : points) p = (turn.transpose() * (p - mean)).cwiseQuotient(width);
    centre += stretch * mean;
    stretch = stretch * turn * width.asDiagonal();
    shrink = width.cwiseInverse().asDiagonal() * turn.transpose() * shrink;
  }
}

/// Points that lie farthest out in one of 26 directions; all, if there are few.
std::vector<std::size_t> extreme_points(const std::vector<Vec3>& points) {
  std::vector<std::size_t> found;
  if (points.size() <= 26) {
    for (std::size_t i = 0; i < points.size(); ++i) found.push_back(i);
    return found;
  }
  for (int d = 0; d < 27; ++d) {
    const std::array steps{d % 3, d / 3 % 3, d / 9};
    const Vec3 direction(steps[0] - 1, steps[1] - 1, steps[2] - 1);
    std::size_t best = 0;
    for (std::size_t i = 1; i < points.size(); ++i)
      if (points[i].dot(direction) > points[best].dot(direction)) best = i;
    found.push_back(best);
  }
  std::sort(found.begin(), found.end());
  found.erase(std::unique(found.begin(), found.end()), found.end());
  return found;
}

/// q_i^T X^-1 q_j with X = sum u q q^T.
Eigen::MatrixXd inner_products(const Lifted& q, const Eigen::VectorXd& u) {
  const Mat4 x = q * u.asDiagonal() * q.transpose();
  return q.transpose() * x.llt().solve(q);
}

/// Newton's method on g_i = 4 for the points that are `active` alone, from weights close to that.
/// The interior point method stalls where a point is on the ellipsoid and carries nothing.
Eigen::VectorXd polished(const Lifted& q, const Eigen::VectorXd& u,
                         const std::vector<Index>& active) {
  constexpr int steps = 4;
  const Lifted chosen = q(Eigen::all, active);
  Eigen::VectorXd weights = u(active);
  for (int step = 0; step < steps; ++step) {
    const Eigen::MatrixXd inner = inner_products(chosen, weights);
    const Eigen::MatrixXd slope = inner.cwiseAbs2();
    const Eigen::CompleteOrthogonalDecomposition<Eigen::MatrixXd> newton(slope);
    weights += newton.solve(Eigen::VectorXd(inner.diagonal().array() - 4));
  }
  Eigen::VectorXd all = Eigen::VectorXd::Zero(u.size());
  all(active) = weights.cwiseMax(0.0);
  return all / all.sum();
}

/// Weights u >= 0 that maximise log det X - 4 sum u with X = sum u q q^T, the dual of the smallest
/// ellipsoid around the points that q = (p, 1) lifts; they sum to one.
///
/// A primal-dual interior point method: Newton's on g_i + s_i = 4 and u_i s_i = mu, where
/// g_i = q_i^T X^-1 q_i and dg_i / du_j = -(q_i^T X^-1 q_j)^2 (Sun and Freund 2004).
Eigen::VectorXd optimal_weights(const Lifted& q) {
  constexpr int most_steps = 60;
  const Index n = q.cols();
  Eigen::VectorXd u = Eigen::VectorXd::Constant(n, 1.0 / double(n));
  Eigen::VectorXd s = Eigen::VectorXd::Ones(n);
  for (int step = 0; step < most_steps; ++step) {
    const Eigen::MatrixXd inner = inner_products(q, u);
    const Eigen::VectorXd above = inner.diagonal().array() - 4;
    const double off = (above + s).cwiseAbs().maxCoeff(), complement = u.dot(s) / double(n);
    if (complement < 1e-15 && off < 1e-12) break;
    const double mu = complement * (off < 0.1 ? 0.02 : 0.2);
    Eigen::MatrixXd newton = inner.cwiseAbs2();
    newton.diagonal() += s.cwiseQuotient(u);
    const Eigen::VectorXd du = newton.llt().solve(above + mu * u.cwiseInverse());
    const Eigen::VectorXd ds = (mu - s.array() * (u + du).array()) / u.array();
    double length = 1;
    for (Index i = 0; i < n; ++i) {
      if (du[i] < 0) length = std::min(length, -0.99 * u[i] / du[i]);
      if (ds[i] < 0) length = std::min(length, -0.99 * s[i] / ds[i]);
    }
    u += length * du;
    s += length * ds;
  }
  u /= u.sum();
  const auto excess = [&](const Eigen::VectorXd& w) {
    const double most = inner_products(q, w).diagonal().maxCoeff();
    return std::isfinite(most) ? most : std::numeric_limits<double>::infinity();
  };
  Eigen::VectorXd best = u;
  for (const double close : {1e-5, 1e-7, 1e-9}) {
    std::vector<Index> active;
    for (Index i = 0; i < n; ++i)
      if (s[i] < std::max(close, u[i])) active.push_back(i);
    const Eigen::VectorXd candidate = polished(q, u, active);
    if (excess(candidate) < excess(best)) best = candidate;
  }
  return best;
}

}  // namespace

double Ellipsoid::volume() const { return 4.0 / 3.0 * std::numbers::pi * semi_axes.prod(); }

/// 4 pi a b sum_v q_v / (1 - 4 v^2) with q_v = (alpha beta)^v P_v((alpha^2 + beta^2) / (2 alpha
/// beta)). The q_v follow Legendre's recurrence multiplied through, so that spheres (alpha beta =
/// 0) are no exception.
double Ellipsoid::ibsi_area() const {
  const double a = semi_axes[0], b = semi_axes[1], c = semi_axes[2];
  if (a <= 0) return 0;
  const double alpha2 = 1 - b * b / (a * a), beta2 = 1 - c * c / (a * a);
  const double middle = 0.5 * (alpha2 + beta2), product2 = alpha2 * beta2;
  double before = 0, q = 1, sum = 0;
  for (int v = 0; v <= 20; ++v) {
    sum += q / (1 - 4.0 * v * v);
    const double next = ((2 * v + 1) * middle * q - v * product2 * before) / (v + 1);
    before = q;
    q = next;
  }
  return 4 * std::numbers::pi * a * b * sum;
}

/// Solves for a few points, takes in those that stick out farthest, leaves those that carry
/// nothing, until none sticks out: the volume grows with every round, so that this ends.
SmallestEllipsoid smallest_ellipsoid(std::span<const Vec3> points) {
  constexpr double rounding = 1e-13, least_weight = 1e-13;
  constexpr int most_rounds = 100;
  constexpr std::size_t most_added = 8;
  SmallestEllipsoid found;
  const Whitened white(points);
  if (white.flat) return found;

  std::vector<std::size_t> core = extreme_points(white.points), outside;
  std::vector<double> distance(points.size());
  Eigen::VectorXd u;
  Vec3 centre;
  Mat3 covariance;
  double farthest = 0;  // 3 at the optimum
  for (int round = 0; round < most_rounds; ++round) {
    Lifted q(4, std::ssize(core));
    for (std::size_t c = 0; c < core.size(); ++c) q.col(Index(c)) << white.points[core[c]], 1.0;
    u = optimal_weights(q);
    u = (u.array() < least_weight).select(0.0, u);
    u /= u.sum();
    centre = q.topRows<3>() * u;
    const Eigen::Matrix<double, 3, Eigen::Dynamic> d = q.topRows<3>().colwise() - centre;
    covariance = d * u.asDiagonal() * d.transpose();
    const Mat3 inverse = covariance.inverse();
    outside.clear();
    farthest = 0;
    for (std::size_t i = 0; i < points.size(); ++i) {
      const Vec3 to = white.points[i] - centre;
      distance[i] = to.dot(inverse * to);
      farthest = std::max(farthest, distance[i]);
      if (distance[i] > 3 * (1 + rounding) && std::find(core.begin(), core.end(), i) == core.end())
        outside.push_back(i);
    }
    if (outside.empty()) break;
    const std::size_t added = std::min(most_added, outside.size());
    std::partial_sort(outside.begin(), outside.begin() + std::ptrdiff_t(added), outside.end(),
                      [&](std::size_t a, std::size_t b) { return distance[a] > distance[b]; });
    std::vector<std::size_t> next;
    for (std::size_t c = 0; c < core.size(); ++c)
      if (u[Index(c)] > 0) next.push_back(core[c]);
    next.insert(next.end(), outside.begin(), outside.begin() + std::ptrdiff_t(added));
    core = std::move(next);
  }

  // Just large enough for every point.
  const Mat3 root = covariance.llt().matrixL();
  const Eigen::JacobiSVD<Mat3> axes(white.stretch * root * std::sqrt(farthest));
  found.size.semi_axes = axes.singularValues();
  found.centre = white.centre + white.stretch * centre;
  found.map = root.inverse() / std::sqrt(farthest) * white.shrink;
  found.duality_gap = farthest / 3 * std::sqrt(farthest / 3) - 1;
  for (const Vec3& p : points)
    found.infeasibility =
        std::max(found.infeasibility, (found.map * (p - found.centre)).squaredNorm() - 1);
  for (std::size_t c = 0; c < core.size(); ++c) {
    const double weight = u[Index(c)];
    if (weight <= 0) continue;
    found.support.push_back({core[c], weight});
    found.slackness = std::max(found.slackness, weight * (1 - distance[core[c]] / farthest));
  }
  return found;
}

}  // namespace vitrine::radiomics
