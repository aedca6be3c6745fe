#include <algorithm>
#include <catch2/catch.hpp>
#include <cmath>
#include <vector>

#include "unit/physics/fixture.hpp"
#include "vitrine/core/math.hpp"
#include "vitrine/physics/projector.hpp"

// How well a few sub-rays stand for a cell's whole aperture and the focal spot.

using namespace vitrine;
using namespace vitrine::physics;

namespace {

/// A body with something dense in it: a slab whose faces lean 0.02 rad from the central ray (a cell
/// sees the whole step), or a rod along z.
Scene body_with(std::string_view name, bool slab) {
  test::SceneBuilder b({"muscle", "cortical_bone", "titanium"});
  b.term({b.add(Solid::Kind::cylinder, {0, 0, 0}, {150, 100, 200})}, 0, 1.05e-3);
  const std::uint32_t m = name == "titanium" ? 2 : 1;
  const Mat3 turn = Eigen::AngleAxisd(0.02, Vec3::UnitZ()).toRotationMatrix();
  const double radius = m == 2 ? 3.0 : 8.0;
  const auto what = slab ? b.add(Solid::Kind::box, {20, 0, 0}, {20, 5, 100}, turn)
                         : b.add(Solid::Kind::cylinder, {20, 0, 0}, {radius, radius, 100});
  b.term({what}, m, b.scene.materials[m].density - 1.05e-3);
  return b.scene;
}

/// Signals of one row about the edges by `columns` x `rows` joint sub-rays, in double precision.
double mean_signal(const Scene& scene, const ScanGeometry& g, const Beam& beam, Index column,
                   const std::vector<Offset>& offsets) {
  double sum = 0.0;
  for (const Offset& o : offsets) {
    const auto masses = path_masses(scene, ray_of(g, 0, double(column), 30.0, o));
    std::vector<Path> paths;
    for (std::size_t m = 0; m < masses.size(); ++m)
      paths.push_back({scene.materials[m].name, masses[m], 1.0});
    sum += beam.transmission(column, paths);
  }
  return sum / double(offsets.size());
}

/// The truth: cell and focal spot each in 32 equal parts across, all pairs; nothing changes along
/// z.
std::vector<Offset> whole_aperture(const Beam& beam) {
  std::vector<Offset> all;
  constexpr int n = 32;
  for (int i = 0; i < n; ++i)
    for (int j = 0; j < n; ++j) {
      Offset o;
      o.column = (i + 0.5) / n - 0.5;
      o.spot_across = ((j + 0.5) / n - 0.5) * beam.focal_spot_across().width();
      all.push_back(o);
    }
  return all;
}

}  // namespace

TEST_CASE("four sub-rays give the signal at edges of bone to 1e-4, of titanium to 1e-3", "[full]") {
  // Of the signal in air, against 32 x 32 places on cell and focal spot. As an error of the line
  // integral it is larger where little is left of the beam; see docs/methods/projector.md.
  const Scanner scanner = test::scanner();
  for (const char* name : {"cortical_bone", "titanium"})
    for (const bool slab : {true, false}) {
      const Scene scene = body_with(name, slab);
      const Beam beam(scanner, 120.0, scene.materials);
      ScanGeometry g = test::geometry(scanner, 1);
      g.view_angles[0] = 0.0;
      const auto whole = whole_aperture(beam);
      std::vector<Index> columns;
      for (Index c = 440; c < 520; ++c) columns.push_back(c);
      std::vector<double> truth;
      for (const Index c : columns) truth.push_back(mean_signal(scene, g, beam, c, whole));
      for (const int n : {1, 2, 3, 4, 5, 8}) {
        const auto offsets = sub_rays({n, 1}, g, beam);
        double signal = 0.0, integral = 0.0;
        for (std::size_t i = 0; i < columns.size(); ++i) {
          const double s = mean_signal(scene, g, beam, columns[i], offsets);
          integral = std::max(integral, std::abs(math::log(s / truth[i])));
          signal = std::max(signal, std::abs(s - truth[i]));
        }
        INFO(name << (slab ? " slab " : " rod ") << n << ": signal " << signal << ", line integral "
                  << integral);
        if (n == 4) CHECK(signal < (scene.terms[1].deltas[0].material == 2 ? 1e-3 : 1e-4));
      }
    }
}
