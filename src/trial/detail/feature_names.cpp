#include "vitrine/trial/detail/feature_names.hpp"

#include <algorithm>

#include "vitrine/radiomics/extract.hpp"

namespace vitrine::trial::detail {
namespace {

bool is_family_of(const std::string& family, const std::string& id) {
  return id.size() > family.size() && id.starts_with(family) && id[family.size()] == '.';
}

/// `use` gets those that are a family or feature, with their places.
template <class Use>
void each_known(std::span<const std::string> names, const Value& block, Diagnostics& problems,
                Use&& use) {
  const Value* given = block.find("features");
  const auto* list = given ? given->as<Value::List>() : nullptr;
  for (std::size_t i = 0; i < names.size(); ++i) {
    const Location& place = list ? (*list)[i].where : block.where;
    try {
      radiomics::kept_for(names.subspan(i, 1));
    } catch (const Error& error) {
      problems.error(place, error.what());
      continue;
    }
    use(names[i], place);
  }
}

}  // namespace

bool is_wanted(const evaluation::Feature& feature, std::span<const std::string> names) {
  return names.empty() || std::ranges::any_of(names, [&](const std::string& name) {
           return name == feature.id || name == feature.family;
         });
}

void check_feature_names(std::span<const std::string> names, const Value& block,
                         Diagnostics& problems) {
  each_known(names, block, problems, [](const std::string&, const Location&) {});
}

void check_measured(std::span<const std::string> names, std::span<const std::string> measured,
                    std::string_view so, const Value& block, Diagnostics& problems) {
  each_known(names, block, problems, [&](const std::string& name, const Location& place) {
    const auto holds = [&](const std::string& have) {
      return have == name || is_family_of(have, name) || is_family_of(name, have);
    };
    if (!std::ranges::any_of(measured, holds))
      problems.error(place,
                     str("'", name, "' is not measured", so, ". Add it to measure.features"));
  });
}

}  // namespace vitrine::trial::detail
