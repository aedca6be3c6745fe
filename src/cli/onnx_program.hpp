#pragma once
#include "vitrine/readers/reader.hpp"

namespace vitrine::cli {

/// A command of the reader `onnx` with its program, which stands beside this one or is found as
/// others are, and with the name and version of the runtime that this program has now. Other
/// commands stay as they are. Throws Error (input) that says the way out if the network's file, the
/// program or its runtime is not there.
readers::Command with_runtime(const readers::Command& command);

}  // namespace vitrine::cli
