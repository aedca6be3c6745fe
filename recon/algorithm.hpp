#pragma once
#include "vitrine/core/catalogue.hpp"
#include "vitrine/recon/fbp.hpp"
#include "vitrine/recon/measured_rays.hpp"

namespace vitrine::recon {

/// What a scan's images are made of.
struct ScanData {
  const Rebinned& lines;         ///< parallel
  const MeasuredRays* measured;  ///< as the detector saw them: null unless an algorithm asks
};

/// The image that is wanted.
struct ImageOrder {
  const Kernel& kernel;  ///< of algorithms that filter
  Grid grid;
  double slice_thickness = 1.0;  ///< mm
  HounsfieldScale scale;
};

/// How line integrals become an image: what a console calls FBP or iterative reconstruction.
class Algorithm {
 public:
  virtual ~Algorithm() = default;
  /// Whether it starts from `ScanData::measured`.
  virtual bool wants_measured() const { return false; }
  /// Which scans it takes beside turns of an upright gantry whose focal spot stands still.
  struct Takes {
    bool tilted_gantry = true, flying_focal_spot = true, helical = true;
  };
  virtual Takes takes() const { return {}; }
  /// Bytes beside the scan's data and the image.
  virtual double memory(const ScanGeometry& scan, const Grid& grid,
                        double slice_thickness) const = 0;
  /// Core-seconds that one image takes, about (docs/developers/performance.md).
  virtual double seconds(const ScanGeometry& scan, const Grid& grid,
                         double slice_thickness) const = 0;
  /// Equal bits for any number of threads.
  virtual Image reconstruct(const ScanData& scan, const ImageOrder& order, Isa isa) const = 0;
};

/// The built-in algorithms.
const Catalogue<Algorithm>& algorithms();
const Catalogue<Algorithm>& catalogue_for(const Algorithm*);

/// The default: filtered back projection.
Pick<Algorithm> default_algorithm();

}  // namespace vitrine::recon
