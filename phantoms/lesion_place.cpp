#include "vitrine/phantoms/lesion_place.hpp"

#include <algorithm>
#include <cmath>
#include <numbers>
#include <optional>

#include "vitrine/core/math.hpp"
#include "vitrine/phantoms/lesion_paint.hpp"
#include "vitrine/phantoms/solids.hpp"
#include "vitrine/phantoms/sphere.hpp"

namespace vitrine::phantoms {
namespace {

constexpr int attempts = 4000;     // to find room for a lesion
constexpr double clearance = 1.0;  // mm to the organ's surface and between lesions
constexpr double touching = 1e-4;  // mm, how well a distance to the surface is met

/// The organ as points and rays see it.
class Room {
 public:
  Room(const SceneBuilder& scene, const Host& host) : scene_(scene), host_(host) {}

  bool holds(const Vec3& p) const {
    const auto& tissue = host_.tissue;
    return std::find(tissue.begin(), tissue.end(), scene_.organ_at(p)) != tissue.end();
  }
  /// The ball lies in the organ (its vessels may run through it).
  bool holds_ball(const Vec3& centre, double radius) const {
    if (!holds(centre)) return false;
    constexpr int points = 60;
    for (int i = 0; i < points; ++i)
      if (!holds(centre + radius * lattice_point(i, points))) return false;
    return true;
  }
  /// How far from a point in the organ its surface is along a ray, mm; nothing beyond `farthest`.
  std::optional<double> to_surface(const Vec3& from, const Vec3& direction, double farthest) const {
    constexpr double stride = 1.0;
    double inside = 0.0, outside = stride;
    while (holds(from + outside * direction)) {
      inside = outside;
      outside += stride;
      if (inside > farthest) return {};
    }
    while (outside - inside > 0.1 * touching) {
      const double middle = 0.5 * (inside + outside);
      (holds(from + middle * direction) ? inside : outside) = middle;
    }
    return inside;
  }
  /// The outward normal of the surface about where a ray from inside meets it; nothing where the
  /// surface is not smooth within some mm.
  std::optional<Vec3> normal(const Vec3& from, const Vec3& direction) const {
    const Mat3 frame = frame_along(direction);
    constexpr int rays = 12;
    std::vector<Vec3> hits;
    Vec3 middle = Vec3::Zero();
    for (int i = 0; i < rays; ++i) {
      const double angle = 2.0 * std::numbers::pi * i / rays;
      const Vec3 aside = math::cos(angle) * frame.col(0) + math::sin(angle) * frame.col(1);
      const Vec3 ray = (direction + (i % 2 ? 0.3 : 0.15) * aside).normalized();
      const auto length = to_surface(from, ray, 40.0);
      if (!length) return {};
      hits.push_back(from + *length * ray);
      middle += hits.back() / rays;
    }
    Mat3 spread = Mat3::Zero();
    for (const Vec3& hit : hits) spread += (hit - middle) * (hit - middle).transpose();
    const Eigen::SelfAdjointEigenSolver<Mat3> eigen(spread);
    Vec3 normal = eigen.eigenvectors().col(0);
    if (normal.dot(direction) < 0.0) normal = -normal;
    const double roughness = std::sqrt(std::max(eigen.eigenvalues()[0], 0.0) / rays);
    if (roughness > 0.5 || normal.dot(direction) < 0.5) return {};
    return normal;
  }

  const SceneBuilder& scene() const { return scene_; }
  const Host& host() const { return host_; }

