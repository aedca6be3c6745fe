// What lies behind metal, in lines and images.
#include "vitrine/recon/metal.hpp"

#include <catch2/catch.hpp>
#include <cmath>
#include <cstring>

#include "fixture.hpp"
#include "vitrine/core/hash.hpp"
#include "vitrine/core/units.hpp"
#include "vitrine/recon/detail/first_image.hpp"
#include "vitrine/recon/detail/voxel_lines.hpp"

using namespace vitrine;
using namespace vitrine::recon;

namespace {

/// A ball on a grid of the gantry's frame: 1 inside, in quarters of a voxel at its surface.
std::vector<float> digitised(const Grid& grid, const Vec3& centre, double radius) {
  std::vector<float> values(std::size_t(grid.count()));
  constexpr int fine = 4;
  for (Index k = 0; k < grid.size[2]; ++k)
    for (Index j = 0; j < grid.size[1]; ++j)
      for (Index i = 0; i < grid.size[0]; ++i) {
        const Vec3 p = grid.centre(i, j, k) - centre;
        if (p.norm() > radius + grid.spacing.norm()) continue;
        int inside = p.norm() < radius - grid.spacing.norm() ? fine * fine * fine : 0;
        for (int c = 0; c < fine * fine * fine && inside < fine * fine * fine; ++c) {
          const Vec3 part(double(c % fine), double(c / fine % fine), double(c / fine / fine));
          const Vec3 q = p + grid.spacing.cwiseProduct((part + Vec3::Constant(0.5)) / fine -
                                                       Vec3::Constant(0.5));
          inside += q.norm() < radius ? 1 : 0;
        }
        values[std::size_t(grid.offset(i, j, k))] = float(inside) / float(fine * fine * fine);
      }
  return values;
}

ScanGeometry tilted(ScanGeometry g, double degrees) {
  g.tilt = degrees * units::deg;
  return g;
}
ScanGeometry flat(ScanGeometry g) {
  g.shape = DetectorShape::flat;
  return g;
}
ScanGeometry flown(ScanGeometry g) {
  const double across = 0.25 * g.column_angle * g.source_to_detector * g.source_to_iso /
                        (g.source_to_detector - g.source_to_iso);
  fly(g, {{across, 0.0, 0.4}, {-across, 0.0, 0.4}, {across, 1.0, -0.4}, {-across, 1.0, -0.4}});
  return g;
}

/// Lines of a water disc with two rods, which harden: what is seen falls behind line integrals of
/// metal by `loss` times their square, as a polychromatic beam's does.
Rebinned rods_in_water(const ScanGeometry& g, double loss, bool metal = true) {
  const std::vector<Part> water{{cylinder({5, 0, 0}, 60), mu_70kev}};
  const std::vector<Part> rods{{cylinder({-20, 5, 0}, 3), 10.0 * mu_70kev},
                               {cylinder({25, -5, 0}, 3), 10.0 * mu_70kev}};
  LineIntegrals line = project(g, water);
  const LineIntegrals behind = project(g, rods);
  for (std::size_t i = 0; metal && i < line.values().size(); ++i)
    line.values()[i] += behind.values()[i] * (1.0f - float(loss) * behind.values()[i]);
  return rebin(line, isa());
}

Digest digest(const Rebinned& scan) {
  Sha256 hash;
  for (Index n = 0; n < scan.lines(); ++n)
    hash.bytes(std::as_bytes(scan.line(n / (scan.angles() / 2), n % (scan.angles() / 2))));
  return hash.finish();
}

/// Root mean square difference from 0 HU in rings of 3 to 12 mm about the rods.
double around_rods(const Image& image) {
  double square = 0.0, n = 0.0;
  for (Index j = 0; j < image.grid().size[1]; ++j)
    for (Index i = 0; i < image.grid().size[0]; ++i) {
      const Vec3 p = image.grid().centre(i, j, 0);
      const double one = (p - Vec3(-20, 5, p.z())).norm(), other = (p - Vec3(25, -5, p.z())).norm();
      const double nearest = std::min(one, other);
      if (nearest < 6.0 || nearest > 15.0) continue;
      square += double(image(i, j, 0)) * double(image(i, j, 0));
      n += 1.0;
    }
  return std::sqrt(square / n);
}

}  // namespace

