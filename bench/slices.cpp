#include <memory>
#include <numbers>

#include "item.hpp"
#include "setting.hpp"
#include "vitrine/physics/detect.hpp"
#include "vitrine/physics/projector.hpp"
#include "vitrine/physics/voxel_projector.hpp"
#include "vitrine/recon/fbp.hpp"
#include "vitrine/recon/image_grid.hpp"
#include "vitrine/recon/parallel_fbp.hpp"
#include "vitrine/recon/preprocess.hpp"

namespace vitrine::bench {
namespace {

constexpr double mu = 0.02;  // 1/mm, of the discs and cylinders
using Lines = Sinogram<quantity::LineIntegral>;

Pick<recon::Kernel> soft() {
  Diagnostics problems;
  auto kernel = recon::kernels().make(Value("soft"), problems);
  problems.throw_if_any();
  return kernel;
}

double chord(double t, double radius) {
  return 2.0 * mu * std::sqrt(std::max(0.0, radius * radius - t * t));
}

/// One turn, or `turns` of a helix that moves by `feed` mm a turn.
ScanGeometry turn(double to_iso, double to_detector, Index columns, Index rows, double column_pitch,
                  double row_pitch, Index views, double turns = 1.0, double feed = 0.0) {
  ScanGeometry g;
  g.source_to_iso = to_iso;
  g.source_to_detector = to_detector;
  g.columns = columns;
  g.rows = rows;
  g.column_angle = column_pitch / to_detector;
  g.row_pitch = row_pitch;
  g.column_offset = 0.25;
  g.views_per_rotation = views;
  for (Index v = 0; v < Index(turns * double(views)); ++v) {
    const double part = double(v) / double(views);
    g.view_angles.push_back(2.0 * std::numbers::pi * part);
    g.table_positions.push_back((part - 0.5 * turns) * feed);
  }
  return g;
}

/// A cylinder along the axis.
std::shared_ptr<Lines> cylinder(const ScanGeometry& g, double radius) {
  auto lines = std::make_shared<Lines>(g);
  for (Index v = 0; v < g.views(); ++v)
    for (Index c = 0; c < g.columns; ++c) {
      const double t = g.source_to_iso * std::sin(g.fan_angle(double(c)));
      for (Index r = 0; r < g.rows; ++r) {
        const double up = g.row_tangent(double(r));
        lines->view(v)[std::size_t(c * g.rows + r)] =
            float(chord(t, radius) * std::sqrt(1.0 + up * up));
      }
    }
  return lines;
}

const recon::HounsfieldScale scale{mu, 0.0};

/// Rebinning, filter and back projection.
Item reconstruction(const char* name, const char* what, const ScanGeometry& g, const Grid& grid,
                    double radius, recon::Views views = recon::Views::rebinned) {
  const double updates = double(grid.count()) * double(g.views_per_rotation) / 2.0;
  return {name, what, updates, "voxel half-turn views", [=](Isa isa) -> std::function<void()> {
            auto data = cylinder(g, radius);
            return [=, kernel = soft()] {
              (void)recon::reconstruct(recon::rebin(*data, isa, views), *kernel, grid,
                                       grid.spacing.z(), scale, isa);
            };
          }};
}

Item parallel() {
  return {"W1f", "filter and back projection: 512^2 x 1 mm, 720 parallel views x 729 bins of 1 mm",
          512.0 * 512.0 * 720.0, "pixel views", [](Isa isa) -> std::function<void()> {
            auto rays = std::make_shared<physics::ParallelGeometry>();
            rays->columns = 729;
            auto lines = std::make_shared<std::vector<float>>();
            for (Index v = 0; v < 720; ++v) {
              rays->view_angles.push_back(std::numbers::pi * double(v) / 720.0);
              for (Index c = 0; c < 729; ++c)
                lines->push_back(float(chord(double(c) - 364.0, 204.8)));
            }
            const Grid grid = recon::image_grid({512.0, 512, Vec3::Zero(), 1, 1.0});
            return [=, kernel = soft()] {
              (void)recon::reconstruct(*rays, *lines, *kernel, grid, scale, isa);
            };
          }};
}

/// W4's volume, one rotation of its helix.
Item helical_forward() {
  const ScanGeometry g = turn(541.0, 949.075, 888, 64, 1.0239, 1.0964, 984, 1.0, 40.0);
  return {"W4f", "voxel forward projection of 512 x 512 x 64, one rotation of 888 x 64 at pitch 1",
          512.0 * 984 * 888 * 64, "ray steps", [=](Isa isa) -> std::function<void()> {
            Grid grid = recon::image_grid({512 * 0.584, 512, Vec3::Zero(), 64, 0.624});
            auto projector =
                std::make_shared<physics::VoxelProjector>(grid, g, physics::Footprint::joseph, isa);
            auto volume = std::make_shared<std::vector<float>>(projector->voxels(), 0.0f);
            for (Index n = 0; n < grid.count(); ++n) {
              const Vec3 p = grid.centre(n % 512, n / 512 % 512, 0);
              if (p.head<2>().norm() < 119.6) (*volume)[std::size_t(n)] = float(mu);
            }
            auto rays = std::make_shared<std::vector<float>>(projector->rays());
            return [=] { projector->forward(*volume, *rays); };
          }};
}

/// A slice from photons to HU: water with rods of bone, two materials.
struct Photons {
  Scanner scanner = clinical_scanner();
  Scene scene = water_cylinder();
  std::optional<physics::Beam> beam;
  std::optional<recon::WaterCorrection> water;
  ScanGeometry geometry;
  Photons() {
    scanner.rows = 1;
    Solid rod;
    rod.kind = Solid::Kind::cylinder;
    rod.half_axes = Vec3(15.0, 15.0, 200.0);
    const auto of_water = scene.terms.front().deltas.front();
    scene.materials.push_back(material("cortical_bone"));
    const auto bone = std::uint32_t(scene.materials.size() - 1);
    for (const double x : {-80.0, 80.0}) {
      rod.centre = Vec3(x, 0.0, 0.0);
      const auto solid = std::uint32_t(scene.solids.size());
      scene.solids.push_back(rod);
      scene.terms.push_back(
          {{solid},
           {{bone, scene.materials.back().density}, {of_water.material, -of_water.density}}});
    }
    beam.emplace(scanner, 120.0, scene.materials);
    water.emplace(recon::water_correction(*beam));
    geometry = one_rotation(scanner);
  }
};

Item photons(const char* name, const char* what, physics::Sampling sampling) {
  return {name, what, 888.0 * 984.0, "samples", [=](Isa isa) -> std::function<void()> {
            auto of = std::make_shared<Photons>();
            const Grid grid = recon::image_grid({400.0, 512, Vec3::Zero(), 1, 0.6});
            return [=, kernel = soft()] {
              const auto exposure =
                  physics::expose(of->scene, of->geometry, *of->beam, sampling, isa);
              Sinogram<quantity::Signal> signal(of->geometry);
              physics::acquire_into(exposure, *of->beam, 200.0,
                                    make_stream(1, "bench", Draw::quantum), isa, signal);
              const auto lines = recon::line_integrals(std::move(signal), *of->water, isa);
              (void)recon::reconstruct(recon::rebin(lines, isa), *kernel, grid, 0.6,
                                       of->beam->mu_water(), of->beam->mu_air(), isa);
            };
          }};
}

}  // namespace

std::vector<Item> slice_items() {
  ScanGeometry panel = turn(600.0, 1200.0, 384, 384, 2.0, 2.0, 360);
  panel.shape = DetectorShape::flat;
  panel.column_offset = 0.0;
  return {parallel(),
          reconstruction("W2f", "fan FBP: 512^2 x 0.8 mm, 984 views x 888 channels",
                         turn(541.0, 949.0, 888, 1, 1.0239, 1.0, 984),
                         recon::image_grid({512 * 0.8, 512, Vec3::Zero(), 1, 0.5}), 163.84),
          reconstruction("W3f", "FDK: 256^3 x 1 mm, 360 views x 384^2 cells of 2 mm", panel,
                         recon::image_grid({256.0, 256, Vec3::Zero(), 256, 1.0}), 102.4),
          reconstruction("W3e", "the same from the cone's own views, voxel by voxel", panel,
                         recon::image_grid({256.0, 256, Vec3::Zero(), 256, 1.0}), 102.4,
                         recon::Views::direct),
          helical_forward(),
          reconstruction("W4h", "helical, pitch 1, 888 x 64, three rotations: 512 x 512 x 64",
                         turn(541.0, 949.075, 888, 64, 1.0239, 1.0964, 984, 3.0, 40.0),
                         recon::image_grid({512 * 0.584, 512, Vec3::Zero(), 64, 0.624}), 119.6),
          photons("W5",
                  "a polychromatic slice of two materials with noise, photons to HU, 1 ray a cell",
                  {1, 1, 1}),
          photons("W5s", "the same, 32 sub-rays a cell", {8, 4, 1})};
}

}  // namespace vitrine::bench
