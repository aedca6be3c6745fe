#include "vitrine/physics/voxel_projector.hpp"

#include <catch2/catch.hpp>
#include <cmath>
#include <cstring>
#include <functional>
#include <numbers>
#include <optional>

#include "vitrine/core/parallel.hpp"
#include "vitrine/core/random.hpp"
#include "vitrine/model/scene.hpp"

using namespace vitrine;
using namespace vitrine::physics;
using Catch::Matchers::Contains;

namespace {

Grid centred(std::array<Index, 3> size, const Vec3& spacing, const Vec3& middle = Vec3::Zero()) {
  Grid grid;
  grid.size = size;
  grid.spacing = spacing;
  grid.origin = middle - 0.5 * spacing.cwiseProduct(Vec3(double(size[0] - 1), double(size[1] - 1),
                                                         double(size[2] - 1)));
  return grid;
}

std::vector<double> turn(Index views, double arc) {
  std::vector<double> angles;
  for (Index v = 0; v < views; ++v) angles.push_back(0.1 + arc * double(v) / double(views));
  return angles;
}

ParallelGeometry parallel(Index columns, Index rows, double pitch, Index views) {
  ParallelGeometry g;
  g.columns = columns;
  g.rows = rows;
  g.column_pitch = pitch;
  g.row_pitch = 1.3 * pitch;
  g.column_offset = 0.25;
  g.height = 0.4;
  g.view_angles = turn(views, std::numbers::pi);
  return g;
}

/// `fan` and `row`: pitch at the isocentre, mm.
ScanGeometry cone(Index columns, Index rows, double fan, double row, Index views) {
  ScanGeometry g;
  g.source_to_iso = 541.0;
  g.source_to_detector = 949.0;
  g.columns = columns;
  g.rows = rows;
  g.column_angle = fan / g.source_to_iso;
  g.row_pitch = row * g.source_to_detector / g.source_to_iso;
  g.column_offset = 0.25;
  g.views_per_rotation = views;
  g.view_angles = turn(views, 2.0 * std::numbers::pi);
  g.table_positions.assign(std::size_t(views), 0.7);
  return g;
}

ScanGeometry flat(ScanGeometry g) {
  g.shape = DetectorShape::flat;
  g.axis_offset = 1.5;
  return g;
}

struct Setting {
  const char* name;
  std::function<VoxelProjector(Footprint, Isa)> make;
};

template <class Geometry>
Setting setting(const char* name, const Grid& grid, const Geometry& geometry) {
  return {name, [=](Footprint footprint, Isa isa) {
            return VoxelProjector(grid, geometry, footprint, isa);
          }};
}

/// Every geometry, with voxels finer and coarser than cells, odd sizes, cells beside the volume and
/// a volume beside the cells.
std::vector<Setting> settings() {
  const Vec3 mm(1.0, 1.1, 1.2);
  return {
      setting("parallel slice", centred({61, 53, 1}, mm), parallel(75, 1, 1.2, 17)),
      setting("parallel slice, coarse cells", centred({61, 53, 1}, mm), parallel(21, 1, 5, 17)),
      setting("parallel slice, fine cells", centred({61, 53, 1}, mm), parallel(99, 1, 0.3, 17)),
      setting("fan slice", centred({61, 53, 1}, 3.0 * mm), cone(90, 1, 2.2, 2.0, 19)),
      setting("parallel rows", centred({37, 41, 23}, mm), parallel(45, 19, 1.1, 13)),
      setting("few rows", centred({37, 41, 9}, mm), cone(45, 3, 1.1, 4.0, 13)),
      setting("cone", centred({37, 41, 35}, 2.0 * mm, Vec3(5, -3, 9)), cone(83, 29, 1.0, 1.1, 15)),
      setting("fine rows", centred({37, 41, 9}, 2.0 * mm), cone(45, 64, 2.0, 0.5, 9)),
      setting("wide cone", centred({33, 33, 60}, 3.0 * mm), cone(70, 120, 2.0, 2.5, 9))};
}

std::vector<float> random(std::size_t n, std::uint64_t set) {
  Rng rng(make_stream(set, "voxel projector", Draw::test), 0);
  std::vector<float> out(n);
  for (float& x : out) x = float(rng.uniform());
  return out;
}

double dot(const std::vector<float>& a, const std::vector<float>& b) {
  double sum = 0.0;
  for (std::size_t i = 0; i < a.size(); ++i) sum += double(a[i]) * double(b[i]);
  return sum;
}

std::vector<float> forward(const VoxelProjector& p, const std::vector<float>& volume) {
  std::vector<float> out(p.rays(), -1.0f);
  p.forward(volume, out);
  return out;
}
std::vector<float> back(const VoxelProjector& p, const std::vector<float>& projections) {
  std::vector<float> out(p.voxels(), -1.0f);
  p.back(projections, out);
  return out;
}

bool same_bits(const std::vector<float>& a, const std::vector<float>& b) {
  return std::memcmp(a.data(), b.data(), a.size() * sizeof(float)) == 0;
}

}  // namespace

