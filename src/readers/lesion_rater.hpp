#pragma once
#include "vitrine/readers/reader.hpp"

namespace vitrine::readers {

/// Rates each lesion, of which it is told where it lies, by one number of its voxels: the simplest
/// classifier, to have something to compare with.
///
/// The voxels are those of the ellipsoid in the lesion's box, made smaller so that the edge does
/// not count; where none has its centre there, the one in the middle.
class LesionRater final : public Reader {
 public:
  struct Params {
    std::string by = "heterogeneity";  ///< heterogeneity, density, diameter
    double share = 0.7;                ///< of the ellipsoid's half axes
  };
  static const Schema<Params>& schema();
  explicit LesionRater(Params params) : params_(std::move(params)) {}

  Task task() const override { return Task::classification; }
  Reading read(const Request& request, Host& host) const override;

 private:
  double rate(const Image& image, const VoxelBox& box) const;
  Params params_;
};

}  // namespace vitrine::readers
