#pragma once
#include "vitrine/model/scan.hpp"
#include "vitrine/model/scanner.hpp"
#include "vitrine/model/scene.hpp"

namespace vitrine::bench {

/// The 64-row scanner of the work items (docs/developers/performance.md).
Scanner clinical_scanner();
/// One axial rotation of it about z = 0.
ScanGeometry one_rotation(const Scanner& scanner);
/// A water cylinder of 320 mm across.
Scene water_cylinder();
/// The first patient of a default thorax cohort, so far to either side of its middle, mm.
Scene thorax(double half_length = 100.0);
/// The same on 0.7 mm voxels `slices` thick about its middle, every material at its own density.
Scene voxel_thorax(Index slices);

}  // namespace vitrine::bench
