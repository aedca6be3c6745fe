#include "vitrine/phantoms/patient.hpp"

#include <algorithm>
#include <cmath>
#include <numbers>
#include <optional>

#include "vitrine/core/math.hpp"
#include "vitrine/core/units.hpp"
#include "vitrine/phantoms/digitise.hpp"
#include "vitrine/phantoms/truth.hpp"

namespace vitrine::phantoms {
namespace {

constexpr int shells = 4;          // steps of a soft margin
constexpr int attempts = 4000;     // to find room for a lesion
constexpr double clearance = 1.0;  // mm to the organ's surface and between lesions

// Muscle of 1.05 g/cm3 has 42 HU at 70 keV (NIST attenuation); attenuation is proportional to
// density.
constexpr const char* tissue = "muscle";
constexpr double tissue_hu = 42.0;
double density_of(double hu) {
  return 1.05 * units::g_per_cm3 * (1000.0 + hu) / (1000.0 + tissue_hu);
}

/// One lesion as sampled: everything but its place in a moved lung.
struct Lesion {
  std::string organ, shape;
  std::vector<Solid> outline;  // about the origin
  Pick<LesionTexture> texture;
  Vec3 centre = Vec3::Zero();  // at inspiration 1
  double attenuation = 0.0, margin = 0.0, reach = 0.0;
  std::uint64_t number = 0;
};

double reach_of(const std::vector<Solid>& outline) {
  double reach = 0.0;
  for (const Solid& solid : outline)
    reach = std::max(reach, solid.centre.norm() + bounding_radius(solid));
  return reach;
}

const Host& host_of(const AnatomyRecord& body, const std::string& organ) {
  const auto at = std::find_if(body.hosts.begin(), body.hosts.end(),
                               [&](const Host& h) { return h.organ == organ; });
  require(at != body.hosts.end(), Error::Kind::input, "lesions are asked for in the ", organ,
          " (this anatomy has none). Choose another organ.");
  return *at;
}

/// The ball about `centre` lies in the organ (its vessels may run through it).
bool has_room(const SceneBuilder& scene, const Host& host, const Vec3& centre, double radius) {
  const auto inside = [&](const Vec3& p) {
    return std::find(host.tissue.begin(), host.tissue.end(), scene.organ_at(p)) !=
           host.tissue.end();
  };
  if (!inside(centre)) return false;
  constexpr int points = 60;  // a Fibonacci lattice on the sphere
  for (int i = 0; i < points; ++i) {
    const double z = 1.0 - (2.0 * i + 1.0) / points;
    const double angle = i * std::numbers::pi * (3.0 - std::sqrt(5.0));
    const double across = std::sqrt(1.0 - z * z);
    if (!inside(centre + radius * Vec3(across * math::cos(angle), across * math::sin(angle), z)))
      return false;
  }
  return true;
}

std::vector<Lesion> sample_lesions(const Cohort& cohort, const Stream& stream,
                                   const SceneBuilder& scene, const AnatomyRecord& body) {
  std::vector<Lesion> lesions;
  for (std::size_t kind = 0; kind < cohort.lesions.size(); ++kind) {
    const LesionSpec& spec = cohort.lesions[kind];
    const Host& host = host_of(body, spec.organ);
    const Vec3 &low = host.extent.low, &high = host.extent.high;
    Rng common(stream, kind << 32);
    const auto count = std::llround(spec.count.sample(common));
    const double level = low.z() + spec.level.sample(common) * (high.z() - low.z());
    for (long long i = 0; i < count; ++i) {
      const std::uint64_t number = (kind << 32) + std::uint64_t(i) + 1;
      Rng rng(stream, number);
      Lesion lesion;
      lesion.number = number;
      lesion.organ = spec.organ;
      lesion.shape = *spec.shape.canonical.find("kind")->as<std::string>();
      lesion.texture = spec.texture;
      lesion.outline = spec.shape->outline(rng);
      lesion.attenuation = spec.attenuation.sample(rng);
      lesion.margin = spec.margin.sample(rng);
      lesion.reach = reach_of(lesion.outline) + 0.5 * lesion.margin;
      bool placed = false;
      for (int attempt = 0; attempt < attempts && !placed; ++attempt) {
        const double x = rng.uniform(low.x(), high.x()), y = rng.uniform(low.y(), high.y());
        lesion.centre = Vec3(x, y, level + rng.uniform(-0.5, 0.5) * spec.spread);
        const auto near = [&](const Lesion& other) {
          return (other.centre - lesion.centre).norm() < other.reach + lesion.reach + clearance;
        };
        placed = std::none_of(lesions.begin(), lesions.end(), near) &&
                 has_room(scene, host, lesion.centre, lesion.reach + clearance);
      }
      require(placed, Error::Kind::data, "no room for lesion ", lesions.size() + 1, " of ",
              to_text(std::round(20.0 * lesion.reach) / 10.0), " mm in the ", spec.organ,
              " at this level (tried ", attempts,
              " places). Make lesions smaller, fewer, or widen 'spread_mm' or 'level'.");
      lesions.push_back(std::move(lesion));
    }
  }
  return lesions;
}

std::vector<Solid> translated(std::vector<Solid> solids, const Vec3& by) {
  for (Solid& solid : solids) solid.centre += by;
  return solids;
}

/// The heterogeneity of one lesion as a patch of zero mean density.
Patch texture_patch(const Lesion& lesion, const std::vector<Solid>& body, const Vec3& centre,
                    std::uint32_t material, const Stream& stream) {
  Patch patch;
  const double reach = reach_of(lesion.outline);
  const double voxel = std::clamp(reach / 8.0, 0.3, 0.6);
  const Index n = 2 * Index(std::ceil(reach / voxel)) + 3;
  patch.grid.size = {n, n, n};
  patch.grid.spacing = Vec3::Constant(voxel);
  patch.grid.origin = centre - Vec3::Constant(0.5 * double(n - 1) * voxel);
  Scene outline;
  outline.solids = body;
  std::vector<std::uint32_t> all;
  for (std::uint32_t i = 0; i < body.size(); ++i) all.push_back(i);
  const auto inside = occupancy(outline, all, patch.grid);
  std::vector<float> field(std::size_t(patch.grid.count()));
  lesion.texture->fill(patch.grid, Rng(stream, lesion.number), field);
  double sum = 0.0, weight = 0.0;
  for (std::size_t i = 0; i < field.size(); ++i) {
    sum += double(inside.values()[i]) * double(field[i]);
    weight += double(inside.values()[i]);
  }
  const double mean = weight > 0.0 ? sum / weight : 0.0;
  const double scale = density_of(lesion.texture->heterogeneity()) - density_of(0.0);
  for (std::size_t i = 0; i < field.size(); ++i)
    field[i] = static_cast<float>(scale * double(inside.values()[i]) * (double(field[i]) - mean));
  patch.channels.push_back({material, std::move(field)});
  return patch;
}

void add_lesion(SceneBuilder& scene, const Lesion& lesion, const Vec3& centre, std::string id,
                const Stream& textures, double around) {
  const std::vector<Solid> body = translated(lesion.outline, centre);
  const double density = density_of(lesion.attenuation);
  scene.begin_organ(id);
  if (lesion.margin > 0.0) {
    // Equal steps of density from the surroundings to the interior; the nominal edge is half-way.
    const double step = (density - around) / shells;
    const auto shell = [&](int i) {
      return grown(body, lesion.margin * (0.5 - (i + 0.5) / shells));
    };
    scene.place_union(shell(0), tissue, around + step);
    for (int i = 1; i < shells; ++i) scene.add_union(shell(i), tissue, step);
  } else {
    scene.place_union(body, tissue, density);
  }
  LesionTruth truth;
  for (const Solid& solid : body) truth.solids.push_back(scene.mark(solid));
  const Extent extent = measure_union(body);
  truth.id = std::move(id);
  truth.organ = lesion.organ;
  truth.shape = lesion.shape;
  truth.centre = centre;
  truth.volume = extent.volume;
  truth.longest_axial_diameter = extent.longest_axial_diameter;
  truth.short_axis = extent.short_axis;
  truth.density = density;
  scene.add_lesion(std::move(truth));
  if (lesion.texture && lesion.texture->heterogeneity() > 0.0)
    scene.add_patch(texture_patch(lesion, body, centre, scene.material(tissue), textures));
}

}  // namespace

Patient build_patient(const Cohort& cohort, std::uint64_t seed, std::string_view case_id,
                      const PatientState& state) {
  const Rng anatomy(make_stream(seed, case_id, Draw::anatomy), 0);
  SceneBuilder scene;
  AnatomyRecord body = cohort.anatomy->build(scene, anatomy, state);
  std::vector<Lesion> lesions;
  const Stream stream = make_stream(seed, case_id, Draw::lesion);
  if (state.inspiration == 1.0) {
    lesions = sample_lesions(cohort, stream, scene, body);
  } else {  // lesions find their place in the patient at rest, and the lungs carry them from there
    SceneBuilder rest;
    const AnatomyRecord at_rest = cohort.anatomy->build(rest, anatomy, {});
    lesions = sample_lesions(cohort, stream, rest, at_rest);
  }
  const Stream textures = make_stream(seed, case_id, Draw::texture);
  for (std::size_t i = 0; i < lesions.size(); ++i) {
    const std::string number = str(i + 1);
    const Host& host = host_of(body, lesions[i].organ);
    const Vec3 centre = host.stretch * lesions[i].centre + host.shift;
    add_lesion(scene, lesions[i], centre, str("lesion", number.size() < 2 ? "0" : "", number),
               textures, host.background);
  }
  Patient patient;
  patient.scene = std::move(scene).build();
  patient.sex = std::move(body.sex);
  patient.parameters = std::move(body.parameters);
  return patient;
}

}  // namespace vitrine::phantoms
