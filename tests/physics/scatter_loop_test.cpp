// Scatter from photons to HU: what it does to a cylinder's image, and what its correction undoes.
#include <catch2/catch.hpp>
#include <cmath>
#include <numbers>

#include "support/roi.hpp"
#include "unit/physics/fixture.hpp"
#include "vitrine/physics/detect.hpp"
#include "vitrine/physics/projector.hpp"
#include "vitrine/physics/scatter_field.hpp"
#include "vitrine/recon/fbp.hpp"
#include "vitrine/recon/image_grid.hpp"
#include "vitrine/recon/preprocess.hpp"

using namespace vitrine;

namespace {

Scene water(double radius) {
  test::SceneBuilder b({"water"});
  b.term({b.add(Solid::Kind::cylinder, {0, 0, 0}, {radius, radius, 200})}, 0, 1e-3);
  return b.scene;
}

using test::mean_about;

}  // namespace

TEST_CASE("scatter cups a water cylinder by the Abel transform of what rays lose") {
  // Radial symmetry: a loss l(x) of the line integrals at distance x of the axis lowers mu on the
  // axis by (1 / pi) integral from 0 of (l(0) - l(x)) / x^2 dx, l(0) / (pi X) of it beyond the last
  // ray X, which loses nothing.
  constexpr double radius = 120.0;
  Scanner s = test::scanner();
  s.rows = 32;
  s.views_per_rotation = 240;
  const Scene scene = water(radius);
  const physics::Beam beam(s, 120.0, scene.materials);
  ScanGeometry g = hardware_geometry(s);
  g.view_angles = axial_view_angles(g.views_per_rotation, 1, 0.0);
  g.table_positions.assign(g.view_angles.size(), 0.0);
  // Alike everywhere, a fifth of the primary radiation behind 24 cm.
  const double level = 0.2 * beam.air_signal(444) * beam.water_signal(444, 2.0 * radius);
  physics::ScatterMaps maps;
  maps.views = physics::scatter_views(g);
  maps.columns = 32;
  maps.rows = 2;
  maps.mean.assign(maps.views.size() * maps.cells(), level);
  maps.square.assign(maps.mean.size(), 68.0 * level);
  const physics::ScatterField field(g, beam, maps, 1.0, best_isa());

  const auto water_table = recon::water_correction(beam);
  using Lines = Sinogram<quantity::LineIntegral>;
  const auto lines = [&](const Sinogram<quantity::Signal>& signal) {
    return recon::line_integrals(signal, water_table, best_isa());
  };
  const auto image = [&](Lines data) {
    Diagnostics problems;
    const auto pick = recon::kernels().make(Value("soft"), problems);
    return recon::reconstruct(recon::rebin(std::move(data), best_isa()), *pick,
                              recon::image_grid({300.0, 128, Vec3::Zero(), 1, 1.25}), 1.25,
                              beam.mu_water(), beam.mu_air(), best_isa());
  };
  physics::Exposure exposure = physics::expose(scene, g, beam, {1, 1, 1}, best_isa());
  const auto profile = [&](const Lines& all) {
    std::vector<double> mean(std::size_t(g.columns), 0.0);
    for (Index v = 0; v < g.views(); ++v)
      for (Index c = 0; c < g.columns; ++c)
        mean[std::size_t(c)] +=
            double(all.view(v)[std::size_t(c * g.rows + g.rows / 2)]) / double(g.views());
    return mean;
  };
  Lines clean = lines(exposure.signal);
  const auto before = profile(clean);
  const Image without = image(std::move(clean));
  field.add(0, g.views(), exposure.signal.values(), exposure.quanta.values());
  Lines scattered = lines(exposure.signal);
  const auto after = profile(scattered);
  const Image with = image(std::move(scattered));

  const auto middle = Index(g.column_at(0.0));
  const double most = before[std::size_t(middle)] - after[std::size_t(middle)];
  double integral = 0.0, last = 0.0;
  for (Index c = middle + 2; c < g.columns; ++c) {
    const double x = g.source_to_iso * std::sin(g.fan_angle(double(c)));
    const double next = g.source_to_iso * std::sin(g.fan_angle(double(c) + 1.0));
    integral += (most - (before[std::size_t(c)] - after[std::size_t(c)])) / (x * x) * (next - x);
    last = next;
  }
  const double wanted = 1000.0 / beam.mu_water() * (integral + most / last) / std::numbers::pi;
  const double fall = mean_about(without, 0.0, 10.0) - mean_about(with, 0.0, 10.0);
  CAPTURE(most, fall, wanted);

  CHECK(fall == Approx(wanted).epsilon(0.1));
  CHECK(fall > 40.0);
  // Less beside the middle: a cup.
  CHECK(mean_about(with, 100.0, 8.0) - mean_about(with, 0.0, 10.0) > 0.4 * fall);

  // The correction takes the mean and leaves the noise: within 2 HU over a thousand pixels.
  auto noisy =
      physics::acquire(exposure, beam, 400.0, make_stream(1, "loop", Draw::quantum), best_isa());
  field.subtract(0, g.views(), 1.0, noisy.values());
  field.subtract(0, g.views(), 1.0, exposure.signal.values());
  const Image corrected = image(lines(exposure.signal)), read = image(lines(noisy));
  for (const double x : {0.0, 60.0, 100.0})
    CHECK(mean_about(corrected, x, 8.0) == Approx(mean_about(without, x, 8.0)).margin(0.1));
  CHECK(mean_about(read, 0.0, 60.0) == Approx(mean_about(without, 0.0, 60.0)).margin(2.0));
}
