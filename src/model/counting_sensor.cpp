#include "vitrine/model/counting_sensor.hpp"

#include <algorithm>
#include <functional>

#include "vitrine/model/detail/check_material.hpp"

namespace vitrine {
namespace {

constexpr std::size_t most_bins = 8;

/// Below four standard deviations noise alone would be counted: 3e-5 of the instants.
constexpr double fewest_deviations = 4.0;

void check_sensor(const CountingSensor& s, const Value& node, Diagnostics& problems) {
  const auto at = [&](const char* key) {
    const Value* value = node.find(key);
    return value ? value->where : node.where;
  };
  detail::check_material(s.material, "material", node, problems);
  const auto& t = s.thresholds;
  if (t.empty() || t.size() > most_bins)
    problems.error(at("thresholds_kev"), str("sensor: thresholds_kev lists ", t.size(),
                                             " thresholds (there must be 1 to ", most_bins, ")"));
  const auto bad = std::adjacent_find(t.begin(), t.end(), std::greater_equal<>());
  if (bad != t.end())
    problems.error(
        at("thresholds_kev"),
        str("sensor: thresholds_kev has ", to_text(*bad), " before ", to_text(*(bad + 1)),
            " (bins lie between thresholds that ascend). Sort them, "
            "and leave out what is there twice."));
  if (!t.empty() && t.front() < fewest_deviations * s.electronic_noise)
    problems.error(at("thresholds_kev"),
                   str("sensor: the lowest of thresholds_kev is ", to_text(t.front()),
                       " (electronic_noise_kev is ", to_text(s.electronic_noise),
                       ": noise alone would be counted). Use at least ",
                       to_text(fewest_deviations * s.electronic_noise), '.'));
}

}  // namespace

const Schema<PileUp>& PileUp::schema() {
  static const auto s =
      Schema<PileUp>(
          "pile_up",
          "Pulses that come too close to be told apart: counts are lost (Knoll, Radiation "
          "Detection and Measurement, chapter 4)")
          .optional("dead_time", &PileUp::dead_time, unit::ns,
                    "of one pixel after a count (0: nothing is lost)")
          .between(0, 10000)
          .optional("kind", &PileUp::kind,
                    "paralysable: a pulse that is lost prolongs the dead time; non_paralysable: it "
                    "does not")
          .one_of({"paralysable", "non_paralysable"})
          .optional("correction", &PileUp::correction, unit::percent,
                    "of the mean loss that the calibration makes up for")
          .between(0, 100);
  return s;
}

const Schema<CountingSensor>& CountingSensor::schema() {
  static const auto s =
      Schema<CountingSensor>("sensor", "The semiconductor of a photon-counting detector")
          .optional("material", &CountingSensor::material,
                    "cadmium_telluride, cadmium_zinc_telluride, silicon, gallium_arsenide, or any "
                    "other of `vitrine list material`")
          .optional("thickness", &CountingSensor::thickness, unit::mm, "along the ray")
          .between(0.05, 200)
          .required("thresholds", &CountingSensor::thresholds, unit::kev,
                    "ascending: pulses between two of them, or above the last, are one bin")
          .between(1, 150)
          .optional("columns", &CountingSensor::columns,
                    "pixels of a cell side by side in a row; a cell reads the sum of its pixels")
          .between(1, 16)
          .optional("rows", &CountingSensor::rows, "pixels of a cell along z")
          .between(1, 16)
          .optional("charge_cloud", &CountingSensor::charge_cloud, unit::mm,
                    "standard deviation of a photon's charge when it reaches the pixels, which "
                    "share it (0: none do)")
          .between(0, 1)
          .optional("fluorescence", &CountingSensor::fluorescence, unit::percent,
                    "of the K fluorescence that flies off from where it is made, into the same "
                    "pixel, another, or out of the sensor (0: none)")
          .between(0, 100)
          .optional("scatter", &CountingSensor::scatter, unit::percent,
                    "of the Compton-scattered photons that do so (0: all their energy stays)")
          .between(0, 100)
          .optional("electronic_noise", &CountingSensor::electronic_noise, unit::kev,
                    "standard deviation of a pulse's height")
          .between(0, 30)
          .optional("fano_factor", &CountingSensor::fano_factor,
                    "variance over mean of the number of charges (0: no spread)")
          .between(0, 1)
          .optional("pair_energy", &CountingSensor::pair_energy, unit::ev,
                    "energy that frees one pair of charges")
          .between(0.1, 100)
          .optional("pile_up", &CountingSensor::pile_up,
                    "pulses lost at high rates (none if nothing is said)")
          .checked(check_sensor);
  return s;
}

std::optional<BinWindow> bin_window(const std::string& name, std::size_t bins) {
  if (name == "total") return BinWindow{0, bins};
  for (std::size_t i = 0; i < bins; ++i) {
    if (name == str("bin", i + 1)) return BinWindow{i, i + 1};
    if (name == str("threshold", i + 1)) return BinWindow{i, bins};
  }
  return std::nullopt;
}

}  // namespace vitrine
