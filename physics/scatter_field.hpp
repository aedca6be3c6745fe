#pragma once
#include <span>
#include <vector>

#include "vitrine/core/isa.hpp"
#include "vitrine/model/scan.hpp"
#include "vitrine/physics/beam.hpp"

namespace vitrine::physics {

/// What scattered photons leave in a detector's cells, on average over coarse cells, in some views.
struct ScatterMaps {
  std::vector<Index> views;          ///< numbers of the scan's views, ascending
  Index columns = 0, rows = 0;       ///< coarse cells
  std::vector<double> mean, square;  ///< keV/mAs and keV^2/mAs per cell: [view][column][row]

  std::size_t cells() const { return std::size_t(columns * rows); }
};

/// The views of a scan that scatter is computed for: about 24 in a rotation, the first and the last
/// of every rotation of a table at rest among them.
std::vector<Index> scatter_views(const ScanGeometry& geometry);

/// The coarse cells that it is computed for: 32 columns, rows of about 10 mm at the isocentre.
struct CoarseCells {
  Index columns = 0, rows = 0;
};
CoarseCells scatter_cells(const ScanGeometry& geometry);

/// Scatter in every cell of every view: maps, interpolated by cubics between their views, columns
/// and rows, straight on beyond the last cell's middle. Never negative.
class ScatterField {
 public:
  /// `strength` times the maps.
  ScatterField(const ScanGeometry& geometry, const Beam& beam, ScatterMaps maps, double strength,
               Isa isa);

  /// Adds scatter to a mean signal, and its variance to what that signal is worth in quanta: both
  /// as in an Exposure, of views `first` to `first + count`. A variance per mAs is the second
  /// moment of the energy that quanta leave (compound Poisson process).
  void add(Index first, Index count, std::span<float> signal, std::span<float> quanta) const;

  /// Subtracts a share of the mean scatter from readings.
  void subtract(Index first, Index count, double share, std::span<float> readings) const;

 private:
  /// Values at four neighbours count so much.
  struct Taps {
    Index at[4];
    double weight[4];
  };
  static Taps taps(std::span<const double> places, double x, Index low, Index high);
  Taps view_taps(Index view) const;
  /// Of a view, interpolated to its columns: [column][coarse row].
  std::vector<float> columns_of(const Taps& views, const std::vector<double>& maps) const;

  ScanGeometry geometry_;
  ScatterMaps maps_;
  Isa isa_;
  std::vector<Taps> column_taps_;
  std::vector<float> row_weights_;  ///< [coarse row][row]
  std::vector<float> per_air_;      ///< per cell: mAs/keV
};

}  // namespace vitrine::physics
