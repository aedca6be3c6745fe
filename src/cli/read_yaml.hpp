#pragma once
#include <string>

#include "vitrine/config/caret.hpp"
#include "vitrine/config/yaml.hpp"
#include "vitrine/io/file.hpp"

namespace vitrine::cli {

/// A file that holds one `T`, or an Error (input) that shows every problem with its line.
template <class T>
T read_yaml(const std::string& file) {
  const std::string text = io::read_text(file, config::max_document_bytes);
  Diagnostics reading, checking;
  const Value tree = config::parse_yaml(text, file, reading);
  auto thing = T::schema().read(tree, checking);
  const Diagnostics problems = config::without_echoes(reading, checking);
  if (!problems.ok()) throw Error(Error::Kind::input, config::show(problems, {{file, text}}));
  return thing;
}

}  // namespace vitrine::cli
