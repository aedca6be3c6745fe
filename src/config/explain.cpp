#include "vitrine/config/explain.hpp"

#include <algorithm>
#include <functional>

#include "vitrine/config/detail/field.hpp"
#include "vitrine/config/plain.hpp"

namespace vitrine::config {
namespace detail {

std::string wrapped(std::string_view text, std::size_t indent, std::size_t width) {
  std::string out;
  std::size_t column = indent;
  while (!text.empty()) {
    const std::size_t length = std::min(text.find(' '), text.size());
    if (column > indent && column + 1 + length > width) {
      out += '\n' + std::string(indent, ' ');
      column = indent;
    } else if (column > indent) {
      out += ' ';
      ++column;
    }
    out += text.substr(0, length);
    column += length;
    text.remove_prefix(std::min(length + 1, text.size()));
  }
  return out;
}

std::string default_text(const FieldInfo& field) {
  const Value value = default_value(field);
  if (value.empty() || field.type == FieldInfo::Type::block) return {};
  return to_yaml(value);
}

std::string facts(const FieldInfo& field) {
  std::string text = type_name(field);
  const bool worded = !field.options.empty() || (field.type == FieldInfo::Type::list &&
                                                 !field.children.front().options.empty());
  if (const std::string allowed = detail::allowed_text(field); !allowed.empty())
    text += str(worded ? ": " : ", ", allowed);
  if (field.required) return text + ", required";
  if (const std::string value = default_text(field); !value.empty())
    text += str(", default ", value);
  return text;
}

Value field_json(const FieldInfo& field) {
  Value out;
  out.set("key", field.key).set("type", type_name(field)).set("doc", field.doc);
  out.set("required", field.required);
  if (Value value = detail::default_value(field); !value.empty())
    out.set("default", std::move(value));
  if (const std::string allowed = detail::allowed_text(field); !allowed.empty())
    out.set("allowed", allowed);
  if (!field.unit.empty()) out.set("unit", field.unit);
  return out;
}

}  // namespace detail

namespace {

using detail::default_text;
using detail::facts;
using detail::field_json;
using detail::wrapped;

using Entry = CatalogueInfo::Entry;

std::string full_name(const CatalogueInfo& catalogue, const Entry& entry) {
  return catalogue.family == block_family ? entry.kind : str(catalogue.family, '.', entry.kind);
}

/// A field with its dotted key, and a row of its own for each key inside a block.
struct Row {
  std::string key;
  const FieldInfo* field;
};

void append_rows(const std::vector<FieldInfo>& fields, const std::string& prefix,
                 std::vector<Row>& rows) {
  for (const FieldInfo& field : fields) {
    const std::string key = prefix + field.key;
    rows.push_back({key, &field});
    if (field.type == FieldInfo::Type::block) append_rows(field.children, key + '.', rows);
    if (field.type == FieldInfo::Type::list &&
        field.children.front().type == FieldInfo::Type::block)
      append_rows(field.children.front().children, key + "[].", rows);
  }
}

std::vector<Row> rows_of(const Entry& entry) {
  std::vector<Row> rows;
  append_rows(entry.fields, "", rows);
  return rows;
}

std::string indented(std::string_view text, std::string_view margin) {
  std::string out;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    out += str(margin, text.substr(0, end), '\n');
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return out;
}

std::string page(const CatalogueInfo& catalogue, const Entry& entry) {
  std::string out = str(full_name(catalogue, entry), ": ", entry.summary, '\n');
  const std::vector<Row> rows = rows_of(entry);
  std::size_t widest = 0;
  for (const Row& row : rows) widest = std::max(widest, row.key.size());
  const std::size_t indent = std::min<std::size_t>(widest, 36) + 4;
  if (rows.empty()) out += "\nIt takes no parameters.\n";
  if (!rows.empty()) out += '\n';
  for (const Row& row : rows) {
    const bool fits = row.key.size() + 4 <= indent;
    out += str(
        "  ", row.key,
        fits ? std::string(indent - 2 - row.key.size(), ' ') : str('\n', std::string(indent, ' ')),
        wrapped(facts(*row.field), indent), '\n');
    if (!row.field->doc.empty())
      out += str(std::string(indent, ' '), wrapped(row.field->doc, indent), '\n');
  }
  if (!entry.rules.empty()) out += "\nRules\n";
  for (const std::string& rule : entry.rules) out += str("  - ", wrapped(rule, 4), '\n');
  return out + "\nExample\n" + indented(example_yaml(catalogue, entry), "  ");
}

std::string list_family(const CatalogueInfo& catalogue) {
  std::string out = str(catalogue.family, ": ", catalogue.summary, '\n');
  std::size_t widest = 0;
  for (const auto& entry : catalogue.entries) widest = std::max(widest, entry.kind.size());
  for (const auto& entry : catalogue.entries)
    out += str("  ", entry.kind, std::string(widest + 2 - entry.kind.size(), ' '),
               wrapped(entry.summary, widest + 4), '\n');
  return out;
}

/// What stands for a value that the user must give.
std::string placeholder(const FieldInfo& field) {
  if (!field.options.empty()) return field.options.front();
  switch (field.type) {
    case FieldInfo::Type::number:
    case FieldInfo::Type::distribution:
      return "NUMBER";
    case FieldInfo::Type::integer:
      return "WHOLE_NUMBER";
    case FieldInfo::Type::flag:
      return "true";
    case FieldInfo::Type::list:
      return str('[', placeholder(detail::element_of(field)), ']');
    default:
      return "TEXT";
  }
}

void append_example(const std::vector<FieldInfo>& fields, const std::string& margin,
                    std::string& out) {
  for (const FieldInfo& field : fields) {
    const bool holds_blocks = field.type == FieldInfo::Type::list && !field.children.empty() &&
                              field.children.front().type == FieldInfo::Type::block;
    const Value value = detail::default_value(field);
    if (field.type == FieldInfo::Type::block && (field.required || !value.empty())) {
      out += str(margin, field.key, ":\n");
      append_example(field.children, margin + "  ", out);
    } else if (field.required && holds_blocks) {
      std::string item;
      append_example(field.children.front().children, margin + "    ", item);
      if (!item.empty()) item.replace(margin.size() + 2, 1, "-");
      out += str(margin, field.key, ":\n", item);
    } else if (field.required) {
      out += str(margin, field.key, ": ", placeholder(field), "  # required\n");
    } else if (!value.empty()) {
      out += str(margin, field.key, ": ", to_yaml(value), '\n');
    } else {
      out += str(margin, "# ", field.key, ": ", type_name(field), '\n');
    }
  }
}

struct Found {
  const CatalogueInfo* catalogue;
  const Entry* entry;
};

std::string cell(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (c == '|') out += '\\';
    out += c == '\n' ? ' ' : c;
  }
  return out;
}

Value entry_json(const Entry& entry) {
  Value::List fields;
  for (const FieldInfo& field : entry.fields) fields.push_back(field_json(field));
  Value item;
  item.set("kind", entry.kind).set("summary", entry.summary);
  item.set("fields", std::move(fields));
  item.set("rules", Codec<std::vector<std::string>>::write(entry.rules, 1.0));
  return item;
}

const CatalogueInfo& family_named(std::string_view name,
                                  std::span<const CatalogueInfo> catalogues) {
  std::vector<std::string> families;
  for (const CatalogueInfo& catalogue : catalogues) {
    if (catalogue.family == name) return catalogue;
    families.push_back(catalogue.family);
  }
  throw Error(Error::Kind::input,
              str("there is no family '", excerpt(name), "'.", suggestion(name, families)));
}

void for_each_listed(std::span<const CatalogueInfo> catalogues, std::string_view family,
                     const std::function<void(const CatalogueInfo&)>& visit) {
  if (!family.empty()) return visit(family_named(family, catalogues));
  for (const CatalogueInfo& catalogue : catalogues) visit(catalogue);
}

}  // namespace

