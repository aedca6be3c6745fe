#include "vitrine/phantoms/tissue_texture.hpp"

#include <algorithm>
#include <bit>
#include <cmath>
#include <numbers>

#include "vitrine/core/math.hpp"
#include "vitrine/core/parallel.hpp"
#include "vitrine/phantoms/lesion_content.hpp"
#include "vitrine/phantoms/patch_value.hpp"
#include "vitrine/phantoms/random_field.hpp"

namespace vitrine::phantoms {
namespace {

struct Tissue {
  const char *name, *material;
};
constexpr Tissue tissues[] = {{"lung", "lung"},
                              {"liver", "liver"},
                              {"muscle", "muscle"},
                              {"fat", "adipose"},
                              {"marrow", "spongiosa"}};

/// Points after which a field repeats: five of its longest waves, as far as 256 points allow (179
/// mm of 0.7 mm voxels).
Index period_of(const TissueTexture& texture) {
  const double points = std::ceil(5.0 * texture.coarsest / texture.spacing);
  return std::clamp(Index(std::bit_ceil(std::uint64_t(points))), Index{64}, Index{256});
}

/// Voxels at multiples of the spacing in the reference state, carried from there.
struct Lattice {
  Vec3 step = Vec3::Ones(), shift = Vec3::Zero();  ///< point i is at step i + shift
  std::array<Index, 3> first{}, size{};

  double at(std::size_t axis, Index i) const {
    return step[Index(axis)] * double(first[axis] + i) + shift[Index(axis)];
  }
};

/// Density of a material in what a step places, g/mm^3.
double density_of(const SceneBuilder::Step& step, std::uint32_t material) {
  for (const Delta& delta : step.content)
    if (delta.material == material) return delta.density;
  return 0.0;
}

/// Which voxels of a lattice hold a tissue, and how much of it.
class TissueMap {
 public:
  TissueMap(const SceneBuilder& scene, std::uint32_t material, const Lattice& lattice,
            std::size_t patches)
      : scene_(scene), material_(material), lattice_(lattice), patches_(patches) {
    for (const SceneBuilder::Step& step : scene.steps())
      for (const std::uint32_t s : step.solids)
        pieces_.push_back({s, tissue_of(step), bounds(scene.solids()[s])});
  }

  /// Densities (0: none of the tissue) of plane k.
  void fill(Index k, std::span<float> plane) const {
    const auto [nx, ny, nz] = lattice_.size;
    const double z = lattice_.at(2, k), dx = lattice_.step.x();
    std::vector<const Piece*> near;
    for (const Piece& piece : pieces_)
      if (piece.box.low.z() <= z && z <= piece.box.high.z()) near.push_back(&piece);
    std::fill(plane.begin(), plane.end(), 0.0f);
    for (Index j = 0; j < ny; ++j) {
      const Vec3 start(lattice_.at(0, 0), lattice_.at(1, j), z);
      for (const Piece* piece : near) {
        if (start.y() < piece->box.low.y() || start.y() > piece->box.high.y()) continue;
        const Interval in = intersect(scene_.solids()[piece->solid], start, Vec3::UnitX());
        if (in.empty()) continue;
        // Something else takes every voxel that it touches.
        const double more = piece->density > 0.0 ? 0.0 : 1.0;
        const auto begin = std::max(Index(std::ceil(in.enter / dx - more)), Index{0});
        const auto end = std::min(Index(std::floor(in.leave / dx + more)), nx - 1);
        for (Index i = begin; i <= end; ++i)
          plane[std::size_t(j * nx + i)] = static_cast<float>(piece->density);
      }
    }
    for (std::size_t p = 0; p < patches_; ++p) leave_out(scene_.patches()[p], k, plane);
  }

 private:
  struct Piece {
    std::uint32_t solid;
    double density;  // of the tissue; 0 where it is something else
    Bounds box;
  };

  /// Density of the tissue that a step places, 0 if it is something else or a lesion.
  double tissue_of(const SceneBuilder::Step& step) const {
    if (step.kind != SceneBuilder::Step::Kind::replace) return 0.0;
    const std::string& organ = scene_.organs()[step.organ].name;
    for (const LesionTruth& lesion : scene_.lesions())
      if (lesion.id == organ) return 0.0;
    return density_of(step, material_);
  }

