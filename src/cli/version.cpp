#include "vitrine/cli/version.hpp"

#include <cstdlib>

#include "vitrine/core/error.hpp"

#ifndef VITRINE_VERSION
#error "the build system defines VITRINE_VERSION"
#endif

namespace vitrine::cli {

std::string version_text() {
  return str("vitrine ", VITRINE_VERSION,
             "\nscenario format 1, results format 1\ninstruction-set level ", to_string(best_isa()),
             " (this machine)");
}

Isa chosen_isa() {
  const char* name = std::getenv("VITRINE_ISA");
  return isa_from_name(name ? name : "");
}

}  // namespace vitrine::cli
