#pragma once
#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "vitrine/core/isa.hpp"
#include "vitrine/model/scan.hpp"
#include "vitrine/model/scanner.hpp"
#include "vitrine/model/scene.hpp"
#include "vitrine/physics/beam.hpp"
#include "vitrine/physics/scatter_field.hpp"

namespace vitrine::physics {
namespace detail {
class ScatterTables;
}

/// What other views tell of the body that a view sees.
struct BodyPlace {
  double depth = 0.0;    ///< of its middle behind the axis, towards the detector, mm
  double density = 1.0;  ///< of the water that weakens alike, spread over the body's section
};

/// Scatter by pencil beams (docs/methods/scatter.md): a scanner's beam is cut into pencils of one
/// coarse cell each; what each of them spreads over the detector is read from tables that the Monte
/// Carlo has made in elliptic cylinders of water, by thickness and width of the body as the view
/// sees them and by the pencil's place in it. Bone absorbs more and fat less of what water that
/// weakens alike would scatter: the beam's hardness tells how much.
class ScatterKernel {
 public:
  /// The tables of a scanner at a tube voltage, its anti-scatter grid included: a second or two of
  /// Monte Carlo. `histories` are carried through every body behind a grid, half of them without.
  ScatterKernel(const Scanner& scanner, double kv, Isa isa,
                std::int64_t histories = Scatter{}.kernel_histories);

  /// Scatter of what is there in some views of a scan, from what they attenuate.
  ScatterMaps maps(const Scene& scene, const ScanGeometry& scan, const Beam& beam,
                   std::span<const Index> views) const;

 private:
  struct Body;
  struct Seen;
  std::vector<double> scatter(const Seen& seen, std::span<const double> air,
                              const BodyPlace& place) const;
  std::vector<double> albedos(std::span<const double> water,
                              std::span<const double> scattering) const;
  double step(Index column) const;  ///< how far apart rays are there at the axis, mm
  Body body_of(std::span<const double> water) const;
  std::vector<BodyPlace> places(const std::vector<Seen>& seen, const ScanGeometry& scan,
                                std::span<const Index> views) const;

  std::shared_ptr<const detail::ScatterTables> tables_;
  Index columns_ = 0, rows_ = 0;  ///< coarse cells
  double source_to_iso_ = 0.0;    ///< mm
  std::vector<double> rays_;      ///< of the coarse columns: their rays' distance from the axis, mm
  Isa isa_;
};

}  // namespace vitrine::physics
