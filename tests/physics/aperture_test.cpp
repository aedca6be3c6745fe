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

/// A slab of a material beside soft tissue, its edge along the central ray but for `lean`, and along z.
Scene edge(std::string_view name, double thickness, double lean) {
  test::SceneBuilder b({"muscle", "cortical_bone", "titanium"});
  b.term({b.add(Solid::Kind::cylinder, {0, 0, 0}, {150, 100, 200})}, 0, 1.05e-3);
  const std::uint32_t m = name == "titanium" ? 2 : 1;
  const Mat3 turn = Eigen::AngleAxisd(lean, Vec3::UnitZ()).toRotationMatrix();
  b.term({b.add(Solid::Kind::box, {20, 0, 0}, {20, 0.5 * thickness, 100}, turn)}, m,
         b.scene.materials[m].density - 1.05e-3);
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

/// The truth: cell and focal spot each in 32 equal parts across, all pairs; nothing changes along z.
std::vector<Offset> whole_aperture(const Beam& beam) {
  std::vector<Offset> all;
  constexpr int n = 32;
  for (int i = 0; i < n; ++i)
    for (int j = 0; j < n; ++j) {
      Offset o;
      o.column = (i + 0.5) / n - 0.5;
      o.spot_across = ((j + 0.5) / n - 0.5) * beam.focal_spot_width();
      all.push_back(o);
    }
  return all;
}

/// Largest error of the line integral, and of the signal relative to air, about an edge.
struct Error2 {
  double line_integral = 0.0, signal = 0.0;
};

}  // namespace

TEST_CASE("sub-rays against 32 x 32 at edges of bone and titanium", "[full]") {
  const Scanner scanner = test::scanner();
  for (const auto& [name, thickness] :
       {std::pair("cortical_bone", 10.0), std::pair("titanium", 10.0)})
    for (const double lean : {0.0, 0.02, 0.3}) {
      const Scene scene = edge(name, thickness, lean);
      const Beam beam(scanner, 120.0, scene.materials);
      ScanGeometry g = test::geometry(scanner, 1);
      g.view_angles[0] = 0.0;
      const auto whole = whole_aperture(beam);
      std::vector<Index> columns;
      for (Index c = 441; c < 450; ++c) columns.push_back(c);
      for (Index c = 505; c < 515; ++c) columns.push_back(c);
      std::vector<double> truth;
      for (const Index c : columns) truth.push_back(mean_signal(scene, g, beam, c, whole));
      for (const int n : {1, 2, 3, 4, 5, 8, 16}) {
        const auto offsets = sub_rays({n, 1}, g, beam);
        Error2 worst;
        for (std::size_t i = 0; i < columns.size(); ++i) {
          const double s = mean_signal(scene, g, beam, columns[i], offsets);
          worst.line_integral = std::max(worst.line_integral, std::abs(math::log(s / truth[i])));
          worst.signal = std::max(worst.signal, std::abs(s - truth[i]));
        }
        WARN(name << " lean " << lean << ": " << n << " sub-rays " << worst.line_integral
                  << " of the line integral, " << worst.signal << " of the signal in air");
      }
    }
}
