#pragma once
#include <vector>

#include "vitrine/physics/carlo/detail/job.hpp"
#include "vitrine/physics/carlo/simulation.hpp"

/// From a setup to what the hot kernel reads; for simulation.cpp only.
namespace vitrine::physics::carlo::detail {

/// A job whose pointers lead into the vectors beside it, and into `media`.
struct Prepared {
  Job job{};
  std::vector<double> masses;  ///< of the regions, g
  std::vector<Voxel> voxels;
  std::vector<Cylinder> inserts, chambers;
  std::vector<View> views;
  std::vector<Alias> fan, energy;
  std::vector<float> majorant, fan_sine, fan_cosine, energies, edges, scintillator, kerma;
  std::vector<Column> columns;
};
/// Throws Error on a setup that makes no sense.
Prepared prepare(const Setup& setup, const Media& media);

/// Walker's table of a choice by weights (Vose 1991).
std::vector<Alias> aliases(const std::vector<double>& weights);

Tables tables(const Media& media);

}  // namespace vitrine::physics::carlo::detail
