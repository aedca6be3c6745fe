#pragma once
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "vitrine/core/isa.hpp"
#include "vitrine/core/parallel.hpp"
#include "vitrine/core/random.hpp"
#include "vitrine/model/scan.hpp"
#include "vitrine/model/scatter.hpp"
#include "vitrine/physics/carlo/media.hpp"
#include "vitrine/physics/carlo/object.hpp"
#include "vitrine/physics/carlo/source.hpp"

namespace vitrine::physics::carlo {

/// Where photons are counted: the cells of a scanner's detector in equal groups.
struct CoarseDetector {
  Index columns = 16, rows = 1;
  std::string scintillator{};  ///< a material; "": all energy is taken up
  double thickness = 0.0;      ///< mm
  double fill_factor = 1.0;
  AntiScatterGrid grid{};
  /// Every event sends its expected contribution to a random point of the detector, and every ray
  /// its expected primary signal; otherwise the photons that arrive are counted.
  bool expected = true;
};
/// That of a scanner.
CoarseDetector coarse_detector(const Scanner& scanner, Index columns, Index rows);

/// What had happened to photons on their way to the detector.
enum class Order { primary, single_compton, single_rayleigh, multiple };

/// An ionisation chamber that disturbs nothing: mean air kerma in a cylinder within the object.
struct Chamber {
  double x = 0.0, y = 0.0, radius = 0.0, low = 0.0, high = 0.0;  ///< mm
};

struct Setup {
  Object object;
  Source source;
  /// The views that photons start from, equally often or by `view_weights`.
  ScanGeometry geometry;
  std::optional<CoarseDetector> detector{};
  std::vector<Chamber> chambers{};
  /// Tube load of each view over the mean; empty: all alike.
  std::vector<double> view_weights{};
  /// Where the expected signals behind a thick body are wanted: photons go deep more often than
  /// they would, and count less, as exp(-guide x depth x attenuation). From 0 (off) to below 1; for
  /// a cylinder of one material, without chambers.
  double guide = 0.0;
};

/// A mean and its standard error, from batches of histories.
struct Estimate {
  double mean = 0.0, error = 0.0;
  /// Infinite where nothing was counted.
  double relative() const;
};

/// Photons carried through an object until the wanted precision is reached.
///
/// Photoelectric absorption on the spot, Compton events with the incoherent scattering function
/// (energies of free electrons at rest), Rayleigh events with form factors; Woodcock tracking.
/// Fluorescence, bremsstrahlung and the electrons' ranges are left out. Photons below 5 keV are
/// taken up where they are.
///
/// History n draws from its own address of `stream`, and batches are added up in their order, so
/// that the bits depend neither on the number of threads nor on how often `run` was called.
class Simulation {
 public:
  static constexpr std::int64_t batch = 50'000;  ///< histories

  Simulation(Setup setup, const Stream& stream, Isa isa);
  ~Simulation();
  Simulation(Simulation&&) noexcept;
  Simulation& operator=(Simulation&&) noexcept;

  /// At least so many more histories, in whole batches.
  void run(std::int64_t histories);
  std::int64_t histories() const;

  /// keV per history.
  Estimate emitted() const;
  Estimate escaped() const;
  Estimate absorbed(std::size_t region) const;
  /// Absorbed dose of a region, mGy per mAs of all views together.
  Estimate dose(std::size_t region) const;
  /// Air kerma in a chamber, mGy per mAs.
  Estimate kerma(std::size_t chamber) const;
  /// The mean of some chambers, whose errors are not independent.
  Estimate kerma(std::span<const std::size_t> chambers) const;
  /// What one cell of the detector takes up on average over a coarse cell, keV/mAs: the unit of
  /// Beam::air_signal.
  Estimate signal(Order order, Index column, Index row) const;
  /// All scattered orders over the primary; errors as if the two were independent.
  Estimate scatter_to_primary(Index column, Index row) const;

  const Setup& setup() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

/// How well a result must be known, and the most work that it may cost.
struct Precision {
  double relative = 0.01;             ///< standard error over the mean
  std::int64_t most = 1'000'000'000;  ///< histories
};

/// Run until `relative_error()` is small enough. Throws Error with the numbers and a way out where
/// the histories do not suffice for `what`.
void reach(Simulation& simulation, const Precision& precision, FunctionRef<double()> relative_error,
           std::string_view what);

/// What an event may be that a photon survives.
enum class Scattering { compton, rayleigh };

/// Cosines of the angles that `count` events turn a photon by, each from its own address of
/// `stream`.
std::vector<float> scattering_cosines(const Media& media, std::size_t material, double energy,
                                      Scattering process, std::size_t count, const Stream& stream,
                                      Isa isa);

}  // namespace vitrine::physics::carlo
