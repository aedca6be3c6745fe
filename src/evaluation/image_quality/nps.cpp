#include "vitrine/evaluation/image_quality/nps.hpp"

#include <algorithm>
#include <cmath>
#include <complex>
#include <numbers>

#include "vitrine/core/math.hpp"

namespace vitrine::evaluation {
namespace {

using Complex = std::complex<double>;

/// Discrete Fourier transform of one length, any length: regions are small.
class Transform {
 public:
  explicit Transform(Index length) : length_(length) {
    for (Index k = 0; k < length; ++k) {
      const double angle = -2.0 * std::numbers::pi * double(k) / double(length);
      root_.emplace_back(math::cos(angle), math::sin(angle));
    }
  }
  /// Every `stride`-th element from `first`, in place.
  void operator()(std::vector<Complex>& data, Index first, Index stride) const {
    std::vector<Complex> out(std::size_t(length_), 0.0);
    for (Index k = 0; k < length_; ++k) {
      Index turn = 0;
      for (Index j = 0; j < length_; ++j) {
        out[std::size_t(k)] += data[std::size_t(first + stride * j)] * root_[std::size_t(turn)];
        turn += k;
        if (turn >= length_) turn -= length_;
      }
    }
    for (Index k = 0; k < length_; ++k) data[std::size_t(first + stride * k)] = out[std::size_t(k)];
  }

