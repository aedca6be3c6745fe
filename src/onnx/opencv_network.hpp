#pragma once
#include <memory>
#include <string>

#include "vitrine/io/file.hpp"
#include "vitrine/onnx/network.hpp"

namespace vitrine::onnx {

/// Name and version of what runs networks: "OpenCV DNN 4.6.0".
std::string opencv_runtime();

/// A network run by OpenCV's DNN module, on one thread, so that its bits depend on nothing but the
/// processor's instructions. Throws Error (data) if the file holds no ONNX network, Error
/// (unsupported) if OpenCV cannot run it.
std::unique_ptr<Network> opencv_network(const io::Path& file);

}  // namespace vitrine::onnx