 private:
  const SceneBuilder& scene_;
  const Host& host_;
};

/// The lobe that a lesion is wanted in; none if any will do.
const Lobe* lobe_of(const LesionSpec& spec, const Host& host) {
  if (spec.lobe == "any") return nullptr;
  const auto at = std::find_if(host.lobes.begin(), host.lobes.end(),
                               [&](const Lobe& lobe) { return lobe.name == spec.lobe; });
  require(at != host.lobes.end(), Error::Kind::input, "lesions are asked for in the lobe ",
          spec.lobe, " of the ", spec.organ,
          " (this anatomy does not have it whole). Leave 'lobe' out.");
  return &*at;
}

/// Where a lesion may come to lie, by how it is attached.
class Placer {
 public:
  /// `level` is a share of the height of the organ, or of the lobe.
  Placer(const LesionSpec& spec, const Room& room, double level)
      : spec_(spec),
        room_(room),
        lobe_(lobe_of(spec, room.host())),
        extent_(lobe_ ? lobe_->extent : room.host().extent),
        level_(extent_.low.z() + level * (extent_.high.z() - extent_.low.z())) {
    for (const Organ& organ : room.scene().organs())
      if (organ.name.ends_with("vessels") &&
          std::find(room.host().tissue.begin(), room.host().tissue.end(), organ.name) !=
              room.host().tissue.end())
        vessels_.insert(vessels_.end(), organ.solids.begin(), organ.solids.end());
    require(spec.attachment != "vessel" || !vessels_.empty(), Error::Kind::input,
            "lesions on a vessel are asked for in the ", spec.organ,
            " (it has no vessels of its own in this anatomy). Choose another attachment.");
  }

  /// A place, or nothing if this draw leads to none.
  std::optional<Vec3> draw(const PlacedLesion& lesion, std::optional<double> gap, Rng& rng) const {
    const auto at = anyhow(lesion, gap, rng);
    if (at && lobe_ && !phantoms::holds(*lobe_, *at, phantoms::reach(lesion.outline))) return {};
    return at;
  }

 private:
  std::optional<Vec3> anyhow(const PlacedLesion& lesion, std::optional<double> gap,
                             Rng& rng) const {
    if (gap) return at_surface(lesion, *gap, rng);
    const double radius = reach(lesion.outline) + margin_reach(lesion.margin) + clearance;
    const Vec3 at = spec_.attachment == "vessel" ? on_vessel(rng) : anywhere(rng);
    if (std::abs(at.z() - level_) > 0.5 * spec_.spread || !room_.holds_ball(at, radius)) return {};
    // A branch is cut where it leaves its parent, or something else was placed on it.
    if (spec_.attachment == "vessel" && !room_.scene().organ_at(at).ends_with("vessels")) return {};
    return at;
  }

  Vec3 anywhere(Rng& rng) const {
    const Vec3 &low = extent_.low, &high = extent_.high;
    const double x = rng.uniform(low.x(), high.x()), y = rng.uniform(low.y(), high.y());
    return {x, y, level_ + rng.uniform(-0.5, 0.5) * spec_.spread};
  }

  /// On the axis of a piece of vessel.
  Vec3 on_vessel(Rng& rng) const {
    const Solid& piece = room_.scene().solids()[vessels_[rng.below(vessels_.size())]];
    return piece.centre + rng.uniform(-1.0, 1.0) * piece.half_axes.z() * piece.axes.col(2);
  }

  /// With its outermost shell `gap` mm from the surface of the organ, along the surface's normal.
  std::optional<Vec3> at_surface(const PlacedLesion& lesion, double gap, Rng& rng) const {
    const Vec3 seed = anywhere(rng);
    const Vec3 direction = random_direction(rng);
    if (!room_.holds(seed)) return {};
    const auto length = room_.to_surface(seed, direction, 200.0);
    if (!length || *length < 5.0) return {};
    const auto normal = room_.normal(seed + (*length - 5.0) * direction, direction);
    if (!normal) return {};
    const auto shell = surface_points(grown(lesion.outline, margin_reach(lesion.margin)));
    double support = 0.0;
    for (const Vec3& p : shell) support = std::max(support, p.dot(*normal));
    // Somewhat deeper than wanted, then outwards until the first point has its distance.
    const double deeper = 0.5 + 0.2 * support;
    Vec3 centre = seed + *length * direction - (support + gap + deeper) * *normal;
    const auto inside = [&](double more) {
      return std::all_of(shell.begin(), shell.end(), [&](const Vec3& p) {
        return room_.holds(centre + p + more * p.normalized());
      });
    };
    if (!inside(0.0)) return {};
    double nearest = 1e30;
    for (const Vec3& p : shell) {
      if (p.dot(*normal) < 0.0) continue;
      const auto free = room_.to_surface(centre + p, *normal, 2.0 * support + gap + 5.0);
      if (free) nearest = std::min(nearest, *free);
    }
    if (nearest > 1e29 || nearest < gap) return {};
    centre += (nearest - gap - touching) * *normal;
    if (std::abs(centre.z() - level_) > 0.5 * spec_.spread || !inside(0.9 * gap)) return {};
    // Not on an airway or a fissure of some other organ: what is beyond is thick.
    if (room_.holds(centre + (support + gap + 6.0) * *normal)) return {};
    return centre;
  }

