#include "vitrine/phantoms/population.hpp"

#include <algorithm>

#include "vitrine/core/math.hpp"

namespace vitrine::phantoms {

double Person::weight() const {
  const double metres = 1e-3 * height;
  return bmi * metres * metres;
}

double Person::surface() const {
  // DuBois and DuBois, Arch Intern Med 17 (1916) 863: kg and cm.
  return 0.007184 * math::pow(weight(), 0.425) * math::pow(0.1 * height, 0.725);
}

double Person::fat_index() const {
  // Deurenberg, Weststrate and Seidell, Br J Nutr 65 (1991) 105; held to what people have.
  const double percent = 1.20 * bmi + 0.23 * age - (female() ? 0.0 : 10.8) - 5.4;
  return bmi * 0.01 * std::clamp(percent, 6.0, 55.0);
}

double Person::liver_mass() const {
  // Vauthey et al., Liver Transpl 8 (2002) 233: ml; at 1.06 g/ml (ICRP 89).
  return 1.06 * std::max(-794.41 + 1267.28 * surface(), 500.0);
}

// ICRP 89: 150 and 130 g, 310 and 275 g, 140 and 120 g in bodies of 1.89 and 1.64 m^2.
double Person::spleen_mass() const { return 79.3 * surface(); }

double Person::kidney_mass() const {
  // The cortex shrinks with age (Wang et al., Kidney Int 85 (2014) 677); the rate, 22 ml in a
  // decade, and its onset are chosen.
  return 166.0 * surface() - 2.3 * std::max(age - 50.0, 0.0);
}

double Person::pancreas_mass() const { return 73.6 * surface(); }

double Person::heart_size() const {
  // ICRP 89, with blood: 840 g in 1.89 m^2 and 620 g in 1.64 m^2. The mean man has 2.035 m^2.
  constexpr double mean = 2.035, women = (620.0 / 1.64) / (840.0 / 1.89);
  return math::cbrt(surface() / mean * (female() ? women : 1.0));
}

// Areas of subcutaneous fat in CT are met by 3 mm per kg/m^2 at L3 (Fox et al., Circulation 116
// (2007) 39; Kong et al., Front Nutr 9 (2022) 871697); the chest has assumed half of that.
double Person::chest_fat() const { return 1.5 * fat_index(); }
double Person::abdominal_fat() const { return 3.0 * fat_index(); }

double Person::visceral_share() const {
  // Chosen so that the visceral fat at L3 is that of CT by sex and BMI (docs/methods/phantoms.md).
  const double share = 0.45 + 0.02 * (bmi - 28.5) + 0.002 * (age - 50.0);
  return std::clamp(share + (female() ? -0.08 : 0.07), 0.15, 0.75);
}

std::vector<std::pair<std::string, double>> Person::parameters() const {
  return {
      {"age_years", age}, {"height_mm", height}, {"bmi_kg_per_m2", bmi}, {"weight_kg", weight()}};
}

Person Population::draw(Rng& rng) const {
  Person person;
  person.sex = sex.sample(rng);
  person.age = age.sample(rng);
  const double tall_female = height_female.sample(rng), tall_male = height_male.sample(rng);
  const double wide_female = bmi_female.sample(rng), wide_male = bmi_male.sample(rng);
  person.height = person.female() ? tall_female : tall_male;
  person.bmi = person.female() ? wide_female : wide_male;
  return person;
}

double fitting_fat(double fat, double width, double inner) {
  const double least = 0.5 * (width - 1.15 * inner), most = 0.5 * (width - 0.85 * inner);
  return std::max(std::clamp(fat, least, std::max(least, most)), 3.0);
}

double drawn_size(const std::optional<Distribution>& said, double expected, double scatter,
                  Rng& rng) {
  // Drawn even where it is not used, so that a size that is said changes no other one.
  constexpr double widest = 2.5;
  const double factor = Distribution::normal(1.0, scatter)
                            .truncated(1.0 - widest * scatter, 1.0 + widest * scatter)
                            .sample(rng);
  return said ? said->sample(rng) : expected * factor;
}

}  // namespace vitrine::phantoms
