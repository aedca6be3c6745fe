#include <memory>
#include <vector>

#include "chest.hpp"
#include "item.hpp"
#include "setting.hpp"
#include "vitrine/physics/voxel_projector.hpp"
#include "vitrine/recon/image_grid.hpp"
#include "vitrine/recon/iterative.hpp"
#include "vitrine/recon/penalised_fit.hpp"

namespace vitrine::bench {
namespace {

/// One rotation of 16 rows and what a fit of it needs.
struct Fitted {
  ScanGeometry geometry;
  Grid grid = recon::image_grid({0.7 * 512, 512, Vec3::Zero(), 16, 0.625});
  std::vector<float> volume, back;
  recon::MeasuredRays rays;

  static ScanGeometry rotation() {
    Scanner scanner = clinical_scanner();
    scanner.rows = 16;
    return one_rotation(scanner);
  }
  Fitted()
      : geometry(rotation()),
        volume(std::size_t(grid.count())),
        back(volume.size()),
        rays{Sinogram<quantity::LineIntegral>(geometry), {}} {
    for (Index k = 0; k < grid.size[2]; ++k)
      for (Index j = 0; j < grid.size[1]; ++j)
        for (Index i = 0; i < grid.size[0]; ++i) {
          const Vec3 p = grid.centre(i, j, k);
          volume[std::size_t(grid.offset(i, j, k))] =
              p.x() * p.x() + p.y() * p.y() < 160.0 * 160.0 ? 0.02f : 0.0f;
        }
    rays.noise.air_quanta.assign(std::size_t(geometry.columns), 1e5);
    rays.noise.electronic.assign(std::size_t(geometry.columns), 1e-4);
  }
};

}  // namespace

std::vector<Item> iterative_items() {
  const ScanGeometry g = Fitted::rotation();
  const double steps = double(g.views() * g.columns * g.rows) * 512.0;
  auto parts = std::make_shared<Parts>();
  return {
      {"W11",
       "iterative: one iteration, and forward and back projection, 16 rows, 512 x 512 x 16 voxels",
       2.0 * steps, "ray steps",
       [parts](Isa isa) -> std::function<void()> {
         auto of = std::make_shared<Fitted>();
         auto all = std::make_shared<physics::VoxelProjector>(
             of->grid, of->geometry, physics::Footprint::distance_driven, isa);
         all->forward(of->volume, of->rays.values.values());
         const recon::Iterative::Params usual;
         const recon::Prior prior{usual.half_frequency, 1e-3 * usual.edge * 0.02};
         auto fit =
             std::make_shared<recon::PenalisedFit>(of->grid, of->rays, prior, usual.subsets, isa);
         auto values = std::make_shared<Buffer<float>>(all->rays());
         return [=] {
           const auto time = [](auto&& work) {
             const double before = processor_time();
             Watch watch;
             work();
             return std::pair(watch.lap(), processor_time() - before);
           };
           const auto there = time([&] { all->forward(of->volume, values->span()); });
           const auto back = time([&] { all->back(values->span(), of->back); });
           std::vector<float> x = of->volume;
           const auto iteration = time([&] { fit->improve(x, 1); });
           *parts = {
               {"forward_s", there.first},
               {"back_s", back.first},
               {"iteration_s", iteration.first},
               {"iteration_over_forward_and_back", iteration.first / (there.first + back.first)},
               {"the_same_of_cpu_s", iteration.second / (there.second + back.second)}};
         };
       },
       false, parts}};
}

}  // namespace vitrine::bench
