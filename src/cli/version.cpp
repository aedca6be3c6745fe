#include "vitrine/cli/version.hpp"

#include <link.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>

#include "vitrine/core/error.hpp"
#include "vitrine/core/utf8.hpp"
#include "vitrine/physics/version.hpp"

#ifndef VITRINE_VERSION
#error "the build system defines VITRINE_VERSION"
#endif

namespace vitrine::cli {

std::string version_text() {
  return str("vitrine ", VITRINE_VERSION,
             "\nscenario format 1, results format 1\ninstruction-set level ", to_string(best_isa()),
             " (this machine)");
}

Value program_versions() {
  return Value()
      .set("vitrine", Value(VITRINE_VERSION))
      .set("physics", Value(double(physics::model_version)))
      .set("compiler", Value(str("g++ ", __VERSION__)));
}

std::vector<std::string> loaded_libraries() {
  std::vector<std::string> names;
  const auto take = [](dl_phdr_info* info, std::size_t, void* all) {
    std::error_code error;
    const std::filesystem::path link = info->dlpi_name ? info->dlpi_name : "";
    if (link.has_root_path()) {  // not the program itself, nor what the kernel maps
      const auto file = std::filesystem::canonical(link, error);
      static_cast<std::vector<std::string>*>(all)->push_back(
          clean_utf8((error ? link : file).filename().string()));
    }
    return 0;
  };
  ::dl_iterate_phdr(take, &names);
  std::sort(names.begin(), names.end());
  return names;
}

Isa chosen_isa() {
  const char* name = std::getenv("VITRINE_ISA");
  return isa_from_name(name ? name : "");
}

}  // namespace vitrine::cli
