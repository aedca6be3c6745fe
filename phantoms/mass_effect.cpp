#include "vitrine/phantoms/mass_effect.hpp"

#include <algorithm>
#include <cmath>

#include "vitrine/core/math.hpp"
#include "vitrine/phantoms/solids.hpp"

namespace vitrine::phantoms {
namespace {

bool is_one_of(const std::vector<std::string>& names, const std::string& name) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

/// Where the host's tissue is, with what lies inside it left out.
class Ground {
 public:
  Ground(const SceneBuilder& scene, const Host& host, const Push& push) : scene_(scene) {
    const Vec3 far = Vec3::Constant(Push::reach * push.radius);
    const Bounds about{push.centre - far, push.centre + far};
    for (const auto& step : scene.steps()) {
      const std::string& organ = scene.organs()[step.organ].name;
      if (step.kind != SceneBuilder::Step::Kind::replace || is_one_of(host.inside, organ)) continue;
      const std::uint32_t solid = step.solids.front();
      if (bounds(scene.solids()[solid]).meets(about))
        placed_.push_back({solid, is_one_of(host.tissue, organ)});
    }
  }
  bool holds(const Vec3& p) const {
    for (auto each = placed_.rbegin(); each != placed_.rend(); ++each)
      if (contains(scene_.solids()[each->solid], p)) return each->is_host;
    return false;
  }

 private:
  struct Placed {
    std::uint32_t solid;
    bool is_host;
  };
  const SceneBuilder& scene_;
  std::vector<Placed> placed_;
};

/// A vessel's or airway's segment, bent: a chain of short ones. Empty if it stays where it is.
template <class Moved>
std::vector<Solid> bent(const Solid& solid, const Moved& moved, double finest) {
  const Vec3 along = solid.axes.col(2), half = solid.half_axes.z() * along;
  const auto parts = std::max<Index>(1, Index(std::ceil(2.0 * solid.half_axes.z() / finest)));
  std::vector<Vec3> points;
  bool stays = true;
  for (Index i = 0; i <= parts; ++i) {
    const Vec3 p = solid.centre + (2.0 * double(i) / double(parts) - 1.0) * half;
    points.push_back(moved(p));
    stays = stays && points.back() == p;
  }
  if (stays) return {};
  std::vector<Solid> chain = tube(points, solid.half_axes.x());
  for (Solid::Plane plane : solid.cuts) {  // the mitres at its ends, which its neighbours share
    const bool first = plane.normal.dot(along) < 0.0;
    const Vec3 end = first ? Vec3(solid.centre - half) : Vec3(solid.centre + half);
    plane.offset += plane.normal.dot(moved(end) - end);
    (first ? chain.front() : chain.back()).cuts.push_back(plane);
  }
  return chain;
}

template <class Moved>
std::vector<Solid> shifted(Solid solid, const Moved& moved) {
  const Vec3 by = moved(solid.centre) - solid.centre;
  if (by == Vec3::Zero()) return {};
  solid.centre += by;
  for (Solid::Plane& plane : solid.cuts) plane.offset += plane.normal.dot(by);
  return {std::move(solid)};
}

}  // namespace

Vec3 Push::operator()(const Vec3& p) const {
  const Vec3 from = p - centre;
  const double r = from.norm(), end = reach * radius;
  if (r <= 0.0 || r >= end) return p;
  const double away = math::cbrt(r * r * r + radius * radius * radius) - r;
  const double t = std::clamp((r - radius) / (end - radius), 0.0, 1.0);
  return p + from * (away * (1.0 - t * t * (3.0 - 2.0 * t)) / r);
}

void push_aside(SceneBuilder& scene, const Push& push, const Host& host) {
  require(scene.maps().empty(), Error::Kind::unsupported,
          "mass_effect moves vessels, and imported voxels have none to move (they stay where the ",
          "file has them). Leave mass_effect_percent out");
  const Ground ground(scene, host, push);
  const auto moved = [&](const Vec3& p) { return ground.holds(p) ? push(p) : p; };
  const double finest = std::max(2.0, 0.25 * push.radius);
  for (std::size_t i = 0; i < scene.steps().size(); ++i) {
    const auto& step = scene.steps()[i];
    if (step.kind != SceneBuilder::Step::Kind::replace) continue;
    if (!is_one_of(host.inside, scene.organs()[step.organ].name)) continue;
    const Solid& solid = scene.solids()[step.solids.front()];
    if ((solid.centre - push.centre).norm() > Push::reach * push.radius + bounding_radius(solid))
      continue;
    const auto now =
        solid.kind == Solid::Kind::capsule ? bent(solid, moved, finest) : shifted(solid, moved);
    if (now.empty()) continue;
    scene.reshape(i, now);
    i += now.size() - 1;
  }
}

}  // namespace vitrine::phantoms
