#include "vitrine/phantoms/lesion_outline.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <numbers>
#include <numeric>

#include "vitrine/core/error.hpp"
#include "vitrine/core/math.hpp"
#include "vitrine/core/parallel.hpp"
#include "vitrine/phantoms/digitise.hpp"
#include "vitrine/phantoms/sphere.hpp"

namespace vitrine::phantoms {
namespace {

constexpr int rings = 120, spokes = 240;  // directions of a star surface
constexpr int surface_directions = 500;

double ball_volume(double radius) {
  return 4.0 / 3.0 * std::numbers::pi * radius * radius * radius;
}

}  // namespace

StarSurface::StarSurface(std::vector<Wave> waves, double volume) : waves_(std::move(waves)) {
  double cubes = 0.0;
  for (int i = 0; i < rings; ++i)
    for (int j = 0; j < spokes; ++j) {
      directions_.push_back(
          on_sphere(-1.0 + 2.0 * (i + 0.5) / rings, 2.0 * std::numbers::pi * (j + 0.5) / spokes));
      radii_.push_back(shape(directions_.back()));
      cubes += radii_.back() * radii_.back() * radii_.back();
    }
  size_ = math::cbrt(volume / (ball_volume(1.0) * cubes / (rings * spokes)));
  for (double& r : radii_) r *= size_;
}

double StarSurface::shape(const Vec3& direction) const {
  double sum = 0.0;
  for (const Wave& wave : waves_)
    sum += wave.amplitude * math::cos(wave.vector.dot(direction) + wave.phase);
  return math::exp(sum);
}

double StarSurface::radius(const Vec3& direction) const { return size_ * shape(direction); }

bool Outline::empty() const {
  if (!star) return solids.empty();
  return radius(*std::max_element(star->radii().begin(), star->radii().end())) <= 0.0;
}

Outline scaled(Outline outline, double factor) {
  for (Solid& solid : outline.solids) {
    solid.centre *= factor;
    solid.half_axes *= factor;
    for (Solid::Plane& cut : solid.cuts) cut.offset *= factor;
  }
  outline.stretch *= factor;
  outline.offset *= factor;
  return outline;
}

Outline grown(Outline outline, double margin) {
  outline.offset += margin;
  std::vector<Solid> left;
  for (Solid& solid : outline.solids) {
    if (solid.kind == Solid::Kind::capsule) {
      if (solid.half_axes.x() + margin <= 0.0) continue;
      solid.half_axes.x() = solid.half_axes.y() = solid.half_axes.x() + margin;
    } else {
      if (solid.half_axes.minCoeff() + margin <= 0.0) continue;
      solid.half_axes += Vec3::Constant(margin);
    }
    left.push_back(std::move(solid));
  }
  outline.solids = std::move(left);
  return outline;
}

Outline holding(const Outline& outline, double share) {
  VITRINE_EXPECT(share > 0.0 && share <= 1.0);
  const double wanted = share * volume_of(outline);
  double most = 0.0;  // margin that leaves nothing
  if (outline.star)
    most = outline.radius(
        *std::max_element(outline.star->radii().begin(), outline.star->radii().end()));
  for (const Solid& solid : outline.solids)
    most = std::max(most, solid.kind == Solid::Kind::capsule ? solid.half_axes.x()
                                                             : solid.half_axes.minCoeff());
  double low = 0.0, high = most;  // of the margin taken off
  for (int i = 0; i < 24; ++i) {
    const double middle = 0.5 * (low + high);
    (volume_of(grown(outline, -middle)) > wanted ? low : high) = middle;
  }
  return grown(outline, -0.5 * (low + high));
}

bool contains(const Outline& outline, const Vec3& point) {
  const double distance = point.norm();
  if (outline.star &&
      (distance == 0.0 || distance <= outline.radius(outline.star->radius(point / distance))))
    return true;
  return std::any_of(outline.solids.begin(), outline.solids.end(),
                     [&](const Solid& solid) { return contains(solid, point); });
}

ShareMaker::ShareMaker(const Grid& grid) : grid_(grid), corners_(grid) {
  for (Index& n : corners_.size) ++n;
  corners_.origin -= grid.axes * (0.5 * grid.spacing);
}

Volume<quantity::Fraction> ShareMaker::operator()(const Outline& outline) {
  if (outline.star) return of_star(outline);
  Scene scene;
  scene.solids = outline.solids;
  std::vector<std::uint32_t> all(outline.solids.size());
  std::iota(all.begin(), all.end(), 0u);
  return occupancy(scene, all, grid_);
}

Volume<quantity::Fraction> ShareMaker::of_star(const Outline& outline) {
  if (star_ != outline.star) {
    star_ = outline.star;
    radii_.assign(std::size_t(corners_.count()), 0.0f);
  }
  // Distance outside the surface, along the ray from the origin, at the voxels' corners.
  const std::array<Index, 3>& n = grid_.size;
  const double diagonal = grid_.spacing.norm();
  const auto [low, high] = std::minmax_element(star_->radii().begin(), star_->radii().end());
  const double inner = 0.98 * outline.radius(*low) - diagonal;
  const double outer = 1.02 * outline.radius(*high) + diagonal;
  std::vector<float> outside(std::size_t(corners_.count()));
  parallel_for(corners_.size[2], [&](Index k) {
    for (Index j = 0; j <= n[1]; ++j)
      for (Index i = 0; i <= n[0]; ++i) {
        const Vec3 p = corners_.centre(i, j, k);
        const double r = p.norm();
        const auto c = std::size_t(corners_.offset(i, j, k));
        double edge = r <= inner || r == 0.0 ? r + 2.0 * diagonal : r - 2.0 * diagonal;
        if (r > inner && r < outer && r > 0.0) {
          if (radii_[c] == 0.0f) radii_[c] = static_cast<float>(star_->radius(p / r));
          edge = outline.radius(double(radii_[c]));
        }
        outside[c] = static_cast<float>(r - edge);
      }
  });
  constexpr int points = 4;  // of a voxel, along each axis
  const double width = diagonal / std::sqrt(3.0) / points;
  Volume<quantity::Fraction> share(grid_);
  parallel_for(n[2], [&](Index k) {
    std::array<double, 8> corner{};
    for (Index j = 0; j < n[1]; ++j)
      for (Index i = 0; i < n[0]; ++i) {
        for (int c = 0; c < 8; ++c)
          corner[std::size_t(c)] = double(
              outside[std::size_t(corners_.offset(i + (c & 1), j + (c >> 1 & 1), k + (c >> 2)))]);
        const auto [least, most] = std::minmax_element(corner.begin(), corner.end());
        if (*least >= 0.5 * width || *most <= -0.5 * width) {
          share(i, j, k) = *most <= 0.0 ? 1.0f : 0.0f;
          continue;
        }
        double sum = 0.0;
        for (int w = 0; w < points; ++w)
          for (int v = 0; v < points; ++v)
            for (int u = 0; u < points; ++u) {
              const double x = (u + 0.5) / points, y = (v + 0.5) / points, z = (w + 0.5) / points;
              double d = 0.0;
              for (int c = 0; c < 8; ++c)
                d += corner[std::size_t(c)] * (c & 1 ? x : 1.0 - x) * (c & 2 ? y : 1.0 - y) *
                     (c & 4 ? z : 1.0 - z);
              sum += std::clamp(0.5 - d / width, 0.0, 1.0);
            }
        share(i, j, k) = static_cast<float>(sum / (points * points * points));
      }
  });
  return share;
}

double volume_of(const Outline& outline) {
  if (!outline.star) return outline.solids.empty() ? 0.0 : volume_of_union(outline.solids, 100);
  double sum = 0.0;
  for (const double r : outline.star->radii()) sum += ball_volume(std::max(outline.radius(r), 0.0));
  return sum / double(outline.star->radii().size());
}

double reach(const Outline& outline) {
  double farthest = 0.0;
  if (outline.star)  // between neighbouring directions the radius changes by less than 2 %
    farthest = 1.02 * outline.radius(*std::max_element(outline.star->radii().begin(),
                                                       outline.star->radii().end()));
  for (const Solid& solid : outline.solids)
    farthest = std::max(farthest, solid.centre.norm() + bounding_radius(solid));
  return farthest;
}

std::vector<Vec3> surface_points(const Outline& outline) {
  std::vector<Vec3> points;
  if (outline.star)
    for (int i = 0; i < surface_directions; ++i) {
      const Vec3 d = lattice_point(i, surface_directions);
      points.push_back(outline.radius(outline.star->radius(d)) * d);
    }
  for (const Solid& solid : outline.solids)
    for (int i = 0; i < surface_directions; ++i) {
      const Vec3 d = lattice_point(i, surface_directions);
      const Vec3 p = solid.centre + intersect(solid, solid.centre, d).leave * d;
      const auto holds = [&](const Solid& other) { return &other != &solid && contains(other, p); };
      if (std::none_of(outline.solids.begin(), outline.solids.end(), holds)) points.push_back(p);
    }
  return points;
}

std::vector<Solid> balls_inside(const Outline& outline, int count) {
  VITRINE_EXPECT(outline.star);
  const std::vector<Vec3> surface = surface_points(outline);
  constexpr double shares[] = {0.1, 0.3, 0.5, 0.65, 0.8, 0.9};  // of the radius
  std::vector<Vec3> points;  // candidates for middles, and what is to be held
  for (std::size_t i = 0; i < surface.size(); i += 3)
    for (const double share : shares) points.push_back(share * surface[i]);
  std::vector<Solid> candidates;
  for (const Vec3& p : points) {
    double least = 1e30;
    for (const Vec3& s : surface) least = std::min(least, (s - p).squaredNorm());
    // The surface lies up to a fifth of their spacing inside the points' polyhedron.
    const double radius = 0.97 * std::sqrt(least) - 0.01 * p.norm();
    Solid ball;
    ball.centre = p;
    ball.half_axes = Vec3::Constant(radius);
    if (radius > 0.0) candidates.push_back(ball);
  }
  std::vector<Solid> chosen;
  while (int(chosen.size()) < count) {
    const Solid* best = nullptr;
    double most = 0.0;
    for (const Solid& ball : candidates) {
      double held = 0.0;  // points lie on rays: each stands for its distance squared
      for (const Vec3& p : points)
        if (contains(ball, p)) held += p.squaredNorm();
      if (held > most) {
        most = held;
        best = &ball;
      }
    }
    if (!best) break;
    chosen.push_back(*best);
    std::erase_if(points, [&](const Vec3& p) { return contains(chosen.back(), p); });
  }
  return chosen;
}

std::vector<Solid> disjoint(std::vector<Solid> solids) {
  const auto is_ball = [](const Solid& s) {
    return s.kind == Solid::Kind::ellipsoid && s.cuts.empty() &&
           s.half_axes.minCoeff() == s.half_axes.maxCoeff();
  };
  if (!std::all_of(solids.begin(), solids.end(), is_ball)) return solids;
  std::vector<Solid> pieces;
  for (std::size_t i = 0; i < solids.size(); ++i) {
    Solid piece = solids[i];
    const double radius = piece.half_axes.x();
    bool hidden = false;
    for (std::size_t k = 0; k < solids.size() && !hidden; ++k) {
      const double other = solids[k].half_axes.x();
      const Vec3 apart = solids[k].centre - piece.centre;
      const double distance = apart.norm();
      if (k == i || distance >= radius + other) continue;
      if (distance + radius <= other) {  // one of two equal balls stays
        hidden = distance + other > radius || k < i;
        continue;
      }
      if (distance + other <= radius) continue;  // the other one is hidden
      // The plane of equal power |x - c|^2 - r^2.
      const Vec3 normal = apart / distance;
      const double along = 0.5 * (distance * distance + radius * radius - other * other) / distance;
      piece.cuts.push_back({normal, normal.dot(piece.centre) + along});
    }
    if (!hidden) pieces.push_back(std::move(piece));
  }
  return pieces;
}

std::vector<Solid> translated(std::vector<Solid> solids, const Vec3& by) {
  for (Solid& solid : solids) {
    solid.centre += by;
    for (Solid::Plane& cut : solid.cuts) cut.offset += cut.normal.dot(by);
  }
  return solids;
}

}  // namespace vitrine::phantoms
