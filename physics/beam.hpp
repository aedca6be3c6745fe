#pragma once
#include <algorithm>
#include <cstddef>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "vitrine/model/material.hpp"
#include "vitrine/model/scanner.hpp"
#include "vitrine/model/volume.hpp"
#include "vitrine/physics/counting/bins.hpp"
#include "vitrine/physics/focal_spot.hpp"
#include "vitrine/physics/spectrum.hpp"

namespace vitrine::physics {

namespace detail {
struct BeamFit;
struct Taken;
}  // namespace detail

/// `length` mm of a material at `density` g/mm^3 (0: the material's own).
struct Path {
  std::string_view material;
  double length = 0.0;
  double density = 0.0;
};

/// Largest errors of a channel's line integrals by what stands for spectrum and attenuation.
struct FitError {
  double quadrature = 0.0;  ///< nodes instead of the spectrum, exact attenuation
  double basis = 0.0;       ///< basis functions instead of attenuation, at the nodes
  double total = 0.0;       ///< nodes and basis instead of spectrum and attenuation
};

/// The energy of a beam's CT numbers, keV, and the attenuations that they compare, 1/mm.
struct ReferenceEnergy {
  double energy = 0.0, mu_water = 0.0, mu_air = 0.0;
};

/// One scanner's beam at one tube voltage, as its detector sees it: what turns masses along a ray
/// into the mean and the variance of a cell's signal.
///
/// The spectrum behind filters and bowtie is replaced by about twelve energies (quadrature.hpp) and
/// the attenuation of all materials by a few basis functions (basis.hpp), so that a ray needs
/// `rank` integrals and `nodes` exponentials. A column has its own weights: the bowtie.
/// Energy-integrating detector: quanta count by their energy, so the variance is that of a compound
/// Poisson process. Photon-counting detector: the signal is the counts of all bins, in counts where
/// the other kind has keV; one photon may make several, in neighbouring cells too, so that the
/// variance is that of a large area.
class Beam {
 public:
  /// `materials` are those that may be met on a ray; water and air are always known. With other
  /// tube voltages, all of which have the same materials, beams of any of them share the integrals
  /// of a ray, which is then traced once for all (Projector); a heel effect and a photon-counting
  /// detector keep their beams apart.
  /// Throws Error if a material of the scanner is unknown or kV is out of range.
  Beam(const Scanner& scanner, double kv, std::span<const Material> materials,
       std::span<const double> other_voltages = {});

  double kv() const { return kv_; }
  /// Whether the same basis integrals serve both.
  bool shares_rays_with(const Beam& other) const {
    return coefficients_ == other.coefficients_ && !bins_ && !other.bins_ && heel_rows_.empty() &&
           other.heel_rows_.empty();
  }
  Index columns() const { return Index(columns_.size()); }
  Index rows() const { return rows_; }
  std::size_t rank() const { return rank_; }
  std::size_t nodes() const { return node_energies_.size(); }
  std::span<const double> node_energies() const { return node_energies_; }  ///< keV

  /// What a cell of the column takes up with nothing but air in the beam, keV/mAs, if it faces the
  /// source at source_to_detector (see ScanGeometry::photon_share).
  double air_signal(Index column) const { return columns_[std::size_t(column)].air_signal; }
  /// Equivalent quanta per mAs there: mean^2 / variance of the signal of 1 mAs.
  double air_quanta(Index column) const { return columns_[std::size_t(column)].air_quanta; }
  /// The same in one (fractional) row: with a heel effect rows differ.
  double air_signal(Index column, double row) const;
  double air_quanta(Index column, double row) const;
  /// With a heel effect: the rows between which those of the beam are interpolated.
  std::span<const double> heel_rows() const { return heel_rows_; }
  /// Mean energy of a detected quantum there, weighted by its signal's energy once: keV.
  double mean_detected_energy(Index column) const {
    return columns_[std::size_t(column)].mean_energy;
  }

  /// Mean signal behind the paths, over the signal of the same column without them.
  double transmission(Index column, std::span<const Path> paths) const;
  /// The same in one (fractional) row.
  double transmission(Index column, double row, std::span<const Path> paths) const;
  /// The same from the whole spectrum instead of its nodes and basis: the truth of the two fits.
  double exact_transmission(Index column, std::span<const Path> paths) const;
  /// Equivalent quanta per mAs behind the paths.
  double quanta(Index column, std::span<const Path> paths) const;
  /// Mean relative signal behind `length` mm of water: what a water correction inverts.
  double water_signal(Index column, double length) const;
  double water_signal(Index column, double row, double length) const;

  /// Energy at which 200 mm of water weaken a monochromatic beam as much as this one does on its
  /// central ray, keV: the reference energy of its CT numbers.
  double effective_energy() const { return effective_energy_; }
  double mu_water() const { return mu_water_; }  ///< 1/mm, at the effective energy
  double mu_air() const { return mu_air_; }