std::string example_yaml(const CatalogueInfo& catalogue, const Entry& entry) {
  std::string out = catalogue.family == block_family ? "" : str("kind: ", entry.kind, '\n');
  append_example(entry.fields, "", out);
  return out;
}

std::string explain_name(std::string_view name, std::span<const CatalogueInfo> catalogues) {
  std::vector<Found> found;
  std::vector<std::string> known;
  for (const CatalogueInfo& catalogue : catalogues) {
    if (catalogue.family == name) return list_family(catalogue);
    known.push_back(catalogue.family);
    for (const Entry& entry : catalogue.entries) {
      if (full_name(catalogue, entry) == name) return page(catalogue, entry);
      if (entry.kind == name) found.push_back({&catalogue, &entry});
      known.push_back(entry.kind);
      known.push_back(full_name(catalogue, entry));
    }
  }
  if (found.size() == 1) return page(*found.front().catalogue, *found.front().entry);
  std::string full_names;
  for (const Found& one : found)
    full_names += str(full_names.empty() ? "" : ", ", full_name(*one.catalogue, *one.entry));
  require(found.empty(), Error::Kind::input, '\'', excerpt(name),
          "' is the name of several things. Use one of ", full_names, '.');
  if (const std::string key_page = detail::explain_key(name, catalogues); !key_page.empty())
    return key_page;
  const std::string near = closest(name, known);
  throw Error(Error::Kind::input, str("nothing is called '", excerpt(name), "'.",
                                      near.empty() ? "" : str(" Did you mean '", near, "'?"),
                                      " `vitrine list` shows every name."));
}

