#include "vitrine/evaluation/image_quality/inserts.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numbers>
#include <optional>

#include "vitrine/core/math.hpp"
#include "vitrine/core/units.hpp"
#include "vitrine/core/value.hpp"

namespace vitrine::evaluation {
namespace {

Insert insert(const char* name, double distance, double degrees, double radius, double low,
              double high) {
  return {name, distance, degrees * units::deg, radius, low, high};
}

/// ACR CT accreditation phantom testing instructions, module 1: geometry and ranges at 120 kV.
InsertLayout acr464() {
  constexpr double at = 63.0, radius = 12.5;
  return {
      "acr464",
      "ACR CT accreditation phantom testing instructions, module 1",
      100.0,
      10.0,
      {insert("air", at, 45, radius, -1005, -970), insert("acrylic", at, 135, radius, 110, 135),
       insert("water", at, 180, 25.0, -7, 7), insert("polyethylene", at, 225, radius, -107, -84),
       insert("bone", at, 315, radius, 850, 970)}};
}

/// Catphan manual, The Phantom Laboratory; Delrin's range is of the same list.
InsertLayout catphan_ctp404() {
  constexpr double at = 58.7, radius = 6.1;
  return {
      "catphan_ctp404",
      "Catphan manual, The Phantom Laboratory, module CTP404",
      100.0,
      4.5,
      {insert("air", at, 270, radius, -1046, -986), insert("pmp", at, 240, radius, -220, -172),
       insert("ldpe", at, 180, radius, -121, -87), insert("polystyrene", at, 120, radius, -65, -29),
       insert("acrylic", at, 60, radius, 92, 137), insert("delrin", at, 0, radius, 344, 387),
       insert("ptfe", at, 300, radius, 941, 1060), insert("water", at, 90, radius, -7, 7)}};
}

Vec2 position_of(const Insert& insert, const Placement& placed) {
  const double angle = placed.rotation + (placed.mirrored ? -insert.angle : insert.angle);
  return placed.phantom.centre + insert.distance * Vec2(math::cos(angle), math::sin(angle));
}

/// Mean of a small disc, or nothing where it leaves the plane: a search needs no standard
/// deviation.
std::optional<double> quick_mean(const Plane& plane, const Vec2& centre, double radius) {
  double sum = 0.0, count = 0.0;
  for_disc(plane, centre, radius, [&](const Vec2&, double v) { sum += v, count += 1.0; });
  if (count == 0.0) return {};
  return sum / count;
}

/// How far CT numbers are from their ranges, on average; one insert counts 300 HU at most.
double misfit(const Plane& plane, const InsertLayout& layout, const Placement& placed,
              double radius) {
  constexpr double most = 300.0;
  double sum = 0.0;
  for (const Insert& i : layout.inserts) {
    const auto mean = quick_mean(plane, position_of(i, placed), radius);
    const double off = mean ? std::max({0.0, i.low - *mean, *mean - i.high}) : most;
    sum += std::min(off, most);
  }
  return sum / double(layout.inserts.size());
}

/// Centre of mass of an insert over the ring around it, from where it is thought to be.
Vec2 centre_of_insert(const Plane& plane, const Insert& insert, const Vec2& thought) {
  constexpr double outer = 1.5, reach = 1.25;  // in radii
  double level = 0.0, count = 0.0;
  for_disc(plane, thought, outer * insert.radius, [&](const Vec2& at, double v) {
    if ((at - thought).norm() > reach * insert.radius) level += v, count += 1.0;
  });
  Vec2 sum(0.0, 0.0);
  double weight = 0.0;
  for_disc(plane, thought, reach * insert.radius, [&](const Vec2& at, double v) {
    sum += (v - level / count) * (at - thought);
    weight += v - level / count;
  });
  const Vec2 step = weight != 0.0 ? Vec2(sum / weight) : Vec2(0.0, 0.0);
  return step.norm() < 0.5 * insert.radius ? Vec2(thought + step) : thought;
}

/// Shift and turn a placement so that its inserts lie on their centres of mass (least squares).
Placement settled(const Plane& plane, const InsertLayout& layout, Placement placed) {
  constexpr double visible = 80.0;  // HU: fainter inserts have no sure centre
  constexpr int rounds = 4;
  for (int round = 0; round < rounds; ++round) {
    std::vector<Vec2> thought, found;
    for (const Insert& i : layout.inserts)
      if (std::abs(0.5 * (i.low + i.high)) > visible) {
        thought.push_back(position_of(i, placed));
        found.push_back(centre_of_insert(plane, i, thought.back()));
      }
    Vec2 from(0.0, 0.0), to(0.0, 0.0);
    for (std::size_t n = 0; n < found.size(); ++n) {
      from += thought[n] / double(found.size());
      to += found[n] / double(found.size());
    }
    double cross = 0.0, dot = 0.0;
    for (std::size_t n = 0; n < found.size(); ++n) {
      const Vec2 a = thought[n] - from, b = found[n] - to;
      cross += a.x() * b.y() - a.y() * b.x();
      dot += a.dot(b);
    }
    const double turn = math::atan2(cross, dot);
    const Vec2 arm = placed.phantom.centre - from;
    placed.rotation += turn;
    placed.phantom.centre = to + Vec2(math::cos(turn) * arm.x() - math::sin(turn) * arm.y(),
                                      math::sin(turn) * arm.x() + math::cos(turn) * arm.y());
  }
  return placed;
}

}  // namespace

InsertLayout insert_layout(const std::string& name) {
  if (name == "acr464") return acr464();
  if (name == "catphan_ctp404") return catphan_ctp404();
  throw Error(Error::Kind::input,
              str("there is no phantom '", name, "' with known inserts.",
                  suggestion(name, {"acr464", "catphan_ctp404"}), " Or give them with --inserts."));
}

Placement place_layout(const Plane& plane, const InsertLayout& layout, const Outline& phantom) {
  Placement best;
  best.phantom = phantom;
  best.misfit = std::numeric_limits<double>::infinity();
  const auto take = [&](Placement candidate, double radius) {
    candidate.misfit = misfit(plane, layout, candidate, radius);
    if (candidate.misfit < best.misfit) best = candidate;
  };
  // Every two degrees, both sides, with small regions; then ever finer about the best.
  const double small = std::max(0.3 * layout.roi_radius, plane.pixel);
  for (const bool mirrored : {false, true})
    for (int degrees = 0; degrees < 360; degrees += 2)
      take({phantom, double(degrees) * units::deg, mirrored, 0.0}, small);
  // The larger region tells how well it is centred.
  const double full = 1.1 * layout.roi_radius;
  best.misfit = misfit(plane, layout, best, full);
  double shift = 1.0, turn = 1.0 * units::deg;
  constexpr int rounds = 5;
  for (int round = 0; round < rounds; ++round, shift *= 0.5, turn *= 0.5)
    for (int pass = 0; pass < 3; ++pass) {
      for (int move = 0; move < 6; ++move) {
        Placement c = best;
        const double sign = move % 2 == 0 ? 1.0 : -1.0;
        if (move / 2 == 0) c.rotation += sign * turn;
        if (move / 2 == 1) c.phantom.centre.x() += sign * shift;
        if (move / 2 == 2) c.phantom.centre.y() += sign * shift;
        take(c, full);
      }
    }
  const Placement centred = settled(plane, layout, best);
  if (const double off = misfit(plane, layout, centred, full); off <= best.misfit + 1.0) {
    best = centred;
    best.misfit = off;
  }
  constexpr double turned = 2.0 * std::numbers::pi;
  best.rotation -= turned * std::floor(best.rotation / turned + 0.5);
  constexpr double largest = 100.0;
  require(best.misfit <= largest, Error::Kind::data, "the inserts of ", layout.name,
          " are not in this slice (at the best rotation their CT numbers are ", best.misfit,
          " HU off on average). Choose the slice with --slices or --z, or another --phantom.");
  return best;
}

PlacedSlice find_layout(const Image& image, const InsertLayout& layout) {
  std::vector<PlacedSlice> placed;
  std::string last_problem;
  for (Index k = 0; k < image.grid().size[2]; ++k) {
    try {
      const Plane plane = mean_plane(image, {k, k});
      placed.push_back({k, place_layout(plane, layout, phantom_outline(plane))});
    } catch (const Error& problem) {
      last_problem = problem.what();  // another module; the last one's is shown if none fits
    }
  }
  require(!placed.empty(), Error::Kind::data, "no slice shows the inserts of ", layout.name,
          " (the last one: ", last_problem,
          ") Choose the slice with --slices or --z, give --centre and --phantom-radius, or another "
          "--phantom.");
  // The middle one of those that fit as well as the best: away from the module's ends.
  double least = placed.front().placement.misfit;
  for (const PlacedSlice& p : placed) least = std::min(least, p.placement.misfit);
  constexpr double as_well = 1.0;  // HU
  std::erase_if(placed, [&](const PlacedSlice& p) { return p.placement.misfit > least + as_well; });
  return placed[placed.size() / 2];
}

InsertTable read_inserts(const Plane& plane, const InsertLayout& layout, const Placement& placed) {
  InsertTable table;
  table.background =
      disc(plane, placed.phantom.centre, layout.roi_radius, "the region of the background");
  for (const Insert& i : layout.inserts) {
    InsertReading reading;
    reading.insert = i;
    reading.centre = position_of(i, placed);
    reading.region = disc(plane, reading.centre, std::min(layout.roi_radius, 0.8 * i.radius),
                          str("the region of ", i.name));
    reading.contrast_to_noise = contrast_to_noise(reading.region, table.background);
    table.inserts.push_back(std::move(reading));
  }
  return table;
}

}  // namespace vitrine::evaluation
