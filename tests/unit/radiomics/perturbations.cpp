// Laws of perturbed masks: identities, monotony, unbiased contours, and what is counted.
#include <catch2/catch.hpp>
#include <cmath>
#include <numbers>

#include "support.hpp"
#include "vitrine/core/parallel.hpp"
#include "vitrine/radiomics/perturbation.hpp"

using namespace vitrine;
using namespace vitrine::radiomics;
using namespace vitrine::radiomics::test;

namespace {

using std::numbers::pi;

Case ball(double radius, const Vec3& spacing = {1, 1, 1}, Index size = 40,
          const Mat3& axes = Mat3::Identity()) {
  const Grid grid{{size, size, size}, spacing, Vec3(-7, 3, 11), axes};
  const Vec3 middle =
      grid.origin + axes * (0.5 * double(size - 1) * spacing + Vec3(0.21, -0.33, 0.4));
  return make_case(
      grid,
      [&](const Vec3& p) {
        const Vec3 d = p - middle;
        return std::round(40 + 60 * std::sin(0.9 * d.x()) * std::cos(0.5 * d.y()) + 8 * d.z());
      },
      [&](const Vec3& p) { return (p - middle).norm() < radius; });
}

Perturbation named(const char* id) {
  Perturbation p;
  p.id = id;
  return p;
}
Perturbation turned(double degrees, const char* axis = "z") {
  Perturbation p = named("turned");
  p.rotation = degrees * pi / 180;
  p.rotation_axis = axis;
  return p;
}
Perturbation shifted(double x, double y, double z) {
  Perturbation p = named("shifted");
  p.translation = {x, y, z};
  return p;
}
Perturbation resized(double share) {
  Perturbation p = named("resized");
  p.volume = share;
  return p;
}
Perturbation redrawn(double sd, double correlation = 5) {
  Perturbation p = named("redrawn");
  p.contour_sd = sd;
  p.contour_correlation = correlation;
  return p;
}

Settings millimetre(Interpolation kind = Interpolation::linear, double spacing = 1) {
  Settings settings;
  settings.spacing_mm = spacing;
  settings.interpolation = kind;
  settings.round_intensities = false;
  return settings;
}

const Chance chance{7, "lesion"};

std::map<std::string, FeatureValue> measure_perturbed(const Case& c, const Settings& settings,
                                                      const Perturbation& p) {
  const Region region =
      prepare(c.image, perturb(c.mask, settings, p, chance), settings, Keep::surroundings);
  std::map<std::string, FeatureValue> found;
  for (const FeatureValue& v : extract(region, settings, all_families()))
    found.emplace(v.info->id, v);
  return found;
}

/// Features are equal to rounding of intensities to 32-bit floats; what is iterated to 1e-4.
void check_same(const std::map<std::string, FeatureValue>& a,
                const std::map<std::string, FeatureValue>& b) {
  REQUIRE(a.size() == b.size());
  for (const auto& [id, value] : a) {
    const bool iterated = id.find("smallest_ellipsoid") != std::string::npos ||
                          id.find("oriented_box") != std::string::npos;
    INFO(id << ": " << value.value << " and " << b.at(id).value);
    CHECK(value.reason == b.at(id).reason);
    if (value.reason.empty())
      CHECK(b.at(id).value == Approx(value.value).epsilon(iterated ? 1e-4 : 1e-6).margin(1e-6));
  }
}

Index count(const Mask& mask) {
  return std::count(mask.values().begin(), mask.values().end(), std::uint8_t{1});
}

/// Offsets of a mask's voxels on the resampling grid of mask `of`, whose crop may be smaller.
std::set<std::array<Index, 3>> samples(const Mask& mask, const Grid& of) {
  std::set<std::array<Index, 3>> found;
  const Grid& g = mask.grid();
  for (Index k = 0; k < g.size[2]; ++k)
    for (Index j = 0; j < g.size[1]; ++j)
      for (Index i = 0; i < g.size[0]; ++i)
        if (mask(i, j, k) != 0) {
          const Vec3 at =
              (of.axes.transpose() * (g.centre(i, j, k) - of.origin)).cwiseQuotient(of.spacing);
          found.insert({std::llround(at.x()), std::llround(at.y()), std::llround(at.z())});
        }
  return found;
}

}  // namespace

