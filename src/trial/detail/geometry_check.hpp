#pragma once
#include "vitrine/trial/scenario.hpp"

namespace vitrine::trial::detail {

/// Report every scanner that cannot deflect its focal spot as the protocol asks, or so that its
/// readings do not interleave.
void check_focal_spots(const Arms& arms, const Value& node, Diagnostics& problems);

/// Report every scanner whose fan needs a longer arc than the protocol's.
void check_scan_arc(const Arms& arms, const Value& node, Diagnostics& problems);

}  // namespace vitrine::trial::detail
