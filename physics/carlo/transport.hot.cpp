#include "vitrine/physics/carlo/detail/job.hpp"
#include "vitrine/physics/carlo/detail/random.hpp"

namespace vitrine::physics::carlo::VITRINE_ISA_LEVEL {
namespace {

using namespace carlo::detail;

constexpr float electron_rest_energy = 510.99895f;  // keV, CODATA 2018
constexpr float per_hc = 1.0f / 12.39841984f;       // 1/(keV A)

struct Vector {
  float x, y, z;
};
inline float dot(const Vector& a, const Vector& b) { return a.x * b.x + a.y * b.y + a.z * b.z; }
inline Vector vector(const float* v) { return {v[0], v[1], v[2]}; }

/// A place in a table, and how far it is to the next.
struct Place {
  std::int32_t index;
  float share;
};
template <int steps_log2>
inline Place place(float value, float lowest, std::int32_t last) {
  constexpr int shift = 23 - steps_log2;
  std::int32_t a, b;
  __builtin_memcpy(&a, &value, sizeof a);
  __builtin_memcpy(&b, &lowest, sizeof b);
  const std::int32_t offset = a - b;
  if (offset < 0) return {0, 0.0f};
  const std::int32_t index = offset >> shift;
  if (index >= last) return {last - 1, 1.0f};
  return {index, float(offset & ((1 << shift) - 1)) * (1.0f / float(1 << shift))};
}
inline Place at_energy(float energy) {
  return place<energy_steps_log2>(energy, lowest_energy, energy_points - 1);
}
inline Place at_square(float square) {
  return place<square_steps_log2>(square, lowest_square, square_points - 1);
}
inline float value(const float* table, const Place& at) {
  return table[at.index] + at.share * (table[at.index + 1] - table[at.index]);
}
/// S(x) at a square of the momentum transfer; linear to 0 below the table.
inline float incoherent(const float* table, float square) {
  if (square < lowest_square) return table[0] * square * (1.0f / lowest_square);
  return value(table, at_square(square));
}

/// Of a medium at an energy: mm^2/g, or a share.
inline float interaction(const Tables& t, const Place& at, std::int32_t medium, int which) {
  const float* const p = t.interaction + (at.index * t.media + medium) * 4 + which;
  return p[0] + at.share * (p[t.media * 4] - p[0]);
}
/// 1 over the integral of the Compton shape over all directions.
inline float norm(const Tables& t, const Place& at, std::int32_t medium) {
  const float* const p = t.norm + at.index * t.media + medium;
  return p[0] + at.share * (p[t.media] - p[0]);
}

/// Share of its energy that a photon keeps.
inline float kept(float energy, float cosine) {
  return 1.0f / (1.0f + energy * (1.0f / electron_rest_energy) * (1.0f - cosine));
}
/// Klein and Nishina's angular shape over its value forwards.
inline float klein_nishina(float p, float cosine) {
  return 0.5f * p * (1.0f + p * (p - 1.0f + cosine * cosine));
}
inline float square_of(float energy, float cosine) {
  const float transfer = energy * per_hc;
  return transfer * transfer * 0.5f * (1.0f - cosine);
}

/// Cosine of a Compton event, Klein-Nishina times S(x): rejection from all directions alike.
inline float compton_cosine(const Tables& t, std::int32_t medium, float energy, Random& random) {
  const float* const table = t.incoherent + medium * square_points;
  const float most = 1.0f / incoherent(table, square_of(energy, -1.0f));
  while (true) {
    const float cosine = 2.0f * random.uniform() - 1.0f;
    const float shape = klein_nishina(kept(energy, cosine), cosine);
    const float u = random.uniform();
    if (u < shape && u < shape * most * incoherent(table, square_of(energy, cosine))) return cosine;
  }
}

/// Cosine of a Rayleigh event: F^2 by its table, the Thomson shape by rejection.
inline float rayleigh_cosine(const Tables& t, std::int32_t medium, float energy, Random& random) {
  const float* const density = t.coherent + medium * square_points;
  const float* const sums = t.cumulative + medium * square_points;
  const float largest = square_of(energy, -1.0f);
  const Place end = at_square(largest);
  const auto step_of = [](std::int32_t i) {
    constexpr int per_octave = 1 << square_steps_log2;
    const std::int32_t bits = (i / per_octave - 14 - square_steps_log2 + 127) << 23;
    float width;
    __builtin_memcpy(&width, &bits, sizeof width);
    return width;
  };
  const auto start_of = [&](std::int32_t i) {
    constexpr int per_octave = 1 << square_steps_log2;
    return step_of(i) * float(per_octave + i % per_octave);
  };
  const float here = value(density, end);
  const float all =
      sums[end.index] + 0.5f * end.share * step_of(end.index) * (density[end.index] + here);
  while (true) {
    const float wanted = random.uniform() * all;
    float square;
    if (wanted < sums[0]) {
      square = wanted / sums[0] * lowest_square;
    } else {
      std::int32_t low = 0, high = end.index + 1;
      while (high - low > 1) {
        const std::int32_t middle = (low + high) >> 1;
        if (sums[middle] <= wanted)
          low = middle;
        else
          high = middle;
      }
      // F^2 is linear within a step: solve the quadratic for the place.
      const float width = step_of(low), c = (wanted - sums[low]) / width;
      const float slope = density[low + 1] - density[low];
      const float root = density[low] * density[low] + 2.0f * slope * c;
      const float share = 2.0f * c / (density[low] + __builtin_sqrtf(root > 0.0f ? root : 0.0f));
      square = start_of(low) + width * share;
    }
    float cosine = 1.0f - 2.0f * square / largest;
    if (cosine < -1.0f) cosine = -1.0f;
    if (random.uniform() < 0.5f * (1.0f + cosine * cosine)) return cosine;
  }
}

/// A direction at an angle to another (basis of Duff et al., JCGT 6 (2017) 1).
inline Vector turned(const Vector& d, float cosine, Random& random) {
  const float rest = 1.0f - cosine * cosine;
  const float sine = __builtin_sqrtf(rest > 0.0f ? rest : 0.0f);
  float s, c;
  sine_cosine(random.uniform(), s, c);
  const float sign = d.z < 0.0f ? -1.0f : 1.0f;
  const float a = -1.0f / (sign + d.z), b = d.x * d.y * a;
  const float p = sine * c, q = sine * s;
  Vector n{cosine * d.x + p * (1.0f + sign * d.x * d.x * a) + q * b,
           cosine * d.y + p * sign * b + q * (sign + d.y * d.y * a),
           cosine * d.z - p * sign * d.x - q * d.y};
  const float longer = 1.5f - 0.5f * dot(n, n);  // 1 / |n|, which is nearly 1
  n.x *= longer;
  n.y *= longer;
  n.z *= longer;
  return n;
}

struct Span {
  float enter, leave;
};
/// Where a ray is in a cylinder along z.
inline Span cross(const Cylinder& c, const Vector& p, const Vector& d) {
  constexpr float far = 1e30f;
  const float x = p.x - c.x, y = p.y - c.y;
  const float a = d.x * d.x + d.y * d.y, b = x * d.x + y * d.y;
  const float inside = c.radius_square - x * x - y * y;
  Span s{-far, far};
  if (a > 1e-12f) {
    const float root = b * b + a * inside;
    if (root <= 0.0f) return {far, -far};
    const float half = __builtin_sqrtf(root);
    s = {(-b - half) / a, (-b + half) / a};
  } else if (inside <= 0.0f) {
    return {far, -far};
  }
  if (d.z > 1e-9f || d.z < -1e-9f) {
    float t0 = (c.low - p.z) / d.z, t1 = (c.high - p.z) / d.z;
    if (t0 > t1) {
      const float t = t0;
      t0 = t1;
      t1 = t;
    }
    if (t0 > s.enter) s.enter = t0;
    if (t1 < s.leave) s.leave = t1;
  } else if (p.z < c.low || p.z > c.high) {
    return {far, -far};
  }
  return s;
}
inline bool holds(const Cylinder& c, const Vector& p) {
  const float x = p.x - c.x, y = p.y - c.y;
  return x * x + y * y < c.radius_square && p.z > c.low && p.z < c.high;
}

/// A cylinder with inserts.
struct Rods {
  const Job& job;

