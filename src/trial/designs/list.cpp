#include "vitrine/trial/designs/list.hpp"

#include <algorithm>
#include <utility>

namespace vitrine::trial {
namespace {

/// Whether an arm is made with a scanner: with the one that it names, with each machine of the type
/// that it names; where it names none, of the first type.
bool is_of(const ListedArm& arm, const ScannerNames& scanners, std::size_t scanner) {
  const std::string& type = scanners.types[scanner];
  if (arm.scanner.empty()) return type == scanners.types.front();
  return arm.scanner == scanners.names[scanner] || arm.scanner == type;
}

ScannerNames scanners_of(const DesignSpace& space) {
  return {space.scanners, space.scanner_types.empty() ? space.scanners : space.scanner_types};
}

const Value* item_of(const Value* design, std::size_t arm) {
  const Value* list = design ? design->find("arms") : nullptr;
  const auto* items = list ? list->as<Value::List>() : nullptr;
  return items && arm < items->size() ? &(*items)[arm] : nullptr;
}

}  // namespace

const Schema<ListOfArms::Params>& ListOfArms::schema() {
  static const auto s =
      Schema<Params>("list", "The arms one by one, each by what differs from the protocol")
          .required("arms", &Params::arms, "the arms")
          .rule("arms must list at least one arm", [](const Params& p) { return !p.arms.empty(); });
  return s;
}

Factors ListOfArms::levels(const Factors&, const Factors& fixed, const ScannerNames& scanners,
                           std::size_t scanner) const {
  Factors out;
  const auto to = out.each();
  const auto from = fixed.each();
  const auto gather = [&]<std::size_t I>() {
    auto& levels = std::get<I>(to);
    bool named = false;
    for (const ListedArm& arm : params_.arms) {
      if (!is_of(arm, scanners, scanner)) continue;
      const auto& level = std::get<I>(arm.each());
      named |= level.has_value();
      if (level)
        levels.push_back(*level);
      else if (!std::get<I>(from).empty())
        levels.push_back(std::get<I>(from).front());
    }
    if (!named) levels.clear();
  };
  [&]<std::size_t... I>(std::index_sequence<I...>) { (gather.template operator()<I>(), ...); }
  (std::make_index_sequence<std::tuple_size_v<decltype(to)>>{});
  return out;
}

void ListOfArms::check(const DesignSpace& space, const Value& arms, Diagnostics& problems) const {
  const Value* written = arms.find("design");
  std::vector<std::string> known = space.scanners;
  known.insert(known.end(), space.scanner_types.begin(), space.scanner_types.end());
  for (std::size_t i = 0; i < params_.arms.size(); ++i) {
    const std::string& name = params_.arms[i].scanner;
    if (name.empty() || std::ranges::find(known, name) != known.end()) continue;
    const Value* item = item_of(written, i);
    const Value* at = item ? item->find("scanner") : nullptr;
    problems.error(at ? at->where : arms.where,
                   str("there is no scanner '", name, "' (an arm is of one of arms.scanners",
                       space.scanner_types.empty() ? "" : ", at each of its sites, or of one site",
                       ").", suggestion(name, known)));
  }
  const Value* vary = arms.find("vary");
  const auto* keys = vary ? vary->as<Value::Map>() : nullptr;
  if (keys && std::ranges::any_of(*keys, [](const auto& key) { return names_levels(key.value); }))
    problems.error(vary->where,
                   "arms.vary does not go with a list of arms (which names its levels itself). "
                   "Remove vary, or choose another design.");
}

std::vector<DesignRow> ListOfArms::rows(const DesignSpace& space) const {
  std::vector<std::size_t> before(space.levels.size(), 0);
  const ScannerNames scanners = scanners_of(space);
  std::vector<DesignRow> rows;
  for (const ListedArm& arm : params_.arms)
    for (std::size_t scanner = 0; scanner < space.levels.size(); ++scanner) {
      if (!is_of(arm, scanners, scanner)) continue;
      const std::size_t number = before[scanner]++;
      DesignRow row{scanner};
      for (std::size_t f = 1; f < space.factors.size(); ++f)
        row.push_back(space.levels[scanner][f] > 1 ? number : 0);
      rows.push_back(std::move(row));
      require(rows.size() <= most_arms, Error::Kind::input, "the list makes more than ", most_arms,
              " arms (one that names a scanner's type is made at each of its sites). List fewer, "
              "or lower the count of arms.sites.");
    }
  return rows;
}

Location ListOfArms::place_of(const DesignSpace& space, const Value& design,
                              std::size_t row) const {
  const ScannerNames scanners = scanners_of(space);
  std::size_t rows = 0;
  for (std::size_t i = 0; i < params_.arms.size(); ++i) {
    for (std::size_t scanner = 0; scanner < scanners.names.size(); ++scanner)
      if (is_of(params_.arms[i], scanners, scanner)) ++rows;
    if (row >= rows) continue;
    const Value* item = item_of(&design, i);
    return item ? item->where : design.where;
  }
  return design.where;
}

}  // namespace vitrine::trial
