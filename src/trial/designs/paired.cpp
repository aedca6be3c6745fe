#include "vitrine/trial/designs/paired.hpp"

#include <algorithm>

namespace vitrine::trial {
namespace {

std::size_t most_levels(const DesignSpace& space, std::size_t factor) {
  std::size_t most = 0;
  for (const auto& counts : space.levels) most = std::max(most, counts[factor]);
  return most;
}

/// Where a factor's levels are written.
const Value& place_of_levels(const Value& arms, const std::string& factor) {
  const Value* list = nullptr;
  if (factor == "scanner")
    list = arms.find("scanners");
  else if (const Value* vary = arms.find("vary"))
    list = vary->find(factor);
  return list ? *list : arms;
}

}  // namespace

const Schema<Paired::Params>& Paired::schema() {
  static const auto s =
      Schema<Params>("paired",
                     "Factors vary together: the first arm has the first level of each list, the "
                     "second arm the second, ...")
          .optional("crossed", &Params::crossed,
                    "factors that are not paired: every level of theirs with every pair (such as "
                    "scanner)")
          .unless_default();
  return s;
}

bool Paired::is_crossed(const std::string& factor) const {
  return std::ranges::find(params_.crossed, factor) != params_.crossed.end();
}

void Paired::check(const DesignSpace& space, const Value& arms, Diagnostics& problems) const {
  const Value* written = arms.find("design");
  const Value* list = written ? written->find("crossed") : nullptr;
  const auto* items = list ? list->as<Value::List>() : nullptr;
  for (std::size_t i = 0; i < params_.crossed.size(); ++i)
    if (std::ranges::find(space.factors, params_.crossed[i]) == space.factors.end())
      problems.error(items && i < items->size() ? (*items)[i].where : arms.where,
                     str("crossed names no factor '", params_.crossed[i], "'.",
                         suggestion(params_.crossed[i], space.factors)));
  std::string first;
  std::size_t arms_wanted = 0;
  for (std::size_t f = 0; f < space.factors.size(); ++f) {
    const std::string& name = space.factors[f];
    const std::size_t levels = most_levels(space, f);
    if (levels < 2 || is_crossed(name)) continue;
    if (first.empty()) {
      first = name;
      arms_wanted = levels;
    } else if (levels != arms_wanted) {
      problems.error(place_of_levels(arms, name).where,
                     str(name, " has ", levels, " levels, and ", first, " has ", arms_wanted,
                         " (paired factors vary together, so their lists are equally long). Make "
                         "them so, or cross one: design: {kind: paired, crossed: [",
                         first == "scanner" ? first : name, "]}."));
    }
  }
  if (first.empty())
    problems.error(written ? written->where : arms.where,
                   "a paired design has nothing to pair (no factor has two levels). List levels in "
                   "arms.vary, or use full_factorial.");
}

std::vector<DesignRow> Paired::rows(const DesignSpace& space) const {
  // The pairs take the place of one more factor, in front of those that are crossed.
  std::size_t pairs = 1;
  bool scanners_paired = false;
  for (std::size_t f = 0; f < space.factors.size(); ++f) {
    if (is_crossed(space.factors[f])) continue;
    pairs = std::max(pairs, most_levels(space, f));
    scanners_paired |= f == 0 && most_levels(space, f) > 1;
  }
  std::vector<DesignRow> rows;
  for (std::size_t scanner = 0; scanner < space.levels.size(); ++scanner)
    for (std::size_t pair = 0; pair < pairs; ++pair) {
      if (scanners_paired && pair != scanner) continue;
      DesignSpace crossed = space;
      crossed.levels = {space.levels[scanner]};
      for (std::size_t f = 1; f < space.factors.size(); ++f)
        if (!is_crossed(space.factors[f])) crossed.levels[0][f] = 1;
      for (DesignRow row : every_combination(crossed)) {
        row[0] = scanner;
        for (std::size_t f = 1; f < row.size(); ++f)
          if (!is_crossed(space.factors[f]) && space.levels[scanner][f] > 1) row[f] = pair;
        rows.push_back(std::move(row));
      }
    }
  return rows;
}

}  // namespace vitrine::trial
