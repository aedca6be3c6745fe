#pragma once
#include "vitrine/trial/design.hpp"

namespace vitrine::trial {

/// The reference arm, then each factor alone: 1 + sum of (levels - 1) arms.
class OneAtATime final : public Design {
 public:
  struct Params {};
  static const Schema<Params>& schema();
  explicit OneAtATime(Params) {}
  std::vector<DesignRow> rows(const DesignSpace& space) const override;
};

}  // namespace vitrine::trial
