#pragma once
#include <concepts>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "vitrine/core/distribution.hpp"
#include "vitrine/core/schema.hpp"

namespace vitrine::phantoms {

/// Who a patient is before any organ is: organs and body widths are regressed on this.
struct Person {
  std::string sex = "male";
  double age = 50.0;       ///< years
  double height = 1754.0;  ///< mm
  double bmi = 28.5;       ///< kg/m^2

  bool female() const { return sex == "female"; }
  double weight() const;     ///< kg
  double surface() const;    ///< of the body, m^2 (DuBois and DuBois 1916)
  double fat_index() const;  ///< fat mass over height squared, kg/m^2 (Deurenberg et al. 1991)

  /// Masses of organs to be expected of this person, g.
  double liver_mass() const;
  double spleen_mass() const;
  double kidney_mass() const;  ///< both
  double pancreas_mass() const;
  /// Linear size of the heart over that of the mean man.
  double heart_size() const;
  /// Thickness of the fat under the skin, mm.
  double chest_fat() const;
  double abdominal_fat() const;
  /// Share of fat rather than bowel between the abdominal organs.
  double visceral_share() const;

  /// As rows of a patient's table, named with their unit.
  std::vector<std::pair<std::string, double>> parameters() const;
};

/// The adults that patients are drawn from: what every body's parameters begin with.
struct Population {
  Choice sex{std::vector<std::string>{"female", "male"}};
  /// Assumed: adults who are sent to CT.
  Distribution age = Distribution::normal(58.0, 15.0).truncated(18.0, 95.0);
  /// Adults of the USA: means of 2015 to 2016 (Fryar et al., Natl Health Stat Rep 122 (2018): 175.4
  /// and 161.7 cm, 29.1 and 29.6 kg/m^2), spreads from the percentiles of the same surveys.
  Distribution height_female = Distribution::normal(1617.0, 71.0).truncated(1400.0, 1900.0);
  Distribution height_male = Distribution::normal(1754.0, 76.0).truncated(1500.0, 2100.0);
  Distribution bmi_female = Distribution::lognormal(28.7, 0.25).truncated(15.0, 50.0);
  Distribution bmi_male = Distribution::lognormal(28.5, 0.20).truncated(15.0, 50.0);

  /// Always the same six numbers of `rng`.
  Person draw(Rng& rng) const;
};

/// A size that follows from the person unless the scenario says it: `expected` times a normal
/// factor of mean 1 and standard deviation `scatter`, cut at 2.5 of them.
double drawn_size(const std::optional<Distribution>& said, double expected, double scatter,
                  Rng& rng);

/// The thickness of fat at a trunk of this outer width, mm: held to what leaves within a cage or
/// cavity of `inner` (expected) a width from 0.85 to 1.15 of it, so that a width that a scenario
/// says goes with what is under it.
double fitting_fat(double fat, double width, double inner);

/// The fields of the population, before a body's own.
template <std::derived_from<Population> Params>
Schema<Params>&& describe_population(Schema<Params>&& schema) {
  using Number = Distribution Params::*;
  return std::move(schema)
      .optional("sex", static_cast<Choice Params::*>(&Population::sex),
                "sex of the patient, or a choice")
      .one_of({"female", "male"})
      .optional("age", static_cast<Number>(&Population::age), unit::years, "age of the patient")
      .between(18, 100)
      .optional("height_female", static_cast<Number>(&Population::height_female), unit::mm,
                "a woman's standing height")
      .between(1300, 2100)
      .optional("height_male", static_cast<Number>(&Population::height_male), unit::mm,
                "a man's standing height")
      .between(1300, 2200)
      .optional("bmi_female", static_cast<Number>(&Population::bmi_female), unit::kg_per_m2,
                "a woman's weight over her height squared")
      .between(14, 60)
      .optional("bmi_male", static_cast<Number>(&Population::bmi_male), unit::kg_per_m2,
                "a man's weight over his height squared")
      .between(14, 60);
}

}  // namespace vitrine::phantoms
