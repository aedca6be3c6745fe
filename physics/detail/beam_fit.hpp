#pragma once
#include <span>
#include <vector>

#include "vitrine/model/material.hpp"
#include "vitrine/physics/basis.hpp"
#include "vitrine/physics/beam.hpp"
#include "vitrine/physics/quadrature.hpp"

/// The energies and basis functions that stand for a beam, and how well they do; for beam.cpp only.
namespace vitrine::physics::detail {

/// What a beam is fitted to. Vectors are per energy of its spectrum.
struct FitTask {
  std::span<const Material> materials;    ///< that may be met on a ray
  std::vector<double> energies;           ///< keV
  std::vector<double> mean, variance;     ///< what an energy adds to the signal and to its variance
  std::vector<double> shaper;             ///< mass attenuation of the bowtie, mm^2/g
  double thickest = 0.0;                  ///< most of the bowtie that a ray meets, g/mm^2
  std::vector<std::vector<double>> rows;  ///< of some rows: their fluence over the central ray's
  std::vector<std::vector<double>> bins;  ///< what an energy adds to each further output
  bool keep_mixtures = false;             ///< hand back what it was fitted to
  double centre = 0.0, edge = 0.0;        ///< what those of the central and the first channel meet
};

struct BeamFit {
  Quadrature quadrature;
  Basis basis;                                              ///< at these nodes
  std::vector<std::vector<double>> row_mean, row_variance;  ///< weights on the nodes, of those rows
  std::vector<std::vector<double>> bins;      ///< weights on the nodes, of the further outputs
  std::vector<std::vector<double>> mixtures;  ///< what it was fitted to: line integrals, if kept
  FitError centre, edge;                      ///< of the central and of an outermost channel
};

/// As few nodes and basis functions as keep both errors within their bounds: 1e-5 for the nodes
/// (12 to 32 of them), 1e-4 for the basis (as many functions as the tracing kernel can take).
/// Fit of task `own` whose basis serves the tasks of all: the same coefficients come for any `own`,
/// and nodes are those of its own spectrum. All must have the same materials.
BeamFit fit_beam(std::span<const FitTask> tasks, std::size_t own = 0);

}  // namespace vitrine::physics::detail
