#pragma once
#include <array>
#include <cstddef>
#include <span>
#include <string_view>
#include <utility>
#include <vector>

#include "vitrine/core/buffer.hpp"
#include "vitrine/model/volume.hpp"

namespace vitrine {

enum class DetectorShape {
  curved,  ///< columns at equal angles, on the cylinder of radius source_to_detector about the
           ///< source
  flat,    ///< columns at equal distances, on the plane across the central ray
};

/// Where a focal spot is, mm from its nominal place, in the frame of its view: across the fan,
/// along the central ray towards the axis, and z.
struct FocalShift {
  double across = 0.0, along = 0.0, z = 0.0;
  bool operator==(const FocalShift&) const = default;
};

/// Third-generation geometry; the source turns about +z.
///
/// The scanner's frame is the patient's (LPS, mm) with the rotation axis on x = y = 0.
/// At view angle b the source is at (sid sin b, -sid cos b, table): angle 0 puts it at (0, -sid),
/// in front of a supine patient, and angles grow from +x ... towards +y of the source's motion. The
/// ray of fan angle g leaves it along cos g (-sin b, cos b) + sin g (cos b, sin b). Rows are
/// equidistant in z on the detector's surface, a cylinder or a plane.
struct ScanGeometry {
  DetectorShape shape = DetectorShape::curved;
  double source_to_iso = 0.0;       ///< mm
  double source_to_detector = 0.0;  ///< mm
  double column_angle = 0.0;        ///< rad between neighbouring columns; flat: their tangents
  double row_pitch = 0.0;           ///< mm, at the detector
  double column_offset = 0.0;       ///< quarter-detector shift, in columns
  /// mm, across: source and detector turn displaced by as much, so that the axis is not where the
  /// reconstruction, which knows nothing of it, takes it to be.
  double axis_offset = 0.0;
  Index columns = 0, rows = 0;
  Index views_per_rotation = 0;
  /// rad, of the gantry about x; the table still moves along z. Positive: its top leans towards the
  /// feet, as DICOM's Gantry/Detector Tilt of a patient who lies head first.
  double tilt = 0.0;
  std::vector<double> view_angles;      ///< rad, one per view
  std::vector<double> table_positions;  ///< mm (patient z of the detector's centre), one per view
  std::vector<double> view_times;  ///< s since the scan's start, one per view; none: all at once

  std::vector<FocalShift> focal_shifts;  ///< flying focal spot, one per view; none: it stands still

