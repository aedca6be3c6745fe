#include <cstdio>
#include <ctime>
#include <memory>
#include <numbers>
#include <optional>

#include "chest.hpp"
#include "item.hpp"
#include "setting.hpp"
#include "vitrine/cli/load_scenario.hpp"
#include "vitrine/phantoms/crop.hpp"
#include "vitrine/phantoms/patient.hpp"
#include "vitrine/physics/detect.hpp"
#include "vitrine/physics/projector.hpp"
#include "vitrine/physics/scatter_kernel.hpp"
#include "vitrine/recon/fbp.hpp"
#include "vitrine/recon/image_grid.hpp"
#include "vitrine/recon/preprocess.hpp"
#include "vitrine/trial/arm.hpp"

namespace vitrine::bench {
namespace {

/// Let the process's peak of resident memory start again from what it holds now.
void forget_peak() {
  if (std::FILE* file = std::fopen("/proc/self/clear_refs", "w")) {
    std::fputs("5", file);
    std::fclose(file);
  }
}

/// The peak since then, GB.
double peak_memory() {
  double kilobytes = 0.0;
  if (std::FILE* file = std::fopen("/proc/self/status", "r")) {
    char line[256];
    while (std::fgets(line, sizeof line, file))
      if (std::sscanf(line, "VmHWM: %lf", &kilobytes) == 1) break;
    std::fclose(file);
  }
  return kilobytes * 1024e-9;
}

}  // namespace

double processor_time() {
  timespec now{};
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
  return double(now.tv_sec) + 1e-9 * double(now.tv_nsec);
}

recon::Rebinned scan(const Order& order, const physics::Beam& beam,
                     const recon::WaterCorrection& water, Isa isa, Parts& parts) {
  Watch watch;
  const ScanGeometry& g = order.geometry;
  physics::Conditions conditions;
  if (order.modulation) {
    conditions.modulation = view_loads(order, beam, isa);
    parts.emplace_back("tube_current_s", watch.lap());
  }
  std::optional<physics::ScatterField> scatter;
  if (order.scanner.scatter) {
    const physics::ScatterKernel kernel(order.scanner, order.tube_voltage, isa);
    parts.emplace_back("scatter_calibration_s", watch.lap());
    scatter.emplace(g, beam, kernel.maps(order.around, g, beam, physics::scatter_views(g)),
                    order.scanner.scatter->strength, isa);
    parts.emplace_back("scatter_maps_s", watch.lap());
  }
  physics::Projector projector(order.scene, g, beam, order.sampling, isa);
  physics::Acquisition acquisition(g, beam, order.tube_load, make_stream(1, "bench", Draw::quantum),
                                   isa, std::move(conditions));
  const Index block = projector.block();
  recon::Rebinner rebinner(g, block, isa);
  const auto cells = std::size_t(g.columns * g.rows);
  Buffer<float> signal(std::size_t(block) * cells), quanta(std::size_t(block) * cells);
  parts.emplace_back("scan_setup_s", watch.lap());
  double projecting = 0.0, scattering = 0.0, reading = 0.0, rebinning = 0.0;
  for (Index first = 0; first < g.views(); first += block) {
    const Index count = std::min(block, g.views() - first);
    const auto part = [&](const Buffer<float>& all, Index begin, std::size_t size) {
      return all.span().subspan(std::size_t(begin) * cells, size);
    };
    const std::size_t size = std::size_t(count) * cells;
    projector.project(first, count, signal.span().first(size), quanta.span().first(size));
    projecting += watch.lap();
    if (scatter) scatter->add(first, count, signal.span().first(size), quanta.span().first(size));
    scattering += watch.lap();
    for (Index done = 0; done < count;) {
      const std::span<float> room = rebinner.room(count - done);
      const Index views = Index(room.size() / cells);
      acquisition.read(first + done, views, part(signal, done, room.size()),
                       part(quanta, done, room.size()), room);
      reading += watch.lap();
      if (scatter) {
        scatter->subtract(first + done, views, order.scanner.scatter->correction, room);
        scattering += watch.lap();
      }
      recon::line_integrals(g, room, water, isa, room);
      rebinner.take(views);
      rebinning += watch.lap();
      done += views;
    }
  }
  parts.insert(parts.end(),
               {{"rays_s", projecting}, {"noise_s", reading}, {"rebinning_s", rebinning}});
  if (scatter) parts.emplace_back("scatter_s", scattering);
  return std::move(rebinner).finish();
}

namespace {

/// The whole chain by public stages: beam, scan, image.
void make(const Order& order, Isa isa, Parts& parts) {
  forget_peak();
  const double before = processor_time();
  Watch watch;
  const physics::Beam beam(order.scanner, order.tube_voltage, order.scene.materials);
  const recon::WaterCorrection water = recon::water_correction(beam);
  const double setting_up = watch.lap();
  parts = {{"beam_s", setting_up}};
  const recon::Rebinned data = scan(order, beam, water, isa, parts);
  const double scanning = watch.lap();

  Diagnostics problems;
  const auto kernel = recon::kernels().make(Value(order.kernel), problems);
  problems.throw_if_any();
  const Image image = recon::reconstruct(data, *kernel, order.grid, order.slice_thickness,
                                         beam.mu_water(), beam.mu_air(), isa);
  parts.insert(parts.end(), {{"scan_half_s", setting_up + scanning},
                             {"reconstruction_s", watch.lap()},
                             {"cpu_s", processor_time() - before},
                             {"peak_memory_gb", peak_memory()}});
}

/// Additive ellipsoids and capsules in the proportions of a chest: 500 ellipsoids of which all but
/// seven are nodules of 2 to 6 mm, and 2,000 vessels of 0.5 to 2 mm radius and 6 to 16 mm length.
Scene primitives() {
  Scene scene;
  for (const char* name : {"muscle", "cortical_bone", "blood"})
    scene.materials.push_back(material(name));
  Rng rng(make_stream(8, "chest of primitives", Draw::test), 0);
  const auto add = [&](Solid::Kind kind, const Vec3& centre, const Vec3& half_axes,
                       std::uint32_t what, double share, const Mat3& axes = Mat3::Identity()) {
    Solid solid;
    solid.kind = kind;
    solid.centre = centre;
    solid.half_axes = half_axes;
    solid.axes = axes;
    scene.solids.push_back(solid);
    scene.terms.push_back({{std::uint32_t(scene.solids.size() - 1)},
                           {{what, share * scene.materials[what].density}}});
  };
  const auto turned = [&] {
    return Mat3(Eigen::Quaterniond(rng.normal(), rng.normal(), rng.normal(), rng.normal())
                    .normalized()
                    .toRotationMatrix());
  };
  const auto in_a_lung = [&](double half_height) {
    const double side = rng.uniform() < 0.5 ? -75.0 : 75.0;
    const double x = side + rng.uniform(-45.0, 45.0), y = rng.uniform(-55.0, 65.0);
    return Vec3(x, y, rng.uniform(-half_height, half_height));
  };
  constexpr auto ellipsoid = Solid::Kind::ellipsoid;
  add(ellipsoid, {0, 0, 0}, {160, 110, 400}, 0, 1.0);
  add(ellipsoid, {-75, 5, 10}, {60, 80, 110}, 0, -0.75);  // lungs
  add(ellipsoid, {75, 5, 10}, {58, 78, 110}, 0, -0.75);
  add(ellipsoid, {0, 75, 0}, {18, 18, 400}, 1, 0.5);  // spine and its canal
  add(ellipsoid, {0, 75, 0}, {7, 7, 400}, 1, -0.4);
  add(ellipsoid, {20, -30, -10}, {45, 38, 40}, 0, 0.05);  // heart
  add(ellipsoid, {-15, -20, 0}, {14, 14, 300}, 2, 0.25);  // aorta
  while (scene.solids.size() < 500) {
    const double r = rng.uniform(2.0, 6.0);
    add(ellipsoid, in_a_lung(80.0), {r, r * rng.uniform(0.8, 1.2), r}, 2, 0.8, turned());
  }
  for (int i = 0; i < 2000; ++i) {
    const double r = 0.5 + 1.5 * rng.uniform() * rng.uniform();
    add(Solid::Kind::capsule, in_a_lung(90.0), {r, r, rng.uniform(3.0, 8.0)}, 2, 0.8, turned());
  }
  return scene;
}

/// 64 x 0.625 mm, 888 channels, 5.17 turns of 984 views, 40 mm a turn.
Order clinical_order(Scene scene) {
  Order order;
  order.scanner = clinical_scanner();
  order.scene = std::move(scene);
  order.sampling = {1, 1};
  order.geometry = hardware_geometry(order.scanner);
  constexpr Index views = 5087;
  for (Index v = 0; v < views; ++v) {
    const double turn = double(v) / double(order.scanner.views_per_rotation);
    order.geometry.view_angles.push_back(2.0 * std::numbers::pi * turn);
    order.geometry.table_positions.push_back(40.0 * (double(v) - 0.5 * double(views - 1)) /
                                             double(order.scanner.views_per_rotation));
  }
  order.grid = recon::image_grid({0.7 * 512, 512, Vec3::Zero(), 100, 1.25});
  return order;
}

Item chest_item(const char* name, const char* what, double samples,
                std::function<Order()> order_of) {
  auto parts = std::make_shared<Parts>();
  return {name,
          what,
          samples,
          "samples",
          [parts, order_of = std::move(order_of)](Isa isa) -> std::function<void()> {
            auto order = std::make_shared<Order>(order_of());
            return [=] { make(*order, isa, *parts); };
          },
          true,
          parts};
}

}  // namespace

Order chest_order() { return clinical_order(primitives()); }

std::vector<double> view_loads(const Order& order, const physics::Beam& beam, Isa isa) {
  if (!order.modulation) return {};
  return physics::modulated(*order.modulation,
                            physics::view_attenuation(order.scene, order.geometry, beam, isa),
                            order.geometry, physics::CurrentLimits{});
}

Order shipped_order() {
  auto loaded = cli::load_valid_scenario(
      "scenarios/01_lung_nodule_stability.yaml",
      {"arms.protocol.mode=helical", "arms.protocol.pitch=1", "arms.protocol.centre=origin",
       "arms.protocol.slices=100", "arms.protocol.slice_increment_mm=1.608"});
  const trial::Scenario& scenario = loaded.scenario;
  const trial::Protocol& protocol = scenario.arms.protocol;
  Order order;
  order.scanner = scenario.arms.scanners.front();
  // Sizes as in docs/users/artefacts.md; the grid of docs/methods/scatter.md.
  order.scanner.detector.x_ray_crosstalk = Crosstalk{0.02, 0.01};
  order.scanner.detector.optical_crosstalk = Crosstalk{0.02, 0.02};
  order.scanner.detector.lag = Lag{{0.01, 0.001}, {2e-3, 50e-3}};
  order.scanner.detector.anti_scatter_grid = AntiScatterGrid{20.0, 0.1, 0.0};
  order.scanner.scatter = Scatter{};
  order.scanner.scatter->correction = 0.9;
  order.modulation.emplace();
  order.geometry = trial::scan_geometry(order.scanner, protocol, 0.0, 0.0);
  const double near = trial::scan_reach(order.geometry, 0.0), wander = near + 100.0;
  const Scene patient =
      phantoms::build_patient(scenario.patients, std::uint64_t(scenario.trial.seed), "case001", {})
          .scene;
  order.scene = phantoms::cropped(patient, -near, near);
  order.around = phantoms::cropped(patient, -wander, wander);
  order.sampling = {3, 3};
  order.tube_voltage = protocol.tube_voltage;
  order.tube_load = protocol.tube_load;
  order.slice_thickness = protocol.slice_thickness;
  order.grid = trial::image_grid(protocol);
  order.kernel = "soft";
  return order;
}

std::vector<Item> chest_items() {
  constexpr double samples = 5087.0 * 888.0 * 64.0;
  return {chest_item("W8a",
                     "chest of 500 ellipsoids and 2,000 capsules: helical scan with noise, 1 ray "
                     "per cell, 100 slices of 512 x 512",
                     samples, chest_order),
          chest_item("W8av", "the same of a default thorax in 512 x 400 x 400 voxels of 0.7 mm",
                     samples, [] { return clinical_order(voxel_thorax(400)); }),
          chest_item("W8b",
                     "first patient of scenario 01, everything that a scanner can do, 3 x 3 rays "
                     "per cell (run in the repository's root)",
                     samples, shipped_order)};
}

}  // namespace vitrine::bench
