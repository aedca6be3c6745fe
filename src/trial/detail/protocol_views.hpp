#pragma once
#include <cstddef>
#include <memory>
#include <string>
#include <vector>

#include "vitrine/trial/plan.hpp"

namespace vitrine::trial::detail {

/// What of a protocol decides the readings of a scan: all but its name, what arms may vary, and the
/// slices that images are made of. Protocols of equal text scan alike.
std::string way_of_scanning(const Protocol& protocol);

/// What of a protocol decides the rays of a scan, and where a patient lies in it: what decides its
/// readings but for what is done with the rays afterwards (tube-current modulation, corrections,
/// loads) and, unless the patient moves, for how long the scan takes.
std::string way_of_tracing(const Protocol& protocol);

/// A plan as each of its protocols sees it: that one as the trial's `protocol`, beside all arms.
class ProtocolViews {
 public:
  /// `plan` must live as long as this.
  explicit ProtocolViews(const Plan& plan);

  const Plan& of(std::size_t protocol) const { return views_.empty() ? plan_ : *views_[protocol]; }
  const Plan& of(const Arm& arm) const { return of(arm.protocol); }
  /// The protocols that scan alike, so that one scan serves them all; that of the first arm comes
  /// first. Where raw data are written each scans for itself, since a file is of one protocol.
  const std::vector<std::vector<std::size_t>>& groups() const { return groups_; }
  /// The groups whose scans trace the same rays, by their places in `groups`; that of the first arm
  /// comes first. Every group is in one of these.
  const std::vector<std::vector<std::size_t>>& traced_alike() const { return traced_alike_; }
  /// The arms of a group.
  std::vector<Arm> arms_of(const std::vector<std::size_t>& group) const;

 private:
  const Plan& plan_;
  std::vector<std::unique_ptr<Plan>> views_;  // none of a single protocol
  std::vector<std::vector<std::size_t>> groups_, traced_alike_;
};

}  // namespace vitrine::trial::detail
