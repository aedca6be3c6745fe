#pragma once
#include <memory>
#include <optional>
#include <span>
#include <vector>

#include "vitrine/core/buffer.hpp"
#include "vitrine/core/floats.hpp"
#include "vitrine/core/isa.hpp"
#include "vitrine/model/scan.hpp"
#include "vitrine/recon/short_scan.hpp"
#include "vitrine/recon/spots.hpp"

namespace vitrine::recon {

/// What filtered back projection starts from.
enum class Views {
  rebinned,  ///< parallel lines
  direct,    ///< the views themselves, of a fan or a cone
};

/// An axial or helical scan rearranged into parallel views: what every kernel of it starts from.
///
/// Angle i is theta = start + 2 pi i / angles; its rays run along (-sin theta, cos theta) in the
/// plane and pass the axis at t = x cos theta + y sin theta. Half turn h has the lines of angles
/// theta + h pi, i in [0, angles / 2): those of odd h are the conjugates of those of even h. An
/// axial scan has two half turns for each position of the table; a helical one goes on and on, and
/// its first and last half turns lack lines. Rows stay as measured (cone-parallel), times the
/// cosine of their cone angle; those of a flat detector become a curved one's. Samples have the
/// spacing of the columns at the isocentre and keep the detector's quarter offset, so that a ray
/// and its conjugate interleave.
///
/// Where a focal spot flies across the fan, neighbouring readings make one line of half the
/// spacing, and there are half as many angles; where it flies along z, lines take the heights of
/// the focal spot in turn.
///
/// A short scan, less than a full turn, has the lines of a full one: what a line's rays count is
/// their `redundancy`, 0 where nothing was measured.
class Rebinned {
 public:
  /// Geometry and memory; the values are not initialised. Throws Error (unsupported) unless views
  /// are equally spaced and either turns from the same angle, each at one position of the table
  /// and whole or half a turn and the fan at least, or one turning on and on while the table moves
  /// evenly, long enough for a half turn.
  ///
  /// `direct`: the views as they come, in place of lines; of axial scans alone, with a focal spot
  /// that stands still and a gantry that is not tilted.
  explicit Rebinned(const ScanGeometry& scan, Views kind = Views::rebinned);

  const ScanGeometry& scan() const { return scan_; }
  /// Whether the filter continues lines beyond the detector where the object does (the default).
  bool extends_truncated() const { return extends_truncated_; }
  void extend_truncated(bool extend) { extends_truncated_ = extend; }
  Index angles() const { return angles_; }  ///< over 2 pi, even
  double angle(Index i) const;              ///< rad
  Index samples() const { return samples_; }
  double spacing() const { return spacing_; }  ///< mm between samples
  double position(double sample) const { return (sample - centre_) * spacing_; }  ///< t, mm
  Index rows() const { return scan_.rows; }
  Index padded_rows() const { return padded_rows_; }
  Index half_turns() const { return (std::ssize(source_z_) + angles_ / 2 - 1) / (angles_ / 2); }
  Index lines() const { return std::ssize(source_z_); }
  bool holds(Index half_turn, Index i) const {
    return half_turn * (angles_ / 2) + i < std::ssize(source_z_);
  }
  /// Where the focal spot is when the ray through the axis is measured, mm along the axis. A tilted
  /// gantry's axis goes through the patient's z axis at `centre_z`, z is counted on from there.
  double source_z(Index half_turn, Index i) const {
    return source_z_[std::size_t(half_turn * (angles_ / 2) + i)];
  }
  /// The table's middle position, mm.
  double centre_z() const;
  /// Of a tilted gantry: where its axis is then, mm along its y from where it is at `centre_z`.
  double axis_y(Index half_turn, Index i) const {
    return axis_y_.empty() ? 0.0 : axis_y_[std::size_t(half_turn * (angles_ / 2) + i)];
  }
  /// Whether lines have different axes: a tilted gantry at several positions of the table.
  bool is_askew() const { return !axis_y_.empty(); }
  double farthest_axis_y() const;
  /// The axis is that much farther along y when the ray at t is measured, mm: an askew helix.
  double lead_y(double t, Index height = 0) const;
  /// What a sample stands for: a ray at t of an askew helix has the place t + sin(theta) lead_y(t);
  /// elsewhere both are the same.
  double t_at(double place, double sine, Index height = 0) const;
  const Spots& spots() const { return spots_; }
  /// Which of its heights the focal spot has in a line: an index into `spots`.
  Index height(Index half_turn, Index i) const { return height_of(half_turn * (angles_ / 2) + i); }
  Index height_of(Index line) const { return line % spots_.heights(); }
  /// How far the table has moved on along the axis when the ray at t is measured, mm.
  double lead(double t, Index height = 0) const;
  /// Where the detector sees a point, in rows from its middle: `above` mm over the focal spot, at
  /// `distance` mm from it in the plane, in the line at t.
  double row_offset(double t, double above, double distance, Index height) const {
    return row_scale(t, height) * above / distance + row_shift(height);
  }
  double row_scale(double t, Index height) const {  ///< mm in the plane times rows per mm
    return spots_.to_cell(height, t) / scan_.row_pitch;
  }
  double row_shift(Index height) const { return spots_.z(height) / scan_.row_pitch; }  ///< rows

