#pragma once
#include "vitrine/trial/design.hpp"

namespace vitrine::trial {

/// The levels of one scanner.
struct ScannerLevels {
  std::string scanner;
  Factors vary;
  static const Schema<ScannerLevels>& schema();
};

/// Every combination on each scanner, of levels that it has for itself.
class Nested final : public Design {
 public:
  struct Params {
    std::vector<ScannerLevels> scanners;
  };
  static const Schema<Params>& schema();
  explicit Nested(Params params) : params_(std::move(params)) {}
  Factors levels(const Factors& vary, const Factors& fixed, const ScannerNames& scanners,
                 std::size_t scanner) const override;
  void check(const DesignSpace& space, const Value& arms, Diagnostics& problems) const override;
  std::vector<DesignRow> rows(const DesignSpace& space) const override {
    return every_combination(space);
  }

 private:
  Params params_;
};

}  // namespace vitrine::trial
