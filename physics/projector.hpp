#pragma once
#include <cstddef>
#include <functional>
#include <memory>
#include <span>
#include <vector>

#include "vitrine/core/isa.hpp"
#include "vitrine/core/parallel.hpp"
#include "vitrine/model/scan.hpp"
#include "vitrine/model/scene.hpp"
#include "vitrine/physics/beam.hpp"

namespace vitrine::physics {

/// Rays per cell: `columns` in the plane of the fan, each with its own place on the focal spot,
/// times `rows` along z; `views` of them within the time of a reading, over which the gantry turns
/// (and a table in motion moves on). Their *intensities* are averaged.
struct Sampling {
  int columns = 2, rows = 2, views = 1;
};

/// What the detector would read on average, and how many quanta that reading is worth.
struct Exposure {
  Sinogram<quantity::Signal> signal;  ///< over that of the unattenuated beam
  Sinogram<quantity::Quanta> quanta;  ///< mean^2 / variance per mAs of one reading
  /// Of a photon-counting beam: signals of all bins but the lowest, [bin][view][cell].
  Buffer<float> higher = {};
};

/// Project a scene: exact chords of its terms, trilinear patches (on the cell's central ray), the
/// beam's polychromatic signal. A ray that meets nothing has signal exactly 1.
///
/// Relative error of the arithmetic below 1e-5; same bits at any number of threads. `geometry` must
/// have the beam's columns and rows.
Exposure expose(const Scene& scene, const ScanGeometry& geometry, const Beam& beam,
                const Sampling& sampling, Isa isa);

/// The same into memory that is there already (the geometry is that of `out`).
void expose_into(const Scene& scene, const Beam& beam, const Sampling& sampling, Isa isa,
                 Exposure& out);

/// What is there at a time, s since the scan's start.
using SceneAt = FunctionRef<Scene(double time)>;

/// The same of a patient who moves: `views_per_state` views at a time see what is there in the
/// middle of their time. The geometry must have times; `scene_at` is called by several threads.
void expose_moving(SceneAt scene_at, Index views_per_state, const Beam& beam,
                   const Sampling& sampling, Isa isa, Exposure& out);

/// The same block by block, for those who take the views as they come and keep none of them. Views
/// are those of `expose` to the bit, whatever the blocks and whichever beams come along.
class Projector {
 public:
  /// A patient at rest. All that is given must live as long as this does.
  Projector(const Scene& scene, const ScanGeometry& geometry, const Beam& beam,
            const Sampling& sampling, Isa isa);
  /// Of several beams, which must share their rays (Beam::shares_rays_with): traced once.
  Projector(const Scene& scene, const ScanGeometry& geometry, std::span<const Beam* const> beams,
            const Sampling& sampling, Isa isa);
  /// A patient who moves: `scene_at` is called for the middle of the time of every
  /// `views_per_state` views, by several threads.
  Projector(std::function<Scene(double time)> scene_at, Index views_per_state,
            const ScanGeometry& geometry, const Beam& beam, const Sampling& sampling, Isa isa);
  ~Projector();
  Projector(const Projector&) = delete;
  Projector& operator=(const Projector&) = delete;

  /// Views that keep all threads busy between two waits for the slowest: a good `count`.
  Index block() const;
  /// Views `first` to `first + count`, which follow those of the last call: columns x rows of each,
  /// rows contiguous, as in a Sinogram.
  /// `higher`: signals of a photon-counting beam's bins but the lowest, [bin][view][cell]; or of
  /// all beams but the first [beam][signal, quanta][view][cell].
  void project(Index first, Index count, std::span<float> signal, std::span<float> quanta,
               std::span<float> higher = {});

 private:
  class State;
  void prepare();

  std::function<std::unique_ptr<State>(Index number)> make_;
  Index views_, cells_, sub_views_, views_per_state_, higher_;
  Index next_ = 0;                              ///< view
  std::vector<std::unique_ptr<State>> states_;  ///< that of the next view and some to come
};

/// One ray of a geometry, in patient space. `direction` has length 1 in the plane of the fan (its z
/// is dz per in-plane mm).
struct Ray {
  Vec3 origin = Vec3::Zero(), direction = Vec3::UnitY();
};

/// Where a sub-ray starts and ends: fractions of a cell from its centre, mm on the focal spot.
struct Offset {
  double column = 0.0, row = 0.0;
  double spot_across = 0.0, spot_z = 0.0;
};

/// The sub-rays of a cell, in-plane index slowest. Stratified over cell and focal spot, paired
/// so that their places at the isocentre are spread like the convolution of both, and scaled to
/// the spread of a uniform cell and the focal spot's shape. Of an image the two profiles count.
std::vector<Offset> sub_rays(const Sampling& sampling, const ScanGeometry& geometry,
                             const Beam& beam);

/// Direction of a sub-ray in the gantry's frame (across, along, z), of length 1 in the plane.
Vec3 direction_of(const ScanGeometry& geometry, const FocalShift& shift, double column, double row,
                  const Offset& offset);

Ray ray_of(const ScanGeometry& geometry, Index view, double column, double row,
           const Offset& offset = {});

/// Mass per area of every material of the scene along a ray, g/mm^2: the reference in double
/// precision by `intersect`, slow. Patches and maps are sampled every `patch_step` voxels.
std::vector<double> path_masses(const Scene& scene, const Ray& ray, double patch_step = 0.01);

/// The hot path's basis line integrals of one view for one sub-ray, [column][row][k]: for tests.
std::vector<float> basis_integrals(const Scene& scene, const ScanGeometry& geometry,
                                   const Beam& beam, Index view, const Offset& offset, Isa isa);

}  // namespace vitrine::physics
