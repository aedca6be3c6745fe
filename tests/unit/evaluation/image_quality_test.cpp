#include <catch2/catch.hpp>
#include <cmath>
#include <functional>
#include <limits>
#include <numbers>

#include "vitrine/core/math.hpp"
#include "vitrine/core/random.hpp"
#include "vitrine/core/units.hpp"
#include "vitrine/evaluation/image_quality/detail/bessel.hpp"
#include "vitrine/evaluation/image_quality/inserts.hpp"
#include "vitrine/evaluation/image_quality/mtf.hpp"
#include "vitrine/evaluation/image_quality/nps.hpp"
#include "vitrine/evaluation/image_quality/slice_profile.hpp"
#include "vitrine/evaluation/image_quality/uniformity.hpp"

using namespace vitrine;
using namespace vitrine::evaluation;

namespace {

constexpr double pi = std::numbers::pi;

Grid grid(Index pixels, double pixel, Index slices = 1, double increment = 1.0) {
  Grid g;
  g.size = {pixels, pixels, slices};
  g.spacing = Vec3(pixel, pixel, increment);
  g.origin = -0.5 * Vec3(pixel * double(pixels - 1), pixel * double(pixels - 1),
                         increment * double(slices - 1));
  return g;
}

/// An image of a function of position.
Image drawn(const Grid& g, const std::function<double(const Vec3&)>& value) {
  Image image(g);
  for (Index k = 0; k < g.size[2]; ++k)
    for (Index j = 0; j < g.size[1]; ++j)
      for (Index i = 0; i < g.size[0]; ++i) image(i, j, k) = float(value(g.centre(i, j, k)));
  return image;
}

Plane drawn_plane(Index pixels, double pixel, const std::function<double(const Vec3&)>& value) {
  return mean_plane(drawn(grid(pixels, pixel), value), {0, 0});
}

Rng noise(std::uint64_t counter = 0) {
  return {make_stream(11, "image quality", Draw::test), counter};
}

/// White noise of standard deviation `sd` about `mean`.
Plane white(Index pixels, double pixel, double sd, std::uint64_t counter = 0, double mean = 0.0) {
  Rng rng = noise(counter);
  return drawn_plane(pixels, pixel, [&](const Vec3&) { return mean + sd * rng.normal(); });
}

double gaussian(double r, double s) { return math::exp(-0.5 * r * r / (s * s)); }

/// A disc of radius `radius` blurred by a Gaussian, at distance r: strips across the blur.
double blurred_disc(double r, double radius, double s) {
  constexpr int steps = 120;
  const double reach = std::min(radius, 7.0 * s), dy = 2.0 * reach / steps;
  double sum = 0.0;
  for (int i = 0; i < steps; ++i) {
    const double y = -reach + (double(i) + 0.5) * dy, half = std::sqrt(radius * radius - y * y);
    const double strip = 0.5 * (math::erf((half - r) / (std::sqrt(2.0) * s)) +
                                math::erf((half + r) / (std::sqrt(2.0) * s)));
    sum += gaussian(y, s) / (std::sqrt(2.0 * pi) * s) * strip * dy;
  }
  return sum;
}

}  // namespace

TEST_CASE("Bessel functions are those of the standard library within 1e-7") {
  for (double x = 0.0; x < 60.0; x += 0.037) {
    CAPTURE(x);
    CHECK(detail::bessel_j0(x) == Approx(std::cyl_bessel_j(0.0, x)).margin(1e-7));
    CHECK(detail::bessel_j1(x) == Approx(std::cyl_bessel_j(1.0, x)).margin(1e-7));
  }
  CHECK(detail::ball_transform(0.0499) == Approx(detail::ball_transform(0.0501)).margin(1e-5));
}

TEST_CASE("a Gaussian bead has the MTF exp(-2 pi^2 s^2 f^2) within 0.005") {
  for (const double s : {0.35, 0.6}) {
    const Vec2 at(3.137, -2.291);
    const Plane plane = drawn_plane(160, 0.2, [&](const Vec3& p) {
      // On a background that rises across the image.
      return 20.0 + 0.3 * p.x() + 800.0 * gaussian((Vec2(p.x(), p.y()) - at).norm(), s);
    });
    const PointMtf result = point_mtf(plane, {});
    CAPTURE(s);
    CHECK((result.centre - at).norm() < 1e-4);
    for (const double f : {0.05, 0.1, 0.2, 0.4, 0.6, 0.9, 1.2})
      CHECK(result.mtf.at(f) == Approx(math::exp(-2 * pi * pi * s * s * f * f)).margin(0.005));
    CHECK(result.mtf.frequency_at(0.5) ==
          Approx(std::sqrt(std::numbers::ln2 / (2 * pi * pi)) / s).epsilon(0.005));
    CHECK(result.mtf.peak() == Approx(1.0).margin(1e-3));
  }
}

