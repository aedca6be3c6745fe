#include "vitrine/phantoms/scene_builder.hpp"

#include <algorithm>
#include <cmath>

#include "vitrine/model/lattice.hpp"

namespace vitrine::phantoms {
namespace {

using Step = SceneBuilder::Step;

/// Densities become multiples of 2^-50 g/mm^3, so that sums of them are exact
/// and what cancels cancels to zero.
double exact(double density) { return std::nearbyint(density * 0x1p50) * 0x1p-50; }

void add(std::vector<Delta>& sum, const std::vector<Delta>& more, double sign) {
  for (const Delta& delta : more) {
    const auto same = [&](const Delta& d) { return d.material == delta.material; };
    const auto found = std::find_if(sum.begin(), sum.end(), same);
    if (found == sum.end())
      sum.push_back({delta.material, sign * delta.density});
    else
      found->density += sign * delta.density;
  }
}

/// May a solid in box `inner` be inside one in box `outer`? Boxes of cut solids
/// are loose.
bool fits(const Bounds& inner, const Bounds& outer) {
  constexpr double slack = 1e-3;  // mm
  return (inner.low.array() >= outer.low.array() - slack).all() &&
         (inner.high.array() <= outer.high.array() + slack).all();
}

/// How a solid stands to the one being placed.
enum class Relation : std::uint8_t { unknown, apart, holds_it, inside_it, crosses_it };

/// The inclusion and exclusion of all steps, one after the other.
class Resolver {
 public:
  Resolver(const std::vector<Solid>& solids, const std::vector<Bounds>& bounds)
      : solids_(solids), bounds_(bounds), relations_(solids.size()) {}

  std::vector<Term> run(const std::vector<Step>& steps) {
    for (const Step& step : steps) {
      if (step.kind == Step::Kind::replace)
        replace(step.solids.front(), step.content);
      else if (step.kind == Step::Kind::add)
        add_union(step);
      else
        thicken(step);
    }
    return std::move(terms_);
  }

 private:
  void replace(std::uint32_t b, const std::vector<Delta>& content) {
    std::fill(relations_.begin(), relations_.end(), Relation::unknown);
    std::vector<Term> fresh{{{}, content}};  // each will hold b: `solids` lists the others
    for (std::size_t t = 0; t < terms_.size(); ++t)
      if (boxes_[t].meets(bounds_[b])) subtract(terms_[t], b, fresh);
    drop_dead();
    for (Term& term : fresh) {
      term.solids.insert(std::upper_bound(term.solids.begin(), term.solids.end(), b), b);
      keep(std::move(term));
    }
  }

  /// Take the part of a term in `b` away.
  void subtract(Term& term, std::uint32_t b, std::vector<Term>& fresh) {
    std::vector<std::uint32_t> others;
    bool inside = false;
    for (const std::uint32_t s : term.solids) {
      const Relation r = relation(s, b);
      if (r == Relation::apart) return;
      if (r == Relation::inside_it) inside = true;
      if (r == Relation::crosses_it) others.push_back(s);
    }
    if (inside) return term.deltas.clear();  // b holds all of it
    const auto same = [&](const Term& f) { return f.solids == others; };
    const auto found = std::find_if(fresh.begin(), fresh.end(), same);
    if (found == fresh.end()) {
      fresh.push_back({std::move(others), {}});
      add(fresh.back().deltas, term.deltas, -1.0);
    } else {
      add(found->deltas, term.deltas, -1.0);
    }
  }

  /// One term for every subset of the union's members that may have a point in
  /// common.
  void add_union(const Step& step) {
    each_subset(step, [&](const std::vector<std::uint32_t>& chosen, double sign) {
      Term term{chosen, {}};
      add(term.deltas, step.content, sign);
      keep(std::move(term));
    });
  }

  /// Every term that holds some of the material gains its part in the union.
  void thicken(const Step& step) {
    const std::size_t before = terms_.size();
    const std::uint32_t material = step.content.front().material;
    const double factor = step.content.front().density;
    std::vector<Term> fresh;
    each_subset(step, [&](const std::vector<std::uint32_t>& chosen, double sign) {
      for (std::size_t t = 0; t < before; ++t)
        if (const double density = density_of(terms_[t], material); density != 0.0)
          gain(terms_[t], boxes_[t], chosen, {material, sign * exact((factor - 1.0) * density)},
               fresh);
    });
    for (Term& term : fresh) keep(std::move(term));
  }

  static double density_of(const Term& term, std::uint32_t material) {
    for (const Delta& delta : term.deltas)
      if (delta.material == material) return delta.density;
    return 0.0;
  }

