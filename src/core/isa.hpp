#pragma once
#include <string_view>

namespace vitrine {

/// Instruction-set level of the hot kernels; equal levels give equal bits on every machine.
enum class Isa {
  portable,  ///< any x86-64
  v3,        ///< x86-64-v3: AVX2 and FMA
};

std::string_view to_string(Isa isa);

/// The highest level this processor runs.
Isa best_isa();

/// The level of a name ("portable", "v3"; empty = the best one). Throws Error on an unknown name or
/// a level that this processor lacks.
Isa isa_from_name(std::string_view name);

}  // namespace vitrine
