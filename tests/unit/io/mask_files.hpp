#pragma once
#include <string>
#include <vector>

#include "vitrine/io/file.hpp"
#include "vitrine/model/volume.hpp"

namespace vitrine {

/// A region of a structure set; contours are in patient space.
struct Roi {
  const char* name;
  int number;
  std::vector<std::vector<Vec3>> contours;
  const char* type = "CLOSED_PLANAR";
};

/// An RT Structure Set. `last_coordinate` is appended to the numbers of every contour.
void write_structure_set(const io::Path& path, const std::vector<Roi>& rois,
                         const std::string& last_coordinate = {});

struct SegmentationStyle {
  bool fractional = false, reversed = false;
  int cut_bytes = 0;
};

/// Segment 1 ("lesion") is the mask, one frame for each slice that has a voxel; segment 2 its
/// complement in the first slice.
void write_segmentation(const io::Path& path, const Mask& mask, SegmentationStyle style = {});

}  // namespace vitrine
