#pragma once
#include "vitrine/model/raw_scan.hpp"

namespace vitrine {

/// A scan of few small views, with a number of its own in every field.
inline RawScan small_scan(Index views = 5) {
  RawScan raw;
  raw.origin = {"tiny", "abc", "case001", "scan", "female",   "CHEST",
                "a",    "b",   "c",       "v",    "portable", 7};
  ScanGeometry& g = raw.geometry;
  g.source_to_iso = 541.0;
  g.source_to_detector = 949.0;
  g.column_angle = 0.1 / 3.0;
  g.row_pitch = 1.1;
  g.column_offset = 0.25;
  g.shape = DetectorShape::flat;
  g.axis_offset = -0.125;
  g.tilt = 0.2;
  g.columns = 7;
  g.rows = 3;
  g.views_per_rotation = 5;
  for (Index v = 0; v < views; ++v) {
    g.view_angles.push_back(0.1 * double(v));
    g.table_positions.push_back(-3.0);
    g.view_times.push_back(0.25 * double(v));
    g.focal_shifts.push_back({0.1, double(v), -0.3});
  }
  raw.beam.tube_voltage = 120.0;
  raw.beam.tube_load = 80.0;
  raw.beam.energies = {20.0, 40.0};
  raw.beam.fluence = {1e5, 2e5};
  raw.beam.mu_water = 0.02;
  raw.beam.mu_air = 2e-5;
  raw.beam.air_signal = raw.beam.air_quanta = raw.beam.detected_energy = {1, 2, 3, 4, 5, 6, 7};
  raw.water.terms = 2;
  raw.water.coefficients.assign(14, 1.0f / 3.0f);
  raw.water.low_slope = raw.water.limit = raw.water.limit_slope = {1, 2, 3, 4, 5, 6, 7};
  raw.box = {360.0, 2.5, Vec3(0.0, 0.0, -3.25), 128, 12};
  raw.images = {{"a_soft", R"({"kind":"soft"})", 1.25}, {"a_sharp", R"({"kind":"sharp"})", 2.5}};
  return raw;
}

/// The same scan by a detector that counts in two bins, with all that counts need.
inline RawScan counted_scan() {
  RawScan raw = small_scan();
  raw.quantity = RawScan::Quantity::counts;
  RawScan::Counting& counting = raw.counting;
  counting.thresholds = {25.0, 65.0};
  counting.air.assign(14, 1e4);
  counting.view_load = {0.5, 0.6, 0.7, 0.8, 0.9};
  counting.pile_up = "paralysable";
  counting.dead_time = 20e-9;
  counting.pile_up_correction = 0.9;
  counting.rate_of_count = 1e-6;
  counting.windows = {{0, 2, 63.0, 0.02, 2e-5, raw.water}, {1, 2, 80.0, 0.018, 2e-5, raw.water}};
  counting.windows[1].water.coefficients[3] = 0.25f;
  RawScan::Spectral& spectral = raw.spectral;
  spectral.material = "iodine";
  spectral.vnc_energy = 70.0;
  spectral.mu_water = 0.0193;
  spectral.mu_second = 500.0;
  spectral.nodes = 3;
  spectral.exponents = {-2.0f, -3.0f, -1.5f, -1.0f, -1.2f, -0.5f};
  spectral.weights.assign(42, 1.0f / 3.0f);
  spectral.whitening = {1.0f, 0.0f, -0.1f, 1.01f};
  spectral.water_per_log.assign(7, 5.0f);
  raw.images[1].bins = "iodine_map";
  return raw;
}

}  // namespace vitrine
