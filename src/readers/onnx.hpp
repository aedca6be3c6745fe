#pragma once
#include "vitrine/readers/command.hpp"

namespace vitrine::readers {

/// A network in an ONNX file: what it is given of an image, and what its output means.
struct Onnx {
  std::string file;
  std::string runtime = "opencv";     ///< opencv, node
  std::string task = "segmentation";  ///< segmentation, detection, classification
  std::string reads = "slices";       ///< slices: N x C x H x W; volume: N x C x D x H x W
  std::vector<double> clip;           ///< HU, lowest and highest; empty: none
  double subtract = 0.0;              ///< HU, after clipping
  double divide = 1.0;                ///< HU, after subtracting
  double pad = -1024.0;               ///< HU beyond the image, before clipping
  std::int64_t channels = 1;          ///< C of the input, copies of the image
  std::vector<std::int64_t> patch;    ///< voxels along i, j and, of volumes, k; empty: all
  double overlap = 0.5;               ///< of neighbouring patches, share of their edge
  std::int64_t multiple_of = 1;       ///< voxels, of every edge where there are no patches
  std::string output = "logits";    ///< probabilities, logits, class_logits, largest_class, scores
  std::int64_t channel = 0;         ///< of the output, from 0
  double threshold = 0.5;           ///< from which on a voxel is lesion, or of a finding
  std::int64_t most = 50;           ///< findings an image
  std::string combine = "maximum";  ///< of a classifier's slices or patches; mean
  double timeout = 600.0;           ///< s
  double memory = 8.0;              ///< GiB of addresses
  static const Schema<Onnx>& schema();
};

/// Where a network's command has the name and version of its runtime, and its file.
inline constexpr std::size_t onnx_runtime = 1, onnx_file = 2;

/// If a command is that of a network whose program is not yet found.
bool is_onnx(const Command& command);

/// Runs a network by one of our own programs, which are commands as a user's are: they take what
/// the program's name and version of its runtime must be (`{runtime}` until they are known), the
/// model's file, the settings as JSON, the image and the output.
class OnnxReader final : public CommandReader {
 public:
  using Params = Onnx;
  static const Schema<Onnx>& schema() { return Onnx::schema(); }
  explicit OnnxReader(const Onnx& network);
};

}  // namespace vitrine::readers