TEST_CASE("a wire's own width is divided out of its MTF") {
  const double s = 0.4, diameter = 1.0;
  const Plane plane = drawn_plane(
      110, 0.2, [&](const Vec3& p) { return 500.0 * blurred_disc(p.head<2>().norm(), 0.5, s); });
  PointOptions options;
  const double raw = point_mtf(plane, options).mtf.at(0.6);
  options.diameter = diameter;
  const double corrected = point_mtf(plane, options).mtf.at(0.6);
  const double expected = math::exp(-2 * pi * pi * s * s * 0.36);
  CHECK(corrected == Approx(expected).margin(0.005));
  CHECK(raw == Approx(expected * detail::jinc(pi * 0.6)).margin(0.005));
}

TEST_CASE("the edge of a Gaussian-blurred disc has the blur's MTF within 0.01") {
  const double pixel = 0.4, radius = 10.0;
  const Vec2 at(1.234, -0.777);
  for (const double s : {0.5, 0.8}) {
    std::vector<double> table;  // of the profile, every 0.01 mm
    for (int i = 0; i < 4000; ++i) table.push_back(blurred_disc(0.01 * i, radius, s));
    const Plane plane = drawn_plane(120, pixel, [&](const Vec3& p) {
      const double r = (p.head<2>() - at).norm() * 100.0;
      const auto i = std::size_t(r);
      return -100.0 * (table[i] + (r - double(i)) * (table[i + 1] - table[i]));
    });
    // The disc is looked for a millimetre off.
    const EdgeMtf edge = edge_mtf(plane, at + Vec2(0.8, -0.6), radius + 0.5, {});
    CAPTURE(s);
    CHECK((edge.centre - at).norm() < 0.01);
    CHECK(edge.radius == Approx(radius).margin(0.05));
    CHECK(edge.contrast == Approx(-100.0).margin(0.1));
    for (const double f : {0.1, 0.2, 0.3, 0.5, 0.7, 0.9})
      CHECK(edge.mtf.at(f) == Approx(math::exp(-2 * pi * pi * s * s * f * f)).margin(0.01));
  }
}

TEST_CASE("noise does not hide an edge: MTF50 within 3 % at ten times the contrast") {
  const double s = 0.6, radius = 10.0;
  Rng rng = noise(3);
  const Plane plane = drawn_plane(140, 0.4, [&](const Vec3& p) {
    const double r = p.head<2>().norm();
    return 60.0 * math::normal_cdf((radius - r) / s) + 6.0 * rng.normal();
  });
  const double half = std::sqrt(std::numbers::ln2 / (2 * pi * pi)) / s;
  CHECK(edge_mtf(plane, Vec2(0, 0), radius, {}).mtf.frequency_at(0.5) ==
        Approx(half).epsilon(0.03));
}

TEST_CASE("the integral of the noise power spectrum is the variance") {
  const Plane plane = white(96, 0.7, 12.0);
  for (const Trend trend : {Trend::mean, Trend::plane, Trend::second_order})
    for (const Index size : {16, 31, 40}) {
      const auto centres = regions_in_disc(Vec2(0, 0), 32.0, double(size) * 0.7);
      const Nps nps = noise_power_spectrum({&plane, 1}, centres, {size, trend});
      CAPTURE(size, nps.regions);
      CHECK(nps.integral() == Approx(nps.variance).epsilon(1e-12));
    }
}

TEST_CASE("white noise has the flat spectrum sigma^2 pixel^2") {
  const double sd = 15.0, pixel = 0.5;
  std::vector<Plane> planes;
  for (std::uint64_t p = 0; p < 4; ++p) planes.push_back(white(192, pixel, sd, p, 40.0));
  const auto centres = regions_in_disc(Vec2(0, 0), 46.0, 32 * pixel);
  const Nps nps = noise_power_spectrum(planes, centres, {32, Trend::plane});
  CHECK(nps.mean == Approx(40.0).margin(0.5));
  CHECK(nps.variance == Approx(sd * sd).epsilon(0.02));
  for (std::size_t i = 2; i < nps.value.size(); ++i) {
    CAPTURE(nps.frequency[i]);
    CHECK(nps.value[i] == Approx(sd * sd * pixel * pixel).epsilon(0.08));
  }
  CHECK(nps.mean_frequency() ==
        Approx(0.5 * (nps.frequency.front() + nps.frequency.back())).epsilon(0.03));
}