  Index views() const { return std::ssize(view_angles); }
  /// From the gantry's frame (z along the rotation axis) to the patient's.
  Mat3 gantry_axes() const;
  /// Where the axis meets the central plane in a view, mm, in the gantry's frame about the
  /// patient's origin.
  Vec3 isocentre(Index view) const;
  FocalShift focal_shift(Index view) const {
    return focal_shifts.empty() ? FocalShift{} : focal_shifts[std::size_t(view)];
  }
  double fan_angle(double column) const;     ///< rad, of a (fractional) column index
  double column_at(double fan_angle) const;  ///< the inverse
  /// Of a (fractional) row index: mm along z over source_to_detector. Times `row_scale` of the
  /// column it is dz per in-plane mm of the ray.
  double row_tangent(double row) const {
    return (row - 0.5 * double(rows - 1)) * row_pitch / source_to_detector;
  }
  /// Place of a (fractional) column in the plane, mm from the nominal focal spot: across, along.
  std::array<double, 2> column_place(double column) const;
  /// source_to_detector over the in-plane distance from the source to a (fractional) column.
  double row_scale(double column, const FocalShift& shift = {}) const;
  /// Photons that meet a cell over those that meet one on the detector's normal through the source.
  /// The cube of the cosine to that normal: of the distance's square, and of the cell's face. A
  /// curved detector's cells face the source in the plane, so only the cone counts; it is left out
  /// (1) where the last row loses less than 1 % (0.2 % of 64 rows, 0.7 % of 128, 2.6 % of 320).
  double photon_share(double column, double row) const;
  double row_pitch_at_iso() const { return row_pitch * source_to_iso / source_to_detector; }
  double field_of_view_radius() const;  ///< mm: what every view sees
};

struct Scanner;

/// What a scanner's hardware fixes of a scan: everything but the views.
ScanGeometry hardware_geometry(const Scanner& scanner);

/// How far a deflection moves the rays at the isocentre, in columns (or rows, with their pitch at
/// the detector).
double interleave(const ScanGeometry& geometry, double deflection, double pitch);

/// The positions that a flying focal spot takes in turn: in the plane, along z, or both (four). A
/// deflection of 0 is none.
/// On the anode's slope, `anode_angle` to the central ray and with the anode towards -z, a spot
/// that is moved to +z is also farther from the axis, by z / tan(anode_angle).
std::vector<FocalShift> focal_positions(const Scanner& scanner, bool in_plane, bool along_z);

/// Let the focal spot take some positions in turn, view after view; one alone is its nominal place.
void fly(ScanGeometry& geometry, const std::vector<FocalShift>& positions);

/// The largest pitch at which every half turn of a helix sees every point: beyond it the direct and
/// the conjugate rays leave a gap between them. Pitch: table travel per rotation over the rows'
/// width at the isocentre.
double largest_pitch(const ScanGeometry& geometry);

/// The shortest arc, from the first view to the last, that sees every point of the field of view
/// from all sides: half a turn and the fan, rad.
double least_arc(const ScanGeometry& geometry);

/// How many views are taken at one position of the table: of a helix all, of axial turns those of
/// one, which may be less than a full one.
Index views_per_turn(const ScanGeometry& geometry);

/// Views of an axial rotation over those of a full turn; of a helix 1.
double turned_share(const ScanGeometry& geometry);

/// When the views of axial rotations of `rotation_time` s are taken, with `pause` s between them:
/// the first `views` of each, or all (0).
std::vector<double> axial_view_times(Index views_per_rotation, std::size_t rotations,
                                     double rotation_time, double pause, Index views = 0);

/// One axial rotation per table position, each starting at `start_angle`, views equally spaced: the
/// first `views` of each, or all (0).
std::vector<double> axial_view_angles(Index views_per_rotation, std::size_t rotations,
                                      double start_angle, Index views = 0);

namespace quantity {
struct Signal {  ///< detector signal over that of the unattenuated beam in the same channel
  using value_type = float;
  static constexpr std::string_view unit = "1";
};
struct Quanta {  ///< equivalent number of detected photons per mAs: mean^2 / variance of the signal
  using value_type = float;
  static constexpr std::string_view unit = "1/mAs";
};
struct LineIntegral {
  using value_type = float;
  static constexpr std::string_view unit = "1";
};
}  // namespace quantity

/// Projection data: view-major, then column, rows contiguous. Not initialised.
template <class Quantity>
class Sinogram {
 public:
  using value_type = typename Quantity::value_type;
  explicit Sinogram(ScanGeometry geometry)
      : geometry_(std::move(geometry)),
        values_(std::size_t(geometry_.views() * geometry_.columns * geometry_.rows)) {}
  /// Takes over values that are already there; as many as the geometry has cells.
  Sinogram(ScanGeometry geometry, Buffer<value_type> values)
      : geometry_(std::move(geometry)), values_(std::move(values)) {}

  const ScanGeometry& geometry() const { return geometry_; }
  /// The cells of one view: columns x rows, rows contiguous.
  std::span<value_type> view(Index v) {
    return values_.span().subspan(std::size_t(v) * cells(), cells());
  }
  std::span<const value_type> view(Index v) const {
    return values_.span().subspan(std::size_t(v) * cells(), cells());
  }
  std::span<value_type> values() { return values_.span(); }
  std::span<const value_type> values() const { return values_.span(); }
  /// The memory itself, for a stage that turns one quantity into another in place.
  Buffer<value_type> release() && { return std::move(values_); }

 private:
  std::size_t cells() const { return std::size_t(geometry_.columns * geometry_.rows); }

  ScanGeometry geometry_;
  Buffer<value_type> values_;
};

}  // namespace vitrine