  /// Voxels that a lesion's map changes are the lesion's.
  void leave_out(const Patch& patch, Index k, std::span<float> plane) const {
    const auto [nx, ny, nz] = lattice_.size;
    const Vec3 half = 0.5 * patch.grid.spacing.cwiseProduct(Vec3(double(patch.grid.size[0] - 1),
                                                                 double(patch.grid.size[1] - 1),
                                                                 double(patch.grid.size[2] - 1)));
    const Vec3 middle = patch.grid.origin + patch.grid.axes * half;
    const double reach = half.norm();
    const double z = lattice_.at(2, k);
    if (std::abs(z - middle.z()) > reach) return;
    const auto range = [&](std::size_t a, Index n) {
      const double from = (middle[Index(a)] - reach - lattice_.at(a, 0)) / lattice_.step[Index(a)];
      const double to = (middle[Index(a)] + reach - lattice_.at(a, 0)) / lattice_.step[Index(a)];
      return std::pair{std::max(Index(std::floor(from)), Index{0}),
                       std::min(Index(std::ceil(to)), n - 1)};
    };
    const auto [i0, i1] = range(0, nx);
    const auto [j0, j1] = range(1, ny);
    for (Index j = j0; j <= j1; ++j)
      for (Index i = i0; i <= i1; ++i)
        for (const Patch::Channel& channel : patch.channels)
          if (patch_value(patch.grid, channel.density,
                          Vec3(lattice_.at(0, i), lattice_.at(1, j), z)) != 0.0)
            plane[std::size_t(j * nx + i)] = 0.0f;
  }

