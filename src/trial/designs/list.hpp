#pragma once
#include "vitrine/trial/design.hpp"

namespace vitrine::trial {

/// The arms one by one; one that names a scanner's type is made at each of its sites.
class ListOfArms final : public Design {
 public:
  struct Params {
    std::vector<ListedArm> arms;
  };
  static const Schema<Params>& schema();
  explicit ListOfArms(Params params) : params_(std::move(params)) {}
  /// One level per arm of the scanner, in their order, of every factor that some of them name.
  Factors levels(const Factors& vary, const Factors& fixed, const ScannerNames& scanners,
                 std::size_t scanner) const override;
  void check(const DesignSpace& space, const Value& arms, Diagnostics& problems) const override;
  std::vector<DesignRow> rows(const DesignSpace& space) const override;
  Location place_of(const DesignSpace& space, const Value& design, std::size_t row) const override;

 private:
  Params params_;
};

}  // namespace vitrine::trial
