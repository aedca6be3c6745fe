#pragma once
#include "vitrine/core/isa.hpp"

namespace vitrine::physics::detail {

/// Whether the kernels of v4 stand in for those of `isa`: sixteen lanes at once, the same bits. The
/// processor has AVX-512, and sixteen divide a column's rows (`most_lanes_at_once`).
bool is_wide(Isa isa, int row_groups);

}  // namespace vitrine::physics::detail