  const LesionSpec& spec_;
  const Room& room_;
  const Lobe* lobe_;
  Bounds extent_;
  double level_;
  std::vector<std::uint32_t> vessels_;
};

}  // namespace

const Host& host_of(const AnatomyRecord& body, const std::string& organ) {
  const auto at = std::find_if(body.hosts.begin(), body.hosts.end(),
                               [&](const Host& h) { return h.organ == organ; });
  std::string known;
  for (const Host& host : body.hosts) known += (known.empty() ? "" : ", ") + host.organ;
  require(at != body.hosts.end(), Error::Kind::input, "lesions are asked for in the ", organ,
          known.empty() ? " (this anatomy has no organ for lesions). Leave 'lesions' out."
                        : str(" (this anatomy has ", known, "). Choose one of these."));
  return *at;
}

std::vector<PlacedLesion> place_lesions(const Cohort& cohort, const PatientDraws& draws,
                                        const SceneBuilder& scene, const AnatomyRecord& body) {
  std::vector<PlacedLesion> lesions;
  const auto radius_of = [](const PlacedLesion& lesion) {
    return reach(lesion.outline) + margin_reach(lesion.margin);
  };
  for (std::size_t kind = 0; kind < cohort.lesions.size(); ++kind) {
    const LesionSpec& spec = cohort.lesions[kind];
    const Host& host = host_of(body, spec.organ);
    const Room room(scene, host);
    Rng common = draws.lesion(kind << 32);
    const auto count = std::llround(spec.count.sample(common));
    const double share = spec.level.sample(common);
    const Placer placer(spec, room, share);
    for (long long i = 0; i < count; ++i) {
      PlacedLesion lesion;
      lesion.number = (kind << 32) + std::uint64_t(i) + 1;
      Rng rng = draws.lesion(lesion.number);
      lesion.spec = &spec;
      lesion.outline = spec.shape->outline(rng);
      lesion.attenuation = spec.attenuation.sample(rng);
      lesion.margin = spec.margin.sample(rng);
      if (spec.texture) {
        Rng own = draws.texture(lesion.number);
        lesion.heterogeneity = spec.texture->heterogeneity().sample(own);
      }
      std::optional<double> gap;
      if (spec.distance) gap = spec.distance->sample(rng);
      if (spec.attachment == "pleura") gap = 0.0;
      const double radius = radius_of(lesion);
      bool placed = false;
      for (int attempt = 0; attempt < attempts && !placed; ++attempt) {
        const auto centre = placer.draw(lesion, gap, rng);
        if (!centre) continue;
        lesion.centre = *centre;
        placed = std::none_of(lesions.begin(), lesions.end(), [&](const PlacedLesion& other) {
          return (other.centre - lesion.centre).norm() < radius_of(other) + radius + clearance;
        });
      }
      require(placed, Error::Kind::data, "no room for lesion ", lesions.size() + 1, " of ",
              to_text(std::round(20.0 * radius) / 10.0), " mm in the ", spec.organ,
              spec.attachment == "free" ? "" : str(" at the ", spec.attachment),
              " at this level (tried ", attempts,
              " places). Make lesions smaller, fewer, or widen 'spread_mm' or 'level'.");
      lesions.push_back(std::move(lesion));
    }
  }
  return lesions;
}

}  // namespace vitrine::phantoms