TEST_CASE("nothing, a full turn and a whole voxel change no feature") {
  // 1e-6 relative: intensities are 32-bit floats, summed in another order of taps.
  const Case c = ball(7.3, {0.8, 0.8, 1.3}, 30);
  for (const Interpolation kind : {Interpolation::linear, Interpolation::cubic}) {
    const Settings settings = millimetre(kind);
    const auto plain = measure(c, settings);
    check_same(plain, measure_perturbed(c, settings, named("same")));
    check_same(plain, measure_perturbed(c, settings, turned(360)));
    check_same(plain, measure_perturbed(c, settings, turned(-360, "x")));
    check_same(plain, measure_perturbed(c, settings, shifted(1, 0, 0)));
    check_same(plain, measure_perturbed(c, settings, shifted(-1, 1, -1)));
  }
  Settings own_grid = millimetre(Interpolation::linear, 0);
  check_same(measure(c, own_grid), measure_perturbed(c, own_grid, turned(360)));
  check_same(measure(c, own_grid), measure_perturbed(c, own_grid, shifted(0, -1, 1)));
}

TEST_CASE("a fraction of a voxel moves the samples by it") {
  // A linear image: its mean over the mask moves by gradient x displacement of the mask's centre,
  // which is that of the grid's samples inside the ball.
  const Grid grid{{30, 30, 30}, Vec3(1, 1, 1), Vec3(0, 0, 0), Mat3::Identity()};
  const Case c = make_case(
      grid, [](const Vec3& p) { return 3 * p.x() - 2 * p.y() + p.z(); },
      [](const Vec3& p) { return (p - Vec3(15, 15, 15)).norm() < 6.6; });
  const Settings settings = millimetre();
  const PerturbedMask moved = perturb(c.mask, settings, shifted(0.25, 0.5, -0.4), chance);
  const Vec3 offset = moved.mask.grid().origin;
  CHECK(offset.x() - std::floor(offset.x()) == Approx(0.25).margin(1e-12));
  CHECK(offset.y() - std::floor(offset.y()) == Approx(0.5).margin(1e-12));
  CHECK(offset.z() - std::floor(offset.z()) == Approx(0.6).margin(1e-12));
  const Region region = prepare(c.image, moved, settings);
  for (std::size_t v = 0; v < region.voxels.size(); ++v) {
    const auto p = region.position(region.voxels[v]);
    const Vec3 at = region.grid.centre(p[0], p[1], p[2]);
    CHECK(region.hu[v] == Approx(3 * at.x() - 2 * at.y() + at.z()).margin(1e-4));
  }
}

TEST_CASE("a quarter turn about a voxel of a cubic grid exchanges axes") {
  // The ball's mask is mirror symmetric about voxel (15, 15, 15), its centre: each sample falls on
  // a voxel, and what does not know directions stays. In-plane directions of glcm are merged.
  const Grid grid{{31, 31, 31}, Vec3(1, 1, 1), Vec3(-5, 2, 9), Mat3::Identity()};
  const Case c = make_case(
      grid, [](const Vec3& p) { return std::round(50 * std::sin(p.x()) + 30 * p.y() + p.z()); },
      [&](const Vec3& p) {
        return (p - grid.centre(15, 15, 15)).cwiseQuotient(Vec3(9, 5, 6)).norm() < 1;
      });
  const auto plain = measure(c, millimetre());
  for (const char* axis : {"x", "y", "z"})
    check_same(plain, measure_perturbed(c, millimetre(), turned(90, axis)));
  // A positive angle turns the grid from x to y.
  const PerturbedMask quarter = perturb(c.mask, millimetre(), turned(90), chance);
  CHECK(quarter.mask.grid().axes.col(0).isApprox(Vec3(0, 1, 0), 1e-12));
}

