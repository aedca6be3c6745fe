#pragma once
#include <cstddef>
#include <memory>
#include <span>
#include <vector>

#include "vitrine/core/buffer.hpp"
#include "vitrine/core/isa.hpp"
#include "vitrine/model/volume.hpp"
#include "vitrine/physics/voxel_projector.hpp"
#include "vitrine/recon/measured_rays.hpp"

namespace vitrine::recon {

/// An edge-preserving prior: even regions are smoothed, edges are not.
struct Prior {
  /// 1/mm: in even regions the transfer from truth to image is 1 / (1 + (f / half_frequency)^3) if
  /// cells are small; at any dose, on any scanner, in voxels of any size.
  double half_frequency = 0.45;
  double edge = 0.0004;  ///< 1/mm: from this difference of neighbours on a pull no longer grows
};

/// Penalised weighted least squares on one grid: the x for which
///
///   sum_i w_i (y_i - [A x]_i)^2 / 2 + sum_pairs kappa_j kappa_k b psi(x_j - x_k)
///
/// is least. A: distance-driven footprints in the geometry as it was measured. psi(d) =
/// edge^2 (sqrt(1 + (d / edge)^2) - 1), a hyperbola (Charbonnier et al., IEEE TIP 6 (1997) 298), of
/// pairs among 26 neighbours, b as the inverse square of their distance. kappa_j^2 is
/// [A' w]_j / (4 pi^3 half_frequency^3), so that data and prior keep their proportion wherever many
/// or few quanta come from (Fessler and Rogers, IEEE TIP 5 (1996) 1346).
///
/// By separable quadratic surrogates of ordered subsets of views (Erdogan and Fessler, Phys Med
/// Biol 44 (1999) 2835), with Nesterov's momentum (Kim, Ramani and Fessler, IEEE TMI 34 (2015)
/// 167). Equal bits for any number of threads.
class PenalisedFit {
 public:
  /// The rays must live as long as this does; only views that meet the grid count. Throws Error
  /// where the voxel projector does, and if no view meets the grid.
  PenalisedFit(const Grid& grid, const MeasuredRays& rays, const Prior& prior, Index subsets,
               Isa isa);
  ~PenalisedFit();
  PenalisedFit(PenalisedFit&&) noexcept;
  PenalisedFit& operator=(PenalisedFit&&) noexcept;

  /// mm along z: where the rays of the views that count can be within `radius` of the axis.
  struct Span {
    double low, high;
  };
  Span seen(double radius) const;
  /// Take what another volume adds to the rays away from the measured ones.
  void subtract(const Grid& grid, std::span<const float> volume);

  double objective(std::span<const float> x) const;
  void gradient(std::span<const float> x, std::span<float> out) const;
  /// Passes over all views; without momentum and subsets the objective never rises.
  void improve(std::span<float> x, std::int64_t iterations, bool momentum = true) const;

  /// The system as the fit has it, weights included: out = sqrt(w) A x of all views that count, in
  /// the order of the subsets, and out = A' sqrt(w) p.
  std::size_t rays() const;
  void forward(std::span<const float> x, std::span<float> out) const;
  void back(std::span<const float> p, std::span<float> out) const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace vitrine::recon
