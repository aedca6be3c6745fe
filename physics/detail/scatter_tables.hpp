#pragma once
#include <array>
#include <cstdint>
#include <vector>

#include "vitrine/core/isa.hpp"
#include "vitrine/core/math.hpp"
#include "vitrine/model/scanner.hpp"
#include "vitrine/physics/detail/pencils.hpp"
#include "vitrine/physics/scatter_field.hpp"

namespace vitrine::physics::detail {

/// How scatter from a pencil to a cell goes with the water on the pencil's way and on the ray of
/// the cell.
struct Falling {
  double source = 0.0, receiver = 0.0;  ///< 1/mm
  bool last_seen = false;  ///< through its grid a cell sees the last of many events on its own ray

  /// What a pencil sends that is weakened as by `water` mm and scatters as `scattering` mm do.
  double sent(double water, double scattering) const {
    return scattering * math::exp(-source * water);
  }
  /// What of it a cell on whose ray there is water receives.
  double received(double water) const {
    constexpr double mu = 0.02;  // 1/mm, water at 65 keV
    const double left = math::exp(-receiver * water);
    return last_seen ? left * (1.0 - math::exp(-mu * water)) : left;
  }
};

/// From where about their own rays cells see scattered photons through their anti-scatter grid: of
/// matter as far from the focal spot as the axis, by coarse columns.
class GridView {
 public:
  GridView(const ScanGeometry& hardware, const AntiScatterGrid& grid, Index columns);
  /// Of columns so many apart from the cell's: all sum to 1.
  double share(Index apart) const { return shares_[std::size_t(apart < 0 ? -apart : apart)]; }
  Index reach() const { return Index(shares_.size()) - 1; }

 private:
  std::vector<double> shares_;
};

/// What pencils of a scanner's beam spread over its detector, by the Monte Carlo in elliptic
/// cylinders of water: by thickness and width of the body as the view sees them and by the pencil's
/// place in it.
class ScatterTables {
 public:
  ScatterTables(const Scanner& scanner, double kv, std::int64_t histories, Isa isa);

  Index columns() const { return columns_; }
  Index rows() const { return rows_; }
  const Falling& falling(std::size_t events) const { return falling_[events]; }
  const GridView& view() const { return view_; }
  /// Scatter of a body whose middle lies z behind the axis goes as exp(gain z), 1/mm.
  double gain() const { return gain_; }

  /// Over what falls as `falling`: [events][columns apart, from 1 - columns][rows apart].
  struct Kernel {
    std::array<std::vector<float>, events> of;
    double energy = 0.0;  ///< second moment of the energy over the first, keV
  };
  /// Of a pencil at `place` (-1 to 1 across the body) of a body of so many mm.
  void find(double thickness, double width, double place, Kernel& kernel) const;

 private:
  struct Body;
  void calibrate(const Scanner& scanner, double kv, std::int64_t histories, Isa isa);
  void set_gain(const Scanner& scanner, double kv, std::int64_t histories, Isa isa);
  void set_falling(std::size_t event, const std::vector<Body>& bodies);
  void divide(std::size_t event, const std::vector<Body>& bodies);
  void smooth(std::vector<float>& kernels) const;

  Index columns_ = 0, rows_ = 0;  ///< coarse cells
  GridView view_;
  bool has_grid_ = false;
  std::array<Falling, events> falling_;
  double gain_ = 0.0;
  std::vector<double> energies_;                    ///< [table]
  std::array<std::vector<float>, events> kernels_;  ///< [events][table][columns apart][rows apart]
};

}  // namespace vitrine::physics::detail
