#pragma once
#include <functional>

#include "vitrine/trial/scenario.hpp"

namespace vitrine::trial::detail {

using ArmsRule = std::function<bool(const Arms&)>;
using ArmsCheck = std::function<void(const Arms&, const Value& node, Diagnostics& problems)>;

/// Reports protocols that are named alike or not at all, and levels of `vary.protocol` that none
/// has.
void check_protocols(const Arms& arms, const Value& node, Diagnostics& problems);

/// Whether a rule holds with each of the protocols.
ArmsRule with_every_protocol(ArmsRule rule);

/// A check of the arms with each of the protocols: what concerns one of several is said with its
/// name, where that protocol is written.
ArmsCheck with_every_protocol(ArmsCheck check);

}  // namespace vitrine::trial::detail
