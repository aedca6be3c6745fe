#pragma once
#include "vitrine/trial/design.hpp"

namespace vitrine::trial {

/// All main effects and all interactions can be told apart.
class FullFactorial final : public Design {
 public:
  struct Params {};
  static const Schema<Params>& schema() {
    static const auto s =
        Schema<Params>("full_factorial", "Every combination of the levels (the default)");
    return s;
  }
  explicit FullFactorial(Params) {}
  std::vector<DesignRow> rows(const DesignSpace& space) const override {
    return every_combination(space);
  }
};

}  // namespace vitrine::trial
