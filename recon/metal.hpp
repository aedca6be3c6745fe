#pragma once
#include <cstdint>
#include <span>
#include <vector>

#include "vitrine/core/isa.hpp"
#include "vitrine/core/schema.hpp"
#include "vitrine/recon/fbp.hpp"
#include "vitrine/recon/rebin.hpp"

namespace vitrine::recon {

/// Metal artefact reduction by normalised interpolation (NMAR; Meyer et al., Med Phys 37 (2010)
/// 5482).
struct MetalReduction {
  double threshold = 3000.0;  ///< HU from which on a voxel of the first image is metal
  double bone = 300.0;        ///< HU from which on the prior keeps what the first image shows
  static const Schema<MetalReduction>& schema();
};

/// The samples of a scan's lines that metal threw its shadow on, and where the metal is.
class MetalTrace {
 public:
  /// Without metal.
  MetalTrace() = default;

  bool empty() const { return runs_.empty(); }
  /// Samples over those of all lines.
  double share(const Rebinned& scan) const;
  /// Lines as they were measured for corrected ones, or back.
  void swap(Rebinned& scan);
  /// What lines hold now where metal threw its shadow.
  std::vector<float> values_in(const Rebinned& scan) const;
  /// Where it threw its shadow: [line][sample][row], 1; nothing without metal.
  std::vector<std::uint8_t> mask(const Rebinned& scan) const;
  /// Lines as measured change as others did.
  void follow(std::span<const float> before, std::span<const float> now);
  /// Whether a point of the gantry's frame is in metal, or within two voxels of it.
  bool holds(const Vec3& point) const;
  /// Whether an image has such voxels; grids of tilted gantries are the scan's.
  bool meets(const Rebinned& scan, const Grid& grid) const;

 private:
  friend MetalTrace reduce_metal(Rebinned& scan, const MetalReduction& how,
                                 const HounsfieldScale& scale, Isa isa);
  struct Run {
    std::int32_t line, row, first, count;  ///< samples of one row of a line
    std::size_t at;                        ///< of its first value
  };
  std::vector<Run> runs_;
  std::vector<std::size_t> line_begin_;  ///< of the runs of each line, and the end
  std::vector<float> values_;
  Grid grid_;
  std::vector<std::uint8_t> metal_;
};

/// Replaces what lies behind metal: the first image is segmented, metal and a prior of air, water
/// and bone are projected, and lines are interpolated across the metal in their share of the prior.
/// The prior comes from an image after plain interpolation. Without metal the lines keep their
/// bits.
///
/// Equal bits for any number of threads.
MetalTrace reduce_metal(Rebinned& scan, const MetalReduction& how, const HounsfieldScale& scale,
                        Isa isa);

/// Puts the metal into an image without it, made of lines that `reduce_metal` went over: as it is
/// in filtered back projection of lines as measured. Changes `scan` on its way, and back.
void put_metal_back(Image& image, Rebinned& scan, MetalTrace& trace, const MetalReduction& how,
                    const Kernel& kernel, double slice_thickness, const HounsfieldScale& scale,
                    Isa isa);

}  // namespace vitrine::recon
