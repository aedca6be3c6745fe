#include "vitrine/trial/detail/factor.hpp"

#include <algorithm>
#include <cmath>

#include "vitrine/trial/algorithm_levels.hpp"
#include "vitrine/trial/kind_of.hpp"

namespace vitrine::trial::detail {
namespace {

/// Names for people: that which a level was given, or its kind, numbered where a kind appears with
/// several parameter sets.
template <class T>
std::vector<std::string> names_of(const std::vector<Pick<T>>& levels) {
  const auto named = [](const Pick<T>& pick) { return pick.canonical.find("name"); };
  std::vector<std::string> names;
  for (std::size_t i = 0; i < levels.size(); ++i) {
    const auto same = [&](const Pick<T>& other) {
      return !named(other) && kind_of(other) == kind_of(levels[i]);
    };
    if (const Value* name = named(levels[i])) {
      names.push_back(*name->template as<std::string>());
    } else if (std::ranges::count_if(levels, same) > 1) {
      const auto before = std::count_if(levels.begin(), levels.begin() + std::ptrdiff_t(i), same);
      names.push_back(str(kind_of(levels[i]), before + 1));
    } else {
      names.push_back(kind_of(levels[i]));
    }
  }
  return names;
}

template <class T>
bool alike(const Pick<T>& a, const Pick<T>& b) {
  return to_json(a.canonical) == to_json(b.canonical);
}
template <class T>
bool alike(const T& a, const T& b) {
  return a == b;
}

/// Of each scanner with each protocol.
template <class T>
using OfEach = std::vector<std::vector<T>>;

/// Fills `on`, and returns the levels of all scanners and protocols, each once.
template <class T>
std::vector<T> gather(Factor& factor, const OfEach<std::vector<T>>& of_scanners) {
  std::vector<T> all;
  for (const auto& of_protocols : of_scanners) {
    auto& its = factor.on.emplace_back();
    for (const auto& levels : of_protocols) {
      auto& numbers = its.emplace_back();
      for (const T& level : levels) {
        const auto found =
            std::ranges::find_if(all, [&](const T& known) { return alike(known, level); });
        numbers.push_back(std::size_t(found - all.begin()));
        if (found == all.end()) all.push_back(level);
      }
    }
  }
  return all;
}

/// What nothing varies and protocols differ in: one level, at which each has its own value. Arms
/// are named after their protocol instead.
Factor following_the_protocol(Factor f) {
  const auto single = [](const auto& of_protocols) {
    return std::ranges::all_of(of_protocols, [](const auto& its) { return its.size() == 1; });
  };
  if (f.levels.size() < 2 || !std::ranges::all_of(f.on, single)) return f;
  for (const auto& its : f.on)
    if (its != f.on.front()) return f;
  const auto set = std::move(f.set);
  f.set = [set, of_protocols = f.on.front()](Arm& arm, std::size_t) {
    set(arm, of_protocols[arm.protocol].front());
  };
  f.levels = {"as the protocol says"};
  f.tags = {""};
  for (auto& its : f.on) its.assign(its.size(), {0});
  return f;
}

/// A number in the unit of its key.
std::string in_unit(double value, Unit unit) {
  return to_text(std::round(1e6 * value / unit.to_native) / 1e6);
}

class Describer {
 public:
  explicit Describer(const Arms& arms) : arms_(arms) {
    const std::vector<Arms> each = each_protocol(arms);
    for (const Arms& with : each) protocols_.push_back(with.protocol);
    for (const Scanner& scanner : arms.scanners) {
      auto& its = levels_.emplace_back();
      for (const Arms& with : each) its.push_back(levels_on(with, scanner));
    }
  }

  Factor scanner() const {
    Factor f;
    f.key = "scanner";
    std::vector<std::size_t> all;
    for (const Scanner& each : arms_.scanners) {
      all.push_back(all.size());
      f.levels.push_back(each.name);
    }
    f.on.assign(arms_.scanners.size(), {protocols_.size(), all});
    f.tags = f.levels;
    f.set = [](Arm& arm, std::size_t level) { arm.scanner = level; };
    f.selected = [names = f.levels](const ArmSelector& wanted, const Arm& arm) {
      return wanted.scanner.empty() || names[arm.scanner] == wanted.scanner;
    };
    f.wanted = [](const ArmSelector& wanted) { return wanted.scanner; };
    f.always_named = f.of_scan = true;
    f.place = -1;
    return f;
  }

  Factor protocol() const {
    Factor f;
    f.key = "protocol";
    f.levels = f.tags = gather(f, of_scanners(&Factors::protocol));
    std::vector<std::size_t> number;  // of each level among the protocols
    for (const std::string& name : f.levels)
      number.push_back(
          std::size_t(std::ranges::find(protocols_, name, &Protocol::name) - protocols_.begin()));
    std::vector<std::string> names;
    for (const Protocol& each : protocols_) names.push_back(each.name);
    f.set = [number](Arm& arm, std::size_t level) { arm.protocol = number[level]; };
    f.selected = [names](const ArmSelector& wanted, const Arm& arm) {
      return wanted.protocol.empty() || names[arm.protocol] == wanted.protocol;
    };
    f.wanted = [](const ArmSelector& wanted) { return wanted.protocol; };
    f.of_scan = true;
    f.place = 0;
    return f;
  }

