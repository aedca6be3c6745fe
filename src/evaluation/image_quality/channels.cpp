#include <cmath>
#include <numbers>

#include "vitrine/core/math.hpp"
#include "vitrine/evaluation/image_quality/detail/bessel.hpp"
#include "vitrine/evaluation/image_quality/detectability.hpp"

namespace vitrine::evaluation {
namespace {

constexpr double pi = std::numbers::pi;

/// exp(-f^2 / 2 s^2) and its transform 2 pi s^2 exp(-2 pi^2 s^2 r^2).
double gauss(double f2, double s) { return math::exp(-0.5 * f2 / (s * s)); }
double gauss_in_space(double r2, double s) {
  return 2.0 * pi * s * s * math::exp(-2.0 * pi * pi * s * s * r2);
}

/// Polar midpoint rule over the plane of frequencies for functions that are even.
template <class Visit>
void for_frequencies(double highest, Visit visit) {
  constexpr int rings = 400, angles = 40;
  const double df = highest / double(rings);
  for (int r = 0; r < rings; ++r) {
    const double f = (double(r) + 0.5) * df;
    for (int a = 0; a < angles; ++a) {
      const double angle = pi * (double(a) + 0.5) / double(angles);
      visit(f, f * math::cos(angle), f * math::sin(angle), 2.0 * pi * f * df / double(angles));
    }
  }
}

Eigen::VectorXd responses(const std::vector<Channel>& channels, double fx, double fy) {
  Eigen::VectorXd c(std::ssize(channels));
  for (Index m = 0; m < c.size(); ++m) c[m] = channels[std::size_t(m)].frequency(fx, fy);
  return c;
}

}  // namespace

std::vector<Channel> dense_dog_channels(double pixel) {
  constexpr int count = 10;
  constexpr double first = 0.005, ratio = 1.4, width = 1.67;  // Abbey and Barrett 2001
  std::vector<Channel> channels;
  double s = first / pixel;
  for (int j = 0; j < count; ++j, s *= ratio)
    channels.push_back({[s](double x, double y) {
                          return gauss(x * x + y * y, width * s) - gauss(x * x + y * y, s);
                        },
                        [s](double x, double y) {
                          return gauss_in_space(x * x + y * y, width * s) -
                                 gauss_in_space(x * x + y * y, s);
                        }});
  return channels;
}

std::vector<Channel> gabor_channels(double pixel) {
  constexpr int bands = 4, orientations = 5;
  std::vector<Channel> channels;
  for (int band = 0; band < bands; ++band) {
    // From 1/64 .. 1/32 to 1/8 .. 1/4 per pixel.
    const double low = double(1 << band) / 64.0 / pixel, middle = 1.5 * low;
    const double width = 4.0 * std::numbers::ln2 / (pi * low);  // full width at half maximum, mm
    const double s = std::sqrt(2.0 * std::numbers::ln2) / (pi * width);  // of the Gaussian in f
    for (int o = 0; o < orientations; ++o) {
      const double angle = pi * double(o) / double(orientations);
      const double u = middle * math::cos(angle), v = middle * math::sin(angle);
      channels.push_back({[=](double x, double y) {
                            return gauss((x - u) * (x - u) + (y - v) * (y - v), s) +
                                   gauss((x + u) * (x + u) + (y + v) * (y + v), s);
                          },
                          [=](double x, double y) {
                            return 2.0 * gauss_in_space(x * x + y * y, s) *
                                   math::cos(2.0 * pi * (u * x + v * y));
                          }});
    }
  }
  return channels;
}

Eigen::MatrixXd channel_covariance(const std::vector<Channel>& channels, const Imaging& imaging) {
  const Index p = std::ssize(channels);
  Eigen::MatrixXd k = Eigen::MatrixXd::Zero(p, p);
  for_frequencies(imaging.highest, [&](double f, double fx, double fy, double weight) {
    const Eigen::VectorXd c = responses(channels, fx, fy);
    k.noalias() += (weight * imaging.nps(f)) * c * c.transpose();
  });
  return k;
}

Eigen::VectorXd channel_signal(const std::vector<Channel>& channels, const DiscTask& task,
                               const Imaging& imaging) {
  Eigen::VectorXd s = Eigen::VectorXd::Zero(std::ssize(channels));
  for_frequencies(imaging.highest, [&](double f, double fx, double fy, double weight) {
    s += weight * task.transform(f) * imaging.mtf(f) * responses(channels, fx, fy);
  });
  return s;
}

namespace {

/// Each channel's weights for the pixels of a region: a row per channel.
Eigen::MatrixXd templates(const std::vector<Channel>& channels, Index size, double pixel) {
  Eigen::MatrixXd rows(std::ssize(channels), size * size);
  const double middle = 0.5 * double(size - 1);
  for (Index m = 0; m < rows.rows(); ++m)
    for (Index j = 0; j < size; ++j)
      for (Index i = 0; i < size; ++i)
        rows(m, j * size + i) = pixel * pixel *
                                channels[std::size_t(m)].space(pixel * (double(i) - middle),
                                                               pixel * (double(j) - middle));
  return rows;
}

/// Sums in the order of the pixels, whatever the machine.
Eigen::VectorXd product(const Eigen::MatrixXd& rows, const std::vector<double>& region) {
  Eigen::VectorXd sums = Eigen::VectorXd::Zero(rows.rows());
  for (Index m = 0; m < rows.rows(); ++m)
    for (Index p = 0; p < rows.cols(); ++p) sums[m] += rows(m, p) * region[std::size_t(p)];
  return sums;
}

}  // namespace

Eigen::VectorXd region_response(const std::vector<Channel>& channels,
                                const std::vector<double>& region, Index size, double pixel) {
  return product(templates(channels, size, pixel), region);
}

Eigen::MatrixXd sampled_covariance(const std::vector<Channel>& channels,
                                   const std::vector<std::vector<double>>& regions, Index size,
                                   double pixel) {
  const Index p = std::ssize(channels), n = std::ssize(regions);
  require(n >= 2, Error::Kind::input, n,
          " region(s) of noise (a covariance needs two). Use more slices or smaller regions.");
  const Eigen::MatrixXd rows = templates(channels, size, pixel);
  Eigen::MatrixXd responses(n, p);
  for (Index r = 0; r < n; ++r)
    responses.row(r) = product(rows, regions[std::size_t(r)]).transpose();
  const Eigen::RowVectorXd mean = responses.colwise().mean();
  responses.rowwise() -= mean;
  return responses.transpose() * responses / double(n - 1);
}

std::vector<double> imaged_disc(const DiscTask& task, const Imaging& imaging, Index size,
                                double pixel) {
  // Along a radius by Hankel's transform, then linear between its points.
  constexpr int steps = 2000;
  const double df = imaging.highest / double(steps), dr = 0.1 * pixel;
  std::vector<double> weight, radial;
  for (int i = 0; i < steps; ++i) {
    const double f = (double(i) + 0.5) * df;
    weight.push_back(2.0 * pi * f * df * task.transform(f) * imaging.mtf(f));
  }
  const double middle = 0.5 * double(size - 1);
  const auto points = std::size_t(std::sqrt(2.0) * middle * pixel / dr) + 3;
  for (std::size_t n = 0; n < points; ++n) {
    double sum = 0.0;
    for (int i = 0; i < steps; ++i)
      sum += weight[std::size_t(i)] *
             detail::bessel_j0(2.0 * pi * (double(i) + 0.5) * df * dr * double(n));
    radial.push_back(sum);
  }
  std::vector<double> region;
  for (Index j = 0; j < size; ++j)
    for (Index i = 0; i < size; ++i) {
      const double x = double(i) - middle, y = double(j) - middle;
      const double r = std::sqrt(x * x + y * y) * pixel / dr;
      const auto left = std::size_t(r);
      const double w = r - double(left);
      region.push_back((1.0 - w) * radial[left] + w * radial[left + 1]);
    }
  return region;
}

}  // namespace vitrine::evaluation
