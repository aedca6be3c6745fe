#include "vitrine/config/override.hpp"

#include <charconv>
#include <string>
#include <vector>

#include "vitrine/config/plain.hpp"
#include "vitrine/config/yaml.hpp"

namespace vitrine::config {
namespace {

constexpr const char* source = "--set";

/// One step of a path: a key, or a position in a list.
struct Step {
  std::string key;
  std::size_t index = 0;
  bool is_index = false;
};

/// The steps of `a.b[0].c`; empty if it is no path.
std::vector<Step> split(std::string_view path) {
  std::vector<Step> steps;
  while (!path.empty()) {
    Step step;
    if (path.front() == '[') {
      const char* end = path.data() + path.size();
      const auto [stop, error] = std::from_chars(path.data() + 1, end, step.index);
      if (steps.empty() || error != std::errc{} || stop == end || *stop != ']') return {};
      step.is_index = true;
      path.remove_prefix(std::size_t(stop - path.data()) + 1);
    } else {
      if (!steps.empty()) {
        if (path.front() != '.') return {};
        path.remove_prefix(1);
      }
      const std::size_t length = std::min(path.find_first_of(".["), path.size());
      if (length == 0) return {};
      step.key = path.substr(0, length);
      path.remove_prefix(length);
    }
    steps.push_back(std::move(step));
    if (steps.size() > max_depth) return {};
  }
  return steps;
}

/// Places inside the text of an override mean nothing to its author; its path does.
Location relocated(const Location& where, const std::string& path) {
  const bool deeper = !where.path.empty() && where.path.front() != '[';
  return {source, 0, 0, path + (deeper ? "." : "") + where.path};
}

void relocate(Value& value, const std::string& path) {
  value.where = relocated(value.where, path);
  if (auto* list = std::get_if<Value::List>(&value.data)) {
    for (Value& item : *list) relocate(item, path);
  } else if (auto* map = std::get_if<Value::Map>(&value.data)) {
    for (auto& member : *map) {
      member.key_where = relocated(member.key_where, path);
      relocate(member.value, path);
    }
  }
}

Value* member_or_new(Value& node, const std::string& key, const Location& where) {
  if (node.empty()) node.data = Value::Map{};
  auto* map = std::get_if<Value::Map>(&node.data);
  if (!map) return nullptr;
  for (auto& member : *map)
    if (member.key == key) return &member.value;
  map->push_back({key, Value(), where});
  map->back().value.where = where;
  return &map->back().value;
}

}  // namespace

void apply_override(Value& root, std::string_view assignment, Diagnostics& problems) {
  const std::size_t equals = std::min(assignment.find('='), assignment.size());
  const std::string path(assignment.substr(0, equals));
  const Location where{source, 0, 0, path};
  const std::vector<Step> steps = split(path);
  if (equals == assignment.size() || steps.empty())
    return problems.error({source, 0, 0, {}},
                          str('\'', excerpt(assignment), "' is no assignment. Write PATH=VALUE, ",
                              "such as patients.count=3 or lesions[0].shape.kind=round."));

  Diagnostics reading;
  Value value = parse_yaml(assignment.substr(equals + 1), source, reading);
  for (const auto& problem : reading.entries())
    problems.error(relocated(problem.where, path), problem.message);
  if (!reading.ok()) return;
  relocate(value, path);

  // Try on a copy: a path that leads nowhere must leave no half-made maps behind.
  Value changed = root;
  Value* node = &changed;
  std::string so_far;
  for (const Step& step : steps) {
    Value* next = nullptr;
    if (!step.is_index) {
      next = member_or_new(*node, step.key, where);
    } else if (auto* list = std::get_if<Value::List>(&node->data);
               list && step.index < list->size()) {
      next = &(*list)[step.index];
    }
    if (!next) {
      const auto* list = node->as<Value::List>();
      const std::string it = so_far.empty() ? "the document" : str('\'', so_far, '\'');
      return problems.error(
          where,
          list && step.is_index
              ? str(it, " has ", list->size(), " items (numbered from 0).")
              : str(it, " is ", name_of_type(*node), ", not ",
                    step.is_index ? "a list." : "a map. Use [0] for the first item of a list."));
    }
    so_far += step.is_index ? str('[', step.index, ']') : str(so_far.empty() ? "" : ".", step.key);
    node = next;
  }
  *node = std::move(value);
  root = std::move(changed);
}

}  // namespace vitrine::config
