#pragma once
#include <cstdint>
#include <string>

#include "vitrine/core/catalogue.hpp"
#include "vitrine/core/isa.hpp"
#include "vitrine/model/volume.hpp"

namespace vitrine::radiomics {

/// What an image continues with beyond its edge (IBSI 2, boundary conditions). Defined at any
/// distance, so a kernel may be longer than the image.
enum class Padding {
  zero,
  nearest,   ///< the voxel of the edge: a a a | a b c | c c c
  periodic,  ///< the other side: a b c | a b c | a b c
  mirror     ///< mirrored at the edge, which repeats: c b a | a b c | c b a
};

/// Where a filter acts.
enum class Dimensions {
  slice,  ///< 2D: along i and j, slice by slice
  volume  ///< 3D
};

/// What becomes of the responses to a filter in all its right-angle rotations: 24 in 3D, 4 in 2D.
enum class RotationPooling {
  none,     ///< the filter is applied as it is
  average,  ///< mean response at each voxel
  max       ///< largest response at each voxel
};

/// A convolutional filter of the Image Biomarker Standardisation Initiative (IBSI 2, Zwanenburg et
/// al., arXiv:2006.05470): it turns an image into a response map, on which features are measured.
class ImageFilter {
 public:
  virtual ~ImageFilter() = default;

  /// The response map, on the image's grid. Same bits at any thread count for equal `isa`.
  ///
  /// Throws Error (data) naming the first voxel that is not finite: a filter would spread it, with
  /// some filters over the whole map.
  Image apply(const Image& image, Isa isa) const;

 private:
  /// The same of an image whose voxels are all finite; `image` has at least one voxel.
  virtual Image response(const Image& image, Isa isa) const = 0;
};

/// The built-in filters.
const Catalogue<ImageFilter>& image_filters();
const Catalogue<ImageFilter>& catalogue_for(const ImageFilter*);

/// The kind, and the name, of the filter that leaves an image as it is.
inline constexpr std::string_view original_filter = "original";

/// What columns and tables call a filter: its kind, then what differs from the defaults, as in
/// `laws_kernels_L5E5E5_rotation_invariance_max`. Letters, digits, '_', '-' and '.'.
std::string filter_name(const Pick<ImageFilter>& filter);

}  // namespace vitrine::radiomics
