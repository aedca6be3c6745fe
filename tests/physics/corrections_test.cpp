// Corrections that look at a first image, on photons of a whole spectrum.
#include <catch2/catch.hpp>
#include <cmath>
#include <vector>

#include "physics/water_phantom.hpp"
#include "vitrine/core/units.hpp"
#include "vitrine/physics/detect.hpp"
#include "vitrine/physics/projector.hpp"
#include "vitrine/recon/hardening.hpp"
#include "vitrine/recon/image_grid.hpp"
#include "vitrine/recon/metal.hpp"
#include "vitrine/recon/preprocess.hpp"

using namespace vitrine;

namespace {

using test::Rod;
using test::water_phantom;

Scanner scanner() { return test::few_rows(4); }

/// `arc` degrees of a turn.
ScanGeometry one_turn(double arc = 360.0) {
  const Scanner s = scanner();
  ScanGeometry g = hardware_geometry(s);
  g.view_angles = axial_view_angles(g.views_per_rotation, 1, 0.0);
  if (arc < 360.0)
    g.view_angles.resize(1 + std::size_t(std::ceil(arc / 360.0 * double(g.views_per_rotation))));
  g.table_positions.assign(g.view_angles.size(), 0.0);
  return g;
}

Pick<recon::Kernel> kernel(const char* name) {
  Diagnostics problems;
  return recon::kernels().make(Value(name), problems);
}

/// Photons to lines: without noise, or of a tube load.
struct Scan {
  physics::Beam beam;
  recon::Rebinned data;
  recon::HounsfieldScale scale{beam.mu_water(), beam.mu_air()};

  Scan(const Scene& scene, double kv, double mas = 0.0, double arc = 360.0)
      : beam(scanner(), kv, scene.materials), data(one_turn(arc)) {
    const auto seen = physics::expose(scene, one_turn(arc), beam, {2, 1}, best_isa());
    const auto water = recon::water_correction(beam);
    const auto lines = [&](const Sinogram<quantity::Signal>& signal) {
      return recon::rebin(recon::line_integrals(signal, water, best_isa()), best_isa());
    };
    data = mas > 0.0
               ? lines(physics::acquire(seen, beam, mas, Stream{1, Draw::quantum}, best_isa()))
               : lines(seen.signal);
  }
  Image image(const Grid& grid) const {
    return recon::reconstruct(data, *kernel("standard"), grid, 1.25, scale, best_isa());
  }
};

const Grid grid = recon::image_grid({220.0, 400, Vec3::Zero(), 1, 1.25});

/// Root mean square difference of two images in rings of 3 to 15 mm about the rods that are metal.
double around(const Image& image, const Image& truth, const std::vector<Rod>& rods) {
  double square = 0.0, n = 0.0;
  for (Index j = 0; j < grid.size[1]; ++j)
    for (Index i = 0; i < grid.size[0]; ++i) {
      const Vec3 p = grid.centre(i, j, 0);
      double nearest = 1e9;
      for (const Rod& rod : rods)
        nearest = std::min(nearest, std::hypot(p.x() - rod.x, p.y() - rod.y) - rod.radius);
      if (nearest < 3.0 || nearest > 15.0) continue;
      const double d = double(image(i, j, 0)) - double(truth(i, j, 0));
      square += d * d;
      n += 1.0;
    }
  return std::sqrt(square / n);
}

}  // namespace

TEST_CASE("errors around rods of titanium and steel fall, beside bone and with quantum noise",
          "[full]") {
  const std::vector<Rod> bones{{"cortical_bone", 1.92, -40, 14, 8},
                               {"cortical_bone", 1.92, 10, -45, 10}};
  const Image truth = Scan(water_phantom(200.0, bones), 120.0).image(grid);
  for (const auto& [metal, density, radius] :
       {std::tuple{"titanium", 4.54, 5.0}, std::tuple{"stainless_steel", 8.0, 3.0}}) {
    const std::vector<Rod> rods{{metal, density, -40, -10, radius},
                                {metal, density, 40, 5, radius}};
    std::vector<Rod> all = bones;
    all.insert(all.end(), rods.begin(), rods.end());
    Scan scan(water_phantom(200.0, all), 120.0, 200.0);
    const Image before = scan.image(grid);
    const recon::MetalReduction how;
    auto trace = recon::reduce_metal(scan.data, how, scan.scale, best_isa());
    Image after =
        recon::reconstruct(scan.data, *kernel("standard"), grid, 1.25, scan.scale, best_isa());
    put_metal_back(after, scan.data, trace, how, *kernel("standard"), 1.25, scan.scale, best_isa());
    const double was = around(before, truth, rods), is = around(after, truth, rods);
    const double floor =
        around(Scan(water_phantom(200.0, bones), 120.0, 200.0).image(grid), truth, rods);
    WARN("noise " << floor);
    WARN(metal << ": " << was << " HU, then " << is << "; trace " << trace.share(scan.data));
    CHECK(was > 3.0 * is);
  }
}