  const SceneBuilder& scene_;
  std::uint32_t material_;
  const Lattice& lattice_;
  std::size_t patches_;
  std::vector<Piece> pieces_;
};

/// Of `inside` (0 or 1), keep what has all its neighbours along one axis.
void erode(std::span<std::uint8_t> inside, Index n, Index stride) {
  std::uint8_t before = 0;
  for (Index i = 0; i < n; ++i) {
    std::uint8_t& here = inside[std::size_t(i * stride)];
    const std::uint8_t was = here;
    const std::uint8_t after = i + 1 < n ? inside[std::size_t((i + 1) * stride)] : 0;
    here = before & was & after;
    before = was;
  }
}

/// Where the tissue may be in the slab; nothing if it is nowhere.
Bounds extent_of(const SceneBuilder& scene, std::uint32_t material, const Slab& slab) {
  Bounds box;
  for (const SceneBuilder::Step& step : scene.steps())
    if (density_of(step, material) > 0.0)
      for (const std::uint32_t s : step.solids) box = hull(box, bounds(scene.solids()[s]));
  box.low.z() = std::max(box.low.z(), slab.low);
  box.high.z() = std::min(box.high.z(), slab.high);
  return box;
}

struct Strength {
  double deviation, gradient;  // relative; relative per mm
};

Patch texture_of(const SceneBuilder& scene, const TissueTexture& texture, const Strength& strength,
                 std::uint32_t material, const Lattice& lattice, std::size_t patches, Rng rng) {
  const auto [nx, ny, nz] = lattice.size;
  Patch patch;
  patch.grid.size = lattice.size;
  patch.grid.spacing = lattice.step;
  patch.grid.origin = Vec3(lattice.at(0, 0), lattice.at(1, 0), lattice.at(2, 0));
  patch.channels.push_back({material, std::vector<float>(std::size_t(nx * ny * nz))});
  std::vector<float>& values = patch.channels.front().density;
  std::vector<std::uint8_t> inside(values.size());
  const TissueMap map(scene, material, lattice, patches);
  const Index plane = nx * ny;
  parallel_for(nz, [&, nx = nx, ny = ny](Index k) {
    const auto here = std::span(values).subspan(std::size_t(k * plane), std::size_t(plane));
    const auto mask = std::span(inside).subspan(std::size_t(k * plane), std::size_t(plane));
    map.fill(k, here);
    std::transform(here.begin(), here.end(), mask.begin(),
                   [](float density) { return std::uint8_t(density > 0.0f); });
    for (Index j = 0; j < ny; ++j) erode(mask.subspan(std::size_t(j * nx)), nx, 1);
    for (Index i = 0; i < nx; ++i) erode(mask.subspan(std::size_t(i)), ny, nx);
  });
  parallel_for(ny, [&, nx = nx, nz = nz](Index j) {
    for (Index i = 0; i < nx; ++i)
      erode(std::span(inside).subspan(std::size_t(j * nx + i)), nz, plane);
  });

  const Index period = period_of(texture);
  const PeriodicField field(Spectrum::power_law(texture.exponent, texture.finest, texture.coarsest),
                            {period, period, period}, Vec3::Constant(texture.spacing), rng);
  const double scale = strength.deviation / std::sqrt(field.interpolated_variance());
  const double middle = 0.5 * (lattice.at(1, 0) + lattice.at(1, ny - 1));
  const auto wrapped = [period](Index i) { return ((i % period) + period) % period; };
  // From one period to the next the real part becomes the imaginary one: they are independent.
  const auto turn = [period](Index i) {
    return 0.5 * std::numbers::pi * double(i) / double(period);
  };
  std::vector<std::complex<double>> turns;
  for (Index i = 0; i < nx; ++i) {
    const double angle = turn(lattice.first[0] + i);
    turns.emplace_back(math::cos(angle), math::sin(angle));
  }
  constexpr Index at_once = 128;
  for (Index from = 0; from < nz; from += at_once) {
    const Index count = std::min(at_once, nz - from);
    const auto waves = field.planes(lattice.first[2] + from, count);
    parallel_for(count * ny, [&, nx = nx, ny = ny](Index row) {
      const Index j = row % ny, k = row / ny;
      const double angle = turn(lattice.first[1] + j) + turn(lattice.first[2] + from + k);
      const std::complex<double> turned(math::cos(angle), math::sin(angle));
      const double rise = strength.gradient * (lattice.at(1, j) - middle);
      const auto* line = waves.data() + (k * period + wrapped(lattice.first[1] + j)) * period;
      const auto first = std::size_t((from + k) * plane + j * nx);
      for (Index i = 0; i < nx; ++i) {
        const std::size_t v = first + std::size_t(i);
        if (!inside[v]) {
          values[v] = 0.0f;
          continue;
        }
        const auto wave = static_cast<std::complex<double>>(line[wrapped(lattice.first[0] + i)]);
        const double share = scale * (wave * turned * turns[std::size_t(i)]).real() + rise;
        values[v] = static_cast<float>(double(values[v]) * std::max(share, -1.0));
      }
    });
  }
  return patch;
}

}  // namespace

const Schema<TissueTexture>& TissueTexture::schema() {
  static const auto s = [] {
    std::vector<std::string> names;
    for (const Tissue& tissue : tissues) names.emplace_back(tissue.name);
    return Schema<TissueTexture>("texture", "Heterogeneity of a tissue wherever the patient has it")
        .required("tissue", &TissueTexture::tissue, "what is heterogeneous")
        .one_of(names)
        .optional("relative_sd", &TissueTexture::deviation,
                  "standard deviation of the density over the density")
        .between(0, 0.5)
        .optional("exponent", &TissueTexture::exponent,
                  "beta of the spectrum 1 / f^beta in three dimensions")
        .between(0, 6)
        .optional("finest", &TissueTexture::finest, unit::mm, "shortest wavelength")
        .between(0.5, 50)
        .optional("coarsest", &TissueTexture::coarsest, unit::mm, "longest wavelength")
        .between(1, 150)
        .optional("spacing", &TissueTexture::spacing, unit::mm, "size of the voxels that carry it")
        .between(0.2, 5)
        .optional("gradient_hu_per_cm", &TissueTexture::gradient,
                  "rise of the CT number at 70 keV towards the back")
        .between(-20, 20)
        .rule("coarsest_mm must be above finest_mm",
              [](const TissueTexture& t) { return t.coarsest > t.finest; })
        .rule("finest_mm must be at least 2 spacing_mm (voxels cannot carry shorter waves)",
              [](const TissueTexture& t) { return t.finest >= 2.0 * t.spacing; });
  }();
  return s;
}

void add_textures(SceneBuilder& scene, std::span<const TissueTexture> textures,
                  const AnatomyRecord& body, const Stream& stream, const Slab& slab) {
  const std::size_t patches = scene.patches().size();
  for (const TissueTexture& texture : textures) {
    const auto tissue =
        std::find_if(std::begin(tissues), std::end(tissues),
                     [&](const Tissue& each) { return each.name == texture.tissue; });
    // A stream of its own for each tissue, whichever others there are.
    constexpr std::uint64_t of_tissues = std::uint64_t(1) << 63;
    Rng rng(stream, of_tissues + std::uint64_t(tissue - std::begin(tissues)));
    const double deviation = texture.deviation.sample(rng);
    const double gradient = texture.gradient.sample(rng);
    const std::uint32_t material = scene.material(tissue->material);
    const Bounds box = extent_of(scene, material, slab);
    if ((deviation <= 0.0 && gradient == 0.0) || box.empty()) continue;
    Lattice lattice;
    lattice.step = Vec3::Constant(texture.spacing);
    double density = scene.materials()[material].density;
    for (const Host& host : body.hosts)
      if (host.background_material == tissue->material) {
        lattice.step = lattice.step.cwiseProduct(Vec3(host.stretch.diagonal()));
        lattice.shift = host.shift;
        density = host.background;
      }
    for (std::size_t a = 0; a < 3; ++a) {
      const auto axis = Index(a);
      const auto point = [&](double p) { return (p - lattice.shift[axis]) / lattice.step[axis]; };
      lattice.first[a] = Index(std::floor(point(box.low[axis]))) - 1;
      lattice.size[a] = Index(std::ceil(point(box.high[axis]))) + 2 - lattice.first[a];
    }
    const double rise = density_for(tissue->material, 1.0) - density_for(tissue->material, 0.0);
    scene.add_patch(texture_of(scene, texture, {deviation, 0.1 * gradient * rise / density},
                               material, lattice, patches, rng));
  }
}

}  // namespace vitrine::phantoms
