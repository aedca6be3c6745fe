#pragma once
#include "vitrine/readers/reader.hpp"

namespace vitrine::readers {

/// Segments lesions by a threshold and what is connected above it.
///
/// From a box (`seeds: box`): the threshold is half-way between the median in the middle of the box
/// and the median around it, so that it may be brighter or darker than what surrounds it; what is
/// beyond that threshold and connected with the middle is the lesion, as far as the box and its
/// margin reach. By itself (`seeds: itself`), in lungs: what is denser than -400 HU inside a lung,
/// not a part of the body's wall, and thick and round enough.
class RegionGrower final : public Reader {
 public:
  struct Params {
    std::string seeds = "itself";
    double smoothing = 0.6;          ///< mm
    double margin = 3.0;             ///< mm about a box
    double smallest_diameter = 4.0;  ///< mm
    double largest_diameter = 40.0;  ///< mm
  };
  static const Schema<Params>& schema();
  explicit RegionGrower(Params params) : params_(std::move(params)) {}

  Task task() const override { return Task::segmentation; }
  Reading read(const Request& request, Host& host) const override;

 private:
  void grow(const Image& image, const VoxelBox& box, Mask& mask) const;
  Mask nodules(const Image& image) const;
  Params params_;
};

}  // namespace vitrine::readers
