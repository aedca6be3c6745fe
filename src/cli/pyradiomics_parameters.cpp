#include "vitrine/cli/pyradiomics_parameters.hpp"

#include <algorithm>

#include "vitrine/config/caret.hpp"
#include "vitrine/config/yaml.hpp"
#include "vitrine/io/file.hpp"

namespace vitrine::cli {
namespace {

using radiomics::pyradiomics::Parameters;
using radiomics::pyradiomics::Settings;

/// The character of `text` at a place, '\0' if there is none.
std::string_view text_at(std::string_view text, const Location& where) {
  for (int line = 1; line < where.line; ++line) {
    const auto end = text.find('\n');
    if (end == std::string_view::npos) return {};
    text.remove_prefix(end + 1);
  }
  const auto column = std::size_t(std::max(where.column, 1)) - 1;
  return column < text.size() ? text.substr(column) : std::string_view();
}

/// Makes text of every sigma that is written without a point, since column names show it so.
void keep_whole_sigmas(Value& node, std::string_view text) {
  auto* members = std::get_if<Value::Map>(&node.data);
  if (!members) return;
  for (Value::Member& member : *members) {
    auto* list = std::get_if<Value::List>(&member.value.data);
    if (member.key != "sigma" || !list) {
      keep_whole_sigmas(member.value, text);
      continue;
    }
    for (Value& item : *list) {
      if (!item.as<double>()) continue;
      const std::string_view written = text_at(text, item.where);
      const auto digits = written.find_first_not_of("0123456789");
      const char next = digits == std::string_view::npos ? ' ' : written[digits];
      if (digits != 0 && next != '.' && next != 'e' && next != 'E')
        item.data = std::string(written.substr(0, digits));
    }
  }
}

/// `name:value` as the member of a map; a list may be written without brackets.
Value::Member setting_member(const std::string& assignment, Diagnostics& problems) {
  const auto colon = assignment.find(':');
  require(colon != std::string::npos && colon > 0, Error::Kind::input, "--setting '", assignment,
          "' has no value. Write NAME:VALUE, as in binWidth:25");
  const std::string name = assignment.substr(0, colon);
  std::string value = assignment.substr(colon + 1);
  for (const FieldInfo& field : Settings::schema().fields())
    if (field.key == name && field.type == FieldInfo::Type::list && !value.starts_with('['))
      value = '[' + value + ']';
  const std::string text = name + ": " + value;
  Value tree = config::parse_yaml(text, "--setting", problems, config::Dialect::python);
  keep_whole_sigmas(tree, text);
  const auto* members = tree.as<Value::Map>();
  return members && !members->empty() ? members->front() : Value::Member{name, {}, {}};
}

}  // namespace

Parameters read_pyradiomics_parameters(const std::string& file,
                                       const std::vector<std::string>& settings) {
  Diagnostics reading, checking;
  const std::string text = file.empty() ? "" : io::read_text(file, config::max_document_bytes);
  Value tree;
  if (!file.empty()) {
    tree = config::parse_yaml(text, file, reading, config::Dialect::python);
    keep_whole_sigmas(tree, text);
  }
  Value changes(Value::Map{});
  for (const std::string& assignment : settings)
    std::get<Value::Map>(changes.data).push_back(setting_member(assignment, reading));
  const bool has_changes = !settings.empty();
  Parameters parameters =
      radiomics::pyradiomics::read_parameters(tree, has_changes ? &changes : nullptr, checking);
  const Diagnostics problems = config::without_echoes(reading, checking);
  if (!problems.ok()) throw Error(Error::Kind::input, config::show(problems, {{file, text}}));
  return parameters;
}

}  // namespace vitrine::cli
