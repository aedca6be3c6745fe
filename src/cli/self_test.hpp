#pragma once
#include <vector>

#include "vitrine/core/hash.hpp"
#include "vitrine/core/isa.hpp"

namespace vitrine::cli {

/// What a small trial gave: one patient with a nodule, scanned once with noise, measured.
struct SelfTest {
  Digest digest;          ///< of the images, masks and feature values
  std::vector<float> hu;  ///< of the image
};

/// Runs it, in memory, within about a second.
SelfTest self_test(Isa isa);

}  // namespace vitrine::cli
