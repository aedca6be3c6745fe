#include "vitrine/core/error.hpp"
#include "vitrine/radiomics/detail/bounding_box.hpp"
#include "vitrine/radiomics/detail/ellipsoid.hpp"
#include "vitrine/radiomics/diagnostics.hpp"

namespace vitrine::radiomics {
namespace {

void add_box(const SmallestBox& box, const ConvexHull& hull, const Grid& grid,
             std::vector<Diagnostic>& rows) {
  const auto add = [&](const std::string& name, const char* unit, double value) {
    rows.push_back({"diagnostics.oriented_box." + name, {}, {}, unit, value});
  };
  add("volume", "mm^3", box.size.volume());
  add("relative_gap", "1", box_gap);
  add("orientations", "1", double(box.orientations));
  add("edge_pairs", "1", double(box.pairs));
  add("boxes", "1", double(box.boxes));
  for (std::size_t end = 0; end < box.flush.size(); ++end) {
    const HalfVoxel& p = hull.vertices[static_cast<std::size_t>(box.flush[end])];
    const Vec3 at =
        grid.origin + grid.axes * (0.5 * grid.spacing.cwiseProduct(Vec3(p[0], p[1], p[2])));
    for (std::size_t a = 0; a < 3; ++a)
      add(str("edge_", end / 2 + 1, end % 2 == 0 ? "_from_" : "_to_", "xyz"[a]), "mm",
          at[Index(a)]);
  }
}

void add_ellipsoid(const SmallestEllipsoid& ellipsoid, std::vector<Diagnostic>& rows) {
  const auto add = [&](const std::string& name, const char* unit, double value) {
    rows.push_back({"diagnostics.smallest_ellipsoid." + name, {}, {}, unit, value});
  };
  add("volume", "mm^3", ellipsoid.size.volume());
  add("duality_gap", "1", ellipsoid.duality_gap);
  add("infeasibility", "1", ellipsoid.infeasibility);
  add("slackness", "1", ellipsoid.slackness);
  add("support_points", "1", double(ellipsoid.support.size()));
}

}  // namespace

std::vector<Diagnostic> shape_certificates(const Region& region) {
  std::vector<Diagnostic> rows;
  if (!region.no_shape.empty()) return rows;
  const Vec3& spacing = region.grid.spacing;
  const ConvexHull hull =
      convex_hull(marching_cubes(region.morphological, region.grid.size, spacing).outline);
  add_box(smallest_box(hull, spacing), hull, region.grid, rows);
  std::vector<Vec3> points;
  for (const HalfVoxel& p : hull.vertices)
    points.push_back(0.5 * spacing.cwiseProduct(Vec3(p[0], p[1], p[2])));
  add_ellipsoid(smallest_ellipsoid(points), rows);
  return rows;
}

}  // namespace vitrine::radiomics
