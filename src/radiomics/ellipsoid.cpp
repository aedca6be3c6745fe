#include "vitrine/radiomics/detail/ellipsoid.hpp"

#include <algorithm>
#include <cmath>
#include <numbers>
#include <vector>

namespace vitrine::radiomics {

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

/// Khachiyan's algorithm with away steps (Todd and Yildirim 2007, algorithm 3.1).
///
/// Weights u of the points define X = sum u q q^T with q = (p, 1); at the optimum q^T X^-1 q is 4
/// on the points that carry weight and less elsewhere.
Ellipsoid minimum_volume_ellipsoid(std::span<const Vec3> points) {
  constexpr double dimension = 4, tolerance = 1e-5;
  constexpr int most_steps = 20000;
  const std::size_t n = points.size();
  Vec3 centre = Vec3::Zero();
  for (const Vec3& p : points) centre += p;
  centre /= double(n);
  std::vector<Eigen::Vector4d, Eigen::aligned_allocator<Eigen::Vector4d>> q(n);
  for (std::size_t i = 0; i < n; ++i) q[i] << points[i] - centre, 1.0;

  // Start from the extreme points along the axes, which are few and far apart.
  std::vector<double> u(n, 0.0);
  std::vector<std::size_t> start;
  for (Index axis = 0; axis < 3; ++axis) {
    const auto along = [axis](const auto& x, const auto& y) { return x[axis] < y[axis]; };
    const auto [low, high] = std::minmax_element(q.begin(), q.end(), along);
    start.push_back(std::size_t(low - q.begin()));
    start.push_back(std::size_t(high - q.begin()));
  }
  for (const std::size_t i : start) u[i] += 1.0 / 12;
  for (std::size_t i = 0; i < n; ++i) u[i] += 0.5 / double(n);  // and nothing is left out

  Eigen::Matrix4d x = Eigen::Matrix4d::Zero();
  for (std::size_t i = 0; i < n; ++i) x += u[i] * q[i] * q[i].transpose();
  std::vector<double> distance(n);
  for (int step = 0; step < most_steps; ++step) {
    const Eigen::Matrix4d inverse = x.inverse();
    std::size_t farthest = 0, nearest = n;
    for (std::size_t i = 0; i < n; ++i) {
      distance[i] = q[i].dot(inverse * q[i]);
      if (distance[i] > distance[farthest]) farthest = i;
      if (u[i] > 0 && (nearest == n || distance[i] < distance[nearest])) nearest = i;
    }
    const double above = distance[farthest] / dimension - 1;
    const double below = 1 - distance[nearest] / dimension;
    if (above <= tolerance && below <= tolerance) break;
    const bool away = below > above;
    const std::size_t moved = away ? nearest : farthest;
    double change = (distance[moved] / dimension - 1) / (distance[moved] - 1);  // best u step
    if (away) {
      const double all = -u[moved] / (1 - u[moved]);  // takes all weight from the point
      change = distance[moved] > 1 ? std::max(change, all) : all;
    }
    x = (1 - change) * x + change * q[moved] * q[moved].transpose();
    for (double& weight : u) weight *= 1 - change;
    u[moved] = std::max(0.0, u[moved] + change);
    if (away && u[moved] < 1e-15) u[moved] = 0;
  }

  const Vec3 mean = x.topRightCorner<3, 1>();
  const Mat3 covariance = x.topLeftCorner<3, 3>() - mean * mean.transpose();
  const Mat3 inverse = covariance.inverse();
  double scale = 0;  // just large enough for every point
  for (const auto& p : q) {
    const Vec3 d = p.head<3>() - mean;
    scale = std::max(scale, d.dot(inverse * d));
  }
  const Eigen::SelfAdjointEigenSolver<Mat3> eigen(covariance, Eigen::EigenvaluesOnly);
  return {(scale * eigen.eigenvalues().reverse().cwiseMax(0.0)).cwiseSqrt()};
}

}  // namespace vitrine::radiomics
