#include "vitrine/trial/designs/nested.hpp"

#include <algorithm>

namespace vitrine::trial {

const Schema<ScannerLevels>& ScannerLevels::schema() {
  static const auto s =
      Schema<ScannerLevels>("scanner_levels", "Levels that one scanner has for itself")
          .required("scanner", &ScannerLevels::scanner,
                    "name of the scanner, of a site's machine, or of the type of some")
          .required("vary", &ScannerLevels::vary,
                    "its levels of these factors, in place of those of arms.vary");
  return s;
}

const Schema<Nested::Params>& Nested::schema() {
  static const auto s =
      Schema<Params>("nested",
                     "Every combination on each scanner, which may have levels of its own, such as "
                     "the kernels of its maker")
          .required("scanners", &Params::scanners,
                    "levels of scanners; what is not said is that of arms.vary")
          .rule("scanners must list at least one scanner (full_factorial needs none)",
                [](const Params& p) { return !p.scanners.empty(); });
  return s;
}

Factors Nested::levels(const Factors& vary, const Factors&, const ScannerNames& scanners,
                       std::size_t scanner) const {
  Factors levels = vary;
  for (const auto& names :
       {scanners.types, scanners.names})  // a machine's own go before its type's
    for (const ScannerLevels& its : params_.scanners)
      if (its.scanner == names[scanner]) levels = replaced(levels, its.vary);
  return levels;
}

void Nested::check(const DesignSpace& space, const Value& arms, Diagnostics& problems) const {
  const Value* written = arms.find("design");
  const Value* list = written ? written->find("scanners") : nullptr;
  const auto* items = list ? list->as<Value::List>() : nullptr;
  for (std::size_t i = 0; i < params_.scanners.size(); ++i) {
    const std::string& name = params_.scanners[i].scanner;
    const Value* at = items && i < items->size() ? (*items)[i].find("scanner") : nullptr;
    const Location& where = at ? at->where : arms.where;
    std::vector<std::string> known = space.scanners;
    known.insert(known.end(), space.scanner_types.begin(), space.scanner_types.end());
    if (std::ranges::find(known, name) == known.end())
      problems.error(
          where, str("there is no scanner '", name,
                     "' (levels are nested in those of arms.scanners).", suggestion(name, known)));
    for (std::size_t j = 0; j < i; ++j)
      if (params_.scanners[j].scanner == name)
        problems.error(where, str("the levels of '", name,
                                  "' are given twice (one of the two would be ignored). Put them "
                                  "in one item."));
  }
}

}  // namespace vitrine::trial
