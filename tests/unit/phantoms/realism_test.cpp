// The numbers of docs/methods/realism.md: run with -s to see them all.
#include <algorithm>
#include <array>
#include <catch2/catch.hpp>
#include <cmath>
#include <map>
#include <numbers>
#include <string>
#include <vector>

#include "support.hpp"
#include "vitrine/core/error.hpp"
#include "vitrine/core/math.hpp"
#include "vitrine/phantoms/anatomy/detail/thorax_lungs.hpp"
#include "vitrine/phantoms/interval_union.hpp"
#include "vitrine/phantoms/lesion_content.hpp"
#include "vitrine/phantoms/patch_value.hpp"
#include "vitrine/phantoms/patient.hpp"
#include "vitrine/phantoms/solids.hpp"
#include "vitrine/phantoms/sphere.hpp"

using namespace vitrine;
using namespace vitrine::phantoms;
using namespace vitrine::test;
namespace lungs = vitrine::phantoms::detail;

namespace {

lungs::LungDetail fine() {
  return {.twigs = 300, .vessel_min_radius = 0.5, .vessel_exponent = 2.3, .airway_min_radius = 0.5};
}

/// The trees of the mean man's lungs.
lungs::LungTrees trees(std::uint64_t seed, const lungs::LungDetail& detail) {
  const lungs::ThoraxFrame frame;
  Rng rng(make_stream(seed, "trees", Draw::test), 0);
  return lungs::grow_lung_trees(frame, lungs::lung_lobes(frame), detail, rng);
}

double length(const VesselTree::Segment& s) { return (s.to - s.from).norm(); }

double volume(const VesselTree::Segment& s) {
  return std::numbers::pi * s.radius * s.radius * length(s);
}

/// What the elements (runs of segments of one order) of trees are like, by Strahler order.
struct Orders {
  std::vector<double> count, diameter, length;

  explicit Orders(const std::vector<VesselTree>& trees) {
    for (const VesselTree& tree : trees) {
      const std::vector<int> order = tree.orders();
      for (std::size_t i = 0; i < order.size(); ++i) {
        const auto o = std::size_t(order[i]) - 1;
        if (count.size() <= o) {
          count.resize(o + 1);
          diameter.resize(o + 1);
          length.resize(o + 1);
        }
        const VesselTree::Segment& s = tree.segments[i];
        if (s.parent < 0 || order[std::size_t(s.parent)] != order[i]) ++count[o];
        diameter[o] += 2.0 * s.radius * ::length(s);
        length[o] += ::length(s);
      }
    }
    for (std::size_t o = 0; o < count.size(); ++o) {
      diameter[o] /= length[o];
      length[o] /= count[o];
    }
  }
  /// Mean factor from one order to the next, orders of less than five elements left out.
  double ratio(const std::vector<double>& of, double sign) const {
    std::size_t top = count.size() - 1;
    while (top > 1 && count[top] < 5.0) --top;
    return math::pow(of[top] / of[0], sign / double(top));
  }
  std::string text() const {
    std::string out;
    for (std::size_t o = 0; o < count.size(); ++o)
      out += str("\n  order ", o + 1, ": ", count[o], " of ", diameter[o], " mm, ", length[o],
                 " mm long");
    return out + str("\n  ratios: numbers ", ratio(count, -1.0), ", diameters ",
                     ratio(diameter, 1.0), ", lengths ", ratio(length, 1.0));
  }
};

}  // namespace

TEST_CASE("lung volume, histogram and percentiles against patients in inspiration", "[full]") {
  Cohort cohort;
  cohort.anatomy = pick(anatomies(), Value("thorax"));
  TissueTexture texture;
  texture.deviation = Distribution(0.12);
  texture.gradient = Distribution(2.0);
  texture.finest = 3.0, texture.spacing = 1.5;
  cohort.textures = {texture};
  double of_all = 0.0;
  for (const char* id : {"case001", "case002", "case003", "case004", "case005", "case006"}) {
    SceneBuilder body;
    const PatientDraws draws(cohort, 1, id);
    const AnatomyRecord record = cohort.anatomy->build(body, draws.anatomy(), {});
    const Host& lung = record.hosts.front();
    add_textures(body, cohort.textures, record, make_stream(1, id, Draw::texture), {});
    const Patch& patch = body.patches().front();
    double volume = 0.0;
    for (const Lobe& lobe : lung.lobes) volume += 216e-6 * double(lobe.points);
    std::vector<double> values;
    Rng rng(make_stream(1, id, Draw::test), 0);
    while (values.size() < 8000) {
      const double x = rng.uniform(lung.extent.low.x(), lung.extent.high.x());
      const double y = rng.uniform(lung.extent.low.y(), lung.extent.high.y());
      const Vec3 p(x, y, rng.uniform(lung.extent.low.z(), lung.extent.high.z()));
      const auto organ = body.organ_at(p);
      if (organ != "lung_left" && organ != "lung_right") continue;
      const double density =
          lung.background + patch_value(patch.grid, patch.channels[0].density, p);
      const std::array<Ingredient, 1> content{{{"lung", density}}};
      values.push_back(attenuation_of(content));
    }
    std::sort(values.begin(), values.end());
    double mean = 0.0, squares = 0.0;
    for (const double v : values) mean += v / double(values.size());
    for (const double v : values) squares += (v - mean) * (v - mean) / double(values.size());
    const auto low = std::lower_bound(values.begin(), values.end(), -950.0) - values.begin();
    INFO(id << ": " << volume << " l, mean " << mean << " HU, deviation " << std::sqrt(squares)
            << ", 15th percentile " << values[1200]
            << ", below -950: " << 100.0 * double(low) / double(values.size()) << " %");
    // Crit Care 17 (2013), doi:10.1186/cc12738: 4.1 +- 1.2 l supine.
    of_all += mean / 6.0;
    CHECK(volume > 1.7);
    CHECK(volume < 6.5);
    CHECK(
        mean ==
        Approx(attenuation_of(std::array<Ingredient, 1>{{{"lung", lung.background}}})).margin(4.0));
    CHECK(std::sqrt(squares) == Approx(0.12 * (mean + 1000.0)).epsilon(0.15));
  }
  // 17 adults without lung disease: -875 to -770, mean -817 (Clin Radiol 43 (1991) 238).
  CHECK(of_all > -845.0);
  CHECK(of_all < -785.0);
}

