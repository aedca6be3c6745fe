#pragma once
#include <map>
#include <string>
#include <tuple>
#include <utility>

#include "vitrine/trial/detail/measurer.hpp"
#include "vitrine/trial/dose.hpp"

namespace vitrine::trial::detail {

/// The dose indices of a trial's scans. A CTDI for each scanner and tube voltage and a
/// water-equivalent diameter for each of a patient's visits are worked out when first asked for.
class DoseBook {
 public:
  DoseBook(const Plan& plan, Isa isa) : plan_(plan), isa_(isa) {}

  DoseIndices indices(const Measurer& patient, std::size_t scanner, const physics::Beam& beam,
                      double tube_load);

 private:
  const Plan& plan_;
  Isa isa_;
  std::map<std::pair<std::size_t, double>, physics::carlo::Ctdi> body_;  // by scanner, voltage
  // By case, visit, protocol and energy.
  std::map<std::tuple<std::string, std::string, std::string, double>, double> diameters_;
};

}  // namespace vitrine::trial::detail
