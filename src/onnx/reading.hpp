#pragma once
#include "vitrine/onnx/network.hpp"
#include "vitrine/readers/onnx.hpp"

namespace vitrine::onnx {

/// The voxels that a network calls lesion: those whose value, the mean over all windows that cover
/// them, reaches the threshold. Throws Error (data) if an output has another size than the input,
/// lacks the channel, holds no finite numbers, or no probabilities where these are promised.
Mask segment(const Image& image, const readers::Onnx& settings, Network& network);

/// The connected parts (by faces) of that mask, the surest first and at most as many as settings
/// say: each at the mean of its voxels' centres, with the largest of its values. Of equally sure
/// ones that with the earlier first voxel comes first. Throws as `segment` does.
std::vector<readers::Point> detect(const Image& image, const readers::Onnx& settings,
                                   Network& network);

/// How a classifier rates an image: the maximum or mean of its windows. Throws as `segment` does.
double rate(const Image& image, const readers::Onnx& settings, Network& network);

}  // namespace vitrine::onnx
