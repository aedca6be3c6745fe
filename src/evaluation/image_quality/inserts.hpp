#pragma once
#include <string>

#include "vitrine/evaluation/image_quality/uniformity.hpp"

namespace vitrine::evaluation {

/// A round insert of a phantom: where it is and what a scan should show.
struct Insert {
  std::string name;
  double distance = 0.0;         ///< from the phantom's centre, mm
  double angle = 0.0;            ///< from +x towards +y (clockwise as shown), rad
  double radius = 0.0;           ///< mm
  double low = 0.0, high = 0.0;  ///< published range, HU; NaN if there is none
};

/// A phantom by name.
struct InsertLayout {
  std::string name, source;
  double phantom_radius = 0.0;  ///< mm
  double roi_radius = 0.0;      ///< of the regions that are measured, mm
  std::vector<Insert> inserts;
};

/// `acr464` (module 1) and `catphan_ctp404`. Throws Error (input) naming them for another name.
InsertLayout insert_layout(const std::string& name);

/// Where a layout lies in a slice.
struct Placement {
  Outline phantom;
  double rotation = 0.0;  ///< of the layout, from +x towards +y, rad
  bool mirrored = false;  ///< seen from the other side: y is up
  double misfit = 0.0;    ///< mean distance of the inserts' CT numbers from their ranges, HU
};

/// The rotation, side and shift (a few mm) that bring the inserts' CT numbers closest to their
/// ranges. Throws Error (data) if the misfit is above 100 HU: another module, or another phantom.
Placement place_layout(const Plane& plane, const InsertLayout& layout, const Outline& phantom);

/// A slice and how a layout lies in it.
struct PlacedSlice {
  Index slice = 0;
  Placement placement;
};
/// The slice whose inserts fit best; the middle one of those within 1 HU of it. Throws Error (data)
/// if none does.
PlacedSlice find_layout(const Image& image, const InsertLayout& layout);

/// An insert as it was measured.
struct InsertReading {
  Insert insert;
  Vec2 centre{0.0, 0.0};  ///< mm
  RoiStatistics region;
  double contrast_to_noise = 0.0;  ///< against the background
};

/// Regions of the inserts of a layout, and of the phantom's background (its middle).
struct InsertTable {
  std::vector<InsertReading> inserts;
  RoiStatistics background;
};
InsertTable read_inserts(const Plane& plane, const InsertLayout& layout, const Placement& placed);

}  // namespace vitrine::evaluation
