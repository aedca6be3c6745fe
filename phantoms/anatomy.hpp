#pragma once
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "vitrine/core/catalogue.hpp"
#include "vitrine/core/random.hpp"
#include "vitrine/model/resources.hpp"
#include "vitrine/phantoms/contrast.hpp"
#include "vitrine/phantoms/scene_builder.hpp"

namespace vitrine::phantoms {

/// What may differ between two scans of one patient, or between two moments of one scan.
struct PatientState {
  double inspiration = 1.0;  ///< lung volume relative to the patient's usual breath-hold
  double systole = 0.0;      ///< how far the ventricles have contracted: 0 filled, 1 emptied
  double day = 0.0;          ///< since the baseline visit: lesions grow and shrink
  std::optional<Injection> injection{};  ///< contrast medium, with the delay of this scan
  std::uint64_t injection_number = 0;    ///< of the visit: each has a timing error of its own
};

/// A part of a host, in the reference state: what lies inside all planes.
struct Lobe {
  std::string name;
  std::vector<Solid::Plane> planes;  ///< normal . p <= offset, mm
  Bounds extent;                     ///< holds all of it, mm
  std::int64_t points = 0;           ///< of a lattice that it holds: its volume, relative
};

/// Is a ball all in the lobe?
inline bool holds(const Lobe& lobe, const Vec3& centre, double radius) {
  for (const Solid::Plane& plane : lobe.planes)
    if (plane.normal.dot(centre) + radius > plane.offset) return false;
  return true;
}

/// A place where lesions grow, in the reference state (inspiration 1), and how it moves: what its
/// extent holds of its tissue.
struct Host {
  std::string organ;                ///< as a scenario names it: `lung`
  std::vector<std::string> tissue;  ///< organs of the scene whose points belong to it
  std::vector<std::string> inside;  ///< organs within it that a lesion may push aside
  Bounds extent;                    ///< in the reference state, mm
  /// Where a point of the reference state is in the present state: stretch p + shift.
  Mat3 stretch = Mat3::Identity();
  Vec3 shift = Vec3::Zero();
  double background = 0.0;          ///< density of its tissue in the present state, g/mm^3
  std::string background_material;  ///< what it is made of
  std::vector<Lobe> lobes;          ///< its parts, if they have names
};

/// Organs that lesions grow in, as scenarios name them.
const std::vector<std::string>& host_organs();
/// The same and "", for where none grow.
const std::vector<std::string>& host_organs_or_none();

/// What an anatomy tells about the patient that it built.
struct AnatomyRecord {
  std::string sex;
  std::vector<std::pair<std::string, double>> parameters;  ///< sampled, named with their unit
  std::vector<Host> hosts;
};

/// A kind of patient: places organs, largest first.
class Anatomy {
 public:
  virtual ~Anatomy() = default;
  /// The same anatomy with the content of the files that it names, checked; nothing where it names
  /// none. Who names files is built only after this. Throws Error with the place of the key that is
  /// to be changed.
  virtual std::shared_ptr<const Anatomy> supplied(Resources&) const { return nullptr; }
  /// Place everything but lesions, the body centred on x = y = 0. Draws only from `rng`, and the
  /// same numbers whatever the state, so that one patient breathes rather than becoming another.
  virtual AnatomyRecord build(SceneBuilder& scene, Rng rng, const PatientState& state) const = 0;
  /// Made to be measured: its parts are where image quality is looked at.
  virtual bool test_phantom() const { return false; }
};

const Catalogue<Anatomy>& anatomies();
const Catalogue<Anatomy>& catalogue_for(const Anatomy*);

}  // namespace vitrine::phantoms
