#include <memory>

#include "item.hpp"
#include "setting.hpp"
#include "vitrine/physics/projector.hpp"
#include "vitrine/recon/fbp.hpp"
#include "vitrine/recon/image_grid.hpp"
#include "vitrine/recon/preprocess.hpp"

namespace vitrine::bench {
namespace {

/// One rotation of the water cylinder, and what reconstruction needs of its beam.
struct Raw {
  Scanner scanner = clinical_scanner();
  Scene scene = water_cylinder();
  physics::Beam beam{scanner, 120.0, scene.materials};
  recon::WaterCorrection water{beam.columns(), beam.mu_water(),
                               [this](Index c, double l) { return beam.water_signal(c, l); }};
  Sinogram<quantity::Signal> signal;
  explicit Raw(Isa isa)
      : signal(physics::expose(scene, one_rotation(scanner), beam, {1, 1}, isa).signal) {}
};

}  // namespace

std::vector<Item> reconstruction_items() {
  const ScanGeometry g = one_rotation(clinical_scanner());
  const double samples = double(g.views() * g.columns * g.rows);
  const double updates = 512.0 * 512.0 * 32.0 * double(g.views_per_rotation) / 2.0;
  return {{"W4p", "logarithm, water correction and rebinning of one rotation", samples, "samples",
           [](Isa isa) -> std::function<void()> {
             auto raw = std::make_shared<Raw>(isa);
             return [=] {
               (void)recon::rebin(recon::line_integrals(raw->signal, raw->water, isa), isa);
             };
           }},
          {"W4r", "filter and back projection, 512 x 512 x 32 slices of 1.25 mm from one rotation",
           updates, "voxel half-turn views", [](Isa isa) -> std::function<void()> {
             auto raw = std::make_shared<Raw>(isa);
             auto data = std::make_shared<recon::Rebinned>(
                 recon::rebin(recon::line_integrals(raw->signal, raw->water, isa), isa));
             Diagnostics problems;
             auto kernel = recon::kernels().make(Value("soft"), problems);
             problems.throw_if_any();
             const Grid grid = recon::image_grid({360.0, 512, Vec3::Zero(), 32, 1.0});
             return [=] {
               (void)recon::reconstruct(*data, *kernel, grid, 1.25, raw->beam.mu_water(),
                                        raw->beam.mu_air(), isa);
             };
           }}};
}

}  // namespace vitrine::bench
