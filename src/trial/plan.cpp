#include "vitrine/trial/plan.hpp"

#include <algorithm>
#include <utility>

namespace vitrine::trial {

Plan make_plan(Scenario scenario) {
  Plan plan;
  plan.fingerprint = fingerprint(scenario);
  plan.written = Scenario::schema().write(scenario);
  plan.sites = install_sites(scenario);
  if (!scenario.arms.protocols.empty()) scenario.arms.protocol = scenario.arms.protocols.front();
  plan.arms = enumerate_arms(scenario.arms, std::uint64_t(scenario.trial.seed));
  plan.reference = select_arm(scenario.arms, plan.arms, scenario.arms.reference);
  plan.repeated = select_arm(scenario.arms, plan.arms, scenario.arms.repeat.of);
  plan.followed = select_arm(scenario.arms, plan.arms, scenario.arms.follow_up.of);
  plan.cases = phantoms::patient_ids(scenario.patients);
  plan.scenario = std::move(scenario);
  return plan;
}

std::string repeated_arms(const Plan& plan) {
  if (plan.scenario.arms.repeat.noise() == 0) return plan.arms[plan.repeated].name;
  const auto n =
      std::ranges::count_if(plan.arms, [](const Arm& arm) { return arm.noise_repeats > 0; });
  if (n == 1) return plan.arms[plan.repeated].name;
  return n == std::ssize(plan.arms) ? "every arm" : str(n, " arms");
}

}  // namespace vitrine::trial