  Factor kernel() const {
    Factor f =
        picked("kernel", &Factors::kernel, &Arm::kernel, &Arm::kernel_name, &ArmSelector::kernel);
    f.always_named = true;
    f.place = 1;
    return f;
  }

  Factor algorithm() const {
    Factor f = picked("algorithm", &Factors::algorithm, &Arm::algorithm, &Arm::algorithm_name,
                      &ArmSelector::algorithm);
    f.place = 5;
    return f;
  }

  using Tag = std::string (*)(double);

  Factor number(const char* name, std::vector<double> FactorValues<Levels>::*levels,
                double Arm::*member, std::optional<double> ArmSelector::*selector, Unit unit,
                Tag tag, int place) const {
    Factor f;
    f.key = str(name, '_', unit.suffix);
    const auto values = gather(f, of_scanners(levels));
    for (const double value : values) {
      f.levels.push_back(in_unit(value, unit));
      f.tags.push_back(tag(value));
    }
    f.set = [values, member](Arm& arm, std::size_t level) { arm.*member = values[level]; };
    f.selected = [member, selector](const ArmSelector& wanted, const Arm& arm) {
      return !(wanted.*selector) || *(wanted.*selector) == arm.*member;
    };
    f.wanted = [selector, unit](const ArmSelector& wanted) {
      return wanted.*selector ? in_unit(*(wanted.*selector), unit) : std::string();
    };
    f.place = place;
    return f;
  }

  Factor tube_voltage() const {
    Factor f = number(
        "tube_voltage", &Factors::tube_voltage, &Arm::tube_voltage, &ArmSelector::tube_voltage,
        unit::kv, [](double v) { return to_text(v) + "kV"; }, 3);
    f.of_scan = true;
    return f;
  }

  Factor tube_load() const {
    Factor f = number(
        "tube_load", &Factors::tube_load, &Arm::tube_load, &ArmSelector::tube_load, unit::mas,
        [](double v) { return to_text(v) + "mAs"; }, 2);
    f.always_named = f.of_scan = true;
    return f;
  }

  Factor slice_thickness() const {
    return number(
        "slice_thickness", &Factors::slice_thickness, &Arm::slice_thickness,
        &ArmSelector::slice_thickness, unit::mm, [](double v) { return to_text(v) + "mm"; }, 4);
  }

  Factor motion() const {
    Factor f = number(
        "motion", &Factors::motion, &Arm::motion, &ArmSelector::motion, unit::percent,
        [](double v) { return "motion" + percents(v); }, 7);
    f.of_scan = true;
    return f;
  }

  Factor noise_reduction() const {
    Factor f;
    f.key = "noise_reduction_percent";
    const auto values = gather(f, of_scanners(&Factors::noise_reduction));
    for (const double value : values) {
      f.levels.push_back(in_unit(value, unit::percent));
      f.tags.push_back("nr" + percents(value));
    }
    f.set = [values](Arm& arm, std::size_t level) { arm.denoise.reduction = values[level]; };
    f.selected = [](const ArmSelector& wanted, const Arm& arm) {
      return !wanted.noise_reduction || *wanted.noise_reduction == arm.noise_reduction();
    };
    f.wanted = [](const ArmSelector& wanted) {
      return wanted.noise_reduction ? in_unit(*wanted.noise_reduction, unit::percent)
                                    : std::string();
    };
    f.place = 8;
    return f;
  }

  Factor contrast_delay() const {
    Factor f;
    f.key = "contrast_delay_s";
    OfEach<std::vector<std::optional<double>>> phases;
    for (const auto& its : levels_) {
      auto& of_protocols = phases.emplace_back();
      for (std::size_t p = 0; p < protocols_.size(); ++p) {
        auto& all =
            of_protocols.emplace_back(its[p].contrast_delay.begin(), its[p].contrast_delay.end());
        if (!protocols_[p].contrast) all = {std::nullopt};
      }
    }
    const auto values = gather(f, phases);
    for (const auto& value : values) {
      f.levels.push_back(value ? to_text(*value) : "none");
      f.tags.push_back(value ? to_text(*value) + 's' : "none");
    }
    f.set = [values](Arm& arm, std::size_t level) { arm.contrast_delay = values[level]; };
    f.selected = [](const ArmSelector& wanted, const Arm& arm) {
      return !wanted.contrast_delay || arm.contrast_delay == wanted.contrast_delay;
    };
    f.wanted = [](const ArmSelector& wanted) {
      return wanted.contrast_delay ? to_text(*wanted.contrast_delay) : std::string();
    };
    f.of_scan = true;
    f.place = 6;
    return f;
  }