 private:
  Index length_;
  std::vector<Complex> root_;
};

/// Signed frequency index of element k of a transform of length n.
Index signed_index(Index k, Index n) { return k <= n / 2 ? k : k - n; }

/// Means over rings one step wide.
void radial_mean(Nps& nps) {
  const Index n = nps.size, rings = n / 2;
  std::vector<double> sum(std::size_t(rings) + 1, 0.0), count(std::size_t(rings) + 1, 0.0);
  for (Index j = 0; j < n; ++j)
    for (Index i = 0; i < n; ++i) {
      const double u = double(signed_index(i, n)), v = double(signed_index(j, n));
      const auto ring = Index(std::floor(std::sqrt(u * u + v * v) + 0.5));
      if (ring > rings) continue;
      sum[std::size_t(ring)] += nps.spectrum[std::size_t(j * n + i)];
      count[std::size_t(ring)] += 1.0;
    }
  for (Index ring = 1; ring <= rings; ++ring) {
    nps.frequency.push_back(nps.step() * double(ring));
    nps.value.push_back(sum[std::size_t(ring)] / count[std::size_t(ring)]);
  }
}

}  // namespace

double Nps::at(double f) const {
  const double position = f / step() - 1.0;
  if (position <= 0.0) return value.front();
  if (position >= double(value.size() - 1)) return value.back();
  const auto left = std::size_t(position);
  const double w = position - double(left);
  return (1.0 - w) * value[left] + w * value[left + 1];
}

double Nps::integral() const {
  double sum = 0.0;
  for (const double s : spectrum) sum += s;
  return sum * step() * step();
}

double Nps::peak_frequency() const {
  std::size_t best = 0;
  double highest = -1.0;
  for (std::size_t i = 0; i < value.size(); ++i) {
    const double before = value[i > 0 ? i - 1 : 0];
    const double after = value[std::min(i + 1, value.size() - 1)];
    const double smooth = 0.25 * (before + 2.0 * value[i] + after);
    if (smooth > highest) highest = smooth, best = i;
  }
  return frequency[best];
}

double Nps::mean_frequency() const {
  double weighted = 0.0, sum = 0.0;
  for (std::size_t i = 0; i < value.size(); ++i) {
    weighted += frequency[i] * value[i];
    sum += value[i];
  }
  return weighted / sum;
}

std::vector<double> detrended(const Plane& plane, const Vec2& centre, Index size, Trend trend,
                              double& mean) {
  const Vec2 corner = (centre - plane.first) / plane.pixel - Vec2::Constant(0.5 * double(size - 1));
  const auto left = Index(std::floor(corner.x() + 0.5)), top = Index(std::floor(corner.y() + 0.5));
  require(left >= 0 && top >= 0 && left + size <= plane.columns && top + size <= plane.rows,
          Error::Kind::input, "a region of ", size, " x ", size, " pixels about (", centre.x(),
          ", ", centre.y(), ") mm leaves the image (of ", plane.columns, " x ", plane.rows,
          " pixels). Move it, or use smaller regions.");
  // Powers of positions in [-1, 1]: 1 | x y | x^2 xy y^2.
  constexpr Index most = 6;
  const Index terms = trend == Trend::mean ? 1 : trend == Trend::plane ? 3 : most;
  const auto powers = [&](Index i, Index j) {
    const double x = (2.0 * double(i) + 1.0) / double(size) - 1.0;
    const double y = (2.0 * double(j) + 1.0) / double(size) - 1.0;
    Eigen::Matrix<double, most, 1> p;
    p << 1.0, x, y, x * x, x * y, y * y;
    return p;
  };
  Eigen::MatrixXd normal = Eigen::MatrixXd::Zero(terms, terms);
  Eigen::VectorXd right = Eigen::VectorXd::Zero(terms);
  double sum = 0.0;
  for (Index j = 0; j < size; ++j)
    for (Index i = 0; i < size; ++i) {
      const Eigen::VectorXd p = powers(i, j).head(terms);
      const double v = plane(left + i, top + j);
      normal += p * p.transpose();
      right += v * p;
      sum += v;
    }
  mean = sum / double(size * size);
  const Eigen::VectorXd fitted = normal.ldlt().solve(right);
  std::vector<double> rest;
  rest.reserve(std::size_t(size * size));
  for (Index j = 0; j < size; ++j)
    for (Index i = 0; i < size; ++i)
      rest.push_back(plane(left + i, top + j) - fitted.dot(powers(i, j).head(terms)));
  return rest;
}

Nps noise_power_spectrum(std::span<const Plane> planes, std::span<const Vec2> centres,
                         const NpsOptions& options) {
  constexpr Index smallest = 8;
  require(options.size >= smallest, Error::Kind::input, "regions of ", options.size,
          " pixels are too small (a spectrum needs ", smallest, "). Use larger ones.");
  require(!planes.empty() && !centres.empty(), Error::Kind::input,
          "there is no region for the noise (a spectrum is a mean over regions). Give a larger "
          "--radius or a smaller --roi.");
  Nps nps;
  const Index n = options.size;
  nps.size = n;
  nps.pixel = planes.front().pixel;
  nps.spectrum.assign(std::size_t(n * n), 0.0);
  const Transform transform(n);
  for (const Plane& plane : planes)
    for (const Vec2& centre : centres) {
      double mean = 0.0;
      const auto rest = detrended(plane, centre, n, options.trend, mean);
      std::vector<Complex> data(rest.begin(), rest.end());
      for (Index j = 0; j < n; ++j) transform(data, j * n, 1);
      for (Index i = 0; i < n; ++i) transform(data, i, n);
      for (std::size_t p = 0; p < data.size(); ++p) nps.spectrum[p] += std::norm(data[p]);
      for (const double r : rest) nps.variance += r * r;
      nps.mean += mean;
      ++nps.regions;
    }
  const double share = 1.0 / double(nps.regions), pixels = double(n * n);
  for (double& s : nps.spectrum) s *= share * nps.pixel * nps.pixel / pixels;
  nps.variance *= share / pixels;
  nps.mean *= share;
  radial_mean(nps);
  return nps;
}

std::vector<Vec2> regions_in_disc(const Vec2& centre, double radius, double edge) {
  std::vector<Vec2> centres;
  const double diagonal = std::sqrt(0.5) * edge, step = 0.5 * edge;
  const auto reach = Index(std::ceil(radius / step));
  for (Index j = -reach; j <= reach; ++j)
    for (Index i = -reach; i <= reach; ++i) {
      const Vec2 offset(step * double(i), step * double(j));
      // The outermost corner of the square.
      if ((offset.cwiseAbs() + Vec2::Constant(0.5 * edge)).norm() <= std::max(radius, diagonal) &&
          radius >= diagonal)
        centres.push_back(centre + offset);
    }
  return centres;
}

}  // namespace vitrine::evaluation
