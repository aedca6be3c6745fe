#pragma once
#include <algorithm>
#include <cstdint>
#include <span>

#include "vitrine/core/hash.hpp"
#include "vitrine/model/raw_scan.hpp"

namespace vitrine::io::detail {

inline constexpr const char* raw_format = "vitrine raw";
inline constexpr std::int64_t raw_version = 1;
inline constexpr const char* raw_values = "/data/values";
inline constexpr const char* raw_digests = "/data/sha256";
inline constexpr const char* raw_header_digest = "header_sha256";

/// Everything in a raw-data file but its values, in the file's order: what is written and what is
/// read is this one list. `file` has the calls
///   text(name, text)                            attribute of the root group
///   whole(path, unit, number, low, high)        one integer
///   number(path, unit, number, low, high)       one double
///   list(path, unit, numbers, count, low, high) doubles or floats
///   texts(path, texts, count)
///   holds(path, there)                          whether something that may be absent is there
/// and a reader refuses what is not within low and high.
template <class File>
void describe(File& file, RawScan& raw) {
  constexpr double any = 1e9, length = 1e5;
  auto& origin = raw.origin;
  file.text("trial", origin.trial);
  file.text("fingerprint", origin.fingerprint);
  file.text("case", origin.case_id);
  file.text("visit", origin.visit);
  file.text("sex", origin.sex);
  file.text("body_part", origin.body_part);
  file.text("scan", origin.scan);
  file.text("scanner", origin.scanner);
  file.text("protocol", origin.protocol);
  file.text("software", origin.software);
  file.text("isa", origin.isa);
  file.whole("/seed", "1", origin.seed, 0, std::int64_t{1} << 53);

  ScanGeometry& g = raw.geometry;
  std::int64_t views = g.views(), timed = std::ssize(g.view_times);
  file.whole("/geometry/columns", "1", g.columns, 1, 100000);
  file.whole("/geometry/rows", "1", g.rows, 1, 10000);
  file.whole("/geometry/views", "1", views, 1, 10000000);
  file.whole("/geometry/views_per_rotation", "1", g.views_per_rotation, 1, 1000000);
  std::int64_t flat = g.shape == DetectorShape::flat ? 1 : 0;
  file.whole("/geometry/flat", "1", flat, 0, 1);
  g.shape = flat == 1 ? DetectorShape::flat : DetectorShape::curved;
  file.number("/geometry/gantry_tilt", "rad", g.tilt, -1.0, 1.0);
  file.number("/geometry/source_to_isocentre", "mm", g.source_to_iso, 1.0, length);
  file.number("/geometry/source_to_detector", "mm", g.source_to_detector, 1.0, length);
  file.number("/geometry/column_angle", "rad", g.column_angle, 1e-9, 1.0);
  file.number("/geometry/column_offset", "columns", g.column_offset, -length, length);
  file.number("/geometry/axis_offset", "mm", g.axis_offset, -length, length);
  file.number("/geometry/row_pitch", "mm", g.row_pitch, 1e-6, length);
  file.list("/geometry/view_angle", "rad", g.view_angles, views, -any, any);
  file.list("/geometry/table_position", "mm", g.table_positions, views, -any, any);
  file.whole("/geometry/timed_views", "1", timed, 0, views);
  file.list("/geometry/view_time", "s", g.view_times, timed, -any, any);
  std::int64_t shifted = std::ssize(g.focal_shifts);
  std::vector<double> across, along, z;
  for (const FocalShift& shift : g.focal_shifts) {
    across.push_back(shift.across);
    along.push_back(shift.along);
    z.push_back(shift.z);
  }
  file.whole("/geometry/shifted_views", "1", shifted, 0, views);
  file.list("/geometry/focal_shift_across", "mm", across, shifted, -length, length);
  file.list("/geometry/focal_shift_along", "mm", along, shifted, -length, length);
  file.list("/geometry/focal_shift_z", "mm", z, shifted, -length, length);
  g.focal_shifts.clear();
  for (std::size_t v = 0; v < across.size(); ++v)
    g.focal_shifts.push_back({across[v], along[v], z[v]});

  RawScan::Beam& beam = raw.beam;
  std::int64_t energies = std::ssize(beam.energies);
  file.number("/beam/tube_voltage", "kV", beam.tube_voltage, 1.0, 1000.0);
  file.number("/beam/tube_load", "mAs per rotation", beam.tube_load, 0.0, any);
  if (file.holds("/beam/view_tube_load", !beam.view_tube_load.empty()))
    file.list("/beam/view_tube_load", "mAs per rotation", beam.view_tube_load, views, 0.0, any);
  file.number("/beam/ctdi_vol_32", "mGy", beam.ctdi_vol, 0.0, any);
  file.whole("/beam/energies", "1", energies, 0, 100000);
  file.list("/beam/energy", "keV", beam.energies, energies, 0.0, 1000.0);
  file.list("/beam/fluence", "1/(mAs mm^2 keV)", beam.fluence, energies, 0.0, 1e30);
  file.number("/beam/effective_energy", "keV", beam.effective_energy, 0.0, 1000.0);
  file.number("/beam/mu_water", "1/mm", beam.mu_water, 1e-6, 1e3);
  file.number("/beam/mu_air", "1/mm", beam.mu_air, 0.0, 1.0);
  file.number("/beam/half_value_layer", "mm of aluminium", beam.half_value_layer, 0.0, length);
  file.number("/beam/electronic_noise", "keV", beam.electronic_noise, 0.0, any);
  file.number("/beam/focal_spot_width", "mm", beam.focal_spot_width, 0.0, length);
  file.number("/beam/focal_spot_length", "mm", beam.focal_spot_length, 0.0, length);
  file.list("/air/signal", "keV/mAs", beam.air_signal, g.columns, 0.0, 1e30);
  file.list("/air/quanta", "1/mAs", beam.air_quanta, g.columns, 0.0, 1e30);
  file.list("/air/mean_energy", "keV", beam.detected_energy, g.columns, 0.0, 1000.0);

  RawScan::WaterTable& water = raw.water;
  file.whole("/water_correction/terms", "1", water.terms, 1, 64);
  std::int64_t rows = std::ssize(water.rows);
  if (file.holds("/water_correction/row", !water.rows.empty())) {
    file.whole("/water_correction/rows", "1", rows, 2, g.rows);
    file.list("/water_correction/row", "rows", water.rows, rows, 0.0, double(g.rows - 1));
  }
  const std::int64_t tables = g.columns * std::max<std::int64_t>(rows, 1);
  const std::int64_t coefficients = tables * water.terms;
  file.list("/water_correction/coefficients", "1", water.coefficients, coefficients, -1e30, 1e30);
  file.list("/water_correction/low_slope", "1", water.low_slope, tables, -1e30, 1e30);
  file.list("/water_correction/limit", "1", water.limit, tables, 0.0, 1e30);
  file.list("/water_correction/limit_slope", "1", water.limit_slope, tables, -1e30, 1e30);

  RawScan::Hardening& hardening = raw.hardening;
  if (file.holds("/hardening/coefficients", !hardening.material.empty())) {
    constexpr std::int64_t terms = 16;
    std::vector<std::string> names{hardening.material};
    file.texts("/hardening/material", names, 1);
    hardening.material = names.front();
    file.number("/hardening/attenuation", "1/mm", hardening.attenuation, 0.0, 100.0);
    file.number("/hardening/most_line", "1", hardening.most_line, 0.1, 100.0);
    file.number("/hardening/most_length", "mm", hardening.most_length, 1e-3, length);
    file.number("/hardening/columns_apart", "columns", hardening.columns_apart, 0.5, 65535.0);
    std::int64_t fitted = std::ssize(hardening.coefficients) / terms;
    file.whole("/hardening/fitted", "1", fitted, 1, g.columns + 1);
    file.list("/hardening/coefficients", "1", hardening.coefficients, fitted * terms, -1e30, 1e30);
  }

  if (file.holds("/images/keeps_truncation", !raw.truncation_extension)) {
    std::int64_t keeps = 1;
    file.whole("/images/keeps_truncation", "1", keeps, 1, 1);
    raw.truncation_extension = false;
  }

  RawScan::Box& box = raw.box;
  std::int64_t images = std::ssize(raw.images);
  std::vector<std::string> series, kernels, algorithms, corrections;
  std::vector<double> thickness, reduction, contrast;
  for (const auto& image : raw.images) {
    series.push_back(image.series);
    kernels.push_back(image.kernel);
    thickness.push_back(image.slice_thickness);
    reduction.push_back(image.noise_reduction);
    contrast.push_back(image.edge_contrast);
    algorithms.push_back(image.algorithm);
    corrections.push_back(image.corrections.empty() ? "{}" : image.corrections);
  }
  std::vector<double> centre{box.centre.x(), box.centre.y(), box.centre.z()};
  file.number("/images/field_of_view", "mm", box.field_of_view, 1.0, length);
  file.number("/images/slice_increment", "mm", box.slice_increment, 1e-3, length);
  file.list("/images/centre", "mm", centre, 3, -any, any);
  std::vector<double> axes(9, 0.0);
  if (box.axes) axes.assign(box.axes->data(), box.axes->data() + 9);
  if (file.holds("/images/axes", box.axes.has_value())) {
    file.list("/images/axes", "1", axes, 9, -1.0, 1.0);
    Mat3 directions;
    std::ranges::copy(axes, directions.data());
    box.axes = directions;
  }
  file.whole("/images/matrix", "1", box.matrix, 1, 65535);
  file.whole("/images/slices", "1", box.slices, 1, 65535);
  file.whole("/images/count", "1", images, 0, 10000);
  file.texts("/images/series", series, images);
  file.texts("/images/kernel", kernels, images);
  file.list("/images/slice_thickness", "mm", thickness, images, 1e-3, length);
  const bool quieter = std::ranges::any_of(reduction, [](double share) { return share > 0.0; });
  if (file.holds("/images/noise_reduction", quieter)) {
    file.list("/images/noise_reduction", "1", reduction, images, 0.0, 0.8);
    file.list("/images/edge_contrast", "1", contrast, images, 0.2, 20.0);
  }
  const bool corrected = std::ranges::any_of(corrections, [](const auto& c) { return c != "{}"; });
  if (file.holds("/images/corrections", corrected))
    file.texts("/images/corrections", corrections, images);
  const bool otherwise = std::ranges::any_of(algorithms, [](const auto& a) { return !a.empty(); });
  if (file.holds("/images/algorithm", otherwise))
    file.texts("/images/algorithm", algorithms, images);
  algorithms.resize(series.size());
  corrections.resize(series.size(), "{}");
  reduction.resize(series.size(), 0.0);
  contrast.resize(series.size(), 1.0);
  box.centre = Vec3(centre[0], centre[1], centre[2]);
  raw.images.clear();
  for (std::size_t i = 0; i < series.size(); ++i)
    raw.images.push_back({series[i], kernels[i], thickness[i], reduction[i], contrast[i],
                          algorithms[i], corrections[i] == "{}" ? "" : corrections[i]});
}

/// Digests what `describe` lists.
class HeaderHash {
 public:
  void text(const char*, const std::string& text) { hash_.add(text); }
  void whole(const char*, const char*, std::int64_t number, std::int64_t, std::int64_t) {
    hash_.bytes(std::as_bytes(std::span(&number, 1)));
  }
  void number(const char*, const char*, double number, double, double) {
    hash_.bytes(std::as_bytes(std::span(&number, 1)));
  }
  template <class T>
  void list(const char*, const char*, const std::vector<T>& numbers, std::int64_t, double, double) {
    hash_.bytes(std::as_bytes(std::span(numbers)));
  }
  void texts(const char*, const std::vector<std::string>& texts, std::int64_t) {
    for (const std::string& text : texts) hash_.add(text);
  }
  bool holds(const char*, bool there) { return there; }
  std::string finish() { return hash_.finish().hex(); }

 private:
  Sha256 hash_;
};

/// SHA-256 over the header's values in the order of `describe`, texts after their length.
inline std::string header_digest(RawScan raw) {
  HeaderHash hash;
  hash.text("quantity", raw.quantity == RawScan::Quantity::signal ? "signal" : "line_integral");
  describe(hash, raw);
  return hash.finish();
}

}  // namespace vitrine::io::detail
