// What each effect of W8b costs: the scan with effects added one at a time.
#include <algorithm>
#include <memory>
#include <utility>

#include "chest.hpp"
#include "item.hpp"
#include "vitrine/physics/detect.hpp"
#include "vitrine/physics/scatter_kernel.hpp"
#include "vitrine/recon/preprocess.hpp"
#include "vitrine/recon/rebin.hpp"

namespace vitrine::bench {
namespace {

/// A way to read the same signals out, with one effect more than the one before.
struct ReadOut {
  const char* added;
  std::unique_ptr<physics::Beam> beam;
  physics::Acquisition acquisition;
  double seconds = 0.0;
};

/// From quanta alone to all that the order's detector does, in the order in which it happens.
std::vector<ReadOut> read_outs(const Order& order, const std::vector<double>& modulation, Isa isa) {
  Scanner scanner = order.scanner;
  const Detector& all = order.scanner.detector;
  Detector& now = scanner.detector;
  now.electronic_noise = 0.0;
  now.x_ray_crosstalk = now.optical_crosstalk = std::nullopt;
  now.lag = std::nullopt;
  std::vector<ReadOut> made;
  const auto add = [&](const char* name, bool modulated) {
    auto beam = std::make_unique<physics::Beam>(scanner, order.tube_voltage, order.scene.materials);
    physics::Conditions conditions;
    if (modulated) conditions.modulation = modulation;
    physics::Acquisition acquisition(order.geometry, *beam, order.tube_load,
                                     make_stream(1, "bench", Draw::quantum), isa,
                                     std::move(conditions));
    made.push_back({name, std::move(beam), std::move(acquisition)});
  };
  add("quantum_noise_s", false);
  now.electronic_noise = all.electronic_noise;
  add("electronic_noise_s", false);
  add("tube_current_read_out_s", true);
  now.x_ray_crosstalk = all.x_ray_crosstalk;
  add("x_ray_crosstalk_s", true);
  now.optical_crosstalk = all.optical_crosstalk;
  add("optical_crosstalk_s", true);
  now.lag = all.lag;
  add("lag_s", true);
  return made;
}

/// The rays of a scan, as others or as simply as can be.
struct Rays {
  Rays(const Order& order, const physics::Beam& beam, const physics::Sampling& sampling, Isa isa)
      : projector(order.scene, order.geometry, beam, sampling, isa) {}
  physics::Projector projector;
  double seconds = 0.0;
};

/// One ray per cell without a bowtie, one with it, and all of them, in turn for each block of
/// views; so are the read-outs.
void measure(const Order& order, Isa isa, Parts& parts) {
  const ScanGeometry& g = order.geometry;
  Watch watch;
  const physics::Beam beam(order.scanner, order.tube_voltage, order.scene.materials);
  const recon::WaterCorrection water = recon::water_correction(beam);
  const double setting_up = watch.lap();

  const std::vector<double> modulation = view_loads(order, beam, isa);
  const double following = watch.lap();
  Scanner open = order.scanner;
  open.detector.anti_scatter_grid.reset();
  const physics::ScatterKernel without_grid(open, order.tube_voltage, isa);
  const double open_calibration = watch.lap();
  const physics::ScatterKernel kernel(order.scanner, order.tube_voltage, isa);
  const double calibration = watch.lap();
  const physics::ScatterField scatter(g, beam,
                                      kernel.maps(order.around, g, beam, physics::scatter_views(g)),
                                      order.scanner.scatter->strength, isa);
  const double mapping = watch.lap();

  open = order.scanner;
  open.bowtie = {};
  const physics::Beam flat(open, order.tube_voltage, order.scene.materials);
  const physics::Sampling one{1, 1, 1};
  Rays simplest(order, flat, one, isa), simple(order, beam, one, isa),
      wanted(order, beam, order.sampling, isa);
  std::vector<ReadOut> reading = read_outs(order, modulation, isa);

  const Index block = wanted.projector.block();
  recon::Rebinner rebinner(g, block, isa);
  const auto cells = std::size_t(g.columns * g.rows);
  const std::size_t most = std::size_t(block) * cells;
  Buffer<float> signal(most), quanta(most), spare(most);
  double adding = 0.0, subtracting = 0.0, rebinning = 0.0;
  watch.lap();
  for (Index first = 0; first < g.views(); first += block) {
    const Index count = std::min(block, g.views() - first);
    const std::size_t size = std::size_t(count) * cells;
    const auto signals = signal.span().first(size), numbers = quanta.span().first(size);
    for (Rays* rays : {&simplest, &simple, &wanted}) {
      rays->projector.project(first, count, signals, numbers);
      rays->seconds += watch.lap();
    }
    scatter.add(first, count, signals, numbers);
    adding += watch.lap();
    for (ReadOut& each : reading) {
      each.acquisition.read(first, count, signals, numbers, spare.span().first(size));
      each.seconds += watch.lap();
    }
    scatter.subtract(first, count, order.scanner.scatter->correction, spare.span().first(size));
    subtracting += watch.lap();
    for (Index done = 0; done < count;) {
      const std::span<float> room = rebinner.room(count - done);
      std::ranges::copy(spare.span().subspan(std::size_t(done) * cells, room.size()), room.begin());
      watch.lap();
      recon::line_integrals(g, room, water, isa, room);
      rebinner.take(Index(room.size() / cells));
      rebinning += watch.lap();
      done += Index(room.size() / cells);
    }
  }

  parts = {{"beam_s", setting_up},
           {"simplest_rays_s", simplest.seconds},
           {"rebinning_s", rebinning},
           {"bowtie_s", simple.seconds - simplest.seconds},
           {"sub_rays_s", wanted.seconds - simple.seconds}};
  double before = 0.0;
  for (const ReadOut& each : reading)
    parts.emplace_back(each.added, each.seconds - std::exchange(before, each.seconds));
  parts.insert(parts.end(), {{"tube_current_plan_s", following},
                             {"scatter_calibration_s", open_calibration},
                             {"grid_calibration_s", calibration - open_calibration},
                             {"scatter_maps_s", mapping},
                             {"scatter_added_s", adding},
                             {"scatter_correction_s", subtracting}});
  const double detector = before + following + calibration + mapping + adding + subtracting;
  const double all = setting_up + wanted.seconds + rebinning + detector;
  const double bare = setting_up + simplest.seconds + rebinning;
  parts.insert(parts.end(), {{"scan_s", all},
                             {"share_without_sub_rays", detector / all},
                             {"share_of_all_effects", (all - bare) / all}});
}

}  // namespace

std::vector<Item> effect_items() {
  auto parts = std::make_shared<Parts>();
  return {{"W8s", "the scan of W8b, its effects one at a time (run in the repository's root)",
           5087.0 * 888.0 * 64.0, "samples",
           [parts](Isa isa) -> std::function<void()> {
             auto order = std::make_shared<Order>(shipped_order());
             return [=] { measure(*order, isa, *parts); };
           },
           true, parts}};
}

}  // namespace vitrine::bench
