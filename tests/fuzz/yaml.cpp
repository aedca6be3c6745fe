#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "vitrine/config/caret.hpp"
#include "vitrine/config/plain.hpp"
#include "vitrine/config/yaml.hpp"

using namespace vitrine;

namespace {

void expect(bool ok) {
  if (!ok) std::abort();
}

}  // namespace

/// Any bytes give a tree or problems, never both nothing; a clean tree survives being written out.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string text(reinterpret_cast<const char*>(data), size);
  Diagnostics problems;
  const Value root = config::parse_yaml(text, "fuzz.yaml", problems);
  for (const auto& [where, message] : problems.entries())
    expect(where.line >= 1 && where.column >= 1 && !message.empty());
  config::show(problems, {{"fuzz.yaml", text}});
  config::to_json_text(problems);
  if (!problems.ok()) return 0;

  expect(!root.empty());
  Diagnostics again;
  const Value copy = config::parse_yaml(config::to_yaml(root), "copy.yaml", again);
  expect(again.ok() && to_json(copy) == to_json(root));
  return 0;
}
