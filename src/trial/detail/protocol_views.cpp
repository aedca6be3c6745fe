#include "vitrine/trial/detail/protocol_views.hpp"

#include <algorithm>

namespace vitrine::trial::detail {

namespace {

/// Some keys of a protocol, and how far it reaches.
std::string text_of(const Protocol& way, const Protocol& whole) {
  return to_json(Protocol::schema().write(way)) + ' ' + to_text(whole.coverage());
}

/// A protocol but for what arms may vary and the slices that images are made of.
Protocol without_images(Protocol way) {
  const Protocol any;
  way.name = any.name;
  way.kernel = any.kernel;
  way.tube_voltage = any.tube_voltage;
  way.tube_load = any.tube_load;
  way.slice_thickness = any.slice_thickness;
  way.slice_increment = any.slice_increment;
  way.slices = any.slices;
  way.matrix = any.matrix;
  way.field_of_view = any.field_of_view;
  way.reconstruction_target = any.reconstruction_target;
  way.algorithm = any.algorithm;
  way.denoise = any.denoise;
  if (way.contrast) way.contrast->delay = phantoms::Injection{}.delay;
  return way;
}

}  // namespace

std::string way_of_scanning(const Protocol& protocol) {
  return text_of(without_images(protocol), protocol);
}

std::string way_of_tracing(const Protocol& protocol) {
  Protocol way = without_images(protocol);
  const Protocol any;
  way.tube_current_modulation = any.tube_current_modulation;
  way.water_correction = any.water_correction;
  way.truncation_extension = any.truncation_extension;
  way.corrections = any.corrections;
  if (way.dual_energy) way.dual_energy->load_share = DualEnergy{}.load_share;
  if (way.motion.empty()) {  // nothing changes with time
    way.rotation_time = any.rotation_time;
    way.table_time = any.table_time;
  }
  return text_of(way, protocol);
}

ProtocolViews::ProtocolViews(const Plan& plan) : plan_(plan) {
  const std::vector<Protocol>& protocols = plan.scenario.arms.protocols;
  const std::size_t first = plan.arms.front().protocol;
  groups_.push_back({first});
  traced_alike_.push_back({0});
  if (protocols.size() < 2) return;
  for (const Protocol& protocol : protocols) {
    views_.push_back(std::make_unique<Plan>(plan));
    views_.back()->scenario.arms.protocol = protocol;
  }
  const bool shares = plan.scenario.outputs.raw.value_or("none") == "none";
  for (std::size_t p = 0; p < protocols.size(); ++p) {
    if (p == first || std::ranges::find(plan.arms, p, &Arm::protocol) == plan.arms.end()) continue;
    const auto alike = std::ranges::find_if(groups_, [&](const auto& group) {
      return shares && way_of_scanning(protocols[group.front()]) == way_of_scanning(protocols[p]);
    });
    if (alike == groups_.end())
      groups_.push_back({p});
    else
      alike->push_back(p);
  }
  const auto way_of = [&](std::size_t group) {
    return way_of_tracing(protocols[groups_[group].front()]);
  };
  for (std::size_t g = 1; g < groups_.size(); ++g) {
    const auto alike = std::ranges::find_if(
        traced_alike_, [&](const auto& others) { return way_of(others.front()) == way_of(g); });
    if (alike == traced_alike_.end())
      traced_alike_.push_back({g});
    else
      alike->push_back(g);
  }
}

std::vector<Arm> ProtocolViews::arms_of(const std::vector<std::size_t>& group) const {
  std::vector<Arm> its;
  std::ranges::copy_if(plan_.arms, std::back_inserter(its), [&](const Arm& arm) {
    return std::ranges::find(group, arm.protocol) != group.end();
  });
  return its;
}

}  // namespace vitrine::trial::detail