TEST_CASE("airways by generation against casts", "[full]") {
  // Diameters [mm] of generations 2 to 6: Weibel 8.3, 5.6, 4.5, 3.5, 2.8; Horsfield 8.5, 6.1, 4.4,
  // 3.6, 2.9.
  const lungs::LungTrees made = trees(1, fine());
  std::vector<double> count(16), diameter(16), along(16);
  int visible = 0;
  for (const VesselTree& tree : made.lumina) {
    std::vector<std::size_t> generation;
    for (const VesselTree::Segment& s : tree.segments) {
      generation.push_back(s.parent < 0 ? 2 : generation[std::size_t(s.parent)] + 1);
      visible += s.radius > 1.0;
      const std::size_t g = std::min<std::size_t>(generation.back(), 15);
      ++count[g];
      diameter[g] += 2.0 * s.radius;
      along[g] += length(s);
    }
  }
  std::string table;
  for (std::size_t g = 2; g < 14; ++g)
    table += str("\n  generation ", g, ": ", count[g], " of ", diameter[g] / count[g], " mm, ",
                 along[g] / count[g], " mm long");
  INFO("airways" << table << "\n  wider than 2 mm: " << visible);
  const double weibel[] = {8.3, 5.6, 4.5, 3.5, 2.8};
  for (std::size_t g = 2; g <= 6; ++g)
    CHECK(diameter[g] / count[g] == Approx(weibel[g - 2]).epsilon(0.35));
  const Orders orders(made.lumina);
  INFO("airways" << orders.text());
  CHECK(orders.ratio(orders.count, -1.0) > 2.0);
}

TEST_CASE("pulmonary vessels by order and volume against casts and CT", "[full]") {
  for (const bool is_fine : {false, true}) {
    const lungs::LungTrees made = trees(1, is_fine ? fine() : lungs::LungDetail{});
    double arteries = 0.0, veins = 0.0, small = 0.0;
    for (const auto* kind : {&made.arteries, &made.veins})
      for (const VesselTree& tree : *kind)
        for (const VesselTree::Segment& s : tree.segments) {
          (kind == &made.arteries ? arteries : veins) += 1e-3 * volume(s);
          if (std::numbers::pi * s.radius * s.radius < 5.0) small += 1e-3 * volume(s);
        }
    const Orders orders(made.arteries);
    INFO((is_fine ? "fine" : "standard")
         << ": arteries " << arteries << " ml, veins " << veins << " ml, below 5 mm^2 "
         << small / (arteries + veins) << orders.text());
    // Sun et al., Chin J Appl Physiol 31 (2015) 326: vessels from 0.6 mm on, 94 to 201 ml, of which
    // veins 47 to 100 ml.
    CHECK(arteries + veins > 40.0);
    CHECK(arteries + veins < 201.0);
  }
}

TEST_CASE("nodule shapes against each other", "[full]") {
  // Sphericity pi^(1/3) (6 V)^(2/3) / A; the surface by Crofton's formula: a line through a ball
  // crosses a surface inside it 2 A / (4 pi R^2) times in the mean.
  for (const char* name : {"sphere", "ellipsoid", "lobulated", "spiculated", "tubular"}) {
    std::vector<double> found;
    for (std::uint64_t seed = 0; seed < 20; ++seed) {
      Rng rng(make_stream(seed, name, Draw::test), 0);
      const Outline outline =
          pick(lesion_shapes(), kind(name).set("diameter_mm", 10.0))->outline(rng);
      const double radius = reach(outline) + 0.01;
      constexpr int lines = 12000;
      double crossings = 0.0;
      for (int i = 0; i < lines; ++i) {
        const Vec3 direction = random_direction(rng);
        const Mat3 across = frame_along(direction);
        const double angle = rng.uniform(0.0, 2.0 * std::numbers::pi);
        const double aside = radius * std::sqrt(rng.uniform());
        const Vec3 from =
            aside * (math::cos(angle) * across.col(0) + math::sin(angle) * across.col(1));
        std::vector<Interval> crossed;
        for (const Solid& solid : outline.solids)
          if (const Interval in = intersect(solid, from, direction); !in.empty())
            crossed.push_back(in);
        double before = -1e9;  // pieces of one outline may touch
        each_covered(crossed, [&](double enter, double leave) {
          if (enter - before > 1e-6) crossings += 2.0;
          before = leave;
        });
      }
      const double area = 2.0 * std::numbers::pi * radius * radius * crossings / lines;
      found.push_back(std::numbers::pi * 100.0 / area);  // the ball of equal volume has 10 mm
    }
    std::sort(found.begin(), found.end());
    INFO(name << ": sphericity " << found[1] << " to " << found[18] << ", median " << found[10]);
    CHECK(found[1] > 0.3);
    CHECK(found[18] < 1.03);
  }
}
