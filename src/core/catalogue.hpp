#pragma once
#include <concepts>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "vitrine/core/schema.hpp"

namespace vitrine {

/// A type that says what it is and what it takes.
template <class T, class Interface>
concept Described = std::derived_from<T, Interface> && requires {
  typename T::Params;
  { T::schema() } -> std::same_as<const Schema<typename T::Params>&>;
} && std::constructible_from<T, typename T::Params>;

/// An implementation chosen by `kind:`, with the canonical form of its parameters.
template <class Interface>
struct Pick {
  std::shared_ptr<const Interface> thing;  ///< shared: scenarios are copied, entries are immutable
  Value canonical;                         ///< {kind: ..., every parameter}

  explicit operator bool() const { return thing != nullptr; }
  const Interface& operator*() const { return *thing; }
  const Interface* operator->() const { return thing.get(); }
};

/// What people and tools see of one catalogue.
struct CatalogueInfo {
  struct Entry {
    std::string kind, summary;
    std::vector<FieldInfo> fields;
    std::vector<std::string> rules;
  };
  std::string family, summary;
  std::vector<Entry> entries;
};

/// All known implementations of an interface, in the order they are listed.
///
/// A value, not a global: `lesion_shapes()` returns the built-in one, and a program that links
/// vitrine copies it and adds its own type.
template <class Interface>
class Catalogue {
 public:
  Catalogue(std::string_view family, std::string_view summary) {
    info_.family = family;
    info_.summary = summary;
  }

  template <Described<Interface> T>
  Catalogue& add() {
    const auto& schema = T::schema();
    info_.entries.push_back({schema.kind(), schema.summary(), schema.fields(), schema.rules()});
    makers_.push_back([&schema](const Value& node, Diagnostics& problems) -> Pick<Interface> {
      const auto before = problems.entries().size();
      auto params = schema.read(node, problems);
      if (problems.entries().size() != before) return {};
      Value canonical = Value().set("kind", Value(schema.kind()));
      const Value written = schema.write(params);
      for (const auto& member : *written.template as<Value::Map>())
        canonical.set(member.key, member.value);
      return {std::make_shared<const T>(std::move(params)), std::move(canonical)};
    });
    return *this;
  }

  /// Build what `node` names: a map with `kind:`, or just the kind as text (all defaults).
  /// On problems the pick is empty and `problems` says why.
  Pick<Interface> make(const Value& node, Diagnostics& problems) const {
    const Value* kind = node.find("kind");
    const auto* name = kind ? kind->as<std::string>() : node.as<std::string>();
    if (!name) {
      problems.error(node.where, str(info_.family, " needs 'kind'.", suggestion("", kinds())));
      return {};
    }
    for (std::size_t i = 0; i < makers_.size(); ++i)
      if (info_.entries[i].kind == *name) {
        Value nothing;
        nothing.where = node.where;
        return makers_[i](kind ? node : nothing, problems);
      }
    problems.error(kind ? kind->where : node.where,
                   str("unknown ", info_.family, " '", *name, "'.", suggestion(*name, kinds())));
    return {};
  }

  std::vector<std::string> kinds() const {
    std::vector<std::string> all;
    for (const auto& entry : info_.entries) all.push_back(entry.kind);
    return all;
  }
  const CatalogueInfo& info() const { return info_; }

 private:
  CatalogueInfo info_;
  std::vector<std::function<Pick<Interface>(const Value&, Diagnostics&)>> makers_;
};

/// A pick is read through the catalogue that `catalogue_for(const Interface*)`, declared beside the
/// interface, returns.
template <class Interface>
struct Codec<Pick<Interface>> {
  static const Catalogue<Interface>& catalogue() {
    return catalogue_for(static_cast<const Interface*>(nullptr));
  }
  static void describe(FieldInfo& field) {
    field.type = FieldInfo::Type::pick;
    field.family = catalogue().info().family;
    field.options = catalogue().kinds();
  }
  static void read(const Value& value, Pick<Interface>& out, const FieldInfo&, double,
                   Diagnostics& problems) {
    if (auto pick = catalogue().make(value, problems)) out = std::move(pick);
  }
  static Value write(const Pick<Interface>& pick, double) { return pick.canonical; }
};

}  // namespace vitrine
