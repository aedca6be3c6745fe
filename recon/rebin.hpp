#pragma once
#include <span>
#include <vector>

#include "vitrine/core/buffer.hpp"
#include "vitrine/core/isa.hpp"
#include "vitrine/model/scan.hpp"

namespace vitrine::recon {

/// An axial scan rearranged into parallel views: what every kernel of that scan starts from.
///
/// Angle i is theta = start + 2 pi i / angles; its rays run along (-sin theta, cos theta) in the
/// plane and pass the axis at t = x cos theta + y sin theta. A station is one full turn at one
/// table position. Rows stay as measured (cone-parallel), times the cosine of their cone angle;
/// those of a flat detector become a curved one's. Samples have the spacing of the columns at the
/// isocentre and keep the detector's quarter offset, so that a ray and its conjugate, half a turn
/// later, interleave.
class Rebinned {
 public:
  /// Geometry and memory; the values are not initialised. Throws Error (unsupported) unless the
  /// scan is a number of full, equally spaced turns that start at the same angle.
  explicit Rebinned(const ScanGeometry& scan);

  const ScanGeometry& scan() const { return scan_; }
  Index angles() const { return angles_; }  ///< over 2 pi, even
  double angle(Index i) const;              ///< rad
  Index samples() const { return samples_; }
  double spacing() const { return spacing_; }  ///< mm between samples
  double position(double sample) const { return (sample - centre_) * spacing_; }  ///< t, mm
  Index rows() const { return scan_.rows; }
  Index padded_rows() const { return padded_rows_; }
  Index stations() const { return std::ssize(station_z_); }
  double station_z(Index s) const { return station_z_[std::size_t(s)]; }  ///< mm

  /// The samples of one angle of one station: samples x padded_rows, rows contiguous, padding zero.
  std::span<float> line(Index station, Index angle);
  std::span<const float> line(Index station, Index angle) const;

 private:
  ScanGeometry scan_;
  std::vector<double> station_z_;
  Index angles_ = 0, samples_ = 0, padded_rows_ = 0;
  double spacing_ = 0.0, centre_ = 0.0;
  Buffer<float> values_;
};

/// Fan to parallel by six-point Lagrange interpolation, first in angle, then along the detector.
Rebinned rebin(const Sinogram<quantity::LineIntegral>& scan, Isa isa);

}  // namespace vitrine::recon
