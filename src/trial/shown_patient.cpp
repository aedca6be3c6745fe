#include "vitrine/trial/shown_patient.hpp"

#include <algorithm>

#include "vitrine/trial/detail/measurer.hpp"
#include "vitrine/trial/detail/protocol_views.hpp"

namespace vitrine::trial {
namespace {

bool repeats_noise(const std::string& replicate) { return replicate.starts_with("noise"); }

/// Where the patient lies: noise repeats have their scan's visit.
std::string visit_name(const std::string& replicate) {
  return repeats_noise(replicate) ? "scan" : replicate;
}

}  // namespace

ShownPatient::ShownPatient(const Plan& plan, const std::string& case_id, const std::string& arm,
                           const std::string& replicate)
    : plan_(plan), views_(std::make_unique<detail::ProtocolViews>(plan)), shown_(arm_of(arm)) {
  const Plan& view = views_->of(shown_);
  const Scenario& scenario = view.scenario;
  const std::string name = visit_name(replicate);
  Visit visit;
  for (std::int64_t n = 0; n < scenario.arms.repeat.repositions() && visit.name != name; ++n)
    visit = reposition(scenario, case_id, n);
  const bool follows = visit.name != name && name != "scan";
  if (follows) visit = Visit();
  // All arms that scan a visit find the patient and the table in the same place.
  const Scenario& following = views_->of(plan.arms[plan.followed]).scenario;
  for (Visit& later : follows ? follow_up(following, case_id) : std::vector<Visit>())
    if (later.name == name) visit = std::move(later);
  require(visit.name == name || name == "scan", Error::Kind::data, "a stored case has an image '",
          replicate,
          "', which the scenario lacks. Run the same `vitrine run` again in a new directory");
  if (name == "scan") visit = Visit();
  visit.state.injection = injection(scenario.arms.protocol, shown_);
  CaseResult unused;
  if (follows) {  // aimed as the first scan was
    Visit first;
    first.state.injection = injection(scenario.arms.protocol, shown_);
    visit.aim = detail::Measurer(view, case_id, first, unused).aimed();
  }
  patient_ = std::make_unique<detail::Measurer>(view, case_id, visit, unused);
}

ShownPatient::~ShownPatient() = default;

bool ShownPatient::is(const std::string& case_id, const std::string& arm,
                      const std::string& replicate) const {
  const Arm& other = arm_of(arm);
  return case_id == patient_->case_id() && visit_name(replicate) == patient_->visit().name &&
         other.contrast_delay == shown_.contrast_delay && other.protocol == shown_.protocol;
}

ImageContext ShownPatient::context(const std::string& arm, const std::string& replicate,
                                   double ctdi_vol) {
  visit_ = patient_->visit();
  visit_.noise = repeats_noise(replicate) ? replicate : "";
  return patient_->context(arm_of(arm), ctdi_vol, visit_);
}

const Scene& ShownPatient::scene() const { return patient_->scene(); }
const Grid& ShownPatient::grid() const { return patient_->grid(); }

const Arm& ShownPatient::arm_of(const std::string& name) const {
  const auto found = std::ranges::find(plan_.arms, name, &Arm::name);
  require(found != plan_.arms.end(), Error::Kind::data, "a stored case has images of the arm '",
          name, "', which the scenario lacks. Run the same `vitrine run` again in a new directory");
  return *found;
}

}  // namespace vitrine::trial