TEST_CASE("back projection is the transpose of projection") {
  for (const Setting& s : settings())
    for (const Footprint footprint : {Footprint::joseph, Footprint::distance_driven})
      for (const Isa isa : {Isa::portable, best_isa()}) {
        INFO(s.name << (footprint == Footprint::joseph ? ", Joseph" : ", distance-driven"));
        const VoxelProjector p = s.make(footprint, isa);
        const auto x = random(p.voxels(), 1), y = random(p.rays(), 2);
        const double there = dot(forward(p, x), y), back_again = dot(x, back(p, y));
        CHECK(there > 0.0);
        CHECK(std::abs(there - back_again) <= 1e-6 * there);
      }
}

TEST_CASE("projections have the same bits on one thread and on many") {
  for (const Setting& s : settings())
    for (const Footprint footprint : {Footprint::joseph, Footprint::distance_driven}) {
      const VoxelProjector p = s.make(footprint, best_isa());
      const auto x = random(p.voxels(), 1), y = random(p.rays(), 2);
      std::vector<float> one_forward, one_back;
      // Inside a parallel loop, all loops are serial.
      parallel_for(1, [&](Index) {
        one_forward = forward(p, x);
        one_back = back(p, y);
      });
      INFO(s.name);
      CHECK(same_bits(forward(p, x), one_forward));
      CHECK(same_bits(back(p, y), one_back));
    }
}

TEST_CASE("both instruction-set levels project alike") {
  for (const Setting& s : settings())
    for (const Footprint footprint : {Footprint::joseph, Footprint::distance_driven}) {
      const VoxelProjector a = s.make(footprint, Isa::portable), b = s.make(footprint, best_isa());
      const auto x = random(a.voxels(), 1);
      const auto there = forward(a, x), here = forward(b, x);
      double worst = 0.0, largest = 0.0;
      for (std::size_t i = 0; i < there.size(); ++i) {
        worst = std::max(worst, std::abs(double(there[i]) - double(here[i])));
        largest = std::max(largest, double(there[i]));
      }
      INFO(s.name);
      CHECK(worst <= 1e-5 * largest);
    }
}