TEST_CASE("turning a ball leaves its shape") {
  // Of a ball of radius 12 mm in voxels of 0.8 x 0.8 x 1.3 mm, sampled every millimetre: the
  // aligned lattice is 1.2 % below the ball's volume, the turned ones within 0.5 %; 2 % is allowed.
  const Case c = ball(12, {0.8, 0.8, 1.3}, 40);
  const auto plain = measure(c, millimetre(), {"morphology", "statistics"});
  for (const double angle : {-13.0, 5.0, 31.0, 45.0})
    for (const char* axis : {"z", "x"}) {
      const auto found = measure_perturbed(c, millimetre(), turned(angle, axis));
      for (const char* id : {"morphology.volume_mesh", "morphology.volume_voxels"}) {
        INFO(id << " at " << angle);
        CHECK(found.at(id).value == Approx(plain.at(id).value).epsilon(0.02));
      }
      for (const char* id :
           {"morphology.surface_area", "morphology.sphericity", "morphology.maximum_3d_diameter"}) {
        INFO(id << " at " << angle);
        CHECK(found.at(id).value == Approx(plain.at(id).value).epsilon(0.02));
      }
      CHECK(found.at("statistics.mean").value !=
            Approx(plain.at("statistics.mean").value).epsilon(1e-9));  // other samples
    }
}

TEST_CASE("the grid of a turned region lies where its samples lie in the patient") {
  Mat3 axes;  // an oblique image
  axes << 0.8, -0.6, 0, 0.6, 0.8, 0, 0, 0, 1;
  const Grid grid{{46, 44, 40}, Vec3(0.9, 1.1, 1.4), Vec3(4, -9, 2), axes};
  const auto plane = [](const Vec3& p) { return 100 + 3 * p.x() - 2 * p.y() + 5 * p.z(); };
  const Case c = make_case(grid, plane,
                           [&](const Vec3& p) { return (p - grid.centre(22, 21, 19)).norm() < 8; });
  for (const char* axis : {"x", "y", "z"})
    for (const Interpolation kind : {Interpolation::linear, Interpolation::cubic}) {
      Perturbation p = turned(17, axis);
      p.translation = {0.3, -0.2, 0.5};
      const Settings settings = millimetre(kind);
      const Region region = prepare(c.image, perturb(c.mask, settings, p, chance), settings);
      REQUIRE(region.voxels.size() > 1500);
      for (std::size_t v = 0; v < region.voxels.size(); ++v) {
        const auto at = region.position(region.voxels[v]);
        const double error = region.hu[v] - plane(region.grid.centre(at[0], at[1], at[2]));
        CHECK(std::abs(error) < 1e-4);  // 32-bit floats; the spline's end is 12 voxels off
      }
    }
}

TEST_CASE("a volume is met to half a voxel, and smaller masks lie inside larger ones") {
  const Case c = ball(6.2, {0.8, 0.8, 2.5}, 26);
  for (const double spacing : {0.0, 1.0}) {
    const Settings settings = millimetre(Interpolation::linear, spacing);
    std::optional<PerturbedMask> before;
    for (const double change : {-0.95, -0.5, -0.1, 0.0, 0.003, 0.1, 0.35, 3.0}) {
      const PerturbedMask now = perturb(c.mask, settings, resized(change), chance);
      const MaskChange report = change_of(now);
      INFO(change);
      CHECK(std::abs(double(report.voxels) - (1 + change) * double(report.given)) <= 0.5);
      CHECK(report.common == std::min(report.given, report.voxels));  // contains, or is contained
      if (before) {
        const auto small = samples(before->mask, now.mask.grid());
        const auto large = samples(now.mask, now.mask.grid());
        CHECK(std::includes(large.begin(), large.end(), small.begin(), small.end()));
      }
      // Inclusion is V / (V + dV) of a grown mask, 1 of a shrunk one.
      CHECK(report.inclusion_fraction() ==
            std::min(1.0, double(report.given) / double(report.voxels)));
      CHECK(report.dice() == 2.0 * double(report.common) / double(report.given + report.voxels));
      before = now;
    }
  }
}

