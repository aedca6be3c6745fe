#include "vitrine/core/isa.hpp"

#include "vitrine/core/error.hpp"

namespace vitrine {

std::string_view to_string(Isa isa) { return isa == Isa::v3 ? "v3" : "portable"; }

Isa best_isa() {
  const bool v3 = __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma") &&
                  __builtin_cpu_supports("bmi2");
  return v3 ? Isa::v3 : Isa::portable;
}

Isa isa_from_name(std::string_view name) {
  if (name.empty()) return best_isa();
  if (name == "portable") return Isa::portable;
  require(name == "v3", Error::Kind::input, "unknown instruction-set level '", name,
          "' in VITRINE_ISA. Use portable or v3.");
  require(best_isa() == Isa::v3, Error::Kind::unsupported,
          "VITRINE_ISA is v3 (this processor has no AVX2, FMA and BMI2). Use portable.");
  return Isa::v3;
}

}  // namespace vitrine
