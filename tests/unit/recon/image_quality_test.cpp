#include <array>
#include <catch2/catch.hpp>
#include <complex>
#include <numbers>

#include "fixture.hpp"
#include "vitrine/core/random.hpp"

using namespace vitrine;
using namespace vitrine::recon;

namespace {

constexpr double pi = std::numbers::pi;

/// A rod with a Gaussian profile of width `s`, averaged over the width of every cell.
LineIntegrals gaussian_rod(const ScanGeometry& g, double x, double y, double s) {
  LineIntegrals out(g);
  parallel_for(g.views(), [&](Index v) {
    for (Index c = 0; c < g.columns; ++c) {
      const double fan = g.fan_angle(double(c)), theta = g.view_angles[std::size_t(v)] - fan;
      const double d = g.source_to_iso * std::sin(fan) - x * std::cos(theta) - y * std::sin(theta);
      const double half = 0.5 * g.source_to_iso * g.column_angle * std::cos(fan),
                   unit = std::sqrt(2.0) * s;
      const double mean = (math::erf((d + half) / unit) - math::erf((d - half) / unit)) * s *
                          std::sqrt(pi / 2) / (2 * half);
      for (Index r = 0; r < g.rows; ++r) out.view(v)[std::size_t(c * g.rows + r)] = float(mean);
    }
  });
  return out;
}

/// Modulus of the transform of the image's sum over columns (axis 0) or rows (1), 1 at f = 0.
std::vector<double> transfer(const Image& image, int axis, const std::vector<double>& frequencies) {
  const Grid& grid = image.grid();
  std::vector<double> result;
  double at_zero = 0.0;
  for (std::size_t n = 0; n <= frequencies.size(); ++n) {
    const double f = n == 0 ? 0.0 : frequencies[n - 1];
    std::complex<double> sum = 0.0;
    for (Index j = 0; j < grid.size[1]; ++j)
      for (Index i = 0; i < grid.size[0]; ++i)
        sum += (double(image(i, j, 0)) + 1000.0) *
               std::polar(1.0, -2 * pi * f * grid.centre(i, j, 0)[axis]);
    if (n == 0) at_zero = std::abs(sum);
    if (n > 0) result.push_back(std::abs(sum) / at_zero);
  }
  return result;
}

/// Unit white noise in every sample of the parallel data.
Rebinned white_noise(const ScanGeometry& g) {
  Rebinned scan(g);
  const Stream stream = make_stream(1, "white noise", Draw::test);
  parallel_for(scan.angles(), [&](Index a) {
    auto line = scan.line(0, a);
    std::fill(line.begin(), line.end(), 0.0f);
    Rng rng(stream, std::uint64_t(a));
    for (Index j = 0; j < scan.samples(); ++j)
      for (Index r = 0; r < scan.rows(); ++r)
        line[std::size_t(j * scan.padded_rows() + r)] = float(rng.normal());
  });
  return scan;
}

/// Variance of mu at any point: parallel filtered back projection of white noise of variance 1,
/// with linear interpolation between lines of half the spacing.
double expected_variance(const Rebinned& scan, const Kernel& kernel) {
  const double a = scan.spacing(), df = 1e-4;
  double integral = 0.0;
  for (double f = 0.5 * df; f < 1.0 / a; f += df) {
    const double g = kernel.gain(f);
    integral += 2.0 * f * f * g * g * (2.0 + std::cos(pi * f * a)) / 3.0 * df;
  }
  return pi * pi / double(scan.angles()) * a * integral;
}

}  // namespace

TEST_CASE("the transfer of a rod is window x cell x interpolation") {
  const ScanGeometry g = small_scan(1, 720);
  const double s = 0.15, x = 9, y = -14, cell = 541.0 * g.column_angle;
  const Rebinned scan = rebin(gaussian_rod(g, x, y, s), isa());
  const Value roll_off = Value()
                             .set("kind", Value("roll_off"))
                             .set("width_per_mm", Value(0.7))
                             .set("steepness", Value(4.0))
                             .set("boost", Value(0.5));
  const int which = GENERATE(0, 1, 2, 3, 4);
  const Pick<Kernel> window =
      std::array{kernel("hann", 0.85), kernel("hann", 1.4), kernel("cosine", 0.7),
                 kernel("sharp", 1.2), kernel(roll_off)}[std::size_t(which)];
  const Image image =
      reconstruct(scan, *window, box(24, 240, Vec3(x, y, 0)), 0.625, HounsfieldScale{1, 0}, isa());
  const std::vector<double> f{0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8};
  for (const int axis : {0, 1}) {
    const auto measured = transfer(image, axis, f);
    for (std::size_t i = 0; i < f.size(); ++i) {
      const double interpolation = math::sinc(f[i] * cell / 2) * math::sinc(f[i] * cell / 2);
      const double expected = window->gain(f[i]) * math::sinc(f[i] * cell) * interpolation *
                              std::exp(-2 * pi * pi * s * s * f[i] * f[i]);
      CAPTURE(which, axis, f[i]);
      CHECK(measured[i] == Approx(expected).margin(0.02));
    }
  }
}

