#pragma once
#include <functional>
#include <span>
#include <vector>

#include "vitrine/core/buffer.hpp"
#include "vitrine/core/isa.hpp"
#include "vitrine/model/volume.hpp"
#include "vitrine/recon/detail/field_of_view.hpp"

namespace vitrine::recon::detail {

/// Back projection of filtered parallel lines into one slice.
///
/// Every line is interpolated to a whole fraction of a pixel's step along it, and its samples are
/// dealt out to as many phases: the pixels of a row (or of a column, where a line changes faster
/// along y) then take neighbouring samples with the same two weights.
class PlaneBackProjection {
 public:
  /// Lines of `samples` at t = first + m spacing [mm].
  PlaneBackProjection(const Grid& grid, const Circle& circle, Index samples, double first,
                      double spacing, Isa isa);

  /// Lines to be made at once, at most.
  static constexpr Index batch = 16;
  /// Writes the lines of `count` angles from `first` on, `samples` each.
  using Fill = std::function<void(Index first, Index count, std::span<float> lines)>;
  /// Adds the lines of all angles [rad] to the pixels. Equal bits for any number of threads.
  void add(std::span<const double> angles, const Fill& fill);

  /// The sum of a pixel's lines.
  double sum(Index i, Index j) const {
    return double(rows_.values[std::size_t(j * rows_.pitch + i)]) +
           double(columns_.values[std::size_t(i * columns_.pitch + j)]);
  }

 private:
  /// Sums whose lanes run along one axis of the image.
  struct Sums {
    Index lanes, across, pitch;
    double lane_first, lane_step, across_first, across_step;  ///< mm
    Buffer<float> values;
    Sums(Index lane_count, Index across_count, double lane0, double lane_d, double across0,
         double across_d);
  };
  /// How the lines of one angle lie in the pixels.
  struct Shear {
    double base, slope;  ///< phase samples: of row 0's first pixel, and from row to row
    Index phases, length;
    double first, step;  ///< line samples: of the first phase sample, and between them
  };
  Shear shear(const Sums& sums, double lane_cosine, double across_cosine) const;
  void add(Sums& sums, std::span<const std::int32_t> begin, std::span<const std::int32_t> end,
           std::span<const double> angles, std::span<const Index> chosen, const Fill& fill);

  const Circle& circle_;
  Index samples_;
  double first_, spacing_;
  Isa isa_;
  Sums rows_, columns_;
};

}  // namespace vitrine::recon::detail
