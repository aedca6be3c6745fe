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
/// The first patient of a default thorax cohort.
Scene thorax();
/// The same on voxels, every material at its own density.
Scene voxel_thorax();

}  // namespace vitrine::bench