TEST_CASE("filtered noise has the filter's square in its spectrum") {
  // A circular filter along x on exactly one region: the ratio holds for every sample.
  const Index n = 24;
  const Plane plain = white(n, 0.6, 10.0);
  Plane filtered = plain;
  for (Index j = 0; j < n; ++j)
    for (Index i = 0; i < n; ++i)
      filtered.value[std::size_t(j * n + i)] =
          0.6 * plain(i, j) + 0.2 * plain((i + 1) % n, j) + 0.2 * plain((i + n - 1) % n, j);
  const Vec2 centre = plain.middle();
  const NpsOptions options{n, Trend::mean};
  const Nps a = noise_power_spectrum({&plain, 1}, {&centre, 1}, options);
  const Nps b = noise_power_spectrum({&filtered, 1}, {&centre, 1}, options);
  for (Index j = 0; j < n; ++j)
    for (Index i = 0; i < n; ++i) {
      if (i == 0 && j == 0) continue;
      const double gain = 0.6 + 0.4 * std::cos(2 * pi * double(i) / double(n));
      const auto p = std::size_t(j * n + i);
      REQUIRE(b.spectrum[p] == Approx(gain * gain * a.spectrum[p]).epsilon(1e-9));
    }
}

TEST_CASE("trends do not reach the spectrum, and repeats cancel what they share") {
  const Plane bowl = drawn_plane(48, 0.5, [](const Vec3& p) {
    return 30.0 + p.x() - 2 * p.y() + 0.1 * p.x() * p.x() - 0.05 * p.x() * p.y();
  });
  const Vec2 centre = bowl.middle();
  CHECK(noise_power_spectrum({&bowl, 1}, {&centre, 1}, {32, Trend::second_order}).variance < 1e-6);
  Plane a = white(64, 0.5, 8.0, 1), b = white(64, 0.5, 8.0, 2);
  for (std::size_t p = 0; p < a.value.size(); ++p) {
    const double structure = 500.0 * std::sin(double(p));
    a.value[p] += structure;
    b.value[p] += structure;
  }
  const Plane difference = noise_plane(a, b);
  CHECK(noise_power_spectrum({&difference, 1}, {&centre, 1}, {48, Trend::mean}).variance ==
        Approx(64.0).epsilon(0.1));
}

TEST_CASE("slice profiles of known shape have their known widths") {
  std::vector<double> z, gauss, box, triangle;
  for (int i = -40; i <= 40; ++i) {
    z.push_back(0.2 * i);
    gauss.push_back(300.0 * gaussian(0.2 * i - 0.07, 1.1));
    box.push_back(std::abs(0.2 * i) < 2.1 ? 1.0 : 0.0);
    triangle.push_back(std::max(0.0, 1.0 - std::abs(0.2 * i) / 4.0));
  }
  const SliceProfile g = profile_widths(z, gauss);
  CHECK(g.fwhm == Approx(2.354820 * 1.1).epsilon(0.002));
  CHECK(g.fwtm == Approx(4.291932 * 1.1).epsilon(0.005));
  CHECK(g.middle == Approx(0.07).margin(1e-3));
  CHECK(profile_widths(z, box).fwhm == Approx(4.2).margin(1e-9));
  CHECK(profile_widths(z, box).fwtm == Approx(4.36).margin(1e-9));  // edges of one step
  CHECK(profile_widths(z, triangle).fwhm == Approx(4.0).margin(0.02));
}

TEST_CASE("a bead and a ramp show the slice's profile") {
  const double s = 0.9;
  const Image bead = drawn(grid(48, 0.4, 61, 0.15), [&](const Vec3& p) {
    return 10.0 + 400.0 * gaussian(p.head<2>().norm(), 0.5) * gaussian(p.z(), s);
  });
  CHECK(bead_profile(bead, {0, 60}, Vec2(0, 0), 1.0, 5.0).fwhm ==
        Approx(2.35482 * s).epsilon(0.01));
  // A strip that rises by 23 degrees, seen by a slice with this profile.
  const double slope = std::tan(23 * units::deg);
  const Plane ramp = drawn_plane(128, 0.25, [&](const Vec3& p) {
    return 5.0 + 100.0 * gaussian(p.x() * slope, s) * gaussian(p.y() - 2.0, 0.4);
  });
  const SliceProfile r = ramp_profile(ramp, Vec2(-10, 2), Vec2(10, 2), 23 * units::deg, 0.5);
  CHECK(r.fwhm == Approx(2.35482 * s).epsilon(0.01));
}