  /// Add `delta` where both a term and all of `chosen` are.
  void gain(const Term& term, const Bounds& box, const std::vector<std::uint32_t>& chosen,
            const Delta& delta, std::vector<Term>& fresh) const {
    std::vector<std::uint32_t> solids = chosen;
    Bounds common = box;
    for (const std::uint32_t c : chosen) common = overlap(common, bounds_[c]);
    if (common.empty()) return;
    for (const std::uint32_t s : term.solids) {
      bool needed = true;
      for (const std::uint32_t c : chosen) {
        const Relation r = s == c ? Relation::holds_it : find_relation(s, c);
        if (r == Relation::apart) return;
        needed = needed && r != Relation::holds_it;
      }
      if (needed) solids.push_back(s);
    }
    std::sort(solids.begin(), solids.end());
    const auto same = [&](const Term& f) { return f.solids == solids; };
    const auto found = std::find_if(fresh.begin(), fresh.end(), same);
    if (found == fresh.end())
      fresh.push_back({std::move(solids), {delta}});
    else
      add(found->deltas, {delta}, 1.0);
  }

  /// Calls body(chosen, sign) for every subset of a union's members that may
  /// have a point in common; sign as inclusion and exclusion want it.
  template <class Body>
  void each_subset(const Step& step, Body&& body) const {
    std::vector<std::uint32_t> chosen;
    grow_subset(step, 0, chosen, body);
  }
  template <class Body>
  void grow_subset(const Step& step, std::size_t next, std::vector<std::uint32_t>& chosen,
                   Body& body) const {
    for (std::size_t i = next; i < step.solids.size(); ++i) {
      const std::uint32_t s = step.solids[i];
      const auto apart = [&](std::uint32_t other) {
        return find_relation(other, s) == Relation::apart;
      };
      if (std::any_of(chosen.begin(), chosen.end(), apart)) continue;
      chosen.push_back(s);
      const double sign = chosen.size() % 2 == 1 ? 1.0 : -1.0;
      body(chosen, sign);
      grow_subset(step, i + 1, chosen, body);
      chosen.pop_back();
    }
  }

  void drop_dead() {
    std::size_t kept = 0;
    for (std::size_t t = 0; t < terms_.size(); ++t) {
      if (terms_[t].deltas.empty()) continue;
      if (kept != t) {
        terms_[kept] = std::move(terms_[t]);
        boxes_[kept] = boxes_[t];
      }
      ++kept;
    }
    terms_.resize(kept);
    boxes_.resize(kept);
  }

  void keep(Term term) {
    std::erase_if(term.deltas, [](const Delta& d) { return d.density == 0.0; });
    if (term.deltas.empty()) return;
    Bounds box = bounds_[term.solids.front()];
    for (const std::uint32_t s : term.solids) box = overlap(box, bounds_[s]);
    if (box.empty()) return;
    terms_.push_back(std::move(term));
    boxes_.push_back(box);
  }

  Relation relation(std::uint32_t s, std::uint32_t b) {
    Relation& known = relations_[s];
    if (known == Relation::unknown) known = find_relation(s, b);
    return known;
  }

  Relation find_relation(std::uint32_t s, std::uint32_t b) const {
    if (!bounds_[s].meets(bounds_[b])) return Relation::apart;
    if (fits(bounds_[s], bounds_[b]) && proven_inside(solids_[s], solids_[b]))
      return Relation::inside_it;
    if (fits(bounds_[b], bounds_[s]) && proven_inside(solids_[b], solids_[s]))
      return Relation::holds_it;
    return proven_apart(solids_[s], solids_[b]) ? Relation::apart : Relation::crosses_it;
  }