TEST_CASE("dark bands between rods of bone or iodine go, from 80 to 140 kV", "[full]") {
  // 300 mm of water, two rods at +-60 mm. Between them: mean of 8 mm discs 60 to 30 mm from the
  // middle.
  const Grid wide = recon::image_grid({320.0, 256, Vec3::Zero(), 1, 1.25});
  for (const double kv : {80.0, 100.0, 120.0, 140.0})
    for (const auto& [name, density, radius] :
         {std::tuple{"cortical_bone", 1.92, 15.0}, std::tuple{"iodine 20 mg/ml", 1.016, 15.0}}) {
      const Scene scene =
          water_phantom(300.0, {{name, density, -60, 0, radius}, {name, density, 60, 0, radius}});
      Scan scan(scene, kv);
      const auto mean = [&](const Image& image, double x, double y) {
        double sum = 0.0, n = 0.0;
        for (Index j = 0; j < wide.size[1]; ++j)
          for (Index i = 0; i < wide.size[0]; ++i) {
            const Vec3 p = wide.centre(i, j, 0);
            if (std::hypot(p.x() - x, p.y() - y) > 6.0) continue;
            sum += double(image(i, j, 0));
            n += 1.0;
          }
        return sum / n;
      };
      const auto image = [&] {
        return recon::reconstruct(scan.data, *kernel("standard"), wide, 1.25, scan.scale,
                                  best_isa());
      };
      const Image before = image();
      const recon::HardeningTable table(scan.beam, recon::water_correction(scan.beam),
                                        material(name));
      recon::correct_hardening(scan.data, {.material = name}, table, scan.scale, best_isa());
      const Image after = image();
      const double hu = 1000.0 * (table.attenuation() - scan.scale.mu_water) /
                        (scan.scale.mu_water - scan.scale.mu_air);
      CAPTURE(kv, name, mean(before, 0, 0), mean(before, 60, 0), hu);
      CHECK(mean(before, 0, 0) < -7.5);
      CHECK(std::abs(mean(after, 0, 0)) < 1.5);
      CHECK(std::abs(mean(after, 0, 60)) < 0.5);
      CHECK(mean(before, 60, 0) < 0.86 * hu);
      CHECK(mean(after, 60, 0) == Approx(hu).epsilon(0.025));
    }
}

TEST_CASE("the brain is flat below the skull, and water keeps its bits", "[full]") {
  // A skull of 7 mm about 160 mm of water; the mean of rings at 5 and at 65 mm.
  Scene skull = water_phantom(174.0, {{"cortical_bone", 1.92, 0, 0, 87}, {"water", 1.0, 0, 0, 80}});
  skull.terms.back().deltas = {{0, units::g_per_cm3}, {1, -1.92 * units::g_per_cm3}};
  const auto ring = [](const Image& image, double radius) {
    double sum = 0.0, n = 0.0;
    for (Index j = 0; j < grid.size[1]; ++j)
      for (Index i = 0; i < grid.size[0]; ++i)
        if (std::abs(grid.centre(i, j, 0).head<2>().norm() - radius) < 3.0) {
          sum += double(image(i, j, 0));
          n += 1.0;
        }
    return sum / n;
  };
  Scan scan(skull, 120.0);
  const Image before = scan.image(grid);
  const recon::HardeningTable table(scan.beam, recon::water_correction(scan.beam),
                                    material("cortical_bone"));
  const recon::BoneCorrection how;
  recon::correct_hardening(scan.data, how, table, scan.scale, best_isa());
  const Image after = scan.image(grid);
  WARN("centre " << ring(before, 5) << ", under the skull " << ring(before, 65) << "; then "
                 << ring(after, 5) << ", " << ring(after, 65));
  CHECK(ring(before, 65) - ring(before, 5) > 5.0);
  CHECK(std::abs(ring(after, 65) - ring(after, 5)) < 1.0);

  Scan water(water_phantom(300.0, {{"cortical_bone", 1.92, 0, 0, 1e-3}}), 120.0);
  const Image plain = water.image(grid);
  recon::correct_hardening(water.data, how, table, water.scale, best_isa());
  CHECK(std::ranges::equal(water.image(grid).values(), plain.values()));
}

TEST_CASE("metal and bone are corrected in short scans as in full turns", "[full]") {
  // 240 degrees: 202 are needed for this fan's 112 mm, 235 for all of it.
  constexpr double arc = 240.0;
  const Scene clean = water_phantom(200.0, {});
  const std::vector<Rod> rods{{"titanium", 4.54, -40, -10, 5.0}, {"titanium", 4.54, 40, 5, 5.0}};
  const Image truth = Scan(clean, 120.0, 0.0, arc).image(grid);
  Scan metal(water_phantom(200.0, rods), 120.0, 0.0, arc);
  const double was = around(metal.image(grid), truth, rods);
  const recon::MetalReduction how;
  auto trace = recon::reduce_metal(metal.data, how, metal.scale, best_isa());
  Image after =
      recon::reconstruct(metal.data, *kernel("standard"), grid, 1.25, metal.scale, best_isa());
  put_metal_back(after, metal.data, trace, how, *kernel("standard"), 1.25, metal.scale, best_isa());
  const double is = around(after, truth, rods);
  CAPTURE(was, is);
  CHECK(was > 3.0 * is);

  const std::vector<Rod> bones{{"cortical_bone", 1.92, -60, 0, 15.0},
                               {"cortical_bone", 1.92, 60, 0, 15.0}};
  Scan bone(water_phantom(200.0, bones), 120.0, 0.0, arc);
  const auto middle = [&](const Image& image) {
    double sum = 0.0, n = 0.0;
    for (Index j = 0; j < grid.size[1]; ++j)
      for (Index i = 0; i < grid.size[0]; ++i)
        if (grid.centre(i, j, 0).head<2>().norm() < 6.0) sum += double(image(i, j, 0)), n += 1.0;
    return sum / n;
  };
  const double dark = middle(bone.image(grid));
  const recon::HardeningTable table(bone.beam, recon::water_correction(bone.beam),
                                    material("cortical_bone"));
  recon::correct_hardening(bone.data, {.material = "cortical_bone"}, table, bone.scale, best_isa());
  const double mended = middle(bone.image(grid));
  CAPTURE(dark, mended);
  CHECK(dark < -7.5);
  CHECK(std::abs(mended) < 1.5);
}
