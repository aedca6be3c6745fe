#include "vitrine/trial/detail/protocol_views.hpp"

#include <algorithm>

namespace vitrine::trial::detail {

std::string way_of_scanning(const Protocol& protocol) {
  const double coverage = protocol.coverage();
  Protocol way = protocol;
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
  way.algorithm = any.algorithm;
  way.denoise = any.denoise;
  if (way.contrast) way.contrast->delay = phantoms::Injection{}.delay;
  return to_json(Protocol::schema().write(way)) + ' ' + to_text(coverage);
}

ProtocolViews::ProtocolViews(const Plan& plan) : plan_(plan) {
  const std::vector<Protocol>& protocols = plan.scenario.arms.protocols;
  const std::size_t first = plan.arms.front().protocol;
  groups_.push_back({first});
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
}

std::vector<Arm> ProtocolViews::arms_of(const std::vector<std::size_t>& group) const {
  std::vector<Arm> its;
  std::ranges::copy_if(plan_.arms, std::back_inserter(its), [&](const Arm& arm) {
    return std::ranges::find(group, arm.protocol) != group.end();
  });
  return its;
}

}  // namespace vitrine::trial::detail