  const std::vector<Solid>& solids_;
  const std::vector<Bounds>& bounds_;
  std::vector<Relation> relations_;  // of each solid to the one being placed
  std::vector<Term> terms_;
  std::vector<Bounds> boxes_;  // of each term
};

}  // namespace

std::uint32_t SceneBuilder::material(std::string_view name) {
  auto& known = scene_.materials;
  for (std::size_t i = 0; i < known.size(); ++i)
    if (known[i].name == name) return static_cast<std::uint32_t>(i);
  known.push_back(vitrine::material(name));
  return static_cast<std::uint32_t>(known.size() - 1);
}

void SceneBuilder::begin_organ(std::string_view name, std::string_view supply) {
  supply_ = supply;
  auto& known = scene_.organs;
  const auto same = [&](const Organ& o) { return o.name == name; };
  const auto found = std::find_if(known.begin(), known.end(), same);
  organ_ = static_cast<std::uint32_t>(found - known.begin());
  if (found == known.end()) known.push_back({std::string(name), {}});
}

std::uint32_t SceneBuilder::mark(const Solid& solid) {
  scene_.solids.push_back(solid);
  bounds_.push_back(bounds(solid));
  return static_cast<std::uint32_t>(scene_.solids.size() - 1);
}

std::uint32_t SceneBuilder::place(const Solid& solid, std::string_view name, double density) {
  VITRINE_EXPECT(!scene_.organs.empty());
  const std::uint32_t m = material(name);
  const std::uint32_t index = mark(solid);
  scene_.organs[organ_].solids.push_back(index);
  steps_.push_back({Step::Kind::replace,
                    {index},
                    {{m, exact(density < 0.0 ? scene_.materials[m].density : density)}},
                    organ_,
                    supply_});
  return index;
}

void SceneBuilder::place_union(std::span<const Solid> solids, const std::vector<Delta>& content) {
  VITRINE_EXPECT(!scene_.organs.empty());
  Step step{Step::Kind::replace, {}, content, organ_, supply_};
  for (Delta& delta : step.content) delta.density = exact(delta.density);
  for (const Solid& solid : solids) {
    step.solids = {mark(solid)};
    scene_.organs[organ_].solids.push_back(step.solids.front());
    steps_.push_back(step);
  }
}

void SceneBuilder::perfuse(const Iodine& iodine) {
  // In a mixture each material counts by its share of the mass.
  const auto brought = [&](std::string_view organ, const std::vector<Delta>& content) {
    double sum = 0.0, mass = 0.0;
    for (const Delta& delta : content) mass += delta.density;
    for (const Delta& delta : content)
      sum += iodine(organ, scene_.materials[delta.material].name, delta.density) *
             (delta.density / mass);
    return mass > 0.0 ? exact(sum) : 0.0;
  };
  for (Step& step : steps_) {
    if (step.kind != Step::Kind::replace) continue;
    const std::string& organ = step.supply.empty() ? scene_.organs[step.organ].name : step.supply;
    if (const double density = brought(organ, step.content); density > 0.0)
      step.content.push_back({material("iodine"), density});
  }
  for (IndexedMap& map : scene_.maps)
    for (IndexedMap::Entry& entry : map.entries)
      if (const double density = brought(entry.organ, entry.deltas); density > 0.0)
        entry.deltas.push_back({material("iodine"), density});
}

void SceneBuilder::place_union(std::span<const Solid> solids, std::string_view name,
                               double density) {
  for (const Solid& solid : solids) place(solid, name, density);
}

void SceneBuilder::add_union(std::span<const Solid> solids, std::string_view name, double density) {
  Step step{Step::Kind::add, {}, {{material(name), exact(density)}}, organ_};
  for (const Solid& solid : solids) step.solids.push_back(mark(solid));
  steps_.push_back(std::move(step));
}

void SceneBuilder::thicken(std::span<const Solid> solids, std::string_view name, double factor) {
  Step step{Step::Kind::thicken, {}, {{material(name), factor}}, organ_};
  for (const Solid& solid : solids) step.solids.push_back(mark(solid));
  steps_.push_back(std::move(step));
}

void SceneBuilder::reshape(std::size_t step, std::span<const Solid> now) {
  VITRINE_EXPECT(step < steps_.size() && !now.empty());
  VITRINE_EXPECT(steps_[step].kind == Step::Kind::replace && steps_[step].solids.size() == 1);
  const std::uint32_t old = steps_[step].solids.front();
  scene_.solids[old] = now.front();
  bounds_[old] = bounds(now.front());
  std::vector<Step> more(now.size() - 1, steps_[step]);
  for (std::size_t i = 0; i < more.size(); ++i) {
    more[i].solids = {mark(now[i + 1])};
    scene_.organs[more[i].organ].solids.push_back(more[i].solids.front());
  }
  steps_.insert(steps_.begin() + std::ptrdiff_t(step) + 1, more.begin(), more.end());
}

std::string_view SceneBuilder::organ_at(const Vec3& point) const {
  for (auto step = steps_.rbegin(); step != steps_.rend(); ++step) {
    const std::uint32_t s = step->solids.front();
    if (step->kind == Step::Kind::replace && bounds_[s].holds(point) &&
        contains(scene_.solids[s], point))
      return scene_.organs[step->organ].name;
  }
  for (auto map = scene_.maps.rbegin(); map != scene_.maps.rend(); ++map)
    if (const auto voxel = voxel_at(map->grid, point))
      if (const std::string& organ = map->entries[map->index[*voxel]].organ; !organ.empty())
        return organ;
  return {};
}

void SceneBuilder::add_map(IndexedMap map) {
  VITRINE_EXPECT(Index(map.index.size()) == map.grid.count());
  scene_.maps.push_back(std::move(map));
}

Scene SceneBuilder::build() && {
  const auto replaces = [](const Step& step) { return step.kind != Step::Kind::add; };
  require(scene_.maps.empty() || std::none_of(steps_.begin(), steps_.end(), replaces),
          Error::Kind::unsupported,
          "solids are to replace what imported voxels hold (only voxel differences can)");
  scene_.terms = Resolver(scene_.solids, bounds_).run(steps_);
  return std::move(scene_);
}

}  // namespace vitrine::phantoms