  /// Air kerma at the isocentre on the central ray, free in air, mGy/mAs.
  double air_kerma_at_isocentre() const { return kerma_at_isocentre_; }
  /// Half-value layer on the central ray, mm of aluminium.
  double half_value_layer() const { return half_value_layer_; }
  /// Behind the flat filters, before the bowtie.
  const Spectrum& incident() const { return incident_; }

  /// Largest errors of line integrals by nodes and basis, at the central and the first channel,
  /// over mixtures of the materials they were tested on (up to a line integral of 12).
  const FitError& fit_error_at_centre() const { return fit_centre_; }
  const FitError& fit_error_at_edge() const { return fit_edge_; }
  double fit_error() const { return std::max(fit_centre_.total, fit_edge_.total); }

  /// The bins of a photon-counting detector; null of the other kind.
  const CountingBins* bins() const { return bins_ ? &*bins_ : nullptr; }
  /// Mean counts of some bins behind the paths, or behind `length` mm of water, relative to air;
  /// and the reference energy of their CT numbers.
  double bin_signal(Index column, BinWindow window, std::span<const Path> paths) const;
  double water_signal(Index column, BinWindow window, double length) const;
  ReferenceEnergy reference(BinWindow window) const;

  double electronic_noise() const { return electronic_noise_; }  ///< keV per cell and reading, sd
  const Detector& detector() const { return detector_; }         ///< that it falls upon
  const SpotProfile& focal_spot_across() const { return spot_across_; }
  const SpotProfile& focal_spot_along() const { return spot_along_; }

  /// Basis coefficients of a material, mm^2/g: element k times the mass per area along a ray is
  /// what it adds to integral k. Throws Error if the beam was built without the material.
  std::span<const double> coefficients(const Material& material) const;
  /// -log2(e) times basis function k at node j, [j * rank() + k].
  std::span<const float> exponents() const { return exponents_; }
  /// Weights of the column's mean signal, one per node, summing to 1; then those of its variance.
  /// With a heel effect: what the bowtie lets through at each node, twice.
  std::span<const float> weights(Index column) const {
    return std::span(weights_).subspan(std::size_t(column) * 2 * nodes(), 2 * nodes());
  }

  /// With a heel effect: weights of each row's mean signal before the bowtie, [node][row], `lanes`
  /// rows each, summing to 1 over the nodes; then those of its variance.
  std::vector<float> row_weights(std::size_t lanes) const;

 private:
  struct Column {
    double air_signal = 0.0, air_quanta = 0.0, mean_energy = 0.0;
    double bowtie = 0.0;                           ///< mm
    std::vector<double> mean, variance;            ///< normalised node weights
    std::vector<double> left;                      ///< behind the bowtie, per node
    std::vector<double> heel_signal, heel_square;  ///< of the heel's rows, with nothing but air
  };
  /// Counts of a photon-counting detector, and their variance, per photon of each energy.
  detail::Taken counted(const Scanner& scanner);
  void set_bins(const Scanner& scanner, const detail::BeamFit& fit,
                std::span<const double> bowtie_mu, double sensitive_area);
  std::vector<double> integrals(std::span<const Path> paths) const;
  std::vector<double> left(std::span<const Path> paths) const;
  std::size_t known(std::string_view name) const;
  void set_reference(const Scanner& scanner);

  double kv_;
  Index rows_ = 0;
  std::size_t rank_ = 0;
  std::vector<Material> materials_;
  std::vector<std::vector<double>> coefficients_;  ///< [material][k]
  std::vector<double> node_energies_;
  std::vector<std::vector<double>> functions_;  ///< [node][k]
  std::vector<Column> columns_;
  std::vector<double> heel_rows_;
  std::vector<std::vector<double>> heel_mean_, heel_variance_;  ///< [row of heel_rows_][node]
  std::vector<float> exponents_, weights_;
  std::optional<CountingResponse> response_;
  std::optional<CountingBins> bins_;
  Spectrum incident_;             ///< behind the filters, before the bowtie
  std::vector<double> absorbed_;  ///< share of the energy taken up, per energy; counts per keV
  Material bowtie_material_;
  double effective_energy_ = 0.0, mu_water_ = 0.0, mu_air_ = 0.0;
  double kerma_at_isocentre_ = 0.0, half_value_layer_ = 0.0;
  FitError fit_centre_, fit_edge_;
  double electronic_noise_ = 0.0;
  Detector detector_;
  SpotProfile spot_across_, spot_along_;
};

/// Whether the scanner's beams of several voltages can share their rays (Beam): not with a heel
/// effect or a photon-counting detector.
bool can_share_rays(const Scanner& scanner);

/// Thickness of a bowtie's table at a fan angle (either sign), mm along the ray.
double bowtie_thickness(const Bowtie& bowtie, double fan_angle);
/// Thickness of a scanner's bowtie, table or shape. A shape for a water cylinder of radius R has
/// thinnest + share (2 R - chord) mu_water / mu_bowtie at its energy, where the chord of the ray is
/// 2 sqrt(R^2 - (source_to_iso sin fan_angle)^2), 0 outside.
double bowtie_thickness(const Scanner& scanner, double fan_angle);

}  // namespace vitrine::physics