TEST_CASE("a grown or shrunk ball stays smooth") {
  // Its sphericity may fall by a few per cent, where voxels taken at random from the last shell
  // make it a tenth rougher.
  const Case c = ball(9);
  const std::vector<std::string> one{"morphology.sphericity"};
  const double plain = measure(c, millimetre(), one).at(one[0]).value;
  for (const double change : {-0.1, 0.1, 0.25}) {
    const PerturbedMask made = perturb(c.mask, millimetre(), resized(change), chance);
    const auto values = extract(prepare(c.image, made, millimetre()), millimetre(), one);
    INFO(change);
    CHECK(values[0].value > 0.95 * plain);
  }
}

TEST_CASE("a mask grows by shells, all of one before the next") {
  // One voxel: six faces first (distance 0.5 mm), then twelve edges (0.71), then eight corners.
  Case c = ball(3);
  std::fill(c.mask.values().begin(), c.mask.values().end(), std::uint8_t{0});
  c.mask(20, 20, 20) = 1;
  const auto grown = [&](double voxels) {
    const PerturbedMask p = perturb(c.mask, Settings{}, resized(voxels - 1), chance);
    std::vector<Index> distances;
    for (const auto& s : samples(p.mask, c.mask.grid()))
      distances.push_back(std::abs(s[0] - 20) + std::abs(s[1] - 20) + std::abs(s[2] - 20));
    std::sort(distances.begin(), distances.end());
    return distances;
  };
  CHECK(grown(7) == std::vector<Index>{0, 1, 1, 1, 1, 1, 1});
  CHECK(grown(4) == std::vector<Index>{0, 1, 1, 1});
  const auto nineteen = grown(19);
  CHECK(std::count(nineteen.begin(), nineteen.end(), 2) == 12);
}

TEST_CASE("random contours keep the volume on average", "[full]") {
  const Case c = ball(6, {1, 1, 1}, 34);
  const Settings settings = millimetre();
  const int draws = 300;
  double sum = 0, squares = 0, dice = 0;
  Index given = 0;
  for (int n = 0; n < draws; ++n) {
    const MaskChange change =
        change_of(perturb(c.mask, settings, redrawn(0.6), Chance{std::uint64_t(n), "x"}));
    sum += double(change.voxels);
    squares += double(change.voxels) * double(change.voxels);
    dice += change.dice() / draws;
    given = change.given;
  }
  const double mean = sum / draws, sd = std::sqrt(squares / draws - mean * mean);
  INFO("mean " << mean << " of " << given << ", sd " << sd << ", Dice " << dice);
  CHECK(sd > 0.02 * double(given));
  CHECK(std::abs(mean - double(given)) < 4 * sd / std::sqrt(draws));  // 4 standard errors
  CHECK(dice > 0.8);
  CHECK(dice < 0.97);
}

