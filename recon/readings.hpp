#pragma once
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "vitrine/recon/preprocess.hpp"
#include "vitrine/recon/sinogram_file.hpp"

namespace vitrine::recon {

/// What a detector read without object or without beam: columns x rows, rows contiguous.
using Reference = std::vector<float>;

/// The mean of a reference's views. Throws Error (data) where a reading is no number or negative;
/// `name` is what it is: air or dark.
Reference mean_reading(const ScanGeometry& scan, std::span<const float> views, const char* name);

/// Turns readings as their owner stored them into signals or line integrals.
///
/// Counts become (reading - dark) / (air - dark); transmission is a signal as it is; line integrals
/// are corrected by the water polynomial, which `line_integrals` does to signals.
class Readings {
 public:
  /// `air`, `dark`: of counts; empty: none. Throws Error (data) where air is not above dark.
  Readings(const SinogramFile& file, const RawScan& raw, Reference air, Reference dark);

  /// Of the views from `first` on, in place. Throws Error (data) that names the first reading that
  /// cannot be, counted as it is stored: no number, negative counts or transmission, more than any
  /// object attenuates.
  void convert(Index first, std::span<float> values) const;

 private:
  enum class Kind { line_integral, transmission, counts };
  bool allowed(float value) const;
  std::string stored_place(Index view, Index cell) const;

  Kind kind_;
  bool reversed_views_, reversed_columns_, reversed_rows_;
  bool floor_negative_;
  ScanGeometry scan_;
  Reference air_, dark_;
  std::optional<WaterCorrection> water_;
};

}  // namespace vitrine::recon
