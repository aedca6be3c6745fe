#pragma once
#include <cstdint>
#include <optional>
#include <span>
#include <string>

#include "vitrine/core/isa.hpp"
#include "vitrine/core/random.hpp"
#include "vitrine/model/scan.hpp"
#include "vitrine/phantoms/tissue_texture.hpp"
#include "vitrine/trial/plan.hpp"

namespace vitrine::trial::detail {

/// What the noise of a scan at any dose is keyed by: everything that its raw data depend on but the
/// dose. Noise repeats are no part of it: they have streams of their own.
std::string noise_key(const Plan& plan, const std::string& case_id, const Visit& visit,
                      Scanner scanner, double voltage, double motion);

// Content keys of the stages (trial/stages.hpp).

/// A patient as they are at a visit, where a scan may see them: `slab`.
std::string scene_key(const Plan& plan, const std::string& case_id, const Visit& visit,
                      const phantoms::Slab& slab);

/// The rays of a scan, for all tube voltages of its scanner's arms where these share rays.
struct RaysKey {
  const std::string& scene;
  std::span<const Material> materials;  ///< of the scene
  std::size_t scanner = 0;
  double voltage = 0.0;
  const ScanGeometry& geometry;
  double motion = 0.0;
  Stream chance;  ///< of motion
  Isa isa = Isa::portable;
};
std::string trace_key(const Plan& plan, const RaysKey& of);

/// Signal and quanta of such rays at one voltage, before scatter: what a StageStore keeps.
std::string known_key(const std::string& trace, double voltage);

/// A reading of them; `noise`: the stream's key, none without noise.
std::string read_out_key(const std::string& known, const std::string& scan, double tube_load,
                         std::optional<std::uint64_t> noise);

/// The lines of one series of a reading.
std::string rebin_key(const std::string& read_out, const Protocol& protocol,
                      const std::string& bins);

/// An image before noise reduction.
std::string image_key(const std::string& rebinned, const Grid& grid, const Protocol& protocol,
                      const Arm& arm);

/// The features of an image; `reduced`: after the arm's noise reduction.
std::string measure_key(const std::string& image, const Measure& how, const Arm& arm, bool reduced);

}  // namespace vitrine::trial::detail
