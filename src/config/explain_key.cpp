#include <algorithm>

#include "vitrine/config/detail/field.hpp"
#include "vitrine/config/explain.hpp"
#include "vitrine/config/plain.hpp"

namespace vitrine::config::detail {
namespace {

using Entry = CatalogueInfo::Entry;
using Type = FieldInfo::Type;

/// `a.b[0].c` as {a, b, c}.
std::vector<std::string> parts_of(std::string_view path) {
  std::vector<std::string> parts(1);
  bool in_brackets = false;
  for (const char c : path) {
    if (c == '[' || c == ']')
      in_brackets = c == '[';
    else if (c == '.' && !in_brackets)
      parts.emplace_back();
    else if (!in_brackets)
      parts.back() += c;
  }
  return parts;
}

/// A key, and the thing that has it.
struct Found {
  std::string owner;  ///< `protocol`, `lesion_shape.lobulated`
  FieldInfo field;
};

/// Follows a path through the fields of entries; a choice of kinds goes on in each kind that has
/// the next key.
class Walk {
 public:
  Walk(std::vector<std::string> parts, std::span<const CatalogueInfo> catalogues)
      : parts_(std::move(parts)), catalogues_(catalogues) {}

  std::vector<Found> found;
  /// Where the path went astray, as far along it as it got: keys that are there, and which is not.
  std::size_t astray_at = 0;
  std::vector<std::string> there;

  void follow(const std::vector<FieldInfo>& fields, std::size_t at, const std::string& owner) {
    if (at >= parts_.size()) return;
    bool known = false;
    for (const FieldInfo& field : fields) {
      if (field.key != parts_[at]) continue;
      known = true;
      if (at + 1 == parts_.size())
        found.push_back({owner, field});
      else
        descend(field, at, owner + '.' + field.key);
    }
    if (known || at < astray_at) return;
    if (at > astray_at) there.clear();
    astray_at = at;
    for (const FieldInfo& field : fields) there.push_back(field.key);
  }

 private:
  void descend(const FieldInfo& field, std::size_t at, const std::string& owner) {
    if (field.type == Type::list && !field.children.empty())
      return descend(field.children.front(), at, owner);
    if (field.type == Type::block) return follow(field.children, at + 1, owner);
    if (field.type != Type::pick) return;
    for (const CatalogueInfo& catalogue : catalogues_) {
      if (catalogue.family != field.family) continue;
      for (const Entry& entry : catalogue.entries) {
        const bool named = entry.kind == parts_[at + 1];
        follow(entry.fields, at + (named ? 2 : 1), catalogue.family + '.' + entry.kind);
      }
    }
  }

  std::vector<std::string> parts_;
  std::span<const CatalogueInfo> catalogues_;
};

Walk walked(std::string_view path, std::span<const CatalogueInfo> catalogues, bool& begins) {
  const std::vector<std::string> parts = parts_of(path);
  Walk walk(parts, catalogues);
  const auto begin = [&](const Entry& entry, std::size_t at, const std::string& owner) {
    begins = true;
    walk.follow(entry.fields, at, owner);
  };
  for (const CatalogueInfo& catalogue : catalogues) {
    const bool is_block = catalogue.family == block_family;
    for (const Entry& entry : catalogue.entries) {
      const bool is_top = is_block && entry.kind == "scenario";
      const std::string name = is_block ? entry.kind : catalogue.family + '.' + entry.kind;
      if (parts.size() > 1 && entry.kind == parts[0]) begin(entry, 1, name);
      if (parts.size() > 2 && catalogue.family == parts[0] && entry.kind == parts[1])
        begin(entry, 2, name);
      const bool has_first =
          std::any_of(entry.fields.begin(), entry.fields.end(),
                      [&](const FieldInfo& field) { return field.key == parts[0]; });
      if (is_top && has_first) begin(entry, 0, name);
    }
  }
  // A block is also part of the scenario: its keys are told once.
  std::vector<Found> once;
  for (Found& one : walk.found) {
    const bool again = std::any_of(once.begin(), once.end(), [&](const Found& other) {
      return facts(other.field) == facts(one.field) && other.field.doc == one.field.doc;
    });
    if (!again) once.push_back(std::move(one));
  }
  walk.found = std::move(once);
  return walk;
}

const FieldInfo& inner(const FieldInfo& field) {
  return field.type == Type::list && !field.children.empty() ? inner(field.children.front())
                                                             : field;
}

std::string page(const Found& one) {
  std::string text = str(one.owner, '.', one.field.key, ": ", wrapped(facts(one.field), 4), '\n');
  if (!one.field.doc.empty()) text += str("    ", wrapped(one.field.doc, 4), '\n');
  const FieldInfo& value = inner(one.field);
  if (value.type == Type::pick)
    text += str("    `vitrine list ", value.family, "` shows what there is to choose from.\n");
  if (value.type != Type::block) return text;
  text += "    Its keys:\n";
  for (const FieldInfo& child : value.children)
    text += str("      ", child.key, ": ", wrapped(facts(child), 10), '\n');
  return text;
}

}  // namespace

std::string explain_key(std::string_view path, std::span<const CatalogueInfo> catalogues) {
  bool begins = false;
  const Walk walk = walked(path, catalogues, begins);
  std::string text;
  for (const Found& one : walk.found) text += (text.empty() ? "" : "\n") + page(one);
  if (!text.empty() || !begins) return text;
  const std::string lost = parts_of(path)[walk.astray_at];
  std::string before;
  for (std::size_t i = 0; i < walk.astray_at; ++i)
    before += (before.empty() ? "" : ".") + parts_of(path)[i];
  require(!walk.there.empty(), Error::Kind::input, '\'', excerpt(path),
          "' goes on where there are no more keys. Leave out its end.");
  throw Error(Error::Kind::input, str('\'', excerpt(before), "' has no key '", excerpt(lost), "'.",
                                      suggestion(lost, walk.there)));
}

Value::List key_json(std::string_view path, std::span<const CatalogueInfo> catalogues) {
  bool begins = false;
  Value::List all;
  for (const Found& one : walked(path, catalogues, begins).found)
    all.push_back(field_json(one.field).set("in", one.owner));
  return all;
}

}  // namespace vitrine::config::detail
