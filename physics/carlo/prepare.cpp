#include "vitrine/physics/carlo/detail/prepare.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "vitrine/core/math.hpp"
#include "vitrine/physics/attenuation.hpp"

namespace vitrine::physics::carlo {
namespace portable {
void carry(const detail::Job&);
void angles(const detail::AngleJob&);
}  // namespace portable
namespace v3 {
void carry(const detail::Job&);
void angles(const detail::AngleJob&);
}  // namespace v3

namespace detail {

const Kernels& kernels(Isa isa) {
  static constexpr Kernels portable_kernels{portable::carry, portable::angles},
      v3_kernels{v3::carry, v3::angles};
  return isa == Isa::portable ? portable_kernels : v3_kernels;
}

std::vector<Alias> aliases(const std::vector<double>& weights) {
  const std::size_t n = weights.size();
  const double all = std::accumulate(weights.begin(), weights.end(), 0.0);
  require(all > 0.0 && std::isfinite(all), Error::Kind::input,
          "the source emits nothing (all its weights are zero). Use thinner filters.");
  std::vector<Alias> table(n);
  std::vector<double> share(n);
  std::vector<std::size_t> small, large;
  for (std::size_t i = 0; i < n; ++i) {
    share[i] = weights[i] * double(n) / all;
    table[i] = {1.0f, std::int32_t(i)};
    (share[i] < 1.0 ? small : large).push_back(i);
  }
  while (!small.empty() && !large.empty()) {
    const std::size_t low = small.back(), high = large.back();
    small.pop_back();
    table[low] = {float(share[low]), std::int32_t(high)};
    share[high] -= 1.0 - share[low];
    if (share[high] < 1.0) {
      large.pop_back();
      small.push_back(high);
    }
  }
  return table;
}

Tables tables(const Media& media) {
  return {std::int32_t(media.materials().size()),
          media.interaction().data(),
          media.norm().data(),
          media.incoherent().data(),
          media.coherent().data(),
          media.cumulative().data()};
}

namespace {

void store(const Vec3& from, float (&to)[3]) {
  for (int a = 0; a < 3; ++a) to[a] = float(from[a]);
}

Voxel stored(const Content& c) { return {c.density, c.material, c.region}; }

Cylinder stored(const Rod& rod) {
  return {float(rod.x),          float(rod.y),   float(rod.radius * rod.radius),
          float(rod.flattening), float(rod.low), float(rod.high),
          stored(rod.content)};
}

void check(const Setup& setup) {
  const Object& object = setup.object;
  const auto check_content = [&](const Content& c) {
    require(c.material < object.materials.size() && c.region < object.regions.size(),
            Error::Kind::data, "an object's place is of material ", c.material, " and region ",
            c.region, " (there are ", object.materials.size(), " and ", object.regions.size(), ")");
    require(c.density >= 0.0f && std::isfinite(c.density), Error::Kind::data,
            "an object's density is ", c.density, " g/mm^3 (it must not be negative)");
  };
  if (object.voxels.empty()) {
    check_content(object.body.content);
    for (const Rod& insert : object.inserts) check_content(insert.content);
  }
  for (const Content& voxel : object.voxels) check_content(voxel);
  require(object.voxels.empty() || (std::ssize(object.voxels) == object.grid.count() &&
                                    object.grid.axes == Mat3::Identity()),
          Error::Kind::data, "an object has ", object.voxels.size(), " voxels for ",
          object.grid.count(), " places of an axial grid");
  require(setup.geometry.views() > 0, Error::Kind::input,
          "there is no view to emit photons from. Give the geometry one at least.");
  const auto& weights = setup.view_weights;
  require(weights.empty() || std::ssize(weights) == setup.geometry.views(), Error::Kind::input,
          "there are ", weights.size(), " weights for ", setup.geometry.views(),
          " views. Give each view one, or none.");
  for (const double weight : weights)
    require(weight >= 0.0 && std::isfinite(weight), Error::Kind::input, "a view has weight ",
            weight, " (it must not be negative)");
  require(setup.guide >= 0.0 && setup.guide < 1.0, Error::Kind::input, "the guide is ", setup.guide,
          " (0 to below 1)");
  require(
      setup.guide == 0.0 || (object.voxels.empty() && object.inserts.empty() &&
                             setup.chambers.empty() && setup.detector && setup.detector->expected),
      Error::Kind::input,
      "photons are guided in a cylinder of one material alone, without chambers, to the "
      "expected signals of a detector. Set the guide to 0.");
  require(!setup.source.energies.empty() &&
              setup.source.energies.back() < std::ldexp(double(lowest_energy), energy_octaves),
          Error::Kind::input, "the source's energies reach beyond 256 keV, or there are none");
}

/// The largest attenuation anywhere, 1/mm, per energy.
std::vector<float> majorant_of(const Object& object, const Media& media) {
  const std::size_t count = media.materials().size();
  std::vector<float> densest(count, 0.0f);
  const auto see = [&](const Content& c) {
    densest[c.material] = std::max(densest[c.material], c.density);
  };
  if (object.voxels.empty()) {
    see(object.body.content);
    for (const Rod& insert : object.inserts) see(insert.content);
  }
  for (const Content& voxel : object.voxels) see(voxel);
  std::vector<float> most(std::size_t(energy_points), 0.0f);
  for (std::size_t e = 0; e < most.size(); ++e)
    for (std::size_t m = 0; m < count; ++m)
      most[e] = std::max(most[e], densest[m] * media.interaction()[(e * count + m) * 4]);
  // The kernel's sum of products may round up.
  for (float& mu : most) mu *= 1.000001f;
  require(most.front() > 0.0f, Error::Kind::data,
          "the object is empty (photons would meet nothing). Give it a body.");
  return most;
}

void set_object(Prepared& p, const Object& object, const Media& media) {
  p.masses = object.masses();
  p.majorant = majorant_of(object, media);
  for (const Content& voxel : object.voxels) p.voxels.push_back(stored(voxel));
  for (const Rod& insert : object.inserts) p.inserts.push_back(stored(insert));
  Job& job = p.job;
  job.majorant = p.majorant.data();
  job.voxels = p.voxels.empty() ? nullptr : p.voxels.data();
  for (int a = 0; a < 3; ++a) {
    const auto i = std::size_t(a);
    job.size[a] = std::int32_t(object.grid.size[i]);
    const double step = object.grid.spacing[a], low = object.grid.origin[a] - 0.5 * step;
    job.low[a] = float(low);
    job.high[a] = float(low + step * double(object.grid.size[i]));
    job.per_mm[a] = float(1.0 / step);
  }
  job.body = stored(object.body);
  job.inserts = p.inserts.data();
  job.insert_count = std::int32_t(p.inserts.size());
}

void set_source(Prepared& p, const Source& source, const ScanGeometry& geometry) {
  const Mat3 axes = geometry.gantry_axes();
  for (Index v = 0; v < geometry.views(); ++v) {
    const double angle = geometry.view_angles[std::size_t(v)];
    const double s = math::sin(angle), c = math::cos(angle);
    const Vec3 across(c, s, 0.0), along(-s, c, 0.0);
    View view{};
    store(axes * (geometry.isocentre(v) - geometry.source_to_iso * along +
                  geometry.axis_offset * across),
          view.focus);
    store(axes * across, view.across);
    store(axes * along, view.along);
    store(axes.col(2), view.up);
    p.views.push_back(view);
  }
  std::vector<double> bins;
  for (std::size_t b = 0; b < source.photons.size(); ++b) {
    bins.push_back(std::accumulate(source.photons[b].begin(), source.photons[b].end(), 0.0));
    const auto part = aliases(source.photons[b]);
    p.energy.insert(p.energy.end(), part.begin(), part.end());
    const double angle = source.fan_first + (double(b) + 0.5) * source.fan_width;
    p.fan_sine.push_back(float(math::sin(angle)));
    p.fan_cosine.push_back(float(math::cos(angle)));
  }
  p.fan = aliases(bins);
  p.energies.assign(source.energies.begin(), source.energies.end());
  Job& job = p.job;
  job.views = p.views.data();
  job.view_count = std::uint32_t(p.views.size());
  job.fan = p.fan.data();
  job.fan_count = std::uint32_t(p.fan.size());
  job.fan_sine = p.fan_sine.data();
  job.fan_cosine = p.fan_cosine.data();
  job.fan_width = float(source.fan_width);
  job.energy = p.energy.data();
  job.energies = p.energies.data();
  job.energy_count = std::uint32_t(p.energies.size());
  job.slope_low = float(source.slope_low);
  job.slope_high = float(source.slope_high);
}

void set_detector(Prepared& p, const CoarseDetector& d, const ScanGeometry& geometry) {
  require(d.columns > 0 && d.rows > 0 && d.columns <= geometry.columns && d.rows <= geometry.rows,
          Error::Kind::input, "the coarse detector has ", d.columns, " x ", d.rows,
          " cells (the scanner has ", geometry.columns, " x ", geometry.rows,
          "). Use at least one and no more than there are.");
  const AntiScatterGrid& grid = d.grid;
  require(grid.ratio >= 0.0 && grid.septum_share >= 0.0 && grid.septum_share < 1.0 &&
              grid.transmission >= 0.0 && grid.transmission <= 1.0,
          Error::Kind::input, "the anti-scatter grid has ratio ", grid.ratio, ", septa over ",
          grid.septum_share, " of the area and transmission ", grid.transmission,
          " (from 0; below 1; 0 to 1)");
  const bool flat = geometry.shape == DetectorShape::flat;
  const double per_cell = double(geometry.columns) / double(d.columns);
  for (Index c = 0; c <= d.columns; ++c)
    p.edges.push_back(float(math::tan(geometry.fan_angle(-0.5 + per_cell * double(c)))));
  for (Index c = 0; c < d.columns; ++c) {
    const double angle = geometry.fan_angle(-0.5 + per_cell * (double(c) + 0.5));
    const auto at = std::size_t(c);
    p.columns.push_back(
        {float(math::sin(angle)), float(math::cos(angle)),
         float(0.5 * double(p.edges[at] + p.edges[at + 1]) * geometry.source_to_detector)});
  }
  const double width =
      per_cell * geometry.column_angle * (flat ? geometry.source_to_detector : 1.0);
  Job& job = p.job;
  job.columns = std::int32_t(d.columns);
  job.rows = std::int32_t(d.rows);
  job.flat = flat;
  job.expected = d.expected;
  job.distance = float(geometry.source_to_detector);
  const double height = double(geometry.rows) * geometry.row_pitch;
  job.height = float(height);
  job.edges = p.edges.data();
  job.middle = p.columns.data();
  job.column_width = float(width);
  job.area = float(height * double(d.columns) * width * (flat ? 1.0 : geometry.source_to_detector));
  if (!d.scintillator.empty()) {
    const Material& scintillator = material(d.scintillator);
    for (const double energy : Media::energies())
      p.scintillator.push_back(float(linear_attenuation(scintillator, energy) * d.thickness));
    job.scintillator = p.scintillator.data();
  }
  job.grid_ratio = float(grid.ratio);
  job.grid_open = float(1.0 - grid.septum_share);
  job.grid_leak = float(grid.transmission);
}

void set_chambers(Prepared& p, const std::vector<Chamber>& chambers) {
  if (chambers.empty()) return;
  for (const Chamber& c : chambers)
    p.chambers.push_back(stored(Rod{c.x, c.y, c.radius, c.low, c.high, {}, 1.0}));
  const Material& air = material("air");
  for (const double energy : Media::energies())
    p.kerma.push_back(float(energy * mass_energy_transfer(air, energy)));
  p.job.chambers = p.chambers.data();
  p.job.chamber_count = std::int32_t(p.chambers.size());
  p.job.kerma = p.kerma.data();
}

}  // namespace

Prepared prepare(const Setup& setup, const Media& media) {
  check(setup);
  Prepared p;
  p.job.tables = tables(media);
  p.job.guide = float(setup.guide);
  p.job.grid_open = 1.0f;
  set_object(p, setup.object, media);
  set_source(p, setup.source, setup.geometry);
  if (!setup.view_weights.empty()) {
    p.view_choice = aliases(setup.view_weights);
    p.job.view_choice = p.view_choice.data();
  }
  if (setup.detector) set_detector(p, *setup.detector, setup.geometry);
  set_chambers(p, setup.chambers);
  return p;
}

}  // namespace detail
}  // namespace vitrine::physics::carlo
