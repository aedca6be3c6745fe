#pragma once
#include "vitrine/onnx/network.hpp"
#include "vitrine/readers/onnx.hpp"

namespace vitrine::onnx {

/// The voxels that a network calls lesion: those whose value, the mean over all windows that cover
/// them, reaches the threshold. Throws Error (data) if an output has another size than the input,
/// lacks the channel, holds no finite numbers, or no probabilities where these are promised.
Mask segment(const Image& image, const readers::Onnx& settings, Network& network);

/// How a classifier rates an image: the maximum or mean of its windows. Throws as `segment` does.
double rate(const Image& image, const readers::Onnx& settings, Network& network);

}  // namespace vitrine::onnx
