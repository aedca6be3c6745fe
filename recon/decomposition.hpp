#pragma once
#include <cstddef>
#include <span>
#include <string>
#include <vector>

#include "vitrine/core/isa.hpp"
#include "vitrine/core/parallel.hpp"
#include "vitrine/model/material.hpp"
#include "vitrine/model/scan.hpp"
#include "vitrine/physics/beam.hpp"

namespace vitrine::recon {

/// The energy at which a basis material's amount counts as a line integral, keV.
inline constexpr double basis_energy = 70.0;

/// What readings are: expected ones, or counts that were drawn. Noise moves the mean of the
/// likeliest amounts; of drawn ones that is taken off, to its first order.
enum class Readings { expected, drawn };

/// Calibration of a photon-counting scanner's bins: from a ray's counts to its amounts of water and
/// of a second material, before any image is made (docs/methods/spectral.md).
///
/// The likeliest amounts: two bins are met exactly, more by Fisher's scoring with the covariance of
/// one photon's counts in several bins. Each column has its own spectrum (the bowtie) and bins'
/// responses; amounts may be negative and have no table's end. Where fewer than two
/// bins count 20 in a reading, the second material is held towards zero, ever more as counts
/// vanish, within a spread of what 300 mm of 1 mg/ml have; a bin that counts nothing is taken to
/// have counted half a photon.
class MaterialDecomposition {
 public:
  static constexpr std::size_t most_bins = 8;  ///< that it can part

  /// All that it knows, for a file.
  struct Numbers {
    std::string material;                    ///< the second, as attenuation knows it
    double mu_water = 0.0, mu_second = 0.0;  ///< at the basis energy: 1/mm, mm^2/g
    std::size_t bins = 0, nodes = 0;
    std::vector<float> exponents;  ///< [node][material], of two to the power, over line integral
    std::vector<float> weights;    ///< [column][bin][node], summing to 1 over the nodes
    std::vector<double> air;       ///< [column][bin], counts per mAs
    std::vector<float> whitening;  ///< [bin][bin], lower left: errors of unit variance
    std::vector<float> water_per_log;  ///< [column]: of the highest bin, where a search begins
    /// [column][bin]: standard deviation of a reading by electronic noise, times its mAs; or none.
    std::vector<double> electronic = {};
  };

  /// The beam must know the second material. Throws Error (input) unless it counts in two bins or
  /// more.
  MaterialDecomposition(const physics::Beam& beam, const Material& second);
  /// Of two scans of the same rays by an energy-integrating detector, each with a beam of its own,
  /// in place of two bins; `load_share`: tube load of the second over that of the first. The beams
  /// must know the second material and have no heel effect. A reading counts by its equivalent
  /// quanta.
  MaterialDecomposition(const physics::Beam& first, const physics::Beam& other, double load_share,
                        const Material& second);
  /// Throws Error (data) where sizes or numbers cannot be.
  explicit MaterialDecomposition(Numbers known);

  const Numbers& numbers() const { return n_; }
  std::size_t bins() const { return n_.bins; }
  Index columns() const { return Index(n_.air.size() / n_.bins); }

  /// Of some views: readings relative to air, [bin][view][cell], become millimetres of water and
  /// g/mm^2 of the second material, [view][cell]. `load`: tube load of each view, mAs.
  ///
  /// Equal bits for any number of threads.
  void operator()(const ScanGeometry& geometry, std::span<const double> load,
                  std::span<const float> readings, Readings kind, Isa isa, std::span<float> water,
                  std::span<float> second) const;

  /// Lowest variances that an unbiased estimate from one reading can have, and the covariance
  /// (Cramer and Rao): of water [mm^2], both [mm g/mm^2], the second material [(g/mm^2)^2], at a
  /// tube load of the reading in mAs. Counts are taken to be normal with the covariance of the
  /// response.
  struct Bound {
    double water = 0.0, both = 0.0, second = 0.0;
  };
  Bound bound(const physics::Beam& beam, Index column, double load, double water,
              double second) const;
  /// The same of two scans, electronic noise included; `load`: of a reading of the first.
  Bound bound(const physics::Beam& first, const physics::Beam& other, double load_share,
              Index column, double load, double water, double second) const;

 private:
  /// Mean signals behind amounts of both materials, and their covariance.
  struct Signals;
  Bound lowest(FunctionRef<Signals(double water, double second)> behind) const;

  Numbers n_;
};

}  // namespace vitrine::recon
