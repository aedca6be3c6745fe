#pragma once
#include <vector>

#include "vitrine/trial/scenario.hpp"

namespace vitrine::trial {

inline constexpr const char* algorithm_doc =
    "how line integrals become an image (filtered back projection if nothing is said)";

/// The algorithms that images are made with: the levels, or the protocol's, or the default.
std::vector<Pick<recon::Algorithm>> algorithms_of(const Arms& arms);

/// Whether any image is made otherwise than by the default.
bool names_algorithms(const Arms& arms);

/// Reports algorithms that a scan's geometry does not suit.
void check_algorithms(const Arms& arms, const Value& node, Diagnostics& problems);

}  // namespace vitrine::trial
