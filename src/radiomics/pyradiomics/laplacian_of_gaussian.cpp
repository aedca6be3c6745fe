#include <array>
#include <cmath>

#include "vitrine/core/math.hpp"
#include "vitrine/radiomics/pyradiomics/detail/image_types.hpp"

namespace vitrine::radiomics::pyradiomics {
namespace {

/// A fourth-order recursive filter, run forwards and backwards (Deriche 1993): approximates a
/// Gaussian or its second derivative as a sum of two damped oscillations,
/// sum over m of (a_m cos(w_m x / s) + b_m sin(w_m x / s)) exp(l_m x / s).
class RecursiveGaussian {
 public:
  enum class Order { smooth, second_derivative };
  /// `sigma` in voxels; the second derivative is per voxel squared and times `scale`.
  RecursiveGaussian(double sigma, Order order, double scale);
  /// Filters a line of at least four samples, whose ends go on for ever.
  void operator()(std::vector<double>& line);

 private:
  using Four = std::array<double, 4>;
  /// Sums over the impulse response that decide its integral and moments.
  struct Moments {
    double sum, first, second;
  };
  /// Numerator of the causal filter for the series with these amplitudes.
  Four numerator(const std::array<double, 2>& a, const std::array<double, 2>& b) const;
  static Moments moments(const Four& c, std::size_t first_power);

