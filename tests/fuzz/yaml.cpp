#include "vitrine/config/yaml.hpp"
#include "fuzz.hpp"
#include "vitrine/config/caret.hpp"
#include "vitrine/config/plain.hpp"

using namespace vitrine;

using fuzz::expect;

/// Any bytes give a tree or problems, never both nothing; a clean tree survives being written out.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string text(reinterpret_cast<const char*>(data), size);
  Diagnostics problems;
  const Value root = config::parse_yaml(text, "fuzz.yaml", problems);
  for (const auto& [where, message] : problems.entries())
    expect(where.line >= 1 && where.column >= 1 && !message.empty());
  config::show(problems, {{"fuzz.yaml", text}});
  config::to_json_text(problems);
  if (!problems.ok()) return -1;

  expect(!root.empty());
  Diagnostics again;
  const Value copy = config::parse_yaml(config::to_yaml(root), "copy.yaml", again);
  expect(again.ok() && to_json(copy) == to_json(root));
  return 0;
}

std::vector<std::string> fuzz::seeds() {
  return {
      "vitrine: 1\ntrial: {name: a, seed: 7}\npatients:\n  count: 2   # two\n  lesions:\n    - "
      "shape: {kind: sphere, diameter_mm: {uniform: [10, 14]}}\n",
      "a: [1, -2.5e-3, true, 'x: y', \"\\u00e9\\n\"]\nb:\n  - c: []\n  - |\n    block\n    text\n"};
}
