#pragma once
#include <cstddef>
#include <span>
#include <string>
#include <vector>

#include "vitrine/model/volume.hpp"

namespace vitrine::onnx {

/// What a network must be given.
struct ModelInput {
  std::string name;
  std::vector<Index> shape;  ///< 0: any length
};

/// The inputs that the ONNX file (a protocol buffer of onnx.proto3) declares, without those that it
/// holds as weights. Throws Error (data) if the bytes are no such file, or end too early.
std::vector<ModelInput> model_inputs(std::span<const std::byte> file);

}  // namespace vitrine::onnx
