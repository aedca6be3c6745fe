#pragma once
#include "vitrine/core/value.hpp"

namespace vitrine::test {

/// A scanner of large cells, whose views take milliseconds.
inline Value coarse_scanner(double views_per_rotation) {
  return Value()
      .set("name", Value("coarse"))
      .set("source_to_iso_mm", Value(541.0))
      .set("source_to_detector_mm", Value(949.0))
      .set("columns", Value(220.0))
      .set("rows", Value(16.0))
      .set("column_pitch_mm", Value(4.2))
      .set("row_pitch_mm", Value(4.4))
      .set("views_per_rotation", Value(views_per_rotation))
      .set("anode_angle_deg", Value(7.0));
}

}  // namespace vitrine::test