TEST_CASE("a flat boundary is displaced with the stated standard deviation", "[full]") {
  // A slab in the image's middle; the displacement of its upper face is (voxels above its middle)
  // less their mean, read column by column at points 4 correlation lengths apart. Whole voxels add
  // a variance of h^2 / 12.
  const Grid grid{{61, 61, 31}, Vec3(1, 1, 0.5), Vec3(0, 0, 0), Mat3::Identity()};
  const Case c = make_case(
      grid, [](const Vec3&) { return 0.0; },
      [](const Vec3& p) { return p.z() > 2.2 && p.z() < 12.8; });
  const double sd = 0.9, correlation = 4;
  double sum = 0, squares = 0, n = 0;
  for (std::uint64_t seed = 0; seed < 25; ++seed) {
    const PerturbedMask p =
        perturb(c.mask, Settings{}, redrawn(sd, correlation), Chance{seed, "slab"});
    std::map<std::pair<Index, Index>, double> top;
    for (const auto& s : samples(p.mask, grid))
      if (s[2] >= 15 && s[0] % 16 == 6 && s[1] % 16 == 6) top[{s[0], s[1]}] += 0.5;
    for (const auto& [column, height] : top) {
      sum += height;
      squares += height * height;
      n += 1;
    }
  }
  REQUIRE(n > 300);
  const double variance = squares / n - sum / n * sum / n;
  INFO("standard deviation " << std::sqrt(variance));
  CHECK(std::sqrt(variance - 0.25 / 12) == Approx(sd).epsilon(4 / std::sqrt(2 * n)));  // 4 s.e.
}

TEST_CASE("a random contour depends on its seed, id and mask, and on nothing else") {
  const Case c = ball(6, {1, 1, 1}, 34);
  const auto drawn = [&](std::uint64_t seed, const char* owner, const char* id, double shift) {
    Perturbation p = redrawn(1);
    p.id = id;
    p.volume = shift;
    const PerturbedMask made = perturb(c.mask, millimetre(), p, Chance{seed, owner});
    return samples(made.mask, c.mask.grid());
  };
  const auto one = drawn(1, "a", "p", 0);
  CHECK(drawn(1, "a", "p", 0) == one);
  CHECK(drawn(2, "a", "p", 0) != one);
  CHECK(drawn(1, "b", "p", 0) != one);
  CHECK(drawn(1, "a", "q", 0) != one);
  // In a parallel loop each runs on one thread, alone on all of them.
  std::vector<std::set<std::array<Index, 3>>> again(3);
  parallel_for(3, [&](Index i) { again[std::size_t(i)] = drawn(1, "a", "p", 0); });
  for (const auto& other : again) CHECK(other == one);
  // A mask with more room around it draws the same field: the field belongs to samples.
  const auto grown = drawn(1, "a", "p", 1e-9);
  CHECK(grown == one);
}

TEST_CASE("the share of voxels that hold two things is counted") {
  // A slab from z = 4.3 to 9.8 in voxels of 1 mm: layers 4 (0.2: [3.5, 4.5]) and 10 (0.3) are cut;
  // of the mask's layers 4..10 two of seven hold both, of those at least half inside none.
  const Grid grid{{5, 6, 16}, Vec3(1, 1, 1), Vec3(0, 0, 0), Mat3::Identity()};
  Volume<quantity::Fraction> share(grid);
  Mask whole(grid), half(grid);
  for (Index k = 0; k < 16; ++k)
    for (Index j = 0; j < 6; ++j)
      for (Index i = 0; i < 5; ++i) {
        const double inside = std::min(9.8, double(k) + 0.5) - std::max(4.3, double(k) - 0.5);
        share(i, j, k) = float(std::clamp(inside, 0.0, 1.0));
        whole(i, j, k) = share(i, j, k) > 0;
        half(i, j, k) = share(i, j, k) >= 0.5f;
      }
  CHECK(partial_volume_fraction(whole, share) == 2.0 / 7);
  CHECK(partial_volume_fraction(half, share) == 0);
  CHECK(std::isnan(partial_volume_fraction(Mask(grid), share)));

  // A mask of whole voxels on its own grid has none; shifted by half a voxel along z a slab of n
  // layers becomes n + 1 samples of which two are halves.
  Case c = ball(3);
  for (auto& v : c.mask.values()) v = 0;
  for (Index k = 15; k < 21; ++k)
    for (Index j = 10; j < 30; ++j)
      for (Index i = 10; i < 30; ++i) c.mask(i, j, k) = 1;
  const auto fraction = [&](const Perturbation& p) {
    return change_of(perturb(c.mask, Settings{}, p, chance)).partial_volume_fraction;
  };
  CHECK(fraction(named("same")) == 0);
  CHECK(fraction(shifted(0, 0, 0.5)) == 2.0 / 7);
  CHECK(fraction(shifted(0, 0, 1)) == 0);
}