  /// One line, each behind the last: samples x padded_rows, rows contiguous, padding zero.
  std::span<float> line(Index half_turn, Index i);
  std::span<const float> line(Index half_turn, Index i) const;
  /// All lines from where they lie, in place of memory of its own.
  void place(Floats lines) {
    placed_ = std::move(lines);
    values_ = {};
  }

  Views kind() const { return kind_; }
  /// `direct`: a view, columns x rows, rows contiguous.
  std::span<float> view(Index v);
  std::span<const float> view(Index v) const;

  bool is_helical() const { return advance_ != 0.0; }
  /// Views at one position of the table; of a helix all.
  Index turn_views() const { return turn_views_; }
  bool is_short() const { return short_.has_value(); }
  /// Of a short scan: weights of a line's samples. Those of a ray and its conjugate sum to 1.
  void redundancy(Index half_turn, Index i, std::span<float> weights) const;
  /// Views from the scan's first to that of the axial ray of line n, counted through all lines.
  double view_of(Index n) const;

 private:
  bool extends_truncated_ = true;
  Views kind_ = Views::rebinned;
  ScanGeometry scan_;
  Spots spots_;
  double advance_ = 0.0;  // of the table, mm per radian; 0 in axial scans
  double first_angle_ = 0.0, first_view_ = 0.0;
  double advance_z_ = 0.0, advance_y_ = 0.0;  // the same along the gantry's axis and its y
  std::vector<double> source_z_, axis_y_;     // per line; the latter if they differ
  std::optional<ShortScanWeights> short_;
  Index turn_views_ = 0;
  Index angles_ = 0, samples_ = 0, padded_rows_ = 0;
  double spacing_ = 0.0, centre_ = 0.0;
  std::span<float> part(Index i, Index size);
  std::span<const float> part(Index i, Index size) const;

  Buffer<float> values_;
  Floats placed_;  // in place of these
};

/// Makes a Rebinned of a scan whose views come one after the other: a ring holds those that the
/// next lines are made of, as many as the fan is wide. A turn at rest closes with its first views,
/// which are kept until it ends.
///
/// Equal bits for any number of threads and however the views are cut into blocks.
class Rebinner {
 public:
  /// `block`: the most views that come at once. Throws as Rebinned does.
  Rebinner(const ScanGeometry& scan, Index block, Isa isa, Views kind = Views::rebinned);
  ~Rebinner();
  Rebinner(Rebinner&&) noexcept;
  Rebinner& operator=(Rebinner&&) noexcept;

  /// Memory for the line integrals of the next views, of `count` or fewer, but of one at least:
  /// columns x rows of each, rows contiguous, as in a Sinogram.
  std::span<float> room(Index count);
  /// They are there: the next `count` views, at most those that there was room for.
  void take(Index count);
  /// All views are there.
  Rebinned finish() &&;

 private:
  friend Rebinned rebin(const Sinogram<quantity::LineIntegral>& scan, Isa isa, Views kind);
  struct State;
  std::unique_ptr<State> state_;
};

/// Lines of their own with the same values. Throws Error (unsupported) if there are none.
Rebinned copy(const Rebinned& scan);

/// Fan to parallel by six-point Lagrange interpolation, first in angle, then along the detector; or
/// the views themselves.
Rebinned rebin(const Sinogram<quantity::LineIntegral>& scan, Isa isa, Views kind = Views::rebinned);

}  // namespace vitrine::recon
