#pragma once
#include <string>

#include "vitrine/config/caret.hpp"
#include "vitrine/config/yaml.hpp"
#include "vitrine/io/file.hpp"

namespace vitrine::cli {

/// A file that holds one `T`, or an Error (input) that shows every problem with its line. `written`
/// gets the tree as the file has it, without defaults. `block`: a key whose value is read in place
/// of the whole, if the file has it.
template <class T>
T read_yaml(const std::string& file, Value* written = nullptr, const char* block = nullptr) {
  const std::string text = io::read_text(file, config::max_document_bytes);
  Diagnostics reading, checking;
  Value tree = config::parse_yaml(text, file, reading);
  const Value* part = block ? tree.find(block) : nullptr;
  auto thing = T::schema().read(part ? *part : tree, checking);
  const Diagnostics problems = config::without_echoes(reading, checking);
  if (!problems.ok()) throw Error(Error::Kind::input, config::show(problems, {{file, text}}));
  if (written) *written = std::move(tree);
  return thing;
}

}  // namespace vitrine::cli
