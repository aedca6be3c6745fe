#include "vitrine/core/error.hpp"

#include <cstdio>
#include <cstdlib>

namespace vitrine {

std::string to_string(const Location& where) {
  std::string text = where.file;
  if (where.line > 0) text += str(':', where.line, ':', where.column);
  if (!where.path.empty()) text += text.empty() ? where.path : str(" (", where.path, ')');
  return text;
}

std::string explain(const Error& error) {
  std::string text = error.where() ? str(to_string(*error.where()), ": ") : std::string();
  text += error.what();
  for (const std::string& what : error.context()) text += str("\n  while ", what);
  return text;
}

void contract_failed(const char* condition, const char* file, int line) {
  std::fprintf(stderr, "vitrine: our own check failed at %s:%d: %s\n", file, line, condition);
  std::abort();
}

}  // namespace vitrine
