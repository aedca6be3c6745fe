#include "vitrine/phantoms/iodine_curves.hpp"

#include <algorithm>
#include <array>
#include <cmath>

#include "vitrine/core/error.hpp"
#include "vitrine/core/math.hpp"
#include "vitrine/phantoms/detail/circulation.hpp"

namespace vitrine::phantoms {
namespace {

constexpr double longest_step = 0.1;  // s; the fastest compartment empties in 0.5 s

constexpr std::array<std::string_view, compartment_count> names{
    "upper_veins",   "vena_cava",       "lower_veins",   "right_heart",  "pulmonary_arteries",
    "lungs",         "pulmonary_veins", "left_heart",    "aorta",        "arteries",
    "brain",         "thyroid",         "heart_muscle",  "stomach",      "small_bowel",
    "colon",         "pancreas",        "spleen",        "portal_vein",  "liver",
    "hepatic_veins", "renal_cortex",    "renal_medulla", "renal_pelvis", "renal_veins",
    "adrenals",      "muscle",          "skin",          "fat",          "marrow",
    "other_tissue"};

/// H^0.725 W^0.425 in inches and pounds, which body surface grows with (Du Bois), as Bae et al. use
/// it for cardiac output and blood volume.
double surface_measure(const Physique& body) {
  const double inches = body.height / 25.4, pounds = body.weight / (0.45359237 * units::kg);
  return math::pow(inches, 0.725) * math::pow(pounds, 0.425);
}

/// One classical Runge-Kutta step of dm/dt = f(m).
class Stepper {
 public:
  explicit Stepper(std::size_t nodes) : k_(nodes), sum_(nodes), probe_(nodes) {}

  template <class Rate>
  void step(std::vector<double>& m, double h, Rate&& rate) {
    rate(m, k_);
    sum_ = k_;
    for (const auto& [part, weight] : {std::pair(0.5, 2.0), {0.5, 2.0}, {1.0, 1.0}}) {
      for (std::size_t i = 0; i < m.size(); ++i) probe_[i] = m[i] + part * h * k_[i];
      rate(probe_, k_);
      for (std::size_t i = 0; i < m.size(); ++i) sum_[i] += weight * k_[i];
    }
    for (std::size_t i = 0; i < m.size(); ++i) m[i] += h / 6.0 * sum_[i];
  }