  Factor corrections() const {
    Factor f;
    f.key = "corrections";
    f.levels = gather(f, of_scanners(&Factors::corrections));
    for (const std::string& level : f.levels)
      f.tags.emplace_back(level == "all" ? "corrected" : "uncorrected");
    f.set = [levels = f.levels](Arm& arm, std::size_t level) {
      arm.corrected = levels[level] == "all";
    };
    f.selected = [](const ArmSelector& wanted, const Arm& arm) {
      return wanted.corrections.empty() || arm.corrected == (wanted.corrections == "all");
    };
    f.wanted = [](const ArmSelector& wanted) { return wanted.corrections; };
    f.place = 9;
    return f;
  }

  Factor bins() const {
    Factor f;
    f.key = "bins";
    OfEach<std::vector<std::string>> all = of_scanners(&Factors::bins);
    for (std::size_t s = 0; s < all.size(); ++s)
      for (std::size_t p = 0; p < protocols_.size(); ++p)
        if (!arms_.scanners[s].detector.sensor && !protocols_[p].dual_energy) all[s][p] = {"total"};
    f.levels = gather(f, all);
    for (const std::string& level : f.levels)
      f.tags.push_back(level == "total" ? std::string() : level);
    f.set = [levels = f.levels](Arm& arm, std::size_t level) { arm.bins = levels[level]; };
    f.selected = [](const ArmSelector& wanted, const Arm& arm) {
      return wanted.bins.empty() || arm.bins == wanted.bins;
    };
    f.wanted = [](const ArmSelector& wanted) { return wanted.bins; };
    f.always_named = true;
    f.place = 10;
    return f;
  }

 private:
  template <class T>
  OfEach<std::vector<T>> of_scanners(std::vector<T> FactorValues<Levels>::*levels) const {
    OfEach<std::vector<T>> all;
    for (const auto& of_protocols : levels_) {
      auto& its = all.emplace_back();
      for (const Factors& each : of_protocols) its.push_back(each.*levels);
    }
    return all;
  }

  template <class T>
  Factor picked(const char* key, std::vector<Pick<T>> FactorValues<Levels>::*levels,
                Pick<T> Arm::*member, std::string Arm::*name,
                std::string ArmSelector::*selector) const {
    Factor f;
    f.key = key;
    const auto values = gather(f, of_scanners(levels));
    f.levels = f.tags = names_of(values);
    f.set = [values, names = f.levels, member, name](Arm& arm, std::size_t level) {
      arm.*member = values[level];
      arm.*name = names[level];
    };
    f.selected = [member, name, selector](const ArmSelector& wanted, const Arm& arm) {
      const std::string& word = wanted.*selector;
      return word.empty() || arm.*name == word || kind_of(arm.*member) == word;
    };
    f.wanted = [selector](const ArmSelector& wanted) { return wanted.*selector; };
    return f;
  }

  static std::string percents(double share) { return to_text(std::round(100.0 * share)); }

  const Arms& arms_;
  std::vector<Protocol> protocols_;  ///< the protocols
  OfEach<Factors> levels_;
};

}  // namespace

std::vector<Factor> factors_of(const Arms& arms) {
  const Describer of(arms);
  std::vector<Factor> all{of.scanner(),     of.protocol(),        of.contrast_delay(),
                          of.motion(),      of.tube_voltage(),    of.tube_load(),
                          of.kernel(),      of.slice_thickness(), of.algorithm(),
                          of.corrections(), of.noise_reduction(), of.bins()};
  for (std::size_t f = 2; f < all.size(); ++f) all[f] = following_the_protocol(std::move(all[f]));
  return all;
}

bool has_levels(const std::vector<Factor>& factors, const Arm& arm, const ArmSelector& selector) {
  return std::ranges::all_of(factors,
                             [&](const Factor& factor) { return factor.selected(selector, arm); });
}

DesignSpace space_of(const Arms& arms, const std::vector<Factor>& factors, std::uint64_t seed) {
  DesignSpace space;
  space.seed = seed;
  for (const Scanner& scanner : arms.scanners) space.scanners.push_back(scanner.name);
  space.scanner_types = arms.scanner_types;
  for (const Factor& factor : factors) space.factors.push_back(factor.key);
  for (std::size_t s = 0; s < arms.scanners.size(); ++s) {
    auto& counts = space.levels.emplace_back();
    for (const Factor& factor : factors) counts.push_back(factor.on[s].front().size());
  }
  Arm chosen;
  for (const Factor& factor : factors) {
    const auto& levels = factor.on[chosen.scanner][chosen.protocol];
    std::size_t level = 0;
    for (std::size_t i = levels.size(); i-- > 0;) {
      Arm arm = chosen;
      factor.set(arm, levels[i]);
      if (factor.selected(arms.reference, arm)) level = i;
    }
    space.reference.push_back(level);
    if (space.reference.size() <= 2) factor.set(chosen, levels[level]);
  }
  return space;
}

}  // namespace vitrine::trial::detail
