#include <algorithm>
#include <cmath>
#include <numbers>

#include "vitrine/core/units.hpp"
#include "vitrine/recon/detail/sinogram_views.hpp"
#include "vitrine/recon/image_grid.hpp"
#include "vitrine/recon/sinogram_file.hpp"
#include "vitrine/recon/water_table.hpp"

namespace vitrine::recon {
namespace {

constexpr double two_pi = 2.0 * std::numbers::pi;
/// Angles and table positions that are written with few digits are taken as even if they are this
/// share of a step, or of a row, away from it.
constexpr double uneven = 0.02;
/// A slice as thick as this share of a row is as thick as a row: scanners round what they name.
constexpr double a_row = 0.98;

double rounded(double number, double digits = 100.0) {
  return std::round(number * digits) / digits;
}
double degrees(double angle) { return rounded(angle / units::deg, 1e4); }

/// What does not fit, and under which key.
struct Complaint {
  const char* block;
  std::string key, message;
};

/// Works out a scan's views; what does not fit is complained of, and then the scan is not to be
/// used.
class ViewList {
 public:
  ViewList(const SinogramFile& file, ScanGeometry& scan) : views_(file.views), scan_(scan) {
    if (!turn() || !places() || !angles()) return;
    if (!reversed()) return;
    std::ranges::reverse(scan_.view_angles);
    std::ranges::reverse(scan_.table_positions);
  }
  bool reversed() const { return step_ < 0.0; }
  const std::vector<Complaint>& complaints() const { return complaints_; }

 private:
  template <class... Why>
  bool complain(const char* key, const Why&... why) {
    complaints_.push_back({"views", key, str(why...)});
    return false;
  }

  /// Views of a turn, and how many there are.
  bool turn() {
    if (!views_.angles.empty()) {
      count_ = std::ssize(views_.angles);
      if (count_ < 2) return complain("angles_deg", "one view is no scan. Give them all.");
      step_ = usual_step();
    } else {
      step_ = views_.step.value_or(two_pi / double(views_.per_rotation.value_or(1)));
      if (views_.direction == "decreasing") step_ = -step_;
    }
    const char* key = !views_.angles.empty() ? "angles_deg" : "angle_step_deg";
    if (step_ == 0.0) return complain(key, "the views have all the same angle. Check the list.");
    const double turn = two_pi / std::abs(step_);
    per_rotation_ = views_.per_rotation.value_or(Index(std::llround(std::min(turn, 1e9))));
    if (per_rotation_ < 12 || std::abs(turn - double(per_rotation_)) > uneven * turn)
      return complain(key, "views ", degrees(std::abs(step_)), " degrees apart are ", rounded(turn),
                      " a turn (12 at least are needed).");
    if (!views_.per_rotation && views_.angles.empty() &&
        std::abs(turn - double(per_rotation_)) > uneven)
      return complain(key, "views ", degrees(std::abs(step_)), " degrees apart are ", rounded(turn),
                      " a turn (rows of views are rebinned if a turn has a whole number). Give "
                      "views.per_rotation in its place, or resample the views.");
    scan_.views_per_rotation = per_rotation_;
    if (views_.angles.empty()) count_ = views_.count.value_or(per_rotation_);
    return true;
  }

  /// From one listed angle to the next: the mean of what is near the median, since few digits
  /// round, gaps are wide, and turns begin anew.
  double usual_step() const {
    std::vector<double> steps;
    for (std::size_t v = 1; v < views_.angles.size(); ++v) {
      const double step = views_.angles[v] - views_.angles[v - 1];
      steps.push_back(step - two_pi * std::round(step / two_pi));
    }
    const auto middle = steps.begin() + std::ssize(steps) / 2;
    std::ranges::nth_element(steps, middle);
    const double median = *middle;
    double sum = 0.0, count = 0.0;
    for (const double step : steps) {
      if (std::abs(step - median) > 0.25 * std::abs(median)) continue;
      sum += step;
      count += 1.0;
    }
    return sum / count;
  }

