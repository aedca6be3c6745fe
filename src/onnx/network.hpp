#pragma once
#include <string>
#include <vector>

#include "vitrine/model/volume.hpp"

namespace vitrine::onnx {

/// Numbers in a box, the last axis fastest.
struct Tensor {
  std::vector<Index> shape;
  std::vector<float> values;
};

/// "1 x 1 x 512 x 512"; a length of 0 is any.
std::string to_string(const std::vector<Index>& shape);

/// What a file holds, ready to run.
class Network {
 public:
  virtual ~Network() = default;
  /// Throws Error (unsupported, data) that says why it cannot be run on this input.
  virtual Tensor run(const Tensor& input) = 0;
};

}  // namespace vitrine::onnx
