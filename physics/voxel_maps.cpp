#include "vitrine/physics/detail/voxel_maps.hpp"

#include <algorithm>
#include <cmath>
#include <numbers>
#include <type_traits>

#include "vitrine/core/math.hpp"
#include "vitrine/core/parallel.hpp"
#include "vitrine/physics/detail/view_plan.hpp"

namespace vitrine::physics::detail {
namespace {

/// Heights in the gantry's frame that a scan's rays have within `radius` mm of the origin.
struct Heights {
  double low, high;
};
Heights heights_of(const ScanGeometry& g, double reach) {
  double radius = reach;
  double up = 0.0, towards = 0.0;  // how far a flying focal spot goes
  for (const FocalShift& shift : g.focal_shifts) {
    up = std::max(up, std::abs(shift.z));
    towards = std::max(towards, std::abs(shift.along) + std::abs(shift.across));
  }
  for (Index v = 0; v < g.views(); ++v)
    radius = std::max(radius, reach + std::abs(g.isocentre(v).y()));
  const double far =
      (g.source_to_iso + radius) * (1.0 + 2.0 * towards / g.source_to_detector) + towards;
  const auto [first, last] =
      std::minmax_element(g.table_positions.begin(), g.table_positions.end());
  const double low = g.isocentre(first - g.table_positions.begin()).z();
  const double high = g.isocentre(last - g.table_positions.begin()).z();
  return {low - 3.0 * up + std::min(g.row_tangent(0.0), 0.0) * far,
          high + 3.0 * up + std::max(g.row_tangent(double(g.rows - 1)), 0.0) * far};
}

/// The eight corners of the voxel centres.
std::array<Vec3, 8> corners_of(const Grid& grid) {
  std::array<Vec3, 8> out;
  for (std::size_t c = 0; c < 8; ++c)
    out[c] = grid.centre(c & 1 ? grid.size[0] - 1 : 0, c >> 1 & 1 ? grid.size[1] - 1 : 0,
                         c >> 2 ? grid.size[2] - 1 : 0);
  return out;
}

/// How the voxels of a grid whose third axis is z come from those of another.
struct Turn {
  Grid grid;                             ///< third axis +z, cut to the heights
  bool resampled = false;                ///< its voxels are not those of the other
  std::ptrdiff_t first = 0;              ///< else: where voxel (0, 0, 0) is among them,
  std::array<std::ptrdiff_t, 3> step{};  ///< and how far its neighbours are
};

/// Keep the planes of the third axis within some heights and one more on both sides.
Index cut_heights(Grid& grid, const Heights& heights) {
  const double z = grid.origin.z(), step = grid.spacing.z();
  const double last = double(grid.size[2] - 1);
  const auto begin = Index(std::clamp(std::floor((heights.low - z) / step), 0.0, last));
  const auto end = Index(std::clamp(std::ceil((heights.high - z) / step), -1.0, last)) + 1;
  grid.origin.z() += double(begin) * step;
  grid.size[2] = std::max(end - begin, Index{0});
  if (heights.low > z + last * step) grid.size[2] = 0;
  return begin;
}

Turn turn_of(const Grid& grid, const Heights& heights) {
  const std::array<std::ptrdiff_t, 3> step{1, grid.size[0], grid.size[0] * grid.size[1]};
  Eigen::Index up = 0;
  grid.axes.row(2).cwiseAbs().maxCoeff(&up);
  const std::array<Eigen::Index, 3> from{up == 0 ? 1 : 0, up == 2 ? 1 : 2, up};
  Turn turn;
  for (std::size_t a = 0; a < 3; ++a) {
    turn.grid.size[a] = grid.size[std::size_t(from[a])];
    turn.grid.spacing[Eigen::Index(a)] = grid.spacing[from[a]];
    turn.grid.axes.col(Eigen::Index(a)) = grid.axes.col(from[a]);
    turn.step[a] = step[std::size_t(from[a])];
  }
  constexpr double straight = 1e-9;
  if (std::abs(grid.axes(2, up)) > 1.0 - straight) {
    turn.grid.origin = grid.origin;
    if (grid.axes(2, up) < 0.0) {
      turn.first = turn.step[2] * (grid.size[std::size_t(up)] - 1);
      turn.step[2] = -turn.step[2];
      turn.grid.origin.z() -= double(grid.size[std::size_t(up)] - 1) * grid.spacing[up];
      turn.grid.axes.col(2) = Vec3::UnitZ();
    }
    turn.first += turn.step[2] * cut_heights(turn.grid, heights);
    return turn;
  }
  // Upright axes nearest to the map's, about all of it.
  turn.resampled = true;
  Vec3 x = turn.grid.axes.col(0);
  x.z() = 0.0;
  turn.grid.axes.col(0) = x.normalized();
  turn.grid.axes.col(2) = Vec3::UnitZ();
  turn.grid.axes.col(1) = turn.grid.axes.col(2).cross(turn.grid.axes.col(0));
  Vec3 low = Vec3::Constant(1e300), high = Vec3::Constant(-1e300);
  for (const Vec3& corner : corners_of(grid)) {
    const Vec3 p = turn.grid.axes.transpose() * corner;
    low = low.cwiseMin(p);
    high = high.cwiseMax(p);
  }
  for (Eigen::Index a = 0; a < 3; ++a)
    turn.grid.size[std::size_t(a)] =
        Index(std::ceil((high[a] - low[a]) / turn.grid.spacing[a] - 1e-6)) + 1;
  turn.grid.origin = turn.grid.axes * low;
  cut_heights(turn.grid, heights);
  return turn;
}

/// Keys' cubic kernel (a = -1/2) at the four neighbours of a point `f` beyond the second.
std::array<double, 4> cubic(double f) {
  const double g = 1.0 - f;
  return {-0.5 * f * g * g, 1.0 + f * f * (1.5 * f - 2.5), 1.0 + g * g * (1.5 * g - 2.5),
          -0.5 * g * f * f};
}

/// The value of a map at a point, from its 64 neighbours; nothing outside.
template <class Source>
double interpolated(const Grid& grid, const Source& source, const Vec3& index) {
  std::array<Index, 3> at{};
  std::array<std::array<double, 4>, 3> weight{};
  for (std::size_t a = 0; a < 3; ++a) {
    const double u = index[Eigen::Index(a)];
    if (!(u > -1.0) || !(u < double(grid.size[a]))) return 0.0;
    at[a] = Index(std::floor(u)) - 1;
    weight[a] = cubic(u - std::floor(u));
  }
  double sum = 0.0;
  for (std::size_t k = 0; k < 4; ++k) {
    const Index z = at[2] + Index(k);
    if (z < 0 || z >= grid.size[2]) continue;
    for (std::size_t j = 0; j < 4; ++j) {
      const Index y = at[1] + Index(j);
      if (y < 0 || y >= grid.size[1]) continue;
      double row = 0.0;
      for (std::size_t i = 0; i < 4; ++i) {
        const Index x = at[0] + Index(i);
        if (x >= 0 && x < grid.size[0])
          row += weight[0][i] * double(source(std::size_t(grid.offset(x, y, z))));
      }
      sum += weight[2][k] * weight[1][j] * row;
    }
  }
  return sum;
}

/// Calls `take(voxel, x, y, value)` for every voxel of a turned grid, some columns along z at a
/// time: the source runs along x, the columns along z. `source(i)` is that of voxel i of the other
/// grid; where resampled, its interpolation.
template <class Source, class Take>
void each_voxel(const Grid& grid, const Turn& turn, const Source& source, const Take& take) {
  const auto& size = turn.grid.size;
  const Mat3 to_index =
      grid.spacing.cwiseInverse().asDiagonal() * grid.axes.transpose() * turn.grid.axes;
  const Vec3 start =
      (grid.axes.transpose() * (turn.grid.origin - grid.origin)).cwiseQuotient(grid.spacing);
  parallel_for(size[1], [&](Index y) {
    constexpr Index tile = 16;
    for (Index x0 = 0; x0 < size[0]; x0 += tile)
      for (Index z = 0; z < size[2]; ++z)
        for (Index x = x0; x < std::min(x0 + tile, size[0]); ++x) {
          const auto at = std::size_t((y * size[0] + x) * size[2] + z);
          const auto column = std::size_t(y * size[0] + x);
          if constexpr (std::is_floating_point_v<decltype(source(std::size_t{}))>) {
            if (turn.resampled) {
              const Vec3 index = start + to_index * turn.grid.spacing.cwiseProduct(
                                                        Vec3(double(x), double(y), double(z)));
              take(at, column, float(interpolated(grid, source, index)));
              continue;
            }
          }
          take(at, column,
               source(std::size_t(turn.first + x * turn.step[0] + y * turn.step[1] +
                                  z * turn.step[2])));
        }
  });
}

/// What of a grid a scan may see, turned.
Turn seen_of(const Grid& grid, const ScanGeometry& geometry) {
  double radius = 0.0;
  for (const Vec3& corner : corners_of(grid))
    radius = std::max(radius, corner.head<2>().norm() + grid.spacing.maxCoeff());
  return turn_of(grid, heights_of(geometry, radius));
}

/// Weights of as many components as the basis has, each one of its integrals.
std::vector<float> units(std::size_t rank) {
  std::vector<float> w(rank * rank, 0.0f);
  for (std::size_t k = 0; k < rank; ++k) w[k * rank + k] = 1.0f;
  return w;
}

}  // namespace

bool is_large(const Patch& patch) {
  constexpr Index voxels = Index(1) << 18;
  constexpr double finest = 0.4;  // mm
  return patch.grid.count() >= voxels && patch.grid.spacing.minCoeff() >= finest;
}

VoxelMaps::VoxelMaps(const Scene& scene, const Beam& beam, const ScanGeometry& geometry)
    : geometry_(geometry),
      rank_(std::int32_t(beam.rank())),
      row_groups_(std::int32_t((geometry.rows + lane_width - 1) / lane_width)),
      column_groups_(std::int32_t((geometry.columns + lane_width - 1) / lane_width)) {
  for (const Patch& patch : scene.patches)
    if (is_large(patch)) add(patch, scene, beam);
  for (const IndexedMap& map : scene.maps) add(map, scene, beam);
}

void VoxelMaps::add(const Patch& patch, const Scene& scene, const Beam& beam) {
  const auto& channels = patch.channels;
  for (const auto& channel : channels)
    require(std::ssize(channel.density) == patch.grid.count(), Error::Kind::data, "a patch has ",
            channel.density.size(), " values for ", patch.grid.count(), " voxels");
  const Turn turn = seen_of(patch.grid, geometry_);
  if (turn.grid.size[2] == 0 || channels.empty()) return;
  const bool few = channels.size() <= beam.rank();
  Maps maps;
  maps.grid = turn.grid;
  maps.components = std::int32_t(few ? channels.size() : beam.rank());
  if (!few) maps.weights = units(beam.rank());
  std::vector<std::span<const double>> basis;
  for (const auto& channel : channels) {
    basis.push_back(beam.coefficients(scene.materials[channel.material]));
    if (few)
      for (const double w : basis.back()) maps.weights.push_back(float(w));
  }
  maps.values = Buffer<float>(std::size_t(maps.components * maps.voxels()));
  std::vector<unsigned char> holds(std::size_t(turn.grid.size[0] * turn.grid.size[1]), 0);
  for (std::size_t k = 0; k < std::size_t(maps.components); ++k) {
    float* const out = maps.values.data() + std::ptrdiff_t(k) * maps.voxels();
    each_voxel(
        patch.grid, turn,
        [&](std::size_t v) {
          if (few) return channels[k].density[v];
          double sum = 0.0;
          for (std::size_t c = 0; c < channels.size(); ++c)
            sum += double(channels[c].density[v]) * basis[c][k];
          return float(sum);
        },
        [&](std::size_t at, std::size_t column, float value) {
          out[at] = value;
          if (value != 0.0f) holds[column] = 1;
        });
  }
  maps.find_hull(holds);
  maps_.push_back(std::move(maps));
}

void VoxelMaps::add(const IndexedMap& map, const Scene& scene, const Beam& beam) {
  require(Index(map.index.size()) == map.grid.count(), Error::Kind::data, "a map has ",
          map.index.size(), " indices for ", map.grid.count(), " voxels");
  const Turn turn = seen_of(map.grid, geometry_);
  std::vector<std::uint32_t> materials;
  for (const auto& entry : map.entries)
    for (const Delta& delta : entry.deltas)
      if (std::ranges::find(materials, delta.material) == materials.end())
        materials.push_back(delta.material);
  if (turn.grid.size[2] == 0 || materials.empty()) return;
  const bool few = materials.size() <= beam.rank();
  const auto basis = [&](std::uint32_t m) { return beam.coefficients(scene.materials[m]); };
  Maps maps;
  maps.grid = turn.grid;
  maps.components = std::int32_t(few ? materials.size() : beam.rank());
  if (!few) maps.weights = units(beam.rank());
  if (few)
    for (const std::uint32_t m : materials)
      for (const double w : basis(m)) maps.weights.push_back(float(w));
  constexpr std::size_t fewest_entries = 32;  // VoxelJob's
  const std::size_t entries = std::max(map.entries.size(), fewest_entries);
  maps.table.assign(entries * std::size_t(maps.components), 0.0f);
  std::vector<unsigned char> something(entries, 0);
  for (std::size_t k = 0; k < std::size_t(maps.components); ++k)
    for (std::size_t e = 0; e < map.entries.size(); ++e) {
      double sum = 0.0;
      for (const Delta& delta : map.entries[e].deltas)
        sum += delta.density *
               (few ? double(delta.material == materials[k]) : basis(delta.material)[k]);
      maps.table[k * entries + e] = float(sum);
      if (float(sum) != 0.0f) something[e] = 1;
    }
  std::vector<unsigned char> holds(std::size_t(turn.grid.size[0] * turn.grid.size[1]), 0);
  if (!turn.resampled) {
    maps.labels = Buffer<std::uint16_t>(std::size_t(maps.voxels()));
    std::uint16_t* const out = maps.labels.data();
    each_voxel(
        map.grid, turn, [&](std::size_t v) { return map.index[v]; },
        [&](std::size_t at, std::size_t column, std::uint16_t label) {
          out[at] = label;
          holds[column] |= something[label];
        });
  } else {
    maps.values = Buffer<float>(std::size_t(maps.components * maps.voxels()));
    for (std::size_t k = 0; k < std::size_t(maps.components); ++k) {
      float* const out = maps.values.data() + std::ptrdiff_t(k) * maps.voxels();
      each_voxel(
          map.grid, turn, [&](std::size_t v) { return maps.table[k * entries + map.index[v]]; },
          [&](std::size_t at, std::size_t column, float value) {
            out[at] = value;
            if (value != 0.0f) holds[column] = 1;
          });
    }
  }
  maps.find_hull(holds);
  maps_.push_back(std::move(maps));
}

void VoxelMaps::Maps::find_hull(std::span<const unsigned char> holds) {
  const auto& size = grid.size;
  for (std::size_t a = 0; a < 2; ++a)
    for (Index i = 0; i < size[a]; ++i) {
      hull[a].push_back(std::int32_t(size[1 - a]));
      hull[a].push_back(-1);
    }
  const auto widen = [](std::vector<std::int32_t>& of, Index at, Index value) {
    auto& low = of[std::size_t(2 * at)];
    auto& high = of[std::size_t(2 * at + 1)];
    low = std::min(low, std::int32_t(value));
    high = std::max(high, std::int32_t(value));
  };
  for (Index y = 0; y < size[1]; ++y)
    for (Index x = 0; x < size[0]; ++x) {
      if (!holds[std::size_t(y * size[0] + x)]) continue;
      widen(hull[0], x, y);
      widen(hull[1], y, x);
    }
}

VoxelJob VoxelMaps::job(const Maps& maps) const {
  const Grid& grid = maps.grid;
  VoxelJob job{};
  job.columns = std::int32_t(geometry_.columns);
  job.rows = std::int32_t(geometry_.rows);
  job.row_groups = row_groups_;
  job.rank = rank_;
  for (std::size_t a = 0; a < 3; ++a) job.size[a] = std::int32_t(grid.size[a]);
  job.stride[0] = grid.size[2];
  job.stride[1] = grid.size[2] * grid.size[0];
  for (std::size_t a = 0; a < 2; ++a) job.hull[a] = maps.hull[a].data();
  job.components = maps.components;
  job.labels = maps.labels.data();
  job.table = maps.table.data();
  job.entries = std::int32_t(maps.table.size() / std::size_t(maps.components));
  job.values = maps.values.data();
  job.apart = maps.voxels();
  job.weights = maps.weights.data();
  job.z_step = grid.spacing.z();
  job.tangent_step = geometry_.row_pitch / geometry_.source_to_detector;
  // Planes share a height as long as the steepest ray stays within a third of a voxel of it.
  const double steepest =
      std::max(std::abs(geometry_.row_tangent(0.0)), geometry_.row_tangent(double(job.rows - 1)));
  const double rise =
      steepest * std::numbers::sqrt2 * std::max(grid.spacing.x(), grid.spacing.y()) / job.z_step;
  job.planes = std::int32_t(std::clamp(std::floor(0.67 / std::max(rise, 1e-6)), 1.0, 16.0));
  return job;
}

VoxelMaps::Work VoxelMaps::work(const Kernels& kernels) const {
  if (empty()) return {};
  const auto cells = std::size_t(column_groups_ * row_groups_ * lane_width * lane_width);
  std::size_t floats = 0;
  for (const Maps& maps : maps_) floats = std::max(floats, kernels.voxel_floats(job(maps)));
  Work w;
  w.memory = Buffer<float>(floats);
  w.integrals = Buffer<float>(std::size_t(views_at_once) * cells * std::size_t(rank_));
  w.met.resize(std::size_t(views_at_once * column_groups_));
  return w;
}

void VoxelMaps::trace(Index first, std::span<const ViewPlan* const> central, const Kernels& kernels,
                      Work& work) const {
  const Index count = std::ssize(central);
  std::fill(work.met.begin(), work.met.end(), 0);
  std::fill_n(work.integrals.data(), work.integrals.size(), 0.0f);
  for (const Maps& maps : maps_) {
    const Grid& grid = maps.grid;
    std::array<VoxelView, views_at_once> views{};
    for (Index n = 0; n < count; ++n) {
      const Gantry frame = gantry(geometry_, first + n, 0.0);
      const double s = frame.sine, c = frame.cosine;
      const Vec3 seen = grid.axes.transpose() * (frame.focus - grid.origin);
      VoxelView& view = views[std::size_t(n)];
      const ViewPlan& plan = *central[std::size_t(n)];
      view.columns_across = plan.across();
      view.columns_along = plan.along();
      view.scale = plan.scales();
      view.first_tangent = plan.rows().first;
      for (Eigen::Index a = 0; a < 2; ++a) {
        const double spacing = grid.spacing[a];
        view.focus[a] = seen[a] / spacing;
        view.across[a] = (grid.axes(0, a) * c + grid.axes(1, a) * s) / spacing;
        view.along[a] = (grid.axes(1, a) * c - grid.axes(0, a) * s) / spacing;
      }
      view.height = seen.z() / grid.spacing.z();
    }
    VoxelJob job = this->job(maps);
    job.views = std::int32_t(count);
    job.view = views.data();
    job.work = work.memory.data();
    job.met = work.met.data();
    job.out = work.integrals.data();
    kernels.trace_voxels(job);
  }
}

const float* VoxelMaps::integrals(const Work& work, Index n) const {
  return work.integrals.data() +
         n * geometry_.columns * rank_ * row_groups_ * std::ptrdiff_t(lane_width);
}

const unsigned char* VoxelMaps::met(const Work& work, Index n) const {
  return work.met.data() + n * column_groups_;
}

}  // namespace vitrine::physics::detail
