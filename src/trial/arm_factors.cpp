#include "vitrine/trial/arm_factors.hpp"

#include <algorithm>
#include <charconv>
#include <set>

#include "vitrine/trial/detail/factor.hpp"

namespace vitrine::trial {
namespace {

bool differ(const std::vector<std::string>& levels) {
  return std::set<std::string>(levels.begin(), levels.end()).size() > 1;
}

std::vector<double> numbers(const std::vector<std::string>& texts) {
  std::vector<double> all;
  for (const std::string& text : texts)
    std::from_chars(text.data(), text.data() + text.size(), all.emplace_back());
  return all;
}

/// The scanner's type where it is a site's.
std::string type_of(const std::string& machine, std::span<const Site> sites) {
  const auto site = std::ranges::find(sites, machine, &Site::name);
  return site == sites.end() ? machine : site->scanner;
}

}  // namespace

std::vector<evaluation::ArmFactor> arm_factors(const Arms& arms, std::span<const Arm> all,
                                               std::span<const Site> sites,
                                               std::span<const std::string> random) {
  std::vector<evaluation::ArmFactor> result;
  const auto add = [&](const std::string& name, std::vector<std::string> level, bool is_number) {
    if (!differ(level)) return;
    const bool sample = std::ranges::find(random, name) != random.end();
    evaluation::ArmFactor factor{name, std::move(level),
                                 sample ? evaluation::Effect::random : evaluation::Effect::fixed};
    if (is_number) factor.number = numbers(factor.level);
    result.push_back(std::move(factor));
  };
  const auto factors = detail::factors_of(arms);
  for (std::size_t f = 0; f < factors.size(); ++f) {
    const std::string& key = factors[f].key;
    std::vector<std::string> level;
    for (const Arm& arm : all) level.push_back(factors[f].levels[arm.levels[f]]);
    if (key != "scanner" || sites.empty()) {
      add(key, std::move(level), arms.design->is_interval(key));
      continue;
    }
    if (std::ranges::find(random, "site") != random.end()) {
      std::vector<std::string> type;
      for (const std::string& machine : level) type.push_back(type_of(machine, sites));
      add("scanner", std::move(type), false);
    }
    add("site", std::move(level), false);
  }
  return result;
}

}  // namespace vitrine::trial