Value explain_json(std::string_view name, std::span<const CatalogueInfo> catalogues) {
  for (const CatalogueInfo& catalogue : catalogues) {
    if (catalogue.family == name) return list_json(catalogues, name);
    for (const Entry& entry : catalogue.entries)
      if (full_name(catalogue, entry) == name)
        return entry_json(entry).set("family", catalogue.family);
  }
  static_cast<void>(explain_name(name, catalogues));  // throws if the name is unknown or shared
  for (const CatalogueInfo& catalogue : catalogues)
    for (const Entry& entry : catalogue.entries)
      if (entry.kind == name) return entry_json(entry).set("family", catalogue.family);
  return Value(detail::key_json(name, catalogues));
}

std::string list_text(std::span<const CatalogueInfo> catalogues, std::string_view family) {
  std::string out;
  for_each_listed(catalogues, family, [&](const CatalogueInfo& catalogue) {
    out += str(out.empty() ? "" : "\n", list_family(catalogue));
  });
  return out;
}

Value list_json(std::span<const CatalogueInfo> catalogues, std::string_view family) {
  Value::List families;
  for_each_listed(catalogues, family, [&](const CatalogueInfo& catalogue) {
    Value::List entries;
    for (const Entry& entry : catalogue.entries) entries.push_back(entry_json(entry));
    Value item;
    item.set("family", catalogue.family).set("summary", catalogue.summary);
    item.set("entries", std::move(entries));
    families.push_back(std::move(item));
  });
  return Value(std::move(families));
}

std::string catalogue_markdown(std::span<const CatalogueInfo> catalogues) {
  std::string out =
      "# Everything that a scenario can choose\n\n"
      "Generated by `vitrine explain --markdown`.\n";
  for (const CatalogueInfo& catalogue : catalogues) {
    out += str("\n## ", catalogue.family, "\n\n", catalogue.summary, ".\n");
    for (const Entry& entry : catalogue.entries) {
      out += str("\n### ", full_name(catalogue, entry), "\n\n", entry.summary, ".\n");
      const std::vector<Row> rows = rows_of(entry);
      if (!rows.empty())
        out += "\n| key | type | allowed | default | meaning |\n|---|---|---|---|---|\n";
      for (const Row& row : rows) {
        const FieldInfo& field = *row.field;
        const std::string value = default_text(field);
        const std::string shown = field.required  ? "required"
                                  : value.empty() ? ""
                                                  : str('`', cell(value), '`');
        out += str("| `", row.key, "` | ", type_name(field), " | ",
                   cell(detail::allowed_text(field)), " | ", shown, " | ", cell(field.doc), " |\n");
      }
      if (!entry.rules.empty()) out += '\n';
      for (const std::string& rule : entry.rules) out += str("- ", rule, '\n');
      out += str("\n```yaml\n", example_yaml(catalogue, entry), "```\n");
    }
  }
  return out;
}

}  // namespace vitrine::config