namespace {

/// An ellipsoid by shares of voxels, `fine`^3 points in each.
std::vector<float> voxelised(const Grid& grid, const Vec3& half_axes, int fine) {
  std::vector<float> out(std::size_t(grid.count()));
  const auto [nx, ny, nz] = grid.size;
  const bool flat = nz == 1;
  parallel_for(nz * ny, [&, nx = nx, ny = ny](Index line) {
    const Index k = line / ny, j = line % ny;
    for (Index i = 0; i < nx; ++i) {
      int inside = 0;
      for (int c = 0; c < (flat ? 1 : fine); ++c)
        for (int b = 0; b < fine; ++b)
          for (int a = 0; a < fine; ++a) {
            Vec3 p = grid.centre(i, j, k);
            const Vec3 sub((a + 0.5) / fine - 0.5, (b + 0.5) / fine - 0.5,
                           flat ? 0.0 : (c + 0.5) / fine - 0.5);
            p += grid.spacing.cwiseProduct(sub);
            inside += p.cwiseQuotient(half_axes).squaredNorm() < 1.0;
          }
      out[std::size_t(grid.offset(i, j, k))] =
          float(double(inside) / double(fine * fine * (flat ? 1 : fine)));
    }
  });
  return out;
}

struct Misfit {
  double error = 0.0, chord = 0.0;  // rms over rays that hit, mm
  double share() const { return error / chord; }
};

/// Against the mean of exact chords over each cell.
Misfit misfit(const ScanGeometry& g, const Grid& grid, const Vec3& half_axes, Footprint footprint,
              int fine) {
  const VoxelProjector p(grid, g, footprint, best_isa());
  const auto found = forward(p, voxelised(grid, half_axes, fine));
  Solid solid;
  solid.kind = grid.size[2] == 1 ? Solid::Kind::cylinder : Solid::Kind::ellipsoid;
  solid.half_axes = half_axes;
  std::vector<Misfit> views(std::size_t(g.views()));
  std::vector<double> hits(views.size(), 0.0);
  parallel_for(g.views(), [&](Index v) {
    const double b = g.view_angles[std::size_t(v)], z = g.table_positions[std::size_t(v)];
    const Vec3 source(g.source_to_iso * std::sin(b) + g.axis_offset * std::cos(b),
                      -g.source_to_iso * std::cos(b) + g.axis_offset * std::sin(b), z);
    const int across = 5, up = g.rows == 1 ? 1 : 5;
    for (Index c = 0; c < g.columns; ++c)
      for (Index r = 0; r < g.rows; ++r) {
        double mean = 0.0;
        for (int i = 0; i < across; ++i)
          for (int j = 0; j < up; ++j) {
            const double fan = g.fan_angle(double(c) + (i + 0.5) / across - 0.5);
            const double column = double(c) + (i + 0.5) / across - 0.5;
            const double tangent =
                g.row_tangent(double(r) + (j + 0.5) / up - 0.5) * g.row_scale(column);
            const Vec3 direction(-std::cos(fan) * std::sin(b) + std::sin(fan) * std::cos(b),
                                 std::cos(fan) * std::cos(b) + std::sin(fan) * std::sin(b),
                                 tangent);
            mean += intersect(solid, source, direction).length() * direction.norm() /
                    double(across * up);
          }
        if (mean <= 0.0) continue;
        const double error = double(found[std::size_t((v * g.columns + c) * g.rows + r)]) - mean;
        views[std::size_t(v)].error += error * error;
        views[std::size_t(v)].chord += mean * mean;
        hits[std::size_t(v)] += 1.0;
      }
  });
  Misfit all;
  double n = 0.0;
  for (std::size_t v = 0; v < views.size(); ++v) {
    all.error += views[v].error;
    all.chord += views[v].chord;
    n += hits[v];
  }
  return {std::sqrt(all.error / n), std::sqrt(all.chord / n)};
}

ScanGeometry clinical(Index rows, Index views) {
  ScanGeometry g = cone(400, rows, 0.58, 0.625, views);
  g.table_positions.assign(std::size_t(views), 0.0);
  return g;
}

Grid slice(double voxel) {
  const auto n = Index(std::ceil(202.0 / voxel));
  return centred({n, n, 1}, Vec3(voxel, voxel, 1.0));
}

}  // namespace

TEST_CASE("a 200 mm ellipse on voxels of 0.5 mm projects to 0.2 % of its chords") {
  const Vec3 half(100.0, 80.0, 1e4);
  for (const Footprint footprint : {Footprint::joseph, Footprint::distance_driven}) {
    const double share = misfit(clinical(1, 60), slice(0.5), half, footprint, 4).share();
    INFO(share);
    CHECK(share <= 2e-3);
  }
}

TEST_CASE("a 200 mm ellipsoid on voxels of 0.5 mm projects to 0.2 % of its chords", "[full]") {
  const Vec3 half(100.0, 80.0, 60.0);
  for (const Footprint footprint : {Footprint::joseph, Footprint::distance_driven}) {
    const double share =
        misfit(clinical(64, 10), centred({404, 324, 100}, Vec3::Constant(0.5)), half, footprint, 4)
            .share();
    INFO(share);
    CHECK(share <= 2e-3);
  }
}

TEST_CASE("a flat panel off the axis errs no more than a curved detector") {
  const Vec3 half(20.0, 16.0, 12.0);
  const ScanGeometry curved = cone(90, 40, 0.58, 0.7, 8);
  const Grid grid = centred({84, 68, 52}, Vec3::Constant(0.5));
  for (const Footprint footprint : {Footprint::joseph, Footprint::distance_driven}) {
    const double share = misfit(flat(curved), grid, half, footprint, 4).share();
    const double reference = misfit(curved, grid, half, footprint, 4).share();
    INFO(share << " " << reference);
    CHECK(share <= 1.1 * reference);
    CHECK(share <= 1e-2);
  }
}

TEST_CASE("the error of an edge falls at least linearly with the voxels") {
  // Its voxels hold shares, so a chord errs where the ray grazes the edge within a voxel.
  const Vec3 half(100.0, 80.0, 1e4);
  for (const Footprint footprint : {Footprint::joseph, Footprint::distance_driven}) {
    const double coarse = misfit(clinical(1, 40), slice(4.0), half, footprint, 8).error;
    const double fine = misfit(clinical(1, 40), slice(0.5), half, footprint, 8).error;
    const double order = std::log2(coarse / fine) / 3.0;
    INFO(coarse << " mm, " << fine << " mm, order " << order);
    CHECK(order > 1.2);
  }
}

