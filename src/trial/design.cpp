#include "vitrine/trial/design.hpp"

#include <algorithm>

#include "vitrine/trial/designs/full_factorial.hpp"
#include "vitrine/trial/designs/latin_hypercube.hpp"
#include "vitrine/trial/designs/list.hpp"
#include "vitrine/trial/designs/nested.hpp"
#include "vitrine/trial/designs/one_at_a_time.hpp"
#include "vitrine/trial/designs/paired.hpp"
#include "vitrine/trial/kind_of.hpp"

namespace vitrine::trial {

Factors Design::levels(const Factors& vary, const Factors&, const ScannerNames&,
                       std::size_t) const {
  return vary;
}

void Design::check(const DesignSpace&, const Value&, Diagnostics&) const {}

Location Design::place_of(const DesignSpace&, const Value& design, std::size_t) const {
  return design.where;
}

bool names_levels(const Value& levels) {
  const auto* list = levels.as<Value::List>();
  return list == nullptr || !list->empty();
}

const Catalogue<Design>& designs() {
  static const auto all = [] {
    Catalogue<Design> c("design", "How the levels of factors combine to arms");
    c.add<FullFactorial>();
    c.add<OneAtATime>();
    c.add<Nested>();
    c.add<Paired>();
    c.add<LatinHypercube>();
    c.add<ListOfArms>();
    return c;
  }();
  return all;
}

const Catalogue<Design>& catalogue_for(const Design*) { return designs(); }

Pick<Design> default_design() {
  Diagnostics problems;
  return designs().make(Value("full_factorial"), problems);
}

std::vector<DesignRow> every_combination(const DesignSpace& space) {
  double arms = 0.0;
  for (const auto& counts : space.levels) {
    double its = 1.0;
    for (std::size_t f = 1; f < counts.size(); ++f) its *= double(counts[f]);
    arms += its;
  }
  require(arms <= double(most_arms), Error::Kind::input, "every combination of the levels makes ",
          to_text(arms), " arms (at most ", most_arms,
          " are possible). Vary less, or choose a design with fewer: one_at_a_time, paired, "
          "latin_hypercube.");
  std::vector<DesignRow> rows;
  for (std::size_t scanner = 0; scanner < space.levels.size(); ++scanner) {
    const auto& counts = space.levels[scanner];
    DesignRow row(counts.size(), 0);
    row[0] = scanner;
    for (bool more = true; more;) {
      rows.push_back(row);
      std::size_t f = counts.size();
      for (more = false; --f > 0 && !more;) {
        more = ++row[f] < counts[f];
        if (!more) row[f] = 0;
      }
    }
  }
  return rows;
}

bool varies(const DesignSpace& space, std::size_t factor) {
  return std::ranges::any_of(space.levels, [&](const auto& counts) { return counts[factor] > 1; });
}

}  // namespace vitrine::trial

namespace vitrine {

void Codec<Pick<trial::Design>>::describe(FieldInfo& field) {
  field.type = FieldInfo::Type::pick;
  field.family = trial::designs().info().family;
  field.options = trial::designs().kinds();
}

void Codec<Pick<trial::Design>>::read(const Value& value, Pick<trial::Design>& out,
                                      const FieldInfo&, double, Diagnostics& problems) {
  if (auto pick = trial::designs().make(value, problems)) out = std::move(pick);
}

Value Codec<Pick<trial::Design>>::write(const Pick<trial::Design>& pick, double) {
  const bool bare = pick.canonical.as<Value::Map>()->size() == 1;
  return bare ? Value(trial::kind_of(pick)) : pick.canonical;
}

}  // namespace vitrine
