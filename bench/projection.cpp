#include <algorithm>
#include <memory>

#include "item.hpp"
#include "setting.hpp"
#include "vitrine/phantoms/crop.hpp"
#include "vitrine/phantoms/patient.hpp"
#include "vitrine/phantoms/voxelise.hpp"
#include "vitrine/physics/detect.hpp"
#include "vitrine/physics/projector.hpp"

namespace vitrine::bench {

Scanner clinical_scanner() {
  Scanner s;
  s.name = "bench";
  s.source_to_iso = 541.0;
  s.source_to_detector = 949.075;
  s.columns = 888;
  s.rows = 64;
  s.column_pitch = 1.0239;
  s.row_pitch = 1.0964;
  s.column_offset = 1.25;
  s.views_per_rotation = 984;
  s.anode_angle = 7.0 * units::deg;
  return s;
}

ScanGeometry one_rotation(const Scanner& s) {
  ScanGeometry g = hardware_geometry(s);
  g.view_angles = axial_view_angles(g.views_per_rotation, 1, 0.0);
  g.table_positions.assign(g.view_angles.size(), 0.0);
  return g;
}

Scene water_cylinder() {
  Solid cylinder;
  cylinder.kind = Solid::Kind::cylinder;
  cylinder.half_axes = Vec3(160.0, 160.0, 200.0);
  phantoms::SceneBuilder scene;
  scene.begin_organ("phantom");
  scene.place(cylinder, "water");
  return std::move(scene).build();
}

Scene thorax(double half_length) {
  Diagnostics problems;
  const Value cohort = Value().set("count", Value(1.0)).set("anatomy", Value("thorax"));
  const auto patients = phantoms::Cohort::schema().read(cohort, problems);
  problems.throw_if_any();
  return phantoms::cropped(phantoms::build_patient(patients, 1, "case001", {}).scene, -half_length,
                           half_length);
}

Scene voxel_thorax(Index slices) {
  Grid grid;
  grid.size = {512, 400, slices};
  grid.spacing = Vec3::Constant(0.7);
  grid.origin = -0.5 * 0.7 * Vec3(511, 399, double(slices - 1));
  const Scene scene = thorax(std::max(100.0, 0.5 * 0.7 * double(slices)));
  const phantoms::Substance voxels = phantoms::substance_map(scene, grid);
  IndexedMap map;
  map.grid = grid;
  map.index =
      std::vector<std::uint16_t>(voxels.material.values().begin(), voxels.material.values().end());
  map.entries.push_back({});
  for (std::uint32_t m = 0; m < scene.materials.size(); ++m)
    map.entries.push_back({"", {{m, scene.materials[m].density}}});
  Scene out;
  out.materials = scene.materials;
  out.maps.push_back(std::move(map));
  return out;
}

namespace {

struct Setting {
  Scanner scanner = clinical_scanner();
  ScanGeometry geometry = one_rotation(scanner);
  Scene scene;
  physics::Beam beam;
  explicit Setting(Scene s) : scene(std::move(s)), beam(scanner, 120.0, scene.materials) {}
};

/// A detector that does everything with a cost per sample.
Detector imperfect() {
  Detector d = clinical_scanner().detector;
  d.x_ray_crosstalk = Crosstalk{0.02, 0.02};
  d.optical_crosstalk = Crosstalk{0.02, 0.02};
  d.lag = Lag{{0.05, 0.01, 0.003}, {1e-3, 10e-3, 0.1}};
  d.gain_drift = GainDrift{};
  d.converter = Converter{};
  return d;
}

using MakeScene = Scene (*)();

Item expose_item(const char* name, const char* what, MakeScene make, int sub_rays) {
  const ScanGeometry g = one_rotation(clinical_scanner());
  const double rays = double(g.views() * g.columns * g.rows) * sub_rays * sub_rays;
  return {name, what, rays, "rays", [make, sub_rays](Isa isa) -> std::function<void()> {
            auto setting = std::make_shared<Setting>(make());
            auto out = std::make_shared<physics::Exposure>(
                physics::Exposure{Sinogram<quantity::Signal>(setting->geometry),
                                  Sinogram<quantity::Quanta>(setting->geometry)});
            return [=] {
              physics::expose_into(setting->scene, setting->beam, {sub_rays, sub_rays}, isa, *out);
            };
          }};
}

/// The thorax at three tube voltages, traced once for all or once for each.
Item voltages_item(const char* name, const char* what, bool together) {
  const ScanGeometry g = one_rotation(clinical_scanner());
  constexpr int sub_rays = 2;
  const double rays = 3.0 * double(g.views() * g.columns * g.rows) * sub_rays * sub_rays;
  return {
      name, what, rays, "rays of a beam", [together](Isa isa) -> std::function<void()> {
        auto setting = std::make_shared<Setting>(thorax());
        const std::vector<double> voltages{80.0, 120.0, 140.0};
        auto beams = std::make_shared<std::vector<physics::Beam>>();
        for (const double kv : voltages)
          beams->emplace_back(setting->scanner, kv, setting->scene.materials,
                              together ? std::span(voltages) : std::span<const double>{});
        return [=] {
          std::vector<const physics::Beam*> all;
          for (const physics::Beam& beam : *beams) all.push_back(&beam);
          const auto project = [&](std::span<const physics::Beam* const> some) {
            const ScanGeometry& geometry = setting->geometry;
            physics::Projector projector(setting->scene, geometry, some, {sub_rays, sub_rays}, isa);
            const auto cells = std::size_t(geometry.columns * geometry.rows);
            const auto most = std::size_t(projector.block()) * cells;
            Buffer<float> signal(most), quanta(most), higher(2 * (some.size() - 1) * most);
            for (Index v = 0; v < geometry.views(); v += projector.block()) {
              const Index count = std::min(projector.block(), geometry.views() - v);
              const auto size = std::size_t(count) * cells;
              projector.project(v, count, signal.span().first(size), quanta.span().first(size),
                                higher.span().first(2 * (some.size() - 1) * size));
            }
          };
          if (together)
            project(all);
          else
            for (const physics::Beam* const& beam : all) project({&beam, 1});
        };
      }};
}

}  // namespace

std::vector<Item> projection_items() {
  const ScanGeometry g = one_rotation(clinical_scanner());
  const double samples = double(g.views() * g.columns * g.rows);
  return {
      expose_item("W5a", "water cylinder, 64 rows x 888 x 984 views, polychromatic, 1 ray per cell",
                  water_cylinder, 1),
      expose_item(
          "W8p", "thorax, 64 rows x 888 x 984 views, polychromatic, 2 x 2 rays per cell",
          [] { return thorax(); }, 2),
      expose_item(
          "W8v", "thorax of 512 x 400 x 160 voxels of 0.7 mm, the same detector, 1 ray per cell",
          [] { return voxel_thorax(160); }, 1),
      voltages_item("W8k", "the thorax of W8p at 80, 120 and 140 kV, traced once", true),
      voltages_item("W8k3", "the same, each voltage traced for itself", false),
      {"W8n", "compound Poisson and electronic noise of one rotation", samples, "samples",
       [](Isa isa) -> std::function<void()> {
         auto setting = std::make_shared<Setting>(water_cylinder());
         auto exposure = std::make_shared<physics::Exposure>(
             physics::expose(setting->scene, setting->geometry, setting->beam, {1, 1}, isa));
         auto out = std::make_shared<Sinogram<quantity::Signal>>(setting->geometry);
         return [=] {
           physics::acquire_into(*exposure, setting->beam, 80.0,
                                 make_stream(1, "bench", Draw::quantum), isa, *out);
         };
       }},
      {"W8e",
       "the same through crosstalk (twice), lag of three components, gains, converter, "
       "calibration",
       samples, "samples", [](Isa isa) -> std::function<void()> {
         auto setting = std::make_shared<Setting>(water_cylinder());
         const ScanGeometry& geometry = setting->geometry;
         for (Index v = 0; v < geometry.views(); ++v)
           setting->geometry.view_times.push_back(0.5e-3 * double(v));
         Scanner scanner = setting->scanner;
         scanner.detector = imperfect();
         auto beam = std::make_shared<physics::Beam>(scanner, 120.0, setting->scene.materials);
         auto exposure = std::make_shared<physics::Exposure>(
             physics::expose(setting->scene, geometry, *beam, {1, 1}, isa));
         auto out = std::make_shared<Sinogram<quantity::Signal>>(geometry);
         return [=] {
           constexpr Index block = 32;
           const auto cells = exposure->signal.view(0).size();
           physics::Acquisition scan(exposure->signal.geometry(), *beam, 80.0,
                                     make_stream(1, "bench", Draw::quantum), isa);
           for (Index v = 0; v < setting->geometry.views(); v += block) {
             const Index count = std::min(block, setting->geometry.views() - v);
             const auto at = std::size_t(v) * cells, size = std::size_t(count) * cells;
             scan.read(v, count, exposure->signal.values().subspan(at, size),
                       exposure->quanta.values().subspan(at, size),
                       out->values().subspan(at, size));
           }
         };
       }}};
}

}  // namespace vitrine::bench