TEST_CASE("voxels projected into parallel lines are what the scan makes of the same object") {
  const std::vector<ScanGeometry> scans{
      small_scan(8, 180, {-3.0, 3.0}),
      helix(0.9, 6.0, 8, 180),
      flat(small_scan(8, 180)),
      flown(small_scan(8, 480)),
      tilted(helix(0.8, 16.0, 8, 180), 20.0),
  };
  for (const ScanGeometry& g : scans) {
    const Vec3 centre(22, -31, 1.5);
    constexpr double radius = 9.0;
    const Rebinned scan = rebin(project(g, {{ball(centre, radius), 1.0}}), isa());
    const Vec3 middle = recon::detail::in_gantry(scan, centre);
    Grid grid;
    grid.size = {60, 60, 60};
    grid.spacing = Vec3(0.4, 0.4, 0.4);
    grid.origin = middle - Vec3::Constant(0.5 * 59 * 0.4);
    const auto voxels = digitised(grid, middle, radius);
    const recon::detail::VoxelLines lines(grid, voxels, isa());
    std::vector<float> scratch(lines.scratch_size()), rows(std::size_t(scan.rows()));
    const Index half = scan.angles() / 2;
    double square = 0.0, size = 0.0;
    for (Index n = 0; n < scan.lines(); n += 13) {
      const recon::detail::VoxelLines::Line line(lines, scan, n / half, n % half);
      for (Index j = 0; j < scan.samples(); ++j) {
        line(j, scratch, rows);
        for (Index r = 0; r < scan.rows(); ++r) {
          const double seen =
              double(scan.line(n / half, n % half)[std::size_t(j * scan.padded_rows() + r)]);
          const double difference = double(rows[std::size_t(r)]) - seen;
          square += difference * difference;
          size += seen * seen;
        }
      }
    }
    CAPTURE(g.tilt, g.focal_shifts.size(), scan.is_helical(), int(g.shape));
    CHECK(size > 0.0);
    CHECK(std::sqrt(square / size) < 0.04);
  }
}

TEST_CASE("metal artefacts fall fourfold, and the metal stays as it is") {
  for (const ScanGeometry& g : {small_scan(2, 240), helix(0.9, 1.0, 4, 240)}) {
    Rebinned scan = rods_in_water(g, 0.04);
    const Grid grid = box(140, 200);
    const auto k = kernel(Value("standard"));
    const Image before = reconstruct(scan, *k, grid, 1.25, water_scale, isa());
    const MetalReduction how;
    MetalTrace trace = reduce_metal(scan, how, water_scale, isa());
    REQUIRE(!trace.empty());
    Image after = reconstruct(scan, *k, grid, 1.25, water_scale, isa());
    put_metal_back(after, scan, trace, how, *k, 1.25, water_scale, isa());
    CAPTURE(scan.is_helical(), trace.share(scan));
    CHECK(around_rods(before) > 4.0 * around_rods(after));
    std::size_t metal = 0;
    for (std::size_t i = 0; i < before.values().size(); ++i)
      if (double(before.values()[i]) > how.threshold) {
        CHECK(after.values()[i] == before.values()[i]);
        ++metal;
      }
    CHECK(metal > 20);
  }
}

TEST_CASE("without metal the lines keep their bits") {
  Rebinned scan = rods_in_water(small_scan(8, 180), 0.0, false);
  const Digest before = digest(scan);
  CHECK(reduce_metal(scan, {}, water_scale, isa()).empty());
  CHECK(digest(scan) == before);
}

TEST_CASE("lines that go back to what was measured have its bits") {
  Rebinned scan = rods_in_water(small_scan(8, 180), 0.02);
  const Digest before = digest(scan);
  MetalTrace trace = reduce_metal(scan, {}, water_scale, isa());
  CHECK(digest(scan) != before);
  trace.swap(scan);
  CHECK(digest(scan) == before);
}

TEST_CASE("metal reduction has the same bits on one thread as on all", "[bits]") {
  const auto reduced = [] {
    Rebinned scan = rods_in_water(small_scan(4, 120), 0.02);
    reduce_metal(scan, {}, water_scale, isa());
    return digest(scan);
  };
  const Digest on_all = reduced();
  Digest alone[2];
  parallel_for(2, [&](Index i) { alone[i] = reduced(); });
  CHECK(on_all == alone[0]);
  CHECK(on_all == alone[1]);
}
