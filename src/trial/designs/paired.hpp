#pragma once
#include "vitrine/trial/design.hpp"

namespace vitrine::trial {

/// The i-th arm has the i-th level of every factor that varies.
class Paired final : public Design {
 public:
  struct Params {
    std::vector<std::string> crossed;
  };
  static const Schema<Params>& schema();
  explicit Paired(Params params) : params_(std::move(params)) {}
  void check(const DesignSpace& space, const Value& arms, Diagnostics& problems) const override;
  std::vector<DesignRow> rows(const DesignSpace& space) const override;

 private:
  bool is_crossed(const std::string& factor) const;
  Params params_;
};

}  // namespace vitrine::trial
