#pragma once
#include <optional>
#include <string>
#include <vector>

#include "vitrine/io/file.hpp"
#include "vitrine/model/volume.hpp"

namespace vitrine::cli {

/// An image and a mask to measure, as the user named them.
struct FeaturePair {
  std::string image, mask, label;   ///< label empty: every voxel that is set, or the only region
  std::vector<std::string> extras;  ///< what other columns of the batch file say
  io::Path base;                    ///< relative names start here
};

/// The rows of a batch file.
struct FeatureBatch {
  std::vector<std::string> extra_columns;
  std::vector<FeaturePair> pairs;
};

/// Read a batch file: CSV with the columns `image` and `mask`, and `label` if wanted; names are
/// relative to the file. Throws Error (data).
FeatureBatch read_feature_batch(const io::Path& file);

/// A label of an image file, a whole number above 0; none if the text is empty. Throws Error
/// (input).
std::optional<int> label_number(const std::string& label);

enum class MaskGeometry { must_agree, resample };

/// The pair's mask on the grid of its image, from NIfTI, NRRD, MetaImage, DICOM Segmentation or RT
/// Structure Set. Throws Error (data) where geometry or frame of reference differ.
Mask read_pair_mask(const FeaturePair& pair, const Image& image, MaskGeometry geometry);

/// The pair's image; what was read last is kept for the pairs that follow.
class PairImages {
 public:
  const Image& of(const FeaturePair& pair);

 private:
  io::Path path_;
  std::vector<Image> image_;  // none or one
};

}  // namespace vitrine::cli
