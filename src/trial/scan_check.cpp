#include "vitrine/trial/scan_check.hpp"

#include <algorithm>
#include <cmath>

#include "vitrine/trial/arm.hpp"

namespace vitrine::trial {
namespace {

/// A box about something, mm.
struct Extent {
  Vec3 low = Vec3::Constant(1e300), high = Vec3::Constant(-1e300);

  void add(const Vec3& p) {
    low = low.cwiseMin(p);
    high = high.cwiseMax(p);
  }
  void add(const Grid& grid) {
    for (int corner = 0; corner < 8; ++corner)
      add(grid.centre(corner & 1 ? grid.size[0] - 1 : 0, corner & 2 ? grid.size[1] - 1 : 0,
                      corner & 4 ? grid.size[2] - 1 : 0));
  }
  bool empty() const { return low.x() > high.x(); }
};

Extent extent_of(const Scene& scene) {
  Extent out;
  for (const Solid& solid : scene.solids) {
    const Vec3 reach = Vec3::Constant(bounding_radius(solid));
    out.add(solid.centre - reach);
    out.add(solid.centre + reach);
  }
  for (const Patch& patch : scene.patches) out.add(patch.grid);
  for (const IndexedMap& map : scene.maps) out.add(map.grid);
  return out;
}

std::string rounded(double mm) { return to_text(std::round(mm)); }

/// What is to be known of the scanners with a protocol.
void add_notes(const Arms& arms, std::vector<std::string>& notes) {
  const Protocol& protocol = arms.protocol;
  const std::string with = arms.protocols.empty() ? "" : str("protocol ", protocol.name, ": ");
  for (const Scanner& scanner : arms.scanners) {
    const ScanGeometry scan = scan_geometry(scanner, protocol, 0.0, 0.0);
    if (!scan.focal_shifts.empty()) {
      const FlyingFocalSpot& spot = *scanner.flying_focal_spot;
      const std::string& way = protocol.flying_focal_spot;
      std::string moves;
      const auto add = [&](bool flies, double deflection, double pitch, const char* cells) {
        if (!flies) return;
        const double moved = interleave(scan, deflection, pitch);
        moves += str(moves.empty() ? "" : " and ", to_text(0.01 * std::round(100.0 * moved)), ' ',
                     cells);
      };
      add(way != "z", spot.in_plane, scanner.column_pitch, "columns");
      add(way != "in_plane", spot.z, scanner.row_pitch, "rows");
      notes.push_back(str(with, scanner.name, " deflects its focal spot between the ",
                          scan.views_per_rotation, " readings of a rotation: rays move by ", moves,
                          " at the isocentre"));
    }
    const double seen = hardware_geometry(scanner).field_of_view_radius();
    if (seen >= 0.5 * protocol.field_of_view) continue;
    notes.push_back(str(with, scanner.name, " sees ", rounded(seen),
                        " mm about its axis (the image reaches ",
                        rounded(0.5 * protocol.field_of_view),
                        " mm): voxels beyond hold -1000 HU, and what of a patient lies there is "
                        "truncated: CT numbers are wrong near the rim"));
  }
}

}  // namespace

std::vector<std::string> geometry_notes(const Plan& plan) {
  std::vector<std::string> notes;
  if (plan.scenario.simulation.quality == "draft")
    notes.push_back("draft quality: at most two patients, coarse sampling, small images");
  for (const Arms& each : each_protocol(plan.scenario.arms)) add_notes(each, notes);
  return notes;
}

void require_met(bool met, const ScanGeometry& g, const Scene& scene) {
  const Extent extent = extent_of(scene);
  if (met || extent.empty()) return;
  const auto [low, high] = std::minmax_element(g.table_positions.begin(), g.table_positions.end());
  const double half = 0.5 * double(g.rows) * g.row_pitch_at_iso();
  throw Error(
      Error::Kind::input,
      str("no ray of the scan meets the patient (rays pass within ",
          rounded(g.field_of_view_radius()), " mm of the axis from z = ", rounded(*low - half),
          " to ", rounded(*high + half), " mm; what is there lies in x ", rounded(extent.low.x()),
          " to ", rounded(extent.high.x()), ", y ", rounded(extent.low.y()), " to ",
          rounded(extent.high.y()), ", z ", rounded(extent.low.z()), " to ",
          rounded(extent.high.z()),
          " mm). Move the patient to the axis, set the protocol's centre to what is scanned, or "
          "use "
          "a scanner with a wider detector"));
}

}  // namespace vitrine::trial