  /// Table positions, and the views at each.
  bool places() {
    const auto& listed = views_.table_positions;
    auto& table = scan_.table_positions;
    at_rest_ = count_;
    if (listed.empty()) {
      for (Index v = 0; v < count_; ++v)
        table.push_back(views_.table_start +
                        views_.table_per_rotation * (double(v) / double(per_rotation_)));
      helical_ = views_.table_per_rotation != 0.0;
      return true;
    }
    const Index given = std::ssize(listed);
    if (given != count_) {  // one for each turn
      if (given > count_ || count_ % given != 0)
        return complain("table_positions_mm", given, " table positions for ", count_,
                        " views (one for each view, or one for each of the turns, which have "
                        "equally many views). Check views.count and this list.");
      at_rest_ = count_ / given;
      for (const double z : listed) table.insert(table.end(), std::size_t(at_rest_), z);
      return true;
    }
    Index still = 1;
    while (still < count_ && listed[std::size_t(still)] == listed[0]) ++still;
    table = listed;
    at_rest_ = still;
    if (still > 1) return rest();
    helical_ = true;
    const double per_view = (listed.back() - listed.front()) / double(count_ - 1);
    const double tolerance = uneven * scan_.row_pitch_at_iso();
    for (Index v = 0; v < count_; ++v) {
      const double even = listed.front() + double(v) * per_view;
      if (std::abs(listed[std::size_t(v)] - even) > tolerance)
        return complain("table_positions_mm", "view ", v, " is at ", listed[std::size_t(v)],
                        " mm, an even table at ", rounded(even, 1e3),
                        " (helices are reconstructed whose table moves evenly). Scan with a "
                        "constant pitch, or leave out the views where the table starts and stops.");
      table[std::size_t(v)] = even;
    }
    return true;
  }

  /// Whether the table rests equally long everywhere.
  bool rest() {
    for (Index v = 0; v < count_; ++v)
      if (v % at_rest_ != 0 &&
          scan_.table_positions[std::size_t(v)] != scan_.table_positions[std::size_t(v - 1)])
        return complain("table_positions_mm", "the table moves at view ", v, ", after ",
                        v % at_rest_, " of the ", at_rest_,
                        " views that the first turn has. Give every turn equally many views.");
    if (count_ % at_rest_ != 0)
      return complain("table_positions_mm", count_, " views are no whole number of turns of ",
                      at_rest_, ". Give every turn equally many views.");
    return true;
  }

  bool angles() {
    const Index turn = helical_ ? count_ : std::min(at_rest_, per_rotation_);
    if (!helical_ && at_rest_ % turn != 0)
      return complain("count", at_rest_, " views at one table position are no whole number of ",
                      "turns of ", per_rotation_, ". Leave out ", at_rest_ % turn,
                      " of them: none may be there twice.");
    const double first = views_.angles.empty() ? views_.start : views_.angles.front();
    const double sense = reversed() ? -two_pi : two_pi;
    for (Index v = 0; v < count_; ++v) {
      const double even = first + sense * double(v % turn) / double(per_rotation_);
      scan_.view_angles.push_back(even);
      if (views_.angles.empty()) continue;
      const double off = (views_.angles[std::size_t(v)] - even) / two_pi;
      if (std::abs(off - std::round(off)) * double(per_rotation_) > uneven)
        return complain("angles_deg", "view ", v, " is at ", degrees(views_.angles[std::size_t(v)]),
                        " degrees where ", degrees(even), " belongs (even steps of ",
                        rounded(360.0 / double(per_rotation_), 1e4),
                        "). Fill the gap, or resample the views.");
    }
    return true;
  }