TEST_CASE("partial voxels of a ball are those that its surface crosses") {
  // Their number is the surface 4 pi r^2 times the mean width of a voxel along the normal, 1.5 h,
  // over h^3 (Steiner). Shares are counted at 16^3 points, which span 15/16 of a voxel. 3 %: the
  // lattice.
  const double radius = 11.3;
  const Grid grid{{30, 30, 30}, Vec3(1, 1, 1), Vec3(0, 0, 0), Mat3::Identity()};
  const Vec3 middle(14.3, 14.6, 14.45);
  Volume<quantity::Fraction> share(grid);
  Mask touched(grid);
  constexpr int fine = 16;
  for (Index k = 0; k < 30; ++k)
    for (Index j = 0; j < 30; ++j)
      for (Index i = 0; i < 30; ++i) {
        int inside = 0;
        for (int s = 0; s < fine * fine * fine; ++s) {
          const Vec3 sub(s % fine, s / fine % fine, s / fine / fine);
          const Vec3 at =
              grid.centre(i, j, k) + (sub + Vec3::Constant(0.5)) / fine - Vec3::Constant(0.5);
          inside += (at - middle).norm() < radius;
        }
        share(i, j, k) = float(inside) / float(fine * fine * fine);
        touched(i, j, k) = inside > 0;
      }
  const double shell = 4 * pi * radius * radius * 1.5 * 15 / 16;
  CHECK(partial_volume_fraction(touched, share) * double(count(touched)) ==
        Approx(shell).epsilon(0.03));
}

TEST_CASE("what is left of nothing has a reason") {
  Case c = ball(3);
  const auto reasons = [&](const Perturbation& p) {
    const Region r = prepare(c.image, perturb(c.mask, Settings{}, p, chance), Settings{});
    return std::string(r.no_shape) + '|' + std::string(r.no_intensity);
  };
  for (auto& v : c.mask.values()) v = 0;
  CHECK(reasons(resized(0.1)) == "empty_mask|empty_mask");
  c.mask(20, 20, 20) = 1;
  CHECK(reasons(resized(-0.9)) == "lost_in_perturbation|lost_in_perturbation");
  CHECK(reasons(shifted(0.5, 0.5, 0.5)) == "lost_in_resampling|lost_in_resampling");
  const MaskChange change = change_of(perturb(c.mask, Settings{}, resized(-0.9), chance));
  CHECK(change.voxels == 0);
  CHECK(change.volume_change() == -1);
  CHECK(change.dice() == 0);
  CHECK(std::isnan(change.inclusion_fraction()));
  const auto values =
      extract(prepare(c.image, perturb(c.mask, Settings{}, resized(-0.9), chance), Settings{}),
              Settings{}, all_families());
  CHECK(values.size() == feature_table().size());
  for (const FeatureValue& v : values) {
    CHECK(std::isnan(v.value));
    CHECK(v.reason == "lost_in_perturbation");
  }
}

