#include "support/data.hpp"

#include <cstdlib>

namespace vitrine::test {

std::filesystem::path source_root() { return VITRINE_SOURCE_DIR; }

std::filesystem::path reference_data(const char* variable, const char* name) {
  if (const char* folder = std::getenv(variable)) return folder;
  return source_root().parent_path() / "shared" / name;
}

}  // namespace vitrine::test