  Span span(const Vector& p, const Vector& d) const { return cross(job.body, p, d); }
  const Voxel* at(const Vector& p) const {
    if (!holds(job.body, p)) return nullptr;
    for (std::int32_t i = 0; i < job.insert_count; ++i)
      if (holds(job.inserts[i], p)) return &job.inserts[i].content;
    return &job.body.content;
  }
  /// Line integral of the attenuation from a point to infinity.
  float depth(const Vector& p, const Vector& d, const Place& energy) const {
    const auto mu = [&](const Cylinder& c) {
      return c.content.density * interaction(job.tables, energy, c.content.medium, 0);
    };
    const auto length = [&](const Cylinder& c) {
      const Span s = cross(c, p, d);
      const float enter = s.enter > 0.0f ? s.enter : 0.0f;
      return s.leave > enter ? s.leave - enter : 0.0f;
    };
    const float body = mu(job.body);
    float sum = body * length(job.body);
    for (std::int32_t i = 0; i < job.insert_count; ++i) {
      const float way = length(job.inserts[i]);
      if (way > 0.0f) sum += way * (mu(job.inserts[i]) - body);
    }
    return sum;
  }
};

/// A box of voxels.
struct Box {
  const Job& job;

  Span span(const Vector& p, const Vector& d) const {
    const float from[3] = {p.x, p.y, p.z}, step[3] = {d.x, d.y, d.z};
    Span s{-1e30f, 1e30f};
    for (int a = 0; a < 3; ++a) {
      if (step[a] < 1e-9f && step[a] > -1e-9f) {
        if (from[a] < job.low[a] || from[a] > job.high[a]) return {1e30f, -1e30f};
        continue;
      }
      float t0 = (job.low[a] - from[a]) / step[a], t1 = (job.high[a] - from[a]) / step[a];
      if (t0 > t1) {
        const float t = t0;
        t0 = t1;
        t1 = t;
      }
      if (t0 > s.enter) s.enter = t0;
      if (t1 < s.leave) s.leave = t1;
    }
    return s;
  }
  const Voxel* at(const Vector& p) const {
    const float x = (p.x - job.low[0]) * job.per_mm[0], y = (p.y - job.low[1]) * job.per_mm[1],
                z = (p.z - job.low[2]) * job.per_mm[2];
    if (!(x >= 0.0f) || !(y >= 0.0f) || !(z >= 0.0f)) return nullptr;
    const std::int32_t i = std::int32_t(x), j = std::int32_t(y), k = std::int32_t(z);
    if (i >= job.size[0] || j >= job.size[1] || k >= job.size[2]) return nullptr;
    return job.voxels + (std::ptrdiff_t(k) * job.size[1] + j) * job.size[0] + i;
  }
  /// Voxel by voxel (Amanatides and Woo 1987).
  float depth(const Vector& p, const Vector& d, const Place& energy) const {
    const Span s = span(p, d);
    float t = s.enter > 0.0f ? s.enter : 0.0f;
    if (!(s.leave > t)) return 0.0f;
    const float from[3] = {p.x, p.y, p.z}, step[3] = {d.x, d.y, d.z};
    const std::ptrdiff_t stride[3] = {1, job.size[0], std::ptrdiff_t(job.size[0]) * job.size[1]};
    std::int32_t index[3], left[3];
    std::ptrdiff_t move[3], offset = 0;
    float next[3], per_voxel[3];
    for (int a = 0; a < 3; ++a) {
      const float u = (from[a] + t * step[a] - job.low[a]) * job.per_mm[a];
      index[a] = std::int32_t(u);
      if (index[a] < 0 || u < 0.0f) index[a] = 0;
      if (index[a] >= job.size[a]) index[a] = job.size[a] - 1;
      offset += index[a] * stride[a];
      if (step[a] > 1e-9f || step[a] < -1e-9f) {
        const bool up = step[a] > 0.0f;
        const float face = job.low[a] + float(index[a] + (up ? 1 : 0)) / job.per_mm[a];
        next[a] = (face - from[a]) / step[a];
        per_voxel[a] = (up ? 1.0f : -1.0f) / (job.per_mm[a] * step[a]);
        move[a] = up ? stride[a] : -stride[a];
        left[a] = up ? job.size[a] - 1 - index[a] : index[a];
      } else {
        next[a] = 1e30f;
        per_voxel[a] = 0.0f;
        move[a] = 0;
        left[a] = 0;
      }
    }
    float sum = 0.0f;
    while (true) {
      const int a = next[0] < next[1] ? (next[0] < next[2] ? 0 : 2) : (next[1] < next[2] ? 1 : 2);
      const Voxel& v = job.voxels[offset];
      const float end = next[a];
      if (v.density > 0.0f && end > t)
        sum += v.density * interaction(job.tables, energy, v.medium, 0) * (end - t);
      if (left[a]-- == 0) return sum;
      offset += move[a];
      if (end > t) t = end;
      next[a] += per_voxel[a];
    }
  }
};

/// Which of n equal parts, by Walker's aliases, with one random number.
inline std::uint32_t choose(const Alias* parts, std::uint32_t n, Random& random) {
  const std::uint64_t product = std::uint64_t(random.word()) * n;
  const std::uint32_t i = std::uint32_t(product >> 32);
  const float share = float(std::int32_t(std::uint32_t(product) >> 8)) * 0x1p-24f;
  return share < parts[i].keep ? i : std::uint32_t(parts[i].other);
}

struct Photon {
  Vector place, direction;
  float energy;
  std::int32_t order;
  const View* view;
};

inline std::int32_t scattered(std::int32_t order, bool compton) {
  return order != primary ? multiple : compton ? single_compton : single_rayleigh;
}

/// Share of the energy arriving under a cosine to the detector's normal that is taken up.
inline float absorbed(const Job& job, const Place& energy, float cosine) {
  if (!job.scintillator) return 1.0f;
  return 1.0f - exponential(value(job.scintillator, energy) / cosine);
}

/// Share that the grid's septa let through, which stand along the rays of the focal spot; (x, y)
/// is the place on the detector, (dx, dy) the photon's direction in the plane.
inline float passed(const Job& job, float x, float y, float dx, float dy) {
  const float forward = dx * x + dy * y;
  const float beside = dx * y - dy * x;
  float open = 0.0f;
  if (forward > 0.0f) {
    open = 1.0f - job.grid_ratio * (beside < 0.0f ? -beside : beside) / forward;
    if (open < 0.0f) open = 0.0f;
  }
  open *= job.grid_open;
  return open + (1.0f - open) * job.grid_leak;
}

inline double& cell_of(const Job& job, std::int32_t order, std::int32_t column, std::int32_t row) {
  return job.cell[(std::ptrdiff_t(order) * job.columns + column) * job.rows + row];
}

/// Where a photon's way meets the detector.
struct Hit {
  std::int32_t column, row;  ///< of the coarse cell; column -1: nowhere
  float share;               ///< of its energy that the grid lets through and a cell takes up
};

/// Of a photon that meets nothing else.
inline Hit hit(const Job& job, const Photon& photon) {
  constexpr Hit nowhere{-1, -1, 0.0f};
  const View& view = *photon.view;
  const Vector from{photon.place.x - view.focus[0], photon.place.y - view.focus[1],
                    photon.place.z - view.focus[2]};
  const Vector& d = photon.direction;
  const float x = dot(from, vector(view.across)), y = dot(from, vector(view.along)),
              z = dot(from, vector(view.up));
  const float dx = dot(d, vector(view.across)), dy = dot(d, vector(view.along)),
              dz = dot(d, vector(view.up));
  float way;
  if (job.flat) {
    if (dy <= 1e-6f) return nowhere;
    way = (job.distance - y) / dy;
  } else {
    const float a = dx * dx + dy * dy;
    if (a < 1e-10f) return nowhere;
    const float b = x * dx + y * dy, c = x * x + y * y - job.distance * job.distance;
    const float root = b * b - a * c;
    if (root < 0.0f) return nowhere;
    way = (-b + __builtin_sqrtf(root)) / a;
  }
  const float hit_x = x + way * dx, hit_y = y + way * dy, hit_z = z + way * dz;
  if (way < 0.0f || hit_y <= 0.0f) return nowhere;
  const float up = hit_z / job.height + 0.5f;
  const float tangent = hit_x / hit_y;
  if (!(up >= 0.0f) || !(up < 1.0f) || tangent < job.edges[0] || tangent >= job.edges[job.columns])
    return nowhere;
  std::int32_t low = 0, high = job.columns;
  while (high - low > 1) {
    const std::int32_t middle = (low + high) >> 1;
    if (job.edges[middle] <= tangent)
      low = middle;
    else
      high = middle;
  }
  const float cosine = job.flat ? dy : (dx * hit_x + dy * hit_y) / job.distance;
  if (cosine <= 0.0f) return nowhere;
  return {low, std::int32_t(up * float(job.rows)),
          absorbed(job, at_energy(photon.energy), cosine) * passed(job, hit_x, hit_y, dx, dy)};
}

inline void arrive(const Job& job, const Photon& photon) {
  const Hit at = hit(job, photon);
  if (at.column >= 0)
    cell_of(job, photon.order, at.column, at.row) += double(photon.energy * at.share);
}

/// The same of a photon that has still to cross the object, in expectation.
template <class Object>
inline void expect(const Job& job, const Object& object, const Photon& photon,
                   const Place& energy) {
  const Hit at = hit(job, photon);
  if (at.column < 0) return;
  const float left = exponential(object.depth(photon.place, photon.direction, energy));
  cell_of(job, photon.order, at.column, at.row) += double(photon.energy * at.share * left);
}

/// What a Compton event is expected to send to a random point of the detector. (Rayleigh events
/// keep so near to the photon's way that their own direction tells more.)
template <class Object>
inline void send(const Job& job, const Object& object, const Photon& photon, std::int32_t medium,
                 Random& random) {
  const View& view = *photon.view;
  const std::uint64_t product = std::uint64_t(random.word()) * std::uint32_t(job.columns);
  const std::int32_t column = std::int32_t(product >> 32);
  const float beside =
      (float(std::int32_t(std::uint32_t(product) >> 8)) * 0x1p-24f - 0.5f) * job.column_width;
  const float up = random.uniform();
  const Column& middle = job.middle[column];
  float x, y;
  if (job.flat) {
    x = middle.middle + beside;
    y = job.distance;
  } else {
    const float square = beside * beside;
    const float c = 1.0f - square * (0.5f - square * (1.0f / 24.0f));
    const float s = beside * (1.0f - square * (1.0f / 6.0f - square * (1.0f / 120.0f)));
    x = job.distance * (middle.sine * c + middle.cosine * s);
    y = job.distance * (middle.cosine * c - middle.sine * s);
  }
  const float z = (up - 0.5f) * job.height;
  Vector way{
      view.focus[0] + x * view.across[0] + y * view.along[0] + z * view.up[0] - photon.place.x,
      view.focus[1] + x * view.across[1] + y * view.along[1] + z * view.up[1] - photon.place.y,
      view.focus[2] + x * view.across[2] + y * view.along[2] + z * view.up[2] - photon.place.z};
  const float square = dot(way, way), per_mm = 1.0f / __builtin_sqrtf(square);
  way.x *= per_mm;
  way.y *= per_mm;
  way.z *= per_mm;
  const float dx = dot(way, vector(view.across)), dy = dot(way, vector(view.along));
  const float facing = job.flat ? dy : (dx * x + dy * y) / job.distance;
  if (facing <= 0.0f) return;
  const float cosine = dot(way, photon.direction);
  const Place before = at_energy(photon.energy);
  const float transfer = square_of(photon.energy, cosine);
  const float p = kept(photon.energy, cosine), energy = photon.energy * p;
  if (energy < cut_off) return;
  const float shape = klein_nishina(p, cosine) *
                      incoherent(job.tables.incoherent + medium * square_points, transfer);
  const float per_steradian = shape * norm(job.tables, before, medium);
  const Place after = at_energy(energy);
  const float left = exponential(object.depth(photon.place, way, after));
  cell_of(job, scattered(photon.order, true), column, std::int32_t(up * float(job.rows))) +=
      double(energy * absorbed(job, after, facing) * passed(job, x, y, dx, dy) * left *
             per_steradian * job.area * facing / square);
}

/// Kerma in the chambers that a flight passes.
inline void pass_chambers(const Job& job, const Photon& photon, float length, const Place& energy) {
  for (std::int32_t i = 0; i < job.chamber_count; ++i) {
    const Span s = cross(job.chambers[i], photon.place, photon.direction);
    const float enter = s.enter > 0.0f ? s.enter : 0.0f;
    const float leave = s.leave < length ? s.leave : length;
    if (leave > enter) job.chamber[i] += double(value(job.kerma, energy) * (leave - enter));
  }
}

/// A photon as the tube sends it out behind filters and bowtie.
inline Photon emit(const Job& job, Random& random) {
  Photon photon;
  photon.view = job.views + ((std::uint64_t(random.word()) * job.view_count) >> 32);
  const View& view = *photon.view;
  const std::uint32_t bin = choose(job.fan, job.fan_count, random);
  photon.energy = job.energies[choose(job.energy + std::size_t(bin) * job.energy_count,
                                      job.energy_count, random)];
  const float beside = (random.uniform() - 0.5f) * job.fan_width, square = beside * beside;
  const float c = 1.0f - 0.5f * square, s = beside * (1.0f - square * (1.0f / 6.0f));
  const float across = job.fan_sine[bin] * c + job.fan_cosine[bin] * s;
  const float along = job.fan_cosine[bin] * c - job.fan_sine[bin] * s;
  // Equal numbers per solid angle: cos^3 of the cone angle per slope.
  float slope, cosine;
  do {
    slope = job.slope_low + random.uniform() * (job.slope_high - job.slope_low);
    cosine = 1.0f / __builtin_sqrtf(1.0f + slope * slope);
  } while (random.uniform() > cosine * cosine * cosine);
  photon.place = vector(view.focus);
  photon.direction = {
      cosine * (across * view.across[0] + along * view.along[0] + slope * view.up[0]),
      cosine * (across * view.across[1] + along * view.along[1] + slope * view.up[1]),
      cosine * (across * view.across[2] + along * view.along[2] + slope * view.up[2])};
  photon.order = primary;
  return photon;
}

/// Woodcock's tracking: flights in the densest medium everywhere, of which some end in nothing.
template <class Object>
void histories(const Job& job, const Object& object) {
  double emitted = 0.0, escaped = 0.0;
  const bool expected = job.columns > 0 && job.expected;
  const bool analogue = job.columns > 0 && !job.expected;
  for (std::uint64_t history = job.first; history < job.first + job.count; ++history) {
    Random random(job.key[0], job.key[1], job.draw, history);
    Photon photon = emit(job, random);
    emitted += double(photon.energy);
    const Span span = object.span(photon.place, photon.direction);
    const bool met = span.leave > (span.enter > 0.0f ? span.enter : 0.0f);
    Place energy = at_energy(photon.energy);
    if (expected) expect(job, object, photon, energy);
    if (!met) {
      escaped += double(photon.energy);
      if (analogue) arrive(job, photon);
      continue;
    }
    if (span.enter > 0.0f) {
      photon.place.x += span.enter * photon.direction.x;
      photon.place.y += span.enter * photon.direction.y;
      photon.place.z += span.enter * photon.direction.z;
    }
    float most = value(job.majorant, energy);
    while (true) {
      const float flight = -logarithm(random.uniform()) / most;
      if (job.chamber_count) pass_chambers(job, photon, flight, energy);
      photon.place.x += flight * photon.direction.x;
      photon.place.y += flight * photon.direction.y;
      photon.place.z += flight * photon.direction.z;
      const Voxel* const here = object.at(photon.place);
      if (!here) {
        escaped += double(photon.energy);
        if (analogue) arrive(job, photon);
        break;
      }
      const float mu = here->density * interaction(job.tables, energy, here->medium, 0);
      const float u = random.uniform() * most;
      if (u >= mu) continue;
      const float which = u / mu;
      const bool compton = which < interaction(job.tables, energy, here->medium, 1);
      if (!compton && which >= interaction(job.tables, energy, here->medium, 2)) {
        job.region[here->region] += double(photon.energy);
        break;
      }
      if (compton) {
        if (expected) send(job, object, photon, here->medium, random);
        const float cosine = compton_cosine(job.tables, here->medium, photon.energy, random);
        const float after = photon.energy * kept(photon.energy, cosine);
        job.region[here->region] += double(photon.energy - after);
        photon.energy = after;
        if (after < cut_off) {
          job.region[here->region] += double(after);
          break;
        }
        photon.direction = turned(photon.direction, cosine, random);
        energy = at_energy(after);
        most = value(job.majorant, energy);
      } else {
        const float cosine = rayleigh_cosine(job.tables, here->medium, photon.energy, random);
        photon.direction = turned(photon.direction, cosine, random);
      }
      photon.order = scattered(photon.order, compton);
      if (expected && !compton) expect(job, object, photon, energy);
    }
  }
  *job.emitted += emitted;
  *job.escaped += escaped;
}

}  // namespace

void carry(const Job& job) {
  if (job.voxels)
    histories(job, Box{job});
  else
    histories(job, Rods{job});
}

void angles(const AngleJob& job) {
  for (std::uint64_t i = 0; i < job.count; ++i) {
    Random random(job.key[0], job.key[1], job.draw, i);
    job.cosines[i] = job.compton ? compton_cosine(job.tables, job.medium, job.energy, random)
                                 : rayleigh_cosine(job.tables, job.medium, job.energy, random);
  }
}

}  // namespace vitrine::physics::carlo::VITRINE_ISA_LEVEL