TEST_CASE("a mask at the image's edge turns with the image and grows only inside it") {
  const Grid grid{{24, 24, 24}, Vec3(1, 1, 1), Vec3(0, 0, 0), Mat3::Identity()};
  const Case c = make_case(
      grid, [](const Vec3& p) { return p.x() + 2 * p.y(); },
      [](const Vec3& p) { return (p - Vec3(2, 12, 12)).norm() < 5.5; });
  const Index plain = count(c.mask);
  const PerturbedMask spun = perturb(c.mask, millimetre(), turned(33), chance);
  CHECK(double(count(spun.mask)) == Approx(double(plain)).epsilon(0.05));
  CHECK(prepare(c.image, spun, millimetre(), Keep::surroundings).no_shape.empty());
  for (const Perturbation& p : {resized(1.0), redrawn(1.5)}) {
    const PerturbedMask made = perturb(c.mask, millimetre(), p, chance);
    for (const auto& s : samples(made.mask, grid)) CHECK((s[0] >= 0 && s[0] < 24));
    CHECK(prepare(c.image, made, millimetre()).no_shape.empty());
  }
  Case full = c;  // no room at all: the mask fills the image and stays as it is
  for (auto& v : full.mask.values()) v = 1;
  CHECK(count(perturb(full.mask, millimetre(), resized(0.5), chance).mask) == grid.count());
}

TEST_CASE("noise has the stated standard deviation and belongs to the image's voxels") {
  Case c = ball(9);
  for (float& hu : c.image.values()) hu = 40;
  Perturbation p = named("noisy");
  p.noise = 25;
  const Settings settings = millimetre(Interpolation::linear, 0);
  const Region region = prepare(c.image, perturb(c.mask, settings, p, chance), settings);
  double sum = 0, squares = 0;
  for (const float hu : region.hu) {
    sum += hu - 40;
    squares += (hu - 40) * (hu - 40);
  }
  const double n = double(region.hu.size());
  CHECK(std::abs(sum / n) < 4 * 25 / std::sqrt(n));                           // 4 standard errors
  CHECK(std::sqrt(squares / n) == Approx(25).epsilon(4 / std::sqrt(2 * n)));  // the same
  const Region around =
      prepare(c.image, perturb(c.mask, settings, p, chance), settings, Keep::surroundings);
  CHECK(around.hu == region.hu);  // a larger box draws the same noise
}

TEST_CASE("perturbations are read with their units and checked") {
  const auto problems_of = [](const Value& node) {
    Diagnostics problems;
    const Perturbation p = Perturbation::schema().read(node, problems);
    std::string text;
    for (const auto& entry : problems.entries()) text += entry.message + '\n';
    return std::pair(p, text);
  };
  Value node;
  node.set("id", Value("a")).set("rotation_deg", Value(90.0)).set("volume_percent", Value(-10.0));
  CHECK(problems_of(node).second.empty());
  CHECK(problems_of(node).first.rotation == Approx(pi / 2));
  CHECK(problems_of(node).first.volume == Approx(-0.1));
  const auto refusal = [&](const char* key, Value value) {
    Value wrong = Value().set("id", Value("a"));
    return problems_of(wrong.set(key, std::move(value))).second;
  };
  CHECK(refusal("rotation", Value(5.0)).find("Did you mean 'rotation_deg'") != std::string::npos);
  CHECK(refusal("rotation_deg", Value(400.0)).find("out of range") != std::string::npos);
  CHECK(refusal("volume_percent", Value(-100.0)).find("out of range") != std::string::npos);
  CHECK(refusal("translation", Value::List{Value(0.5), Value(1.5), Value(0.0)})
            .find("out of range") != std::string::npos);
  CHECK(refusal("rotation_axis", Value("k")) != "");

  std::vector<Perturbation> twice(2, named("a"));
  Diagnostics problems;
  check_perturbations(twice, Value(), problems);
  check_perturbations({named("none")}, Value(), problems);
  REQUIRE(problems.entries().size() == 2);
  CHECK(problems.entries()[0].message.find("two perturbations are called 'a'") !=
        std::string::npos);

  Settings planar = millimetre();
  planar.in_plane_only = true;
  const Case c = ball(4);
  CHECK_NOTHROW(perturb(c.mask, planar, turned(5), chance));
  CHECK_THROWS_AS(perturb(c.mask, planar, turned(5, "x"), chance), Error);
  CHECK_THROWS_AS(perturb(c.mask, planar, shifted(0, 0, 0.5), chance), Error);
}