  const SinogramFile::Views& views_;
  ScanGeometry& scan_;
  std::vector<Complaint> complaints_;
  Index count_ = 0, per_rotation_ = 0, at_rest_ = 0;
  double step_ = 0.0;  // rad, as they are stored
  bool helical_ = false;
};

ScanGeometry hardware_of(const SinogramFile::Geometry& g) {
  ScanGeometry scan;
  scan.shape = g.detector.shape == "flat" ? DetectorShape::flat : DetectorShape::curved;
  scan.source_to_iso = g.source_to_iso;
  scan.source_to_detector = g.source_to_detector;
  scan.column_angle = g.detector.column_pitch / g.source_to_detector;
  scan.row_pitch = g.detector.row_pitch;
  scan.column_offset = g.detector.column_offset;
  scan.columns = g.detector.columns;
  scan.rows = g.detector.rows;
  scan.tilt = g.gantry_tilt;
  return scan;
}

/// Whether the views see every point from all sides.
void check_coverage(const ScanGeometry& scan, std::vector<Complaint>& complaints) {
  const auto complain = [&](const char* key, const auto&... why) {
    complaints.push_back({"views", key, str(why...)});
  };
  const Index turn = scan.views_per_rotation;
  const auto& table = scan.table_positions;
  if (table.size() < 2 || table[0] == table[1]) {
    const Index views = views_per_turn(scan);
    const double arc = two_pi * double(views - 1) / double(turn), least = least_arc(scan);
    if (views < turn && arc < least)
      complain("count", views, " views cover ", rounded(arc / units::deg),
               " degrees from the first to the last (half a turn and the fan, ",
               rounded(std::ceil(100.0 * least / units::deg) / 100.0),
               " degrees, see every point from all sides). Give ",
               Index(std::ceil(least / two_pi * double(turn))) + 1, " views or a full turn.");
    return;
  }
  if (scan.views() < turn)
    return complain("count", scan.views(), " views of a helix are no whole turn of ", turn,
                    ". Scan farther.");
  const double travel = std::abs(table[1] - table[0]) * double(turn);
  const double collimation = double(scan.rows) * scan.row_pitch_at_iso();
  if (travel > largest_pitch(scan) * collimation * (1.0 + 1e-9))
    complain("table_per_rotation_mm", "the table moves ", rounded(travel), " mm a turn (rows are ",
             rounded(collimation), " mm wide at the isocentre, and views leave gaps beyond ",
             rounded(largest_pitch(scan) * collimation),
             " mm). Check it and detector.row_pitch_mm, or scan with a lower pitch.");
}

const Location& place_of(const Value& node, const std::string& block, const std::string& key) {
  const Value* in = node.find(block);
  const Value* at = in ? in->find(key) : nullptr;
  return at ? at->where : in ? in->where : node.where;
}

RawScan::Box box_of(const SinogramFile::Images& images, const ScanGeometry& scan,
                    double thickness) {
  const auto [low, high] =
      std::minmax_element(scan.table_positions.begin(), scan.table_positions.end());
  RawScan::Box box;
  box.field_of_view = images.field_of_view;
  box.slice_increment = images.slice_increment.value_or(thickness);
  box.centre = images.centre ? Vec3((*images.centre)[0], (*images.centre)[1], (*images.centre)[2])
                             : Vec3(0.0, 0.0, 0.5 * (*low + *high));
  box.matrix = images.matrix;
  box.slices = images.slices;
  const Mat3 gantry = scan.gantry_axes();
  if (images.orientation)
    if (const Mat3 axes = images.orientation->axes(gantry); axes != gantry) box.axes = axes;
  return box;
}

double thickness_of(const SinogramFile::Images& images, const ScanGeometry& scan) {
  return images.slice_thickness.value_or(scan.row_pitch_at_iso());
}

RawScan::WaterTable water_table(const SinogramFile::Water& water, Index columns) {
  WaterCorrection::Column column = WaterCorrection::none(1).column(0);
  if (!water.polynomial.empty()) {
    std::ranges::fill(column.coefficients, 0.0f);
    double slope = 0.0, power = 1.0;
    for (std::size_t i = 0; i < water.polynomial.size(); ++i) {
      column.coefficients[i] = float(water.polynomial[i]);
      slope += double(i + 1) * water.polynomial[i] * power;
      power *= water.polynomial_limit;
    }
    column.low_slope = column.coefficients[0];
    column.limit = float(water.polynomial_limit);
    column.limit_slope = float(slope);
  }
  return recon::water_table(
      WaterCorrection::of(std::vector<WaterCorrection::Column>(std::size_t(columns), column)));
}

std::string kind_of(const Value& canonical) { return *canonical.find("kind")->as<std::string>(); }

}  // namespace

bool detail::grows(const SinogramFile::Water& water) {
  constexpr int steps = 2000;
  for (int i = 0; i <= steps; ++i) {
    double slope = 0.0, power = 1.0;
    for (std::size_t k = 0; k < water.polynomial.size(); ++k) {
      slope += double(k + 1) * water.polynomial[k] * power;
      power *= water.polynomial_limit * double(i) / steps;
    }
    if (!(slope > 0.0)) return false;
  }
  return true;
}

void detail::check_sinogram(const SinogramFile& file, const Value& node, Diagnostics& problems) {
  ScanGeometry scan = hardware_of(file.geometry);
  const ViewList views(file, scan);
  std::vector<Complaint> complaints = views.complaints();
  constexpr double widest = 0.49 * std::numbers::pi;
  const double fan =
      std::max(std::abs(scan.fan_angle(0.0)), std::abs(scan.fan_angle(double(scan.columns - 1))));
  if (fan > widest || scan.fan_angle(0.0) >= 0.0 || scan.fan_angle(double(scan.columns - 1)) <= 0.0)
    complaints.push_back(
        {"geometry", "detector",
         str("the fan goes from ", degrees(scan.fan_angle(0.0)), " to ",
             degrees(scan.fan_angle(double(scan.columns - 1))),
             " degrees (it must have the axis within it, and end below 88 degrees). Check "
             "columns, column_pitch_mm, column_offset and source_to_detector_mm.")});
  if (complaints.empty()) {
    check_coverage(scan, complaints);
    const double thickness = thickness_of(file.images, scan);
    for (const Misfit& misfit : misfits(scan, box_of(file.images, scan, thickness), thickness))
      complaints.push_back({"images", misfit.key, misfit.message});
    const auto takes = file.images.algorithm->takes();
    const auto refuse = [&](bool met, const char* what) {
      if (met) return;
      complaints.push_back(
          {"images", "algorithm",
           str(kind_of(file.images.algorithm.canonical), " does not take ", what, ". Use fbp.")});
    };
    refuse(takes.tilted_gantry || scan.tilt == 0.0, "a tilted gantry");
    refuse(takes.helical || scan.table_positions.front() == scan.table_positions.back() ||
               views_per_turn(scan) < scan.views(),
           "a helix");
    const bool is_short = turned_share(scan) < 1.0;
    refuse(takes.short_scan || !is_short, "a short scan");
    if (is_short && file.images.corrections && file.images.corrections->rings)
      complaints.push_back({"images", "corrections",
                            "rings are told from the object by whole turns (this is a short "
                            "scan). Leave rings out."});
  }
  for (const Complaint& c : complaints)
    problems.error(place_of(node, c.block, c.key), str(c.block, ": ", c.message));
}

std::vector<Misfit> misfits(const ScanGeometry& scan, const RawScan::Box& box,
                            double slice_thickness) {
  std::vector<Misfit> found;
  const double seen = scan.field_of_view_radius();
  const double aside = std::sqrt(box.centre.x() * box.centre.x() + box.centre.y() * box.centre.y());
  const Grid grid = image_grid(box, scan);
  double reach = aside + 0.5 * box.field_of_view;
  if (box.axes) {
    reach = 0.0;
    for (const int a : {0, 1})
      for (const double end : reach_along(grid, scan.gantry_axes().col(a)))
        reach = std::max(reach, std::abs(end));
  }
  if (reach > seen * (1.0 + 1e-9))
    found.push_back(
        {"field_of_view_mm",
         str("the image reaches ", rounded(reach), " mm from the axis (every view sees ",
             rounded(seen), " mm). ",
             aside < seen ? str("Use ", std::floor(20.0 * (seen - aside)) / 10.0,
                                " mm or less (field_of_view_mm, --fov), or a centre nearer to the "
                                "axis.")
                          : std::string("Move its centre (centre_mm, --centre) to the axis."))});
  const double row = scan.row_pitch_at_iso();
  if (slice_thickness < a_row * row)
    found.push_back(
        {"slice_thickness_mm",
         str("slices are ", slice_thickness, " mm thick (a detector row is ", rounded(row, 1e4),
             " mm high at the isocentre). Use ", std::ceil(1e4 * row) / 1e4,
             " mm or more (slice_thickness_mm, --thickness).")});
  const auto [low, high] =
      std::minmax_element(scan.table_positions.begin(), scan.table_positions.end());
  const double half = 0.5 * double(scan.rows) * row;
  const auto [first, last] = reach_along(grid, table_direction(scan.tilt));
  if (first < *low - half - 1e-9 || last > *high + half + 1e-9)
    found.push_back({box.axes         ? "field_of_view_mm"
                     : box.slices > 1 ? "slices"
                                      : "centre_mm",
                     str("slices lie at ", rounded(first), " to ", rounded(last),
                         " mm (the views see the axis from ", rounded(*low - half), " to ",
                         rounded(*high + half),
                         " mm). Use fewer slices, a smaller increment (slices, slice_increment_mm; "
                         "--slices, --increment), or another centre (centre_mm, --centre).")});
  return found;
}

bool views_are_reversed(const SinogramFile& file) {
  ScanGeometry scan = hardware_of(file.geometry);
  return ViewList(file, scan).reversed();
}

RawScan raw_scan(const SinogramFile& file) {
  RawScan raw;
  raw.quantity = file.data.quantity == "line_integral" ? RawScan::Quantity::line_integral
                                                       : RawScan::Quantity::signal;
  raw.origin.case_id = raw.origin.scan = file.name;
  raw.geometry = hardware_of(file.geometry);
  const ViewList views(file, raw.geometry);
  VITRINE_EXPECT(views.complaints().empty());
  const ScanGeometry& scan = raw.geometry;
  raw.beam.tube_voltage = file.tube_voltage.value_or(0.0);
  raw.beam.mu_water = file.water.attenuation;
  raw.beam.mu_air = file.water.air_attenuation;
  // In units in which a reading without object is 1.
  raw.beam.tube_load = double(scan.views_per_rotation);
  raw.beam.air_signal.assign(std::size_t(scan.columns), 1.0);
  raw.beam.air_quanta.assign(std::size_t(scan.columns), file.noise.quanta);
  raw.beam.electronic_noise = file.noise.electronic / file.noise.quanta;
  raw.water = water_table(file.water, scan.columns);
  const double thickness = thickness_of(file.images, scan);
  raw.box = box_of(file.images, scan, thickness);
  raw.truncation_extension = file.images.truncation_extension;
  RawScan::Made image;
  image.series = str(file.name, '_', kind_of(file.images.kernel.canonical));
  image.kernel = to_json(file.images.kernel.canonical);
  image.slice_thickness = thickness;
  if (kind_of(file.images.algorithm.canonical) != "fbp")
    image.algorithm = to_json(file.images.algorithm.canonical);
  if (file.images.corrections && file.images.corrections->any())
    image.corrections = to_json(Corrections::schema().write(*file.images.corrections));
  if (file.images.denoise) {
    image.noise_reduction = file.images.denoise->reduction;
    image.edge_contrast = file.images.denoise->contrast;
  }
  raw.images.push_back(std::move(image));
  return raw;
}

}  // namespace vitrine::recon
