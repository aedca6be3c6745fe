#include "vitrine/trial/arm.hpp"

#include <algorithm>
#include <cmath>
#include <functional>
#include <map>
#include <numbers>

#include "vitrine/core/math.hpp"
#include "vitrine/physics/tube_current.hpp"
#include "vitrine/recon/image_grid.hpp"
#include "vitrine/recon/own_kernels.hpp"
#include "vitrine/trial/detail/factor.hpp"

namespace vitrine::trial {
namespace {

/// Rotation by three small angles about x, then y, then z.
Mat3 rotation(double x, double y, double z) {
  const auto about = [](int axis, double angle) {
    const double c = math::cos(angle), s = math::sin(angle);
    const int a = (axis + 1) % 3, b = (axis + 2) % 3;
    Mat3 m = Mat3::Identity();
    m(a, a) = c;
    m(b, b) = c;
    m(a, b) = -s;
    m(b, a) = s;
    return m;
  };
  return about(2, z) * about(1, y) * about(0, x);
}

}  // namespace

bool Arm::same_but_dose(const Arm& other) const {
  return scanner == other.scanner && protocol == other.protocol &&
         tube_voltage == other.tube_voltage && kernel_name == other.kernel_name &&
         algorithm_name == other.algorithm_name && slice_thickness == other.slice_thickness &&
         contrast_delay == other.contrast_delay && motion == other.motion && bins == other.bins &&
         corrected == other.corrected;
}

std::vector<Arms> each_protocol(const Arms& arms) {
  std::vector<Arms> each;
  for (const Protocol& protocol : arms.protocols) each.emplace_back(arms).protocol = protocol;
  if (each.empty()) each.push_back(arms);
  return each;
}

const Protocol& protocol_of(const Arms& arms, const Arm& arm) {
  return arms.protocols.empty() ? arms.protocol : arms.protocols[arm.protocol];
}

std::string mask_folder(const Arms& arms, const std::string& case_id, const Protocol& protocol) {
  const std::string folder = str("masks/", case_id, '/');
  return arms.protocols.size() > 1 ? str(folder, protocol.name, '/') : folder;
}

bool parts_energies(const Arms& arms, const Scanner& scanner) {
  return scanner.detector.sensor || arms.protocol.dual_energy;
}

namespace {

/// The protocol's one value of each factor; no delay without contrast medium.
Factors fixed(const Arms& arms) {
  const Protocol& protocol = arms.protocol;
  Factors one;
  one.protocol = {arms.protocols.empty() ? protocol.name : arms.protocols.front().name};
  one.kernel = {protocol.kernel};
  one.algorithm = {protocol.algorithm ? protocol.algorithm : recon::default_algorithm()};
  one.tube_voltage = {protocol.tube_voltage};
  one.tube_load = {protocol.tube_load};
  one.slice_thickness = {protocol.slice_thickness};
  if (protocol.contrast) one.contrast_delay = {protocol.contrast->delay};
  one.bins = {protocol.bins};
  one.corrections = {protocol.corrections && protocol.corrections->any() ? "all" : "none"};
  one.motion = {protocol.motion.empty() ? 0.0 : 1.0};
  one.noise_reduction = {protocol.denoise ? protocol.denoise->reduction : 0.0};
  return one;
}

Arm arm_of(const Arms& arms, const std::vector<detail::Factor>& factors, const DesignRow& row) {
  Arm arm;
  std::map<int, const detail::Factor*> by_place;
  for (std::size_t f = 0; f < factors.size(); ++f) {
    arm.levels.push_back(factors[f].on[arm.scanner][arm.protocol][row[f]]);
    factors[f].set(arm, arm.levels.back());
    if (f == 1)  // of which noise reduction is one number
      arm.denoise = protocol_of(arms, arm).denoise.value_or(arm.denoise);
    by_place.emplace(factors[f].place, &factors[f]);
  }
  for (const auto& [place, factor] : by_place) {
    const std::string& tag = factor->tags[arm.levels[std::size_t(factor - factors.data())]];
    if (tag.empty() || (!factor->always_named && factor->levels.size() < 2)) continue;
    const std::string part = (arm.name.empty() ? "" : "_") + tag;
    arm.name += part;
    if (factor->of_scan) arm.scan += part;
  }
  arm.kernel = recon::own_kernel(arm.kernel, arms.scanners[arm.scanner]);
  return arm;
}

}  // namespace

Factors varied_on(const Arms& arms, const Scanner& scanner) {
  ScannerNames scanners;
  std::size_t number = 0;
  for (const Scanner& each : arms.scanners) {
    if (each.name == scanner.name) number = scanners.names.size();
    scanners.names.push_back(each.name);
  }
  scanners.types = arms.scanner_types.empty() ? scanners.names : arms.scanner_types;
  Factors vary = arms.vary;
  if (vary.protocol.empty())
    for (const Protocol& each : arms.protocols) vary.protocol.push_back(each.name);
  return arms.design->levels(vary, fixed(arms), scanners, number);
}

Factors levels_on(const Arms& arms, const Scanner& scanner) {
  return replaced(fixed(arms), varied_on(arms, scanner));
}

std::vector<std::string> bins_of(const Arms& arms, const Scanner& scanner) {
  if (!parts_energies(arms, scanner)) return {"total"};
  std::vector<std::string> each;
  for (const std::string& level : levels_on(arms, scanner).bins)
    if (std::ranges::find(each, level) == each.end()) each.push_back(level);
  return each;
}

std::vector<Arm> enumerate_arms(const Arms& arms, std::uint64_t seed) {
  const auto factors = detail::factors_of(arms);
  std::vector<Arm> all;
  for (const DesignRow& row : arms.design->rows(detail::space_of(arms, factors, seed)))
    all.push_back(arm_of(arms, factors, row));
  if (arms.repeat.noise() > 0)
    for (Arm& arm : all)
      if (detail::has_levels(factors, arm, arms.repeat.of)) arm.noise_repeats = arms.repeat.noise();
  return all;
}

namespace {

/// What the arms have for a factor, each once, in the order of their first arms.
template <class T>
std::vector<T> levels_of(const std::vector<Arm>& all, T Arm::*factor) {
  std::vector<T> found;
  for (const Arm& arm : all)
    if (std::find(found.begin(), found.end(), arm.*factor) == found.end())
      found.push_back(arm.*factor);
  return found;
}

}  // namespace

std::vector<std::optional<double>> contrast_delays(const std::vector<Arm>& all) {
  return levels_of(all, &Arm::contrast_delay);
}

std::vector<double> motion_strengths(const std::vector<Arm>& all) {
  return levels_of(all, &Arm::motion);
}

std::vector<double> tube_voltages(const std::vector<Arm>& all, std::size_t scanner) {
  std::vector<Arm> its;
  std::ranges::copy_if(all, std::back_inserter(its),
                       [&](const Arm& arm) { return arm.scanner == scanner; });
  return levels_of(its, &Arm::tube_voltage);
}

std::vector<Tube> tubes(const Protocol& protocol, double tube_voltage, double tube_load) {
  std::vector<Tube> all{{tube_voltage, tube_load}};
  if (const auto& dual = protocol.dual_energy)
    all.push_back({dual->tube_voltage, tube_load * dual->load_share});
  return all;
}

Tube tube_of(const Protocol& protocol, const Arm& arm) {
  const auto window = protocol.dual_energy ? scan_of_two(arm.bins) : std::nullopt;
  return tubes(protocol, arm.tube_voltage, arm.tube_load)[window ? window->first : 0];
}

std::vector<double> beam_voltages(const Arms& arms, const std::vector<Arm>& all,
                                  std::size_t scanner) {
  std::vector<double> voltages = tube_voltages(all, scanner);
  if (const auto& dual = arms.protocol.dual_energy) voltages.push_back(dual->tube_voltage);
  return voltages;
}

std::optional<phantoms::Injection> injection(const Protocol& protocol, const Arm& arm) {
  std::optional<phantoms::Injection> given = protocol.contrast;
  if (given) given->delay = *arm.contrast_delay;
  return given;
}

std::string object_name(const Arms& arms, const Arm& arm) {
  std::vector<double> delays;
  for (const Arms& each : each_protocol(arms))
    for (const Scanner& scanner : arms.scanners)
      for (const double delay : levels_on(each, scanner).contrast_delay) delays.push_back(delay);
  const bool differ = std::ranges::adjacent_find(delays, std::not_equal_to()) != delays.end();
  std::string name = "object";
  if (arms.protocols.size() > 1) name += '_' + protocol_of(arms, arm).name;
  if (differ && arm.contrast_delay) name += str('_', to_text(*arm.contrast_delay), 's');
  return name;
}

std::size_t select_arm(const Arms& arms, const std::vector<Arm>& all, const ArmSelector& selector) {
  const auto factors = detail::factors_of(arms);
  for (std::size_t i = 0; i < all.size(); ++i)
    if (detail::has_levels(factors, all[i], selector)) return i;
  throw Error(Error::Kind::input, "no arm has the levels that are asked for (see arms.vary)");
}

namespace {

/// The patient lies down again, within the limits of `arms.repeat`.
Visit lying_anew(const Scenario& scenario, Rng rng) {
  const Repeat& limits = scenario.arms.repeat;
  const auto within = [&](double limit) { return rng.uniform(-limit, limit); };
  Visit visit;
  visit.start_angle = rng.uniform(0.0, 2.0 * std::numbers::pi);
  visit.table_offset = rng.uniform(0.0, scenario.arms.protocol.slice_increment);
  visit.pose.translation = Vec3(within(limits.shift), within(limits.shift), 0.0);
  const double x = within(limits.rotation), y = within(limits.rotation),
               z = within(limits.rotation);
  visit.pose.rotation = rotation(x, y, z);
  visit.state.inspiration = 1.0 + within(limits.inspiration);
  return visit;
}

}  // namespace

Visit reposition(const Scenario& scenario, std::string_view case_id, std::int64_t repeat) {
  const auto seed = std::uint64_t(scenario.trial.seed);
  Visit visit = lying_anew(
      scenario, Rng(make_stream(seed, case_id, Draw::reposition), std::uint64_t(repeat)));
  visit.name = str("reposition", repeat + 1);
  visit.state.injection_number = 1 + std::uint64_t(repeat);
  return visit;
}

std::vector<Visit> follow_up(const Scenario& scenario, std::string_view case_id) {
  const FollowUp& plan = scenario.arms.follow_up;
  const auto seed = std::uint64_t(scenario.trial.seed);
  std::vector<Visit> visits;
  double day = 0.0;
  for (std::size_t i = 0; i < plan.days.size(); ++i) {
    constexpr std::uint64_t when = 1 << 20;  // beside the numbers that place the patient
    Rng rng(make_stream(seed, case_id, Draw::follow_up), when + i);
    Visit visit = lying_anew(scenario, Rng(make_stream(seed, case_id, Draw::follow_up), i));
    visit.name = str("visit", i + 2);
    visit.state.injection_number = when + i;
    day = std::max(day + 1.0, std::round(plan.days[i] + plan.late.sample(rng)));
    visit.state.day = day;
    visit.missed = rng.uniform() < plan.missed;
    visits.push_back(visit);
  }
  return visits;
}

namespace {

Mat3 gantry_axes(const Protocol& protocol) {
  ScanGeometry gantry;
  gantry.tilt = protocol.gantry_tilt;
  return gantry.gantry_axes();
}

}  // namespace

Mat3 image_axes(const Protocol& protocol) {
  const Mat3 axes = gantry_axes(protocol);
  return protocol.orientation ? protocol.orientation->axes(axes) : axes;
}

Grid image_grid(const Protocol& protocol, const Vec3& centre) {
  return recon::image_grid(
      {protocol.field_of_view, protocol.matrix, centre, protocol.slices, protocol.slice_increment},
      image_axes(protocol));
}

Vec3 aside_direction(const Protocol& protocol) {
  if (!protocol.orientation) return Vec3::Zero();
  const Vec3 axis = gantry_axes(protocol).col(2), normal = image_axes(protocol).col(2);
  const Vec3 aside = normal - normal.dot(axis) * axis;
  return aside.norm() < 1e-9 ? Vec3(Vec3::Zero()) : Vec3(aside.normalized());
}

std::vector<Vec3> directions_within_slices(const Protocol& protocol) {
  const Mat3 gantry = gantry_axes(protocol);
  const Vec3 aside = aside_direction(protocol);
  if (aside.isZero(0.0)) return {gantry.col(0), gantry.col(1)};
  return {gantry.col(2).cross(aside)};
}

double Protocol::coverage() const {
  const double stack = double(slices) * slice_increment;
  if (!orientation) return stack;
  const Vec3 along = (image_axes(*this).transpose() * gantry_axes(*this).col(2)).cwiseAbs();
  return along.dot(Vec3(field_of_view, field_of_view, stack));
}

namespace {

/// How far the gantry's plane moves along its axis per mm that the table moves.
double along_axis(const ScanGeometry& g) { return g.tilt == 0.0 ? 1.0 : math::cos(g.tilt); }

/// Views from one end of an arc to the other, as many from each of the focal spot's places.
Index views_of_arc(const ScanGeometry& g, double arc, std::size_t places) {
  const double steps = arc / (2.0 * std::numbers::pi) * double(g.views_per_rotation);
  const Index views = 1 + Index(std::ceil(steps - 1e-9)), each = std::max<Index>(1, Index(places));
  return std::min(g.views_per_rotation, (views + each - 1) / each * each);
}

/// Rotations with the table at rest between them, that cover the protocol's slices.
void step_and_shoot(ScanGeometry& g, const Protocol& protocol, double z, double start_angle,
                    std::size_t places) {
  const double radius = std::min(protocol.full_coverage_radius, 0.8 * g.source_to_iso);
  const double beam =
      double(g.rows) * g.row_pitch_at_iso() * (g.source_to_iso - radius) / g.source_to_iso;
  const auto stations =
      static_cast<std::size_t>(std::max(1.0, std::ceil(protocol.coverage() / beam)));
  const double coverage = protocol.coverage() / along_axis(g);  // by the table
  const double step = coverage / double(stations);
  const Index views = views_of_arc(g, protocol.scan_arc, places);
  g.view_angles = axial_view_angles(g.views_per_rotation, stations, start_angle, views);
  g.view_times = axial_view_times(g.views_per_rotation, stations, protocol.rotation_time,
                                  protocol.table_time, views);
  for (std::size_t station = 0; station < stations; ++station)
    g.table_positions.insert(g.table_positions.end(), std::size_t(views),
                             z - 0.5 * coverage + (double(station) + 0.5) * step);
}

/// One helix whose rays through the axis meet all slices from everywhere.
void turn_on_and_on(ScanGeometry& g, const Protocol& protocol, double z, double start_angle,
                    std::size_t places) {
  const double collimation = double(g.rows) * g.row_pitch_at_iso();
  const double per_view = protocol.pitch * collimation / double(g.views_per_rotation);
  // Before the first slice: half the beam, and the fan's edges, which are measured early and late.
  // Views that the rebinning needs beyond: of one place of the focal spot.
  const double interpolation = 4.0 * double(places);
  const double fan = std::max(std::abs(g.fan_angle(0.0)), g.fan_angle(double(g.columns - 1)));
  const double early = fan / (2.0 * std::numbers::pi) * double(g.views_per_rotation);
  const double before = 0.5 * collimation / along_axis(g) + (early + interpolation) * per_view;
  const double half = 0.5 * protocol.coverage() / along_axis(g) + before;
  const auto views = std::max(Index(std::ceil(2.0 * half / per_view)) + 1,
                              2 * g.views_per_rotation);  // a half turn of parallel rays at least
  for (Index view = 0; view < views; ++view) {
    const double turn = double(view) / double(g.views_per_rotation);
    g.view_angles.push_back(start_angle + 2.0 * std::numbers::pi * turn);
    g.view_times.push_back(protocol.rotation_time * (turn + 0.5 / double(g.views_per_rotation)));
    g.table_positions.push_back(z + (double(view) - 0.5 * double(views - 1)) * per_view);
  }
}

}  // namespace

std::vector<double> view_loads(const Scanner& scanner, const Protocol& protocol,
                               double tube_voltage, double tube_load,
                               const std::vector<double>& attenuation,
                               const ScanGeometry& geometry) {
  const auto& follows = protocol.tube_current_modulation;
  if (!follows) return {};
  return physics::modulated(*follows, attenuation, geometry,
                            physics::current_limits(*follows, tube_load / protocol.rotation_time,
                                                    tube_voltage, scanner.tube_power));
}

ScanGeometry scan_geometry(const Scanner& scanner, const Protocol& protocol, double z,
                           double start_angle) {
  ScanGeometry g = hardware_geometry(scanner);
  g.tilt = protocol.gantry_tilt;
  const std::string& flies = protocol.flying_focal_spot;
  const auto places = focal_positions(scanner, flies == "in_plane" || flies == "both",
                                      flies == "z" || flies == "both");
  if (places.size() > 1 && scanner.flying_focal_spot->views_per_position > 0)
    g.views_per_rotation = scanner.flying_focal_spot->views_per_position * std::ssize(places);
  if (protocol.mode == "helical")
    turn_on_and_on(g, protocol, z, start_angle, places.size());
  else
    step_and_shoot(g, protocol, z, start_angle, places.size());
  fly(g, places);
  return g;
}

double scan_reach(const ScanGeometry& geometry, double middle) {
  constexpr double body_radius = 230.0;
  const double half_beam = 0.5 * double(geometry.rows) * geometry.row_pitch_at_iso();
  double farthest = 0.0;
  for (const double table : geometry.table_positions)
    farthest = std::max(farthest, std::abs(table - middle));
  const double leaning = body_radius * std::abs(math::sin(geometry.tilt));
  return farthest + leaning +
         half_beam * (geometry.source_to_iso + body_radius) / geometry.source_to_iso;
}

}  // namespace vitrine::trial
