#include "vitrine/physics/carlo/detail/events.hpp"
#include "vitrine/physics/carlo/detail/flights.hpp"
#include "vitrine/physics/carlo/detail/job.hpp"
#include "vitrine/physics/carlo/detail/random.hpp"

namespace vitrine::physics::carlo::VITRINE_ISA_LEVEL {
namespace {

using namespace carlo::detail;

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
  float weight;  ///< how many it stands for
  std::int32_t order;
  const View* view;
  double* cell;  ///< its sums on the detector
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

/// Add what a photon of `energy` leaves in a coarse cell.
inline void tally(const Job& job, const Photon& photon, std::int32_t order, std::int32_t column,
                  std::int32_t row, float energy, float left) {
  left *= photon.weight;
  const std::ptrdiff_t place = std::ptrdiff_t(column) * job.rows + row;
  const std::ptrdiff_t cells = std::ptrdiff_t(job.columns) * job.rows;
  photon.cell[order * cells + place] += double(left);
  if (order != primary) photon.cell[energy_square * cells + place] += double(left) * double(energy);
}

/// The coarse column of a tangent; -1 beside the detector.
inline std::int32_t column_of(const Job& job, float tangent) {
  if (!(tangent >= job.edges[0]) || !(tangent < job.edges[job.columns])) return -1;
  std::int32_t low = 0, high = job.columns;
  while (high - low > 1) {
    const std::int32_t middle = (low + high) >> 1;
    if (job.edges[middle] <= tangent)
      low = middle;
    else
      high = middle;
  }
  return low;
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
  if (!(up >= 0.0f) || !(up < 1.0f)) return nowhere;
  const std::int32_t low = column_of(job, hit_x / hit_y);
  if (low < 0) return nowhere;
  const float cosine = job.flat ? dy : (dx * hit_x + dy * hit_y) / job.distance;
  if (cosine <= 0.0f) return nowhere;
  return {low, std::int32_t(up * float(job.rows)),
          absorbed(job, at_energy(photon.energy), cosine) * passed(job, hit_x, hit_y, dx, dy)};
}

inline void arrive(const Job& job, const Photon& photon) {
  const Hit at = hit(job, photon);
  if (at.column >= 0)
    tally(job, photon, photon.order, at.column, at.row, photon.energy, photon.energy * at.share);
}

/// The same of a photon that has still to cross the object, in expectation.
template <class Object>
inline void expect(const Job& job, const Object& object, const Photon& photon,
                   const Place& energy) {
  const Hit at = hit(job, photon);
  if (at.column < 0) return;
  const float left = exponential(object.depth(photon.place, photon.direction, energy));
  tally(job, photon, photon.order, at.column, at.row, photon.energy,
        photon.energy * at.share * left);
}

/// A point of the detector that an event's contribution is sent to, in the plane of the fan.
struct Target {
  std::int32_t column;  ///< -1: nowhere
  float x, y;           ///< mm from the focal spot, across and along
  float width;          ///< of what it was drawn from, over the detector's
};

/// Sine and cosine of an angle below 0.6 rad.
inline void small_angle(float angle, float& s, float& c) {
  const float square = angle * angle;
  c = 1.0f - square * (0.5f - square * (1.0f / 24.0f - square * (1.0f / 720.0f)));
  s = angle * (1.0f - square * (1.0f / 6.0f - square * (1.0f / 120.0f)));
}

/// Anywhere on the detector, alike.
inline Target anywhere(const Job& job, Random& random) {
  const std::uint64_t product = std::uint64_t(random.word()) * std::uint32_t(job.columns);
  const std::int32_t column = std::int32_t(product >> 32);
  const float beside =
      (float(std::int32_t(std::uint32_t(product) >> 8)) * 0x1p-24f - 0.5f) * job.column_width;
  const Column& middle = job.middle[column];
  if (job.flat) return {column, middle.middle + beside, job.distance, 1.0f};
  const float square = beside * beside;
  const float c = 1.0f - square * (0.5f - square * (1.0f / 24.0f));
  const float s = beside * (1.0f - square * (1.0f / 6.0f - square * (1.0f / 120.0f)));
  return {column, job.distance * (middle.sine * c + middle.cosine * s),
          job.distance * (middle.cosine * c - middle.sine * s), 1.0f};
}

/// Where an opaque grid of ratio r lets something pass from a place (x, y) at distance p of the
/// focal spot: at an angle a about it with r sin a < D / p - cos a, for which sin a <= (D / p - 1)
/// / (r - 1) is necessary.
inline Target in_sight(const Job& job, float x, float y, Random& random) {
  const float p = __builtin_sqrtf(x * x + y * y);
  const float sine = (job.distance / p - 1.0f) / (job.grid_ratio - 1.0f);
  if (!(sine < 0.5f)) return anywhere(job, random);
  const float most = 1.05f * sine;  // asin(0.5) is 1.047 times 0.5
  float s, c;
  small_angle((2.0f * random.uniform() - 1.0f) * most, s, c);
  const float scale = job.distance / p;
  const float to_x = scale * (x * c + y * s), to_y = scale * (y * c - x * s);
  const std::int32_t column = to_y > 0.0f ? column_of(job, to_x / to_y) : -1;
  return {column, to_x, to_y, 2.0f * most / (float(job.columns) * job.column_width)};
}

/// Whether a grid lets nothing pass but what comes nearly from the focal spot.
inline bool is_blind(const Job& job) {
  return job.grid_ratio > 2.0f && job.grid_leak == 0.0f && !job.flat;
}

/// What an event is expected to send to a random point of the detector. (Rayleigh events keep so
/// near to the photon's way that their own direction tells more, but behind a grid that few
/// directions pass.)
template <class Object>
inline void send(const Job& job, const Object& object, const Photon& photon, std::int32_t medium,
                 bool compton, Random& random) {
  const View& view = *photon.view;
  Target target;
  if (is_blind(job)) {
    const Vector from{photon.place.x - view.focus[0], photon.place.y - view.focus[1],
                      photon.place.z - view.focus[2]};
    target = in_sight(job, dot(from, vector(view.across)), dot(from, vector(view.along)), random);
    if (target.column < 0) return;
  } else {
    target = anywhere(job, random);
  }
  const std::int32_t column = target.column;
  const float x = target.x, y = target.y;
  const float up = random.uniform();
  const float z = (up - 0.5f) * job.height;
  Vector way{
      view.focus[0] + x * view.across[0] + y * view.along[0] + z * view.up[0] - photon.place.x,
      view.focus[1] + x * view.across[1] + y * view.along[1] + z * view.up[1] - photon.place.y,
      view.focus[2] + x * view.across[2] + y * view.along[2] + z * view.up[2] - photon.place.z};
  const float distance_square = dot(way, way), per_mm = 1.0f / __builtin_sqrtf(distance_square);
  way.x *= per_mm;
  way.y *= per_mm;
  way.z *= per_mm;
  const float dx = dot(way, vector(view.across)), dy = dot(way, vector(view.along));
  const float facing = job.flat ? dy : (dx * x + dy * y) / job.distance;
  if (facing <= 0.0f) return;
  const float cosine = dot(way, photon.direction);
  const Place before = at_energy(photon.energy);
  const float transfer = square_of(photon.energy, cosine);
  const std::int32_t table = medium * square_points;
  float energy = photon.energy, per_steradian;
  if (compton) {
    const float p = kept(photon.energy, cosine);
    energy *= p;
    if (energy < cut_off) return;
    per_steradian = klein_nishina(p, cosine) * incoherent(job.tables.incoherent + table, transfer) *
                    norm(job.tables, before, medium);
  } else {
    per_steradian = 0.5f * (1.0f + cosine * cosine) *
                    value(job.tables.coherent + table, at_square(transfer)) *
                    interaction(job.tables, before, medium, 3);
  }
  const Place after = at_energy(energy);
  const float left = exponential(object.depth(photon.place, way, after));
  // A number in 2^24 rounds to 1.
  const std::int32_t row = std::int32_t(up * float(job.rows));
  tally(job, photon, scattered(photon.order, compton), column, row < job.rows ? row : row - 1,
        energy,
        energy * absorbed(job, after, facing) * passed(job, x, y, dx, dy) * left * per_steradian *
            job.area * target.width * facing / distance_square);
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
  photon.view = job.views;
  if (job.view_choice)
    photon.view += choose(job.view_choice, job.view_count, random);
  else
    photon.view += (std::uint64_t(random.word()) * job.view_count) >> 32;
  const View& view = *photon.view;
  const std::uint32_t bin = choose(job.fan, job.fan_count, random);
  photon.cell = job.cell + (photon.view - job.views) * job.cells_per_view + bin * job.cells_per_bin;
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
  photon.weight = 1.0f;
  return photon;
}

inline void move(Photon& photon, float way) {
  photon.place.x += way * photon.direction.x;
  photon.place.y += way * photon.direction.y;
  photon.place.z += way * photon.direction.z;
}

/// A photon's energy and the largest attenuation that it meets anywhere.
struct State {
  Place energy;
  float most;
  State(const Job& job, float of) : energy(at_energy(of)), most(value(job.majorant, energy)) {}
};

/// What meets a photon where it is, by a random number in [0, 1); false if it ends there. Nothing
/// is sent from events whose signals were `told` before.
template <class Object>
inline bool collide(const Job& job, const Object& object, const Voxel& here, float which,
                    Photon& photon, State& state, Random& random, bool told = false) {
  const bool expected = job.columns > 0 && job.expected && !told;
  const bool compton = which < interaction(job.tables, state.energy, here.medium, 1);
  if (!compton && which >= interaction(job.tables, state.energy, here.medium, 2)) {
    job.region[here.region] += double(photon.energy * photon.weight);
    return false;
  }
  const bool sends = expected && (compton || is_blind(job));
  if (sends) send(job, object, photon, here.medium, compton, random);
  if (compton) {
    const float cosine = compton_cosine(job.tables, here.medium, photon.energy, random);
    const float after = photon.energy * kept(photon.energy, cosine);
    job.region[here.region] += double((photon.energy - after) * photon.weight);
    photon.energy = after;
    if (after < cut_off) {
      job.region[here.region] += double(after * photon.weight);
      return false;
    }
    photon.direction = turned(photon.direction, cosine, random);
    state = State(job, after);
  } else {
    const float cosine = rayleigh_cosine(job.tables, here.medium, photon.energy, random);
    photon.direction = turned(photon.direction, cosine, random);
  }
  photon.order = scattered(photon.order, compton);
  if (expected && !sends) expect(job, object, photon, state.energy);
  return true;
}

/// A photon that meets a cylinder of one material, whose first event is drawn as if attenuation
/// were lower, and of which deep places see more than come there: weights follow
/// C exp(-guide mu depth), by which scatter that reaches the detector falls off. Photons of more
/// than twice that are split, those of less than half of it play Russian roulette. Returns the
/// energy that leaves the body.
template <class Object>
inline double guided(const Job& job, const Object& object, Photon photon, float length,
                     Random& random) {
  constexpr int most_waiting = 64;
  Photon waiting[most_waiting];
  const Voxel& body = job.body.content;
  const Vector entry = photon.place, forward = photon.direction;
  const Place first = at_energy(photon.energy);
  const float mu = body.density * interaction(job.tables, first, body.medium, 0);
  const float falling = job.guide * mu, slower = mu - falling;
  const float met = 1.0f - exponential(slower * length), scale = met * mu / slower;
  double escaped = double(photon.energy * exponential(mu * length));
  const float way = -logarithm(1.0f - random.uniform() * met) / slower;
  move(photon, way);
  photon.weight = scale * exponential(falling * way);
  // Behind a grid most is of one Rayleigh event, which few photons meet: all tell of both events.
  const bool told = is_blind(job);
  if (told) {
    constexpr int rays = 2;
    Photon share = photon;
    const float compton = interaction(job.tables, first, body.medium, 1);
    share.weight = photon.weight * compton;
    send(job, object, share, body.medium, true, random);
    share.weight =
        photon.weight * (interaction(job.tables, first, body.medium, 2) - compton) / float(rays);
    for (int i = 0; i < rays; ++i) send(job, object, share, body.medium, false, random);
  }
  waiting[0] = photon;
  int count = 1;
  while (count > 0) {
    photon = waiting[--count];
    State state(job, photon.energy);
    while (collide(job, object, body, random.uniform(), photon, state, random,
                   told && photon.order == primary)) {
      move(photon, -logarithm(random.uniform()) / state.most);
      if (!object.at(photon.place)) {
        escaped += double(photon.energy * photon.weight);
        break;
      }
      const Vector from{photon.place.x - entry.x, photon.place.y - entry.y,
                        photon.place.z - entry.z};
      const float depth = dot(from, forward);
      const float wanted = scale * exponential(depth > 0.0f ? falling * depth : 0.0f);
      const float copies = photon.weight / wanted;
      if (copies < 0.5f) {
        if (random.uniform() > copies) break;
        photon.weight = wanted;
      } else if (copies > 2.0f) {
        int n = int(copies);
        if (n > most_waiting - count) n = most_waiting - count;
        photon.weight /= float(n);
        for (; n > 1; --n) waiting[count++] = photon;
      }
    }
  }
  return escaped;
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
    const float enter = span.enter > 0.0f ? span.enter : 0.0f;
    State state(job, photon.energy);
    if (expected) expect(job, object, photon, state.energy);
    if (!(span.leave > enter)) {
      escaped += double(photon.energy);
      if (analogue) arrive(job, photon);
      continue;
    }
    if (enter > 0.0f) move(photon, enter);
    if (job.guide > 0.0f) {
      escaped += guided(job, object, photon, span.leave - enter, random);
      continue;
    }
    while (true) {
      const float flight = -logarithm(random.uniform()) / state.most;
      if (job.chamber_count) pass_chambers(job, photon, flight, state.energy);
      move(photon, flight);
      const Voxel* const here = object.at(photon.place);
      if (!here) {
        escaped += double(photon.energy);
        if (analogue) arrive(job, photon);
        break;
      }
      const float mu = here->density * interaction(job.tables, state.energy, here->medium, 0);
      const float u = random.uniform() * state.most;
      if (u >= mu) continue;
      if (!collide(job, object, *here, u / mu, photon, state, random)) break;
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
