#pragma once
#include <cstddef>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "vitrine/core/units.hpp"

namespace vitrine::phantoms {

/// Whose circulation it is.
struct Physique {
  bool female = false;
  double weight = 73.0 * units::kg;  ///< g
  double height = 1760.0;            ///< mm
  double relative_output = 1.0;      ///< cardiac output over what the body's size predicts

  double cardiac_output() const;  ///< mm^3/s
  double blood_volume() const;    ///< mm^3
};

/// What goes into the vein of an arm: contrast medium, then saline at the same rate.
struct Bolus {
  double volume = 0.0;         ///< mm^3
  double concentration = 0.0;  ///< of iodine, g/mm^3
  double rate = 1.0;           ///< mm^3/s
  double flush = 0.0;          ///< mm^3

  double iodine() const { return volume * concentration; }  ///< g
};

/// A place in the body whose iodine is known.
enum class Compartment : std::size_t {
  upper_veins,
  vena_cava,
  lower_veins,
  right_heart,
  pulmonary_arteries,
  lungs,
  pulmonary_veins,
  left_heart,
  aorta,
  arteries,
  brain,
  thyroid,
  heart_muscle,
  stomach,
  small_bowel,
  colon,
  pancreas,
  spleen,
  portal_vein,
  liver,
  hepatic_veins,
  renal_cortex,
  renal_medulla,
  renal_pelvis,
  renal_veins,
  adrenals,
  muscle,
  skin,
  fat,
  marrow,
  other_tissue,
};
inline constexpr std::size_t compartment_count = std::size_t(Compartment::other_tissue) + 1;

std::string_view name_of(Compartment compartment);
std::optional<Compartment> compartment_named(std::string_view name);

/// How a tissue outside the model takes iodine up: two compartments that exchange.
struct Uptake {
  double blood_flow = 0.0;    ///< 1/s: volume of blood per volume of tissue and second
  double blood = 0.0;         ///< share of the tissue
  double interstitium = 0.0;  ///< share of the tissue
  double permeability = 0.0;  ///< permeability-surface product per volume of tissue, 1/s
  double arterial = 1.0;      ///< share of the flow from arteries; the rest is from the portal vein
};

/// Iodine everywhere in a body after an injection: the compartment model of Bae, Heiken and Brink
/// (Radiology 207 (1998) 647) with volumes and flows of ICRP Publication 89.
///
/// Iodine is carried by blood through the heart, lungs, arteries, organs and veins, goes from the
/// plasma of an organ's capillaries into its interstitium and back, and leaves through the kidneys.
/// The model is linear and conserves iodine; fourth-order Runge-Kutta steps of at most 0.1 s.
class IodineCurves {
 public:
  /// Follows the injection, which starts at time 0, to `until` [s].
  IodineCurves(const Physique& body, const Bolus& bolus, double until);

  /// g/mm^3 of tissue (blood in vessels; lungs without their air); linear between the steps.
  double at(Compartment compartment, double time) const;
  double injected(double time) const;  ///< g
  double in_body(double time) const;   ///< g
  double excreted(double time) const;  ///< g: in the urine that has left the kidneys

  /// Iodine at `time` in a tissue that is fed like this, g/mm^3.
  double taken_up(const Uptake& tissue, double time) const;
  /// First time that a compartment holds this much; none if it never does.
  std::optional<double> first_time(Compartment compartment, double iodine) const;

 private:
  double node_at(std::size_t node, double time) const;

  Bolus bolus_;
  double haematocrit_ = 0.0;
  std::size_t nodes_ = 0;
  std::vector<double> times_;
  std::vector<double> masses_;  // g, [step * nodes_ + node]
  struct Part {
    std::vector<std::size_t> nodes;
    double volume = 0.0;  // mm^3
  };
  std::vector<Part> parts_;  // of each compartment
};

}  // namespace vitrine::phantoms