TEST_CASE("the noise is that of parallel filtered back projection") {
  const Rebinned scan = white_noise(parallel_scan(16, 360));
  const Grid grid = box(64, 128, Vec3::Zero(), 16, 0.625);
  for (const auto& [kind, cutoff] :
       {std::pair("ramp", 0.862), std::pair("shepp_logan", 0.862), std::pair("cosine", 0.862),
        std::pair("hann", 0.862), std::pair("hamming", 0.862), std::pair("sharp", 1.3)}) {
    const auto window = kernel(kind, cutoff);
    const Image image = reconstruct(scan, *window, grid, 0.01, HounsfieldScale{1, 0}, isa());
    double sum = 0.0, squares = 0.0;
    for (const float hu : image.values()) {
      sum += double(hu) / 1000.0 + 1.0;
      squares += (double(hu) / 1000.0 + 1.0) * (double(hu) / 1000.0 + 1.0);
    }
    const auto n = double(image.values().size());
    CAPTURE(kind);
    CHECK(squares / n - sum / n * (sum / n) ==
          Approx(expected_variance(scan, *window)).epsilon(0.02));
  }
}

TEST_CASE("the ramp's noise is pi^2 / (12 N a^2) times the interpolation's factor") {
  const Rebinned scan(parallel_scan(1, 360));
  const auto ramp = kernel("ramp", 0.5 / scan.spacing());
  const double a = scan.spacing(), textbook = pi * pi / (12.0 * 360.0 * a * a);
  // Mean over [0, 1/(2a)], weighted by f^2, of 2/3 + cos(pi f a) / 3.
  const double interpolation = 2.0 / 3.0 + 8.0 * (1.0 / (4.0 * pi) - 2.0 / (pi * pi * pi));
  CHECK(expected_variance(scan, *ramp) / textbook == Approx(interpolation).epsilon(1e-3));
}

TEST_CASE("a thick slice has the profile of its thickness") {
  // Half of space filled: the step along z is the integral of the slice's profile.
  Solid upper = cylinder({0, 0, 200}, 40, 200);
  const Rebinned scan = rebin(project(small_scan(24, 180), {{upper, mu_70kev}}), isa());
  for (const double thickness : {2.5, 5.0}) {
    const Grid grid = box(8, 4, Vec3::Zero(), 97, 0.125);
    const Image image =
        reconstruct(scan, *kernel(Value("soft")), grid, thickness, water_scale, isa());
    std::vector<double> slope;  // relative to the middle
    for (Index k = 1; k < 97; ++k) slope.push_back(double(image(2, 2, k) - image(2, 2, k - 1)));
    const double peak = *std::max_element(slope.begin(), slope.end());
    double width = 0.0;
    for (std::size_t k = 1; k < slope.size(); ++k) {
      const double a = slope[k - 1] / peak - 0.5, b = slope[k] / peak - 0.5;
      if (a < 0 && b >= 0) width -= 0.125 * (double(k) - b / (b - a));
      if (a >= 0 && b < 0) width += 0.125 * (double(k) - b / (b - a));
    }
    CAPTURE(thickness);
    CHECK(width == Approx(thickness).epsilon(0.06));
  }
}

TEST_CASE("thicker slices are quieter by the square root of their rows") {
  const Rebinned scan = white_noise(parallel_scan(16, 180));
  const auto variance = [&](double thickness) {
    const Image image = reconstruct(scan, *kernel(Value("soft")), box(64, 128, Vec3(0, 0, 0.3125)),
                                    thickness, HounsfieldScale{1, 0}, isa());
    double squares = 0.0;
    for (const float hu : image.values()) squares += (double(hu) + 1000.0) * (double(hu) + 1000.0);
    return squares;
  };
  // Four rows a slice against one: sub-planes on the rows' middles.
  CHECK(variance(0.625) / variance(4 * 0.625) == Approx(4.0).epsilon(0.25));
}
