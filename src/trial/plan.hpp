#pragma once
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "vitrine/trial/arm.hpp"

namespace vitrine::trial {

/// The whole trial, enumerated before anything runs: same scenario, same plan, same bytes.
struct Plan {
  Scenario scenario;  ///< each site's machine among its scanners
  Value written;      ///< canonical form of the scenario as its author wrote it
  std::string fingerprint;
  std::vector<Site> sites;
  std::vector<Arm> arms;
  std::size_t reference = 0;  ///< index of the reference arm
  std::size_t repeated = 0;   ///< index of the arm that is repeated
  std::size_t followed = 0;   ///< index of the arm that scans later visits; the first if all do
  std::vector<std::string> cases;  ///< case001, case002, ...; with strata named after them
};

Plan make_plan(Scenario scenario);

/// The arms that are repeated, in words: one, or with noise several.
std::string repeated_arms(const Plan& plan);

/// What a plan will cost, from counted work and rates measured on two cores of an x86-64-v3 server.
struct Estimate {
  std::uint64_t scans = 0;            ///< noisy readings of a whole scan
  std::uint64_t traced_scans = 0;     ///< geometries whose rays are traced
  std::uint64_t reconstructions = 0;  ///< noisy and noiseless
  std::uint64_t images = 0;           ///< images written
  std::uint64_t files = 0;
  double rays = 0.0;  ///< traced, in all
  double disk_bytes = 0.0;
  double cache_bytes = 0.0;   ///< of all that a StageStore may keep: rays, images, lines
  double memory_bytes = 0.0;  ///< peak
  double seconds = 0.0;       ///< on `threads` threads
};

/// `maps`: grids of the first patient's voxel maps (Outlook), which cost memory and time too.
Estimate estimate(const Plan& plan, int threads, std::span<const Grid> maps = {});

}  // namespace vitrine::trial
