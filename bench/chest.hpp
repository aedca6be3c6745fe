#pragma once
#include <chrono>
#include <optional>
#include <string>

#include "item.hpp"
#include "vitrine/core/isa.hpp"
#include "vitrine/model/scan.hpp"
#include "vitrine/model/scanner.hpp"
#include "vitrine/model/scene.hpp"
#include "vitrine/model/volume.hpp"
#include "vitrine/physics/projector.hpp"
#include "vitrine/physics/scatter_field.hpp"
#include "vitrine/physics/tube_current.hpp"
#include "vitrine/recon/preprocess.hpp"
#include "vitrine/recon/rebin.hpp"

namespace vitrine::bench {

/// Since the last call, s.
class Watch {
 public:
  double lap() {
    const auto now = std::chrono::steady_clock::now();
    const double s = std::chrono::duration<double>(now - last_).count();
    last_ = now;
    return s;
  }

 private:
  std::chrono::steady_clock::time_point last_ = std::chrono::steady_clock::now();
};

/// Of all threads since the start, s: says more than the time on a machine that does other work.
double processor_time();

/// What a chest is scanned with, and what is made of it.
struct Order {
  Scanner scanner;
  ScanGeometry geometry;
  Scene scene;
  Scene around = {};  ///< of a scan with scatter: what photons wander in
  physics::Sampling sampling;
  double tube_voltage = 120.0, tube_load = 80.0;
  std::optional<physics::TubeCurrentModulation> modulation = {};
  Grid grid;
  double slice_thickness = 1.25;
  std::string kernel = "standard";
};

/// The first patient of scenario 01 in front of its first scanner, in a helix of as many turns: 100
/// slices as far apart as that takes. Beside what that scanner has (bowtie, focal spot, electronic
/// noise), 3 x 3 rays per cell and everything else that a scanner can do to a scan: crosstalk, lag,
/// scatter, its correction, a grid, and a tube current that follows the patient.
Order shipped_order();

/// W8a's chest: 500 ellipsoids and 2,000 capsules, 64 x 0.625 mm, 888 channels, 5.17 turns of 984
/// views, 40 mm a turn.
Order chest_order();

/// Rays, noise, logarithm and correction, parallel views: blocks of views stream through a ring.
/// Adds the seconds of its stages to `parts`.
recon::Rebinned scan(const Order& order, const physics::Beam& beam,
                     const recon::WaterCorrection& water, Isa isa, Parts& parts);

/// Tube load of every view over the mean; empty without a modulation.
std::vector<double> view_loads(const Order& order, const physics::Beam& beam, Isa isa);

}  // namespace vitrine::bench