 private:
  std::vector<double> k_, sum_, probe_;
};

}  // namespace

// Bae, Heiken and Brink, Radiology 207 (1998) 647: in mL/min and mL, inches and pounds.
double Physique::cardiac_output() const {
  return relative_output * 36.36 * surface_measure(*this) * units::ml / units::minute;
}
double Physique::blood_volume() const {
  const double ml =
      female ? 34.85 * surface_measure(*this) - 1954.0 : 33.164 * surface_measure(*this) - 1229.0;
  return std::max(ml, 1000.0) * units::ml;
}

std::string_view name_of(Compartment compartment) { return names[std::size_t(compartment)]; }

std::optional<Compartment> compartment_named(std::string_view name) {
  const auto found = std::find(names.begin(), names.end(), name);
  if (found == names.end()) return std::nullopt;
  return static_cast<Compartment>(found - names.begin());
}

IodineCurves::IodineCurves(const Physique& body, const Bolus& bolus, double until)
    : bolus_(bolus), haematocrit_(detail::haematocrit(body.female)) {
  VITRINE_EXPECT(bolus.rate > 0.0 && bolus.volume >= 0.0 && bolus.flush >= 0.0 && until >= 0.0);
  const detail::Circulation circulation(body);
  nodes_ = circulation.volumes.size();
  parts_.resize(compartment_count);
  for (std::size_t c = 0; c < compartment_count; ++c)
    parts_[c] = {circulation.parts[c].nodes, circulation.parts[c].volume};

  std::vector<double> mass(nodes_, 0.0);
  times_.push_back(0.0);
  masses_ = mass;
  Stepper stepper(nodes_);
  const double end = bolus.volume / bolus.rate, flushed = end + bolus.flush / bolus.rate;
  double now = 0.0;
  // The rates jump where the injection and the flush end: a step ends there.
  for (const double stop : {std::min(end, until), std::min(flushed, until), until}) {
    const double pushed = now < flushed ? bolus.rate : 0.0;
    const double iodine = now < end ? bolus.rate * bolus.concentration : 0.0;
    const auto edges = circulation.edges(pushed);
    const auto rate = [&](const std::vector<double>& m, std::vector<double>& change) {
      std::fill(change.begin(), change.end(), 0.0);
      change[circulation.entrance] = iodine;
      for (const detail::Edge& edge : edges) {
        const double moved = edge.rate * m[edge.from];
        change[edge.from] -= moved;
        change[edge.to] += moved;
      }
    };
    const double start = now;
    const auto steps = static_cast<std::size_t>(std::ceil((stop - start) / longest_step));
    for (std::size_t i = 1; i <= steps; ++i) {
      stepper.step(mass, (stop - start) / double(steps), rate);
      now = start + (stop - start) * double(i) / double(steps);
      times_.push_back(now);
      masses_.insert(masses_.end(), mass.begin(), mass.end());
    }
  }
}

double IodineCurves::node_at(std::size_t node, double time) const {
  if (time <= 0.0) return 0.0;
  const auto next =
      std::size_t(std::lower_bound(times_.begin(), times_.end(), time) - times_.begin());
  if (next >= times_.size()) return masses_[(times_.size() - 1) * nodes_ + node];
  const double w = (time - times_[next - 1]) / (times_[next] - times_[next - 1]);
  return (1.0 - w) * masses_[(next - 1) * nodes_ + node] + w * masses_[next * nodes_ + node];
}

double IodineCurves::at(Compartment compartment, double time) const {
  const Part& part = parts_[std::size_t(compartment)];
  double mass = 0.0;
  for (const std::size_t node : part.nodes) mass += node_at(node, time);
  return mass / part.volume;
}

double IodineCurves::injected(double time) const {
  return bolus_.concentration * std::min(bolus_.volume, bolus_.rate * std::max(time, 0.0));
}

double IodineCurves::excreted(double time) const {
  return node_at(detail::Circulation::bladder, time);
}

double IodineCurves::in_body(double time) const {
  double mass = 0.0;
  for (std::size_t node = 0; node < nodes_; ++node)
    if (node != detail::Circulation::bladder) mass += node_at(node, time);
  return mass;
}

double IodineCurves::taken_up(const Uptake& tissue, double time) const {
  if (tissue.blood <= 0.0) return 0.0;
  Stepper stepper(2);
  std::vector<double> mass{0.0, 0.0};  // per volume of tissue: in blood, in the interstitium
  const auto supply = [&](double t) {
    double iodine = tissue.arterial * at(Compartment::arteries, t);
    if (tissue.arterial < 1.0) iodine += (1.0 - tissue.arterial) * at(Compartment::portal_vein, t);
    return iodine;
  };
  const double plasma = (1.0 - haematocrit_) * tissue.blood;
  double before = supply(0.0);
  for (std::size_t i = 1; i < times_.size() && times_[i - 1] < time; ++i) {
    const double h = std::min(times_[i], time) - times_[i - 1];
    const double after = supply(times_[i - 1] + h);
    // The supply is linear within a step; its mean is what the blood brings.
    const double brought = tissue.blood_flow * 0.5 * (before + after);
    stepper.step(mass, h, [&](const std::vector<double>& m, std::vector<double>& change) {
      const double leaks = tissue.interstitium > 0.0
                               ? tissue.permeability * (m[0] / plasma - m[1] / tissue.interstitium)
                               : 0.0;
      change[0] = brought - tissue.blood_flow * m[0] / tissue.blood - leaks;
      change[1] = leaks;
    });
    before = after;
  }
  return mass[0] + mass[1];
}

std::optional<double> IodineCurves::first_time(Compartment compartment, double iodine) const {
  for (std::size_t i = 1; i < times_.size(); ++i) {
    const double after = at(compartment, times_[i]);
    if (after < iodine) continue;
    const double before = at(compartment, times_[i - 1]);
    const double w = after > before ? (iodine - before) / (after - before) : 1.0;
    return times_[i - 1] + std::max(0.0, w) * (times_[i] - times_[i - 1]);
  }
  return std::nullopt;
}

}  // namespace vitrine::phantoms