TEST_CASE("the error of a smooth volume falls with the square of the voxel's edge") {
  // exp(-r^2 / 2 s^2) has the line integral sqrt(2 pi) s exp(-d^2 / 2 s^2) at the distance d.
  constexpr double s = 20.0;
  const ScanGeometry g = clinical(1, 24);
  for (const Footprint footprint : {Footprint::joseph, Footprint::distance_driven}) {
    std::vector<double> errors;
    for (const double voxel : {8.0, 4.0, 2.0}) {
      const Grid grid = slice(voxel);
      std::vector<float> volume;
      for (Index j = 0; j < grid.size[1]; ++j)
        for (Index i = 0; i < grid.size[0]; ++i)
          volume.push_back(float(std::exp(-grid.centre(i, j, 0).squaredNorm() / (2.0 * s * s))));
      const auto found = forward(VoxelProjector(grid, g, footprint, best_isa()), volume);
      double sum = 0.0;
      for (Index v = 0; v < g.views(); ++v)
        for (Index c = 0; c < g.columns; ++c) {
          const double d = g.source_to_iso * std::sin(g.fan_angle(double(c)));
          const double exact =
              std::sqrt(2.0 * std::numbers::pi) * s * std::exp(-d * d / (2.0 * s * s));
          const double error = double(found[std::size_t(v * g.columns + c)]) - exact;
          sum += error * error;
        }
      errors.push_back(std::sqrt(sum / double(found.size())));
    }
    INFO(errors[0] << " " << errors[1] << " " << errors[2]);
    CHECK(std::log2(errors[0] / errors[1]) > 1.95);
    CHECK(std::log2(errors[1] / errors[2]) > 1.95);
  }
}

TEST_CASE("a stack of equal slices projects like one slice") {
  const Grid one = centred({61, 53, 1}, Vec3::Constant(1.0));
  const Grid stack = centred({61, 53, 16}, Vec3::Constant(1.0));
  ParallelGeometry plane = parallel(75, 1, 1.2, 17);
  ParallelGeometry rows = parallel(75, 8, 1.2, 17);
  plane.height = rows.height = 0.0;
  rows.row_pitch = 1.0;
  const auto image = random(std::size_t(one.count()), 3);
  std::vector<float> volume;
  for (int k = 0; k < 16; ++k) volume.insert(volume.end(), image.begin(), image.end());
  for (const Footprint footprint : {Footprint::joseph, Footprint::distance_driven}) {
    const auto a = forward(VoxelProjector(one, plane, footprint, best_isa()), image);
    const auto b = forward(VoxelProjector(stack, rows, footprint, best_isa()), volume);
    double worst = 0.0;
    for (std::size_t i = 0; i < a.size(); ++i)
      for (std::size_t r = 0; r < 8; ++r)
        worst = std::max(worst, std::abs(double(a[i]) - double(b[i * 8 + r])));
    CHECK(worst <= 1e-4);
  }
}

TEST_CASE("the voxel projector refuses what it cannot do") {
  const auto complaint = [](const Grid& grid, const ScanGeometry& g) -> std::string {
    try {
      const VoxelProjector p(grid, g, Footprint::joseph, best_isa());
    } catch (const Error& error) {
      return error.what();
    }
    return {};
  };
  const ScanGeometry g = cone(45, 3, 1.1, 4.0, 13);
  Grid grid = centred({37, 41, 9}, Vec3::Constant(1.0));
  CHECK(complaint(grid, g).empty());
  CHECK_THAT(complaint(centred({900, 900, 9}, Vec3::Constant(1.0)), g),
             Contains("beyond the focal spot at 541 mm"));
  CHECK_THAT(complaint(centred({37, 41, 9}, Vec3(0.01, 0.01, 1.0)), g),
             Contains("Use larger voxels"));
  CHECK_THAT(complaint(centred({37, 41, 9}, Vec3(1.0, 1.0, 50.0)), g),
             Contains("Use smaller voxels"));
  ScanGeometry flying = g;
  flying.focal_shifts.resize(std::size_t(g.views()));
  CHECK_THAT(complaint(grid, flying), Contains("no flying focal spot"));
  grid.axes.col(0) *= -1.0;
  CHECK_THAT(complaint(grid, g), Contains("axial grid"));
}