  // Frequencies and dampings of the series (Farneback and Westin 2006).
  static constexpr std::array<double, 2> w{0.6681, 2.0787}, l{-1.3932, -1.3732};
  std::array<double, 2> cosine_{}, sine_{}, decay_{};
  Four n_{}, d_{}, m_{}, edge_n_{}, edge_m_{};
  std::vector<double> backwards_;
};

RecursiveGaussian::Four RecursiveGaussian::numerator(const std::array<double, 2>& a,
                                                     const std::array<double, 2>& b) const {
  const auto [e1, e2] = decay_;
  const auto [c1, c2] = cosine_;
  const auto [s1, s2] = sine_;
  return {a[0] + a[1],
          e2 * (b[1] * s2 - (a[1] + 2 * a[0]) * c2) + e1 * (b[0] * s1 - (a[0] + 2 * a[1]) * c1),
          2 * e1 * e2 * ((a[0] + a[1]) * c2 * c1 - b[0] * c2 * s1 - b[1] * c1 * s2) +
              a[1] * e1 * e1 + a[0] * e2 * e2,
          e2 * e1 * e1 * (b[1] * s2 - a[1] * c2) + e1 * e2 * e2 * (b[0] * s1 - a[0] * c1)};
}

RecursiveGaussian::Moments RecursiveGaussian::moments(const Four& c, std::size_t first_power) {
  Moments m{0, 0, 0};
  for (std::size_t i = 0; i < 4; ++i) {
    const double k = double(i + first_power);
    m.sum += c[i];
    m.first += k * c[i];
    m.second += k * k * c[i];
  }
  return m;
}

RecursiveGaussian::RecursiveGaussian(double sigma, Order order, double scale) {
  for (std::size_t m = 0; m < 2; ++m) {
    cosine_[m] = math::cos(w[m] / sigma);
    sine_[m] = math::sin(w[m] / sigma);
    decay_[m] = math::exp(l[m] / sigma);
  }
  const auto [e1, e2] = decay_;
  const auto [c1, c2] = cosine_;
  d_ = {-2 * (e2 * c2 + e1 * c1), 4 * c2 * c1 * e1 * e2 + e1 * e1 + e2 * e2,
        -2 * c1 * e1 * e2 * e2 - 2 * c2 * e2 * e1 * e1, e1 * e1 * e2 * e2};
  Moments d = moments(d_, 1);
  d.sum += 1;
  const Four gaussian = numerator({1.3530, -0.3531}, {1.8151, 0.0902});
  if (order == Order::smooth) {
    const double integral = 2 * moments(gaussian, 0).sum / d.sum - gaussian[0];
    for (std::size_t i = 0; i < 4; ++i) n_[i] = gaussian[i] * scale / integral;
  } else {
    // Without response to a constant, and with the right one to a parabola.
    const Four second = numerator({-1.3563, 0.3446}, {5.2318, -2.2355});
    const double beta = -(2 * moments(second, 0).sum - d.sum * second[0]) /
                        (2 * moments(gaussian, 0).sum - d.sum * gaussian[0]);
    for (std::size_t i = 0; i < 4; ++i) n_[i] = second[i] + beta * gaussian[i];
    const Moments n = moments(n_, 0);
    const double parabola = (n.second * d.sum * d.sum - d.second * n.sum * d.sum -
                             2 * n.first * d.first * d.sum + 2 * d.first * d.first * n.sum) /
                            (d.sum * d.sum * d.sum);
    for (double& x : n_) x *= scale / parabola;
  }
  // The same response backwards, without its middle.
  m_ = {n_[1] - d_[0] * n_[0], n_[2] - d_[1] * n_[0], n_[3] - d_[2] * n_[0], -d_[3] * n_[0]};
  const double sn = moments(n_, 0).sum, sm = moments(m_, 0).sum;
  for (std::size_t i = 0; i < 4; ++i) {
    edge_n_[i] = d_[i] * sn / d.sum;
    edge_m_[i] = d_[i] * sm / d.sum;
  }
}

void RecursiveGaussian::operator()(std::vector<double>& line) {
  const auto n = std::ssize(line);
  const double first = line.front(), last = line.back();
  backwards_.resize(line.size());
  const auto in = [&](Index i) { return i < 0 ? first : i >= n ? last : line[std::size_t(i)]; };
  // Before its end the line goes on for ever, and so does the response to that.
  for (Index i = n - 1; i >= 0; --i) {
    double sum = 0;
    for (Index t = 0; t < 4; ++t) sum += in(i + 1 + t) * m_[std::size_t(t)];
    double back = 0;
    for (Index t = 0; t < 4; ++t)
      back += i + 1 + t < n ? backwards_[std::size_t(i + 1 + t)] * d_[std::size_t(t)]
                            : last * edge_m_[std::size_t(t)];
    backwards_[std::size_t(i)] = sum - back;
  }
  std::array<double, 4> past{first, first, first, first};  // inputs, latest first
  Four made{};                                             // responses, latest first
  for (Index i = 0; i < n; ++i) {
    const double x = line[std::size_t(i)];
    double sum = x * n_[0] + past[0] * n_[1] + past[1] * n_[2] + past[2] * n_[3];
    double back = 0;
    for (Index t = 0; t < 4; ++t)
      back += i - 1 - t >= 0 ? made[std::size_t(t)] * d_[std::size_t(t)]
                             : first * edge_n_[std::size_t(t)];
    sum -= back;
    past = {x, past[0], past[1], past[2]};
    made = {sum, made[0], made[1], made[2]};
    line[std::size_t(i)] = sum + backwards_[std::size_t(i)];
  }
}

/// Filters every line along an axis of a box, rounding the result to single precision.
void filter_axis(std::vector<double>& values, const Voxel& size, std::size_t axis,
                 RecursiveGaussian filter) {
  const Voxel stride{1, size[0], size[0] * size[1]};
  const std::size_t u = (axis + 1) % 3, v = (axis + 2) % 3;
  std::vector<double> line(static_cast<std::size_t>(size[axis]));
  for (Index b = 0; b < size[v]; ++b)
    for (Index a = 0; a < size[u]; ++a) {
      double* start = values.data() + a * stride[u] + b * stride[v];
      for (Index i = 0; i < size[axis]; ++i) line[std::size_t(i)] = start[i * stride[axis]];
      filter(line);
      for (Index i = 0; i < size[axis]; ++i)
        start[i * stride[axis]] = double(float(line[std::size_t(i)]));
    }
}

}  // namespace

std::vector<double> laplacian_of_gaussian(const Raster& image, const Box& part, double sigma) {
  // The slowest response decays by exp(-1.37 x / sigma): at 20 sigma nothing is left of it.
  const Vec3& spacing = image.grid().spacing;
  Box box = part;
  for (std::size_t a = 0; a < 3; ++a) {
    const auto margin = Index(std::ceil(20 * sigma / spacing[Index(a)])) + 4;
    box.low[a] = std::max<Index>(box.low[a] - margin, 0);
    box.high[a] = std::min(box.high[a] + margin, image.grid().size[a] - 1);
  }
  const Voxel size = box.size();
  std::vector<double> original;
  original.reserve(box.count());
  box.for_each([&](Index i, Index j, Index k) { original.push_back(image(i, j, k)); });

  using Order = RecursiveGaussian::Order;
  std::vector<double> sum(original.size(), 0.0);
  for (std::size_t axis = 0; axis < 3; ++axis) {
    std::vector<double> values = original;
    const auto along = [&](std::size_t a, Order order) {
      const double h = spacing[Index(a)];
      filter_axis(
          values, size, a,
          RecursiveGaussian(sigma / h, order, order == Order::smooth ? 1.0 : sigma * sigma));
    };
    along(axis, Order::second_derivative);
    for (std::size_t a = 0; a < 3; ++a)
      if (a != axis) along(a, Order::smooth);
    const double h = spacing[Index(axis)];
    for (std::size_t v = 0; v < sum.size(); ++v)
      sum[v] = double(float(sum[v] + values[v] * (1.0 / (h * h))));
  }
  std::vector<double> seen;
  seen.reserve(part.count());
  part.for_each([&](Index i, Index j, Index k) { seen.push_back(sum[box.offset(i, j, k)]); });
  return seen;
}

}  // namespace vitrine::radiomics::pyradiomics
