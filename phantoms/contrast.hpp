#pragma once
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "vitrine/core/distribution.hpp"
#include "vitrine/core/schema.hpp"
#include "vitrine/phantoms/iodine_curves.hpp"

namespace vitrine::phantoms {

/// What is injected, and when the scan starts: the contrast medium of a protocol.
struct Injection {
  std::string agent = "iodinated contrast medium";
  double concentration = 300.0 * units::mg_per_ml;  ///< of iodine, g/mm^3
  std::optional<double> dose;                       ///< g of iodine per g of body weight
  std::optional<double> volume;                     ///< mm^3, in place of a dose
  std::optional<double> most;                       ///< mm^3: no patient gets more
  std::optional<double> rate;                       ///< mm^3/s; 3 mL/s where nothing is said
  std::optional<double> duration;                   ///< s, in place of a rate
  double flush = 30.0 * units::ml;                  ///< mm^3 of saline at the same rate
  std::optional<double> trigger;                    ///< HU in the aorta that start the delay
  double delay = 70.0;                              ///< s; 0: before the injection
  Distribution timing_error{0.0};                   ///< s that the scan starts after its time
  static const Schema<Injection>& schema();
};

/// The body's mass, g: the anatomy's own if it knows one (`weight_kg`), else from its size.
///
/// A trunk of `width_mm` x `depth_mm` (chest_... in a thorax) is taken as 0.65 of an elliptic
/// cylinder of the reference body height (ICRP 89: 73 kg and 1760 mm, 60 kg and 1630 mm); heads are
/// of reference bodies.
double body_weight(const std::vector<std::pair<std::string, double>>& parameters, bool female);

/// The circulation of a body with these parameters; `relative_output` as in Physique.
Physique physique_of(const std::vector<std::pair<std::string, double>>& parameters,
                     std::string_view sex, double relative_output);

/// What happened to the contrast medium of one scan.
struct ContrastRecord {
  std::string agent;
  double concentration = 0.0;   ///< g/mm^3
  double volume = 0.0;          ///< mm^3
  double iodine = 0.0;          ///< g
  double rate = 0.0;            ///< mm^3/s
  double delay = 0.0;           ///< planned, s
  double time = 0.0;            ///< from the start of the injection to the scan, s; 0: before it
  double weight = 0.0;          ///< g
  double cardiac_output = 0.0;  ///< mm^3/s
  std::vector<std::pair<std::string, double>> compartments;  ///< iodine, g/mm^3 of tissue
};

/// Contrast medium in one patient at the moment of one scan.
class Enhancement {
 public:
  /// `timing_error` [s] belongs to this scan. Throws Error (data) if the aorta never reaches the
  /// trigger.
  Enhancement(const Injection& injection, const Physique& body, double timing_error);

  /// Iodine that blood brings to a material [g/mm^3] in an organ of the scene, or in a compartment
  /// of that name, g/mm^3; 0 for what no blood reaches (air, bile, cortical bone, ...).
  double iodine(std::string_view organ, const std::string& material, double density) const;

  const IodineCurves& curves() const { return curves_; }
  double time() const { return record_.time; }  ///< s after the start of the injection
  const ContrastRecord& record() const { return record_; }

 private:
  ContrastRecord record_;
  IodineCurves curves_;
};

}  // namespace vitrine::phantoms
