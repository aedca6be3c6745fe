#include <cmath>

#include "vitrine/core/units.hpp"
#include "vitrine/model/scan.hpp"
#include "vitrine/trial/arm.hpp"
#include "vitrine/trial/detail/geometry_check.hpp"

namespace vitrine::trial::detail {

void check_focal_spots(const Arms& arms, const Value& node, Diagnostics& problems) {
  const std::string& flies = arms.protocol.flying_focal_spot;
  if (flies == "none") return;
  const bool in_plane = flies != "z", along_z = flies != "in_plane";
  for (const Scanner& scanner : arms.scanners) {
    const auto& spot = scanner.flying_focal_spot;
    if (!spot) {
      problems.error(node.where, str(scanner.name,
                                     " does not deflect its focal spot (the protocol "
                                     "asks for ",
                                     flies,
                                     "). Give the scanner's "
                                     "flying_focal_spot, or leave it out of the protocol."));
      continue;
    }
    const std::size_t places = focal_positions(scanner, in_plane, along_z).size();
    if (places > 1 && scanner.detector.shape == "flat")
      problems.error(node.where, str(scanner.name,
                                     " has a flat detector (filtered back projection "
                                     "takes its focal spot to stand still). Use a curved one."));
    if (spot->views_per_position == 0 && scanner.views_per_rotation % std::int64_t(places) != 0)
      problems.error(node.where, str(scanner.name, " reads ", scanner.views_per_rotation,
                                     " views per rotation (its "
                                     "focal spot takes ",
                                     places,
                                     " places in turn). Use a "
                                     "multiple of that, or give its views_per_position."));
    if (!in_plane || spot->in_plane == 0.0) continue;
    const ScanGeometry g = hardware_geometry(scanner);
    const double moved = interleave(g, spot->in_plane, scanner.column_pitch);
    if (std::abs(moved - std::round(moved)) < 0.25)
      problems.error(node.where,
                     str(scanner.name, ": in_plane_mm of ", to_text(spot->in_plane),
                         " moves rays by ", to_text(0.01 * std::round(100.0 * moved)),
                         " columns at the isocentre (they interleave if that is a "
                         "quarter to three quarters beyond whole ones). Half a column "
                         "takes ",
                         to_text(0.001 * std::round(500.0 * spot->in_plane / moved)), " mm."));
  }
}

void check_scan_arc(const Arms& arms, const Value& node, Diagnostics& problems) {
  if (arms.protocol.mode != "axial") return;
  for (const Scanner& scanner : arms.scanners) {
    const double least = least_arc(hardware_geometry(scanner));
    if (arms.protocol.scan_arc >= least || least >= Protocol{}.scan_arc) continue;
    problems.error(node.where,
                   str(scanner.name, " turns ", to_text(arms.protocol.scan_arc / units::deg),
                       " degrees (half a turn and its fan, ",
                       to_text(std::ceil(10.0 * least / units::deg) / 10.0),
                       " degrees, see every point from all sides). Raise scan_arc_deg to that, or "
                       "leave it out for full turns."));
  }
}

}  // namespace vitrine::trial::detail