TEST_CASE("a round phantom is found beside its table") {
  const Vec2 at(4.3, -6.2);
  const Plane plane = drawn_plane(200, 1.2, [&](const Vec3& p) {
    const bool inside = (p.head<2>() - at).norm() < 80.0;
    const bool table = std::abs(p.x()) < 90.0 && p.y() > 74.0 && p.y() < 90.0;
    return inside ? 0.0 : table ? -200.0 : -1000.0;
  });
  const Outline outline = phantom_outline(plane);
  CHECK((outline.centre - at).norm() < 0.5);
  CHECK(outline.radius == Approx(80.0).margin(0.6));
  const Uniformity u = uniformity(plane, outline, 8.0, 10.0);
  CHECK(u.region[3].mean == Approx(0.0).margin(1e-9));
  CHECK(u.centre[2].y() == Approx(outline.centre.y() + outline.radius - 18.0));
}

TEST_CASE("inserts are found at any rotation, side and shift") {
  for (const char* name : {"acr464", "catphan_ctp404"})
    for (const bool mirrored : {false, true}) {
      const InsertLayout layout = insert_layout(name);
      const double turn = 37.3 * units::deg;
      const Vec2 at(3.1, -2.4);
      Rng rng = noise(5);
      const auto value = [&](const Vec3& p) {
        const Vec2 q = p.head<2>() - at;
        double v = q.norm() < 100.0 ? 0.0 : -1000.0;
        for (const Insert& i : layout.inserts) {
          const double angle = turn + (mirrored ? -i.angle : i.angle);
          if ((q - i.distance * Vec2(std::cos(angle), std::sin(angle))).norm() < i.radius)
            v = 0.5 * (i.low + i.high);
        }
        return v + 10.0 * rng.normal();
      };
      const Image image = drawn(grid(250, 0.9), value);
      const PlacedSlice found = find_layout(image, layout);
      CAPTURE(name, mirrored);
      CHECK(found.placement.mirrored == mirrored);
      CHECK(found.placement.rotation == Approx(turn).margin(0.3 * units::deg));
      const InsertTable table = read_inserts(mean_plane(image, {0, 0}), layout, found.placement);
      for (const InsertReading& r : table.inserts) {
        CAPTURE(r.insert.name);
        CHECK(r.region.mean == Approx(0.5 * (r.insert.low + r.insert.high)).margin(4.0));
      }
    }
}

TEST_CASE("what cannot be measured is named") {
  const Plane flat = white(100, 0.5, 10.0);
  CHECK_THROWS_WITH(point_mtf(flat, {}), Catch::Contains("no wire or bead found"));
  CHECK_THROWS_WITH(edge_mtf(flat, Vec2(0, 0), 10.0, {}), Catch::Contains("no edge found"));
  CHECK_THROWS_WITH(disc(flat, Vec2(20, 0), 10.0, "the region"),
                    Catch::Contains("leaves the image"));
  CHECK_THROWS_WITH(phantom_outline(flat), Catch::Contains("not round"));
  CHECK_THROWS_WITH(profile_widths({0, 1, 2, 3, 4}, {1, 1, 1, 1, 1}),
                    Catch::Contains("does not fall to half"));
  CHECK_THROWS_WITH(profile_widths({0, 1}, {1, 1}), Catch::Contains("2 samples"));
  CHECK_THROWS_WITH(insert_layout("acr_464"), Catch::Contains("acr464"));
  Grid g = grid(8, 1.0);
  g.spacing.y() = 1.1;
  CHECK_THROWS_WITH(mean_plane(Image(g), {0, 0}), Catch::Contains("1 x 1.1 mm"));
  Image broken(grid(8, 1.0));
  broken(3, 2, 0) = std::numeric_limits<float>::quiet_NaN();
  CHECK_THROWS_WITH(mean_plane(broken, {0, 0}), Catch::Contains("pixel (3, 2) of slice 0 is nan"));
  CHECK_THROWS_WITH(mean_plane(broken, {0, 1}), Catch::Contains("no slices 0 to 1"));
  CHECK_THROWS_WITH(slice_at(g, 40.0), Catch::Contains("outside of the image"));
}
