#include <catch2/catch.hpp>
#include <cstring>
#include <limits>
#include <set>

#include "support.hpp"
#include "vitrine/core/parallel.hpp"

using namespace vitrine;
using namespace vitrine::radiomics;
using namespace vitrine::radiomics::test;

namespace {

constexpr double not_a_number = std::numeric_limits<double>::quiet_NaN();

/// A lobulated, off-centre lesion of about 700 voxels with an uneven texture of whole HU.
Case lesion(double offset_hu = 0) {
  const Grid grid{{18, 16, 14}, Vec3(0.7, 0.8, 1.25), Vec3(-11, 7, 40), Mat3::Identity()};
  const Vec3 middle = grid.centre(0, 0, 0) + Vec3(6.1, 5.7, 8.3);
  return make_case(
      grid,
      [&](const Vec3& p) {
        const Vec3 d = p - middle;
        return offset_hu + std::round(40 + 60 * std::sin(2.1 * d.x()) * std::cos(1.3 * d.y()) +
                                      35 * std::sin(d.z() + d.x() * d.y()));
      },
      [&](const Vec3& p) {
        const Vec3 d = p - middle;
        return d.norm() < 4.6 + 0.9 * std::sin(1.7 * d.x()) * std::cos(1.1 * d.z() + d.y());
      });
}

/// The same anatomy with voxel axes exchanged and reversed.
Case rearranged(const Case& c, std::array<std::size_t, 3> axes, std::array<bool, 3> flip) {
  const Grid& from = c.image.grid();
  Grid grid = from;
  for (std::size_t a = 0; a < 3; ++a) {
    grid.size[a] = from.size[axes[a]];
    grid.spacing[Index(a)] = from.spacing[Index(axes[a])];
  }
  Case out{Image(grid), Mask(grid)};
  for (Index k = 0; k < grid.size[2]; ++k)
    for (Index j = 0; j < grid.size[1]; ++j)
      for (Index i = 0; i < grid.size[0]; ++i) {
        const std::array to{i, j, k};
        std::array<Index, 3> p{};
        for (std::size_t a = 0; a < 3; ++a) p[axes[a]] = flip[a] ? grid.size[a] - 1 - to[a] : to[a];
        out.image(i, j, k) = c.image(p[0], p[1], p[2]);
        out.mask(i, j, k) = c.mask(p[0], p[1], p[2]);
      }
  return out;
}

void check_same(const std::map<std::string, FeatureValue>& a,
                const std::map<std::string, FeatureValue>& b, double tolerance = 1e-10) {
  REQUIRE(a.size() == b.size());
  for (const auto& [id, value] : a) {
    INFO(id << ": " << value.value << " and " << b.at(id).value);
    CHECK(value.reason == b.at(id).reason);
    if (!value.reason.empty()) continue;
    const bool searched = id.find("smallest_ellipsoid") != std::string::npos ||
                          id.find("oriented_box") != std::string::npos;
    CHECK(b.at(id).value ==
          Approx(value.value).epsilon(searched && tolerance > 0 ? 1e-9 : tolerance).margin(1e-10));
  }
}

std::vector<Settings> various_settings() {
  std::vector<Settings> all(4);
  all[1].spacing_mm = 1;
  all[1].range_hu = {-20.0, 100.0};
  all[2].spacing_mm = 0.5;
  all[2].bin_count = 16;
  all[2].glcm = Aggregation::merge_3d;
  all[2].outlier_sigma = 1.5;
  all[3].spacing_mm = 0.9;
  all[3].interpolation = Interpolation::cubic;
  all[3].bin_width_hu = 10;
  return all;
}

/// A 9 x 9 x 9 image of whole HU between 0 and 99 and a mask of the given voxels.
Case sparse(const std::vector<std::array<Index, 3>>& voxels, double flat_hu = not_a_number) {
  const Grid grid{{9, 9, 9}, Vec3(1, 1, 2), Vec3(0, 0, 0), Mat3::Identity()};
  Case c = make_case(
      grid,
      [&](const Vec3& p) {
        return std::isnan(flat_hu) ? std::fmod(17 * p.x() + 31 * p.y() + 7 * p.z(), 100) : flat_hu;
      },
      [](const Vec3&) { return false; });
  for (const auto& [i, j, k] : voxels) c.mask(i, j, k) = 1;
  return c;
}

std::string message_of(const std::function<void()>& action) {
  try {
    action();
  } catch (const Error& e) {
    return e.what();
  }
  return "no error";
}

}  // namespace

TEST_CASE("features do not change when the voxel axes are exchanged or reversed") {
  const Case original = lesion();
  const std::array<std::array<std::size_t, 3>, 3> orders{{{0, 1, 2}, {1, 0, 2}, {2, 0, 1}}};
  for (const Settings& settings : various_settings()) {
    const auto expected = measure(original, settings);
    for (const auto& order : orders)
      for (int flips = 0; flips < 8; ++flips) {
        INFO("spacing " << settings.spacing_mm << ", axes " << order[0] << order[1] << order[2]
                        << ", flips " << flips);
        check_same(expected,
                   measure(rearranged(original, order,
                                      {(flips & 1) != 0, (flips & 2) != 0, (flips & 4) != 0}),
                           settings));
      }
  }
}

TEST_CASE("features do not depend on where the patient lies or how the grid is turned") {
  for (const Settings& settings : various_settings()) {
    const Case here = lesion();
    Grid elsewhere = here.image.grid();
    elsewhere.origin = Vec3(120, -300, 1000);
    elsewhere.axes = Eigen::AngleAxisd(0.3, Vec3(1, 2, 3).normalized()).toRotationMatrix();
    Case there{Image(elsewhere), Mask(elsewhere)};
    std::copy(here.image.values().begin(), here.image.values().end(), there.image.values().begin());
    std::copy(here.mask.values().begin(), here.mask.values().end(), there.mask.values().begin());
    check_same(measure(here, settings), measure(there, settings), 0);
  }
}

TEST_CASE("features scale with the size of the voxels as their units say") {
  // mm^n by the power n; what local intensity looks at is a sphere of fixed size.
  const std::map<std::string, double> powers{
      {"mm", 1}, {"mm^2", 2}, {"mm^3", 3}, {"1/mm", -1}, {"HU mm^3", 3}};
  std::vector<std::string> scaled = all_families();
  std::erase(scaled, "local_intensity");
  const Case c = lesion();
  const auto before = measure(c, Settings{}, scaled);
  for (const double factor : {1e-3, 0.25, 3.0, 1e3}) {
    Grid grid = c.image.grid();
    grid.spacing *= factor;
    Case larger{Image(grid), Mask(grid)};
    std::copy(c.image.values().begin(), c.image.values().end(), larger.image.values().begin());
    std::copy(c.mask.values().begin(), c.mask.values().end(), larger.mask.values().begin());
    std::size_t lengths = 0;
    for (const auto& [id, value] : measure(larger, Settings{}, scaled)) {
      INFO(id << ", factor " << factor);
      const auto power = powers.find(std::string(value.info->unit));
      lengths += power != powers.end();
      const double expected =
          before.at(id).value * (power == powers.end() ? 1 : std::pow(factor, power->second));
      CHECK(value.reason == before.at(id).reason);
      if (value.reason.empty())
        CHECK(value.value == Approx(expected).epsilon(1e-9).margin(1e-10 * std::abs(expected)));
    }
    CHECK(lengths == 10);  // three volumes, area, its ratio, shift, diameter, three axes
  }
}

TEST_CASE("a constant added to all intensities changes what theory says and nothing else") {
  Settings settings;  // bins start at the region's minimum
  const auto before = measure(lesion(), settings);
  const auto after = measure(lesion(250), settings);
  const std::set<std::string> shifted{"statistics.mean",
                                      "statistics.median",
                                      "statistics.minimum",
                                      "statistics.maximum",
                                      "statistics.percentile_10",
                                      "statistics.percentile_90",
                                      "ivh.intensity_at_volume_10",
                                      "ivh.intensity_at_volume_90",
                                      "local_intensity.local_peak",
                                      "local_intensity.global_peak"};
  const std::set<std::string> changed{"statistics.coefficient_of_variation",
                                      "statistics.quartile_coefficient_of_dispersion",
                                      "statistics.energy",
                                      "statistics.root_mean_square",
                                      "morphology.integrated_intensity",
                                      "morphology.centre_of_mass_shift"};
  for (const auto& [id, value] : before) {
    INFO(id);
    if (shifted.contains(id)) {
      CHECK(after.at(id).value == Approx(value.value + 250));
    } else if (changed.contains(id)) {
      CHECK(after.at(id).value != Approx(value.value));
    } else {
      CHECK(after.at(id).value == Approx(value.value).epsilon(1e-9).margin(1e-9));
    }
  }
}

TEST_CASE("voxels further from the mask than interpolation reaches do not matter") {
  Case c = lesion();
  std::vector<std::string> within = all_families();  // local_intensity looks further
  std::erase(within, "local_intensity");
  const auto expected = measure(c, Settings{}, within);
  for (std::size_t v = 0; v < c.mask.values().size(); ++v)
    if (!c.mask.values()[v]) c.image.values()[v] = float(not_a_number);
  check_same(expected, measure(c, Settings{}, within), 0);
}

TEST_CASE("regions measured at the same time have the bits of regions measured alone") {
  const Case c = lesion();
  const auto settings = various_settings();
  std::vector<std::vector<FeatureValue>> together(32);
  parallel_for(32, [&](std::int64_t i) {
    const auto s = std::size_t(i);
    together[s] = extract(c.image, c.mask, settings[s % 4], all_families());
  });
  for (std::size_t i = 0; i < together.size(); ++i) {
    const auto alone = extract(c.image, c.mask, settings[i % 4], all_families());
    REQUIRE(alone.size() == together[i].size());
    for (std::size_t v = 0; v < alone.size(); ++v)
      CHECK(std::memcmp(&alone[v].value, &together[i][v].value, sizeof(double)) == 0);
  }
}

TEST_CASE("a feature is not-a-number if and only if it has a reason") {
  using Voxels = std::vector<std::array<Index, 3>>;
  const std::vector<Voxels> masks{{},
                                  {{4, 4, 4}},
                                  {{0, 0, 0}},
                                  {{4, 4, 4}, {5, 4, 4}},
                                  {{1, 1, 1}, {7, 7, 7}},
                                  {{2, 4, 4}, {3, 4, 4}, {4, 4, 4}, {5, 4, 4}},
                                  {{2, 2, 4}, {3, 2, 4}, {2, 3, 4}, {3, 3, 4}, {4, 3, 4}}};
  for (const Voxels& mask : masks)
    for (const double flat : {not_a_number, 0.0, -50.0})
      for (const Settings& settings : various_settings())
        for (std::size_t a = 0; a < aggregations.size(); ++a) {
          const auto values =
              measure(sparse(mask, flat), pooled(settings, aggregations[a], poolings[a % 3]));
          CHECK(values.size() == 29 + 2 + 18 + 23 + 7 + 25 + 3 * 16 + 5 + 17);
          for (const auto& [id, v] : values) {
            INFO(id << " of " << mask.size() << " voxels: " << v.value << ' ' << v.reason);
            CHECK(std::isnan(v.value) == !v.reason.empty());
            CHECK(!std::isinf(v.value));
          }
        }
}

TEST_CASE("a flat region has zero spread, correlation 1 and no skewness") {
  const auto values =
      measure(sparse({{3, 3, 3}, {4, 3, 3}, {3, 4, 3}, {3, 3, 4}, {4, 4, 4}}, 37), Settings{});
  CHECK(values.at("statistics.mean").value == 37);
  CHECK(values.at("statistics.variance").value == 0);
  CHECK(values.at("statistics.coefficient_of_variation").value == 0);
  CHECK(values.at("glcm.correlation").value == 1);
  CHECK(values.at("glcm.joint_maximum").value == 1);
  CHECK(values.at("glcm.joint_entropy").value == 0);
  CHECK(values.at("glcm.contrast").value == 0);
  CHECK(values.at("glszm.large_zone_emphasis").value == 25);  // one zone of five voxels
  CHECK(values.at("glszm.zone_percentage").value == 0.2);
  for (const char* id :
       {"glrlm.grey_level_variance", "glszm.zone_size_entropy", "gldzm.zone_distance_variance",
        "ngtdm.contrast", "ngtdm.busyness", "ngtdm.complexity", "ngtdm.strength"})
    CHECK(values.at(id).value == 0);
  CHECK(values.at("ngtdm.coarseness").value == 1e6);  // IBSI's conventions
  for (const char* id : {"statistics.skewness", "statistics.kurtosis", "morphology.moran_i",
                         "morphology.geary_c", "glcm.information_correlation_1"})
    CHECK(values.at(id).reason == reason::flat_region);
}

TEST_CASE("one voxel has a mesh, intensities, and reasons for the rest") {
  const auto values = measure(sparse({{4, 4, 4}}), Settings{});
  CHECK(values.at("morphology.volume_voxels").value == 2);
  CHECK(values.at("morphology.volume_mesh").value == Approx(2.0 / 6));
  CHECK(values.at("morphology.maximum_3d_diameter").value == 2);
  CHECK(values.at("statistics.mean").value == values.at("statistics.maximum").value);
  CHECK(values.at("morphology.elongation").reason == reason::single_voxel);
  CHECK(values.at("morphology.moran_i").reason == reason::single_voxel);
  CHECK(values.at("morphology.volume_density_inertia_ellipsoid").reason == reason::flat_shape);
  CHECK(values.at("glcm.contrast").reason == reason::no_pairs);
  CHECK(values.at("ngtdm.coarseness").reason == reason::no_pairs);
  for (const char* id :
       {"glrlm.run_percentage", "glszm.zone_percentage", "glrlm.long_runs_emphasis",
        "gldzm.large_distance_emphasis", "ngldm.high_dependence_emphasis"})
    CHECK(values.at(id).value == 1);  // one run, one zone at the border, one dependence: itself
}

TEST_CASE("an empty mask, and a mask that preparation empties, say so") {
  Settings settings;
  for (const auto& [id, v] : measure(sparse({}), settings)) CHECK(v.reason == reason::empty_mask);

  settings.spacing_mm = 5;
  for (const auto& [id, v] : measure(sparse({{0, 0, 8}}), settings))
    CHECK(v.reason == reason::lost_in_resampling);

  settings.spacing_mm = 0;
  settings.range_hu = {500.0, 600.0};
  const auto values = measure(sparse({{3, 3, 3}, {4, 4, 4}}), settings);
  CHECK(values.at("morphology.volume_voxels").value == 4);  // re-segmentation spares the shape
  CHECK(values.at("statistics.mean").reason == reason::out_of_range);
  CHECK(values.at("glcm.contrast").reason == reason::out_of_range);
  CHECK(values.at("morphology.moran_i").reason == reason::out_of_range);
}

TEST_CASE("single features are those of their families, in their order, each once") {
  const Case c = lesion();
  const auto all = measure(c, Settings{});
  const std::vector<std::string> wanted{"glszm.zone_percentage",
                                        "morphology.moran_i",
                                        "glszm.large_zone_emphasis",
                                        "morphology.volume_mesh",
                                        "glszm.zone_percentage",
                                        "ngtdm.busyness",
                                        "ngtdm"};
  std::vector<std::string> ids;
  for (const FeatureValue& v : extract(c.image, c.mask, Settings{}, wanted)) {
    ids.emplace_back(v.info->id);
    CHECK(v.value == all.at(ids.back()).value);
  }
  CHECK(ids == std::vector<std::string>{"glszm.large_zone_emphasis", "glszm.zone_percentage",
                                        "morphology.volume_mesh", "morphology.moran_i",
                                        "ngtdm.coarseness", "ngtdm.contrast", "ngtdm.busyness",
                                        "ngtdm.complexity", "ngtdm.strength"});
  for (const FeatureInfo* info : feature_table("morphology")) {  // what costs much is left out
    const std::vector<std::string> one{std::string(info->id)};
    const auto found = extract(c.image, c.mask, Settings{}, one);
    REQUIRE(found.size() == 1);
    CHECK(found[0].value == all.at(one[0]).value);
  }
  CHECK(message_of([&] {
          const std::vector<std::string> misspelt{"ngtdm.busines"};
          extract(c.image, c.mask, Settings{}, misspelt);
        }) == "'ngtdm.busines' is no feature. Did you mean 'ngtdm.busyness'?");
}

TEST_CASE("a mask on another grid is refused with both values") {
  const Case c = lesion();
  const auto refusal = [&](auto change) {
    Grid grid = c.image.grid();
    change(grid);
    return message_of([&] { prepare(c.image, Mask(grid), Settings{}); });
  };
  CHECK(refusal([](Grid& g) { g.size[2] = 13; }) ==
        "the mask's size is (18, 16, 13) (the image's is (18, 16, 14)). Resample the mask onto the "
        "image's grid first");
  CHECK(refusal([](Grid& g) { g.spacing[1] = 0.9; }).find("spacing in mm is (0.7, 0.9, 1.25)") !=
        std::string::npos);
  CHECK(refusal([](Grid& g) { g.origin[0] += 1; }).find("origin in mm is (-10, 7, 40)") !=
        std::string::npos);
  CHECK(refusal([](Grid& g) { g.axes(0, 0) = -1; }).find("direction of axis 0") !=
        std::string::npos);
  // What 32-bit headers do to geometry is no difference.
  CHECK(refusal([](Grid& g) { g.spacing = g.spacing.cast<float>().cast<double>(); }) == "no error");
}

TEST_CASE("an intensity of the region that is not finite is an error with its place") {
  std::vector<std::array<Index, 3>> block;
  for (Index v = 0; v < 27; ++v) block.push_back({2 + v % 3, 3 + v / 3 % 3, 4 + v / 9});
  Case c = sparse(block);
  c.image(4, 4, 5) = float(not_a_number);
  CHECK(message_of([&] { prepare(c.image, c.mask, Settings{}); }).find("voxel (4, 4, 5)") !=
        std::string::npos);
  c.image(4, 4, 5) = 0;
  c.image(5, 4, 5) = std::numeric_limits<float>::infinity();  // next to the region
  CHECK(message_of([&] { prepare(c.image, c.mask, Settings{}); }) == "no error");
  Settings fine;
  fine.spacing_mm = 0.5;
  CHECK(message_of([&] { prepare(c.image, c.mask, fine); }).find("not finite") !=
        std::string::npos);
}

TEST_CASE("interpolation reproduces a linear image and keeps the image's centre") {
  const Grid grid{{40, 36, 30}, Vec3(0.9, 0.8, 1.5), Vec3(3, -2, 5), Mat3::Identity()};
  const auto plane = [](const Vec3& p) { return 100 + 3 * p.x() - 2 * p.y() + 5 * p.z(); };
  const Case c = make_case(grid, plane,
                           [&](const Vec3& p) { return (p - grid.centre(20, 18, 15)).norm() < 9; });
  for (const Interpolation kind : {Interpolation::linear, Interpolation::cubic}) {
    Settings settings;
    settings.spacing_mm = 1;
    settings.interpolation = kind;
    settings.round_intensities = false;
    const Region region = prepare(c.image, c.mask, settings);
    CHECK(region.preparation.interpolated_size == std::array<Index, 3>{36, 29, 45});
    CHECK(double(region.voxels.size()) == Approx(4.0 / 3 * 3.14159 * 729).epsilon(0.02));
    for (std::size_t v = 0; v < region.voxels.size(); ++v) {
      const auto p = region.position(region.voxels[v]);
      const double error = region.hu[v] - plane(region.grid.centre(p[0], p[1], p[2]));
      CHECK(std::abs(error) < 1e-4);  // the image itself is stored as 32-bit floats
    }
    // Samples lie symmetrically about the image's centre.
    const Vec3 centre = grid.origin + 0.5 * Vec3(39 * 0.9, 35 * 0.8, 29 * 1.5);
    const Vec3 steps = region.grid.origin - centre;
    for (Index a = 0; a < 3; ++a) {
      const double half_steps = 2 * steps[a];
      CHECK(half_steps == Approx(std::round(half_steps)).margin(1e-9));
      CHECK(std::abs(std::llround(half_steps)) % 2 ==
            (region.preparation.interpolated_size[std::size_t(a)] + 1) % 2);
    }
  }
}

TEST_CASE("interpolation to the image's own spacing changes nothing") {
  const Grid grid{{20, 20, 20}, Vec3(1, 1, 1), Vec3(0, 0, 0), Mat3::Identity()};
  const Case c = make_case(
      grid, [](const Vec3& p) { return std::fmod(17 * p.x() + 31 * p.y() + 7 * p.z(), 100); },
      [](const Vec3& p) { return (p - Vec3(9, 10, 11)).norm() < 5; });
  Settings same;
  same.spacing_mm = 1;
  check_same(measure(c, Settings{}), measure(c, same), 0);
  same.interpolation = Interpolation::cubic;
  check_same(measure(c, Settings{}), measure(c, same), 0);
}

TEST_CASE("in-plane interpolation keeps the slices") {
  Settings settings;
  settings.spacing_mm = 0.35;
  settings.in_plane_only = true;
  const Region region = prepare(lesion().image, lesion().mask, settings);
  CHECK(region.grid.spacing.isApprox(Vec3(0.35, 0.35, 1.25)));
  CHECK(region.preparation.interpolated_size[2] == 14);
}

TEST_CASE("bins have fixed width from the lower limit, or fixed number from the minimum") {
  Case c = sparse({{0, 0, 0}, {1, 0, 0}, {2, 0, 0}, {3, 0, 0}, {4, 0, 0}});
  const std::array<float, 5> hu{-10, 0, 14, 15, 40};
  for (Index i = 0; i < 5; ++i) c.image(i, 0, 0) = hu[std::size_t(i)];
  const auto levels_with = [&](const Settings& settings) {
    const Region region = prepare(c.image, c.mask, settings);
    const Levels levels = discretise(region, settings);
    std::vector<int> found;
    for (const std::int32_t v : region.voxels) found.push_back(levels.volume[std::size_t(v)]);
    CHECK(levels.count == *std::max_element(found.begin(), found.end()));
    return found;
  };
  Settings settings;
  CHECK(levels_with(settings) == std::vector<int>{1, 1, 1, 2, 3});
  settings.range_hu = {-100.0, 100.0};
  CHECK(levels_with(settings) == std::vector<int>{4, 5, 5, 5, 6});
  settings.bin_count = 5;  // bins of 10 HU; the maximum is in the last one
  CHECK(levels_with(settings) == std::vector<int>{1, 2, 3, 3, 5});
}

TEST_CASE("settings are read, checked and echoed by their schema") {
  const auto read = [](const Value& node) {
    Diagnostics problems;
    Settings::schema().read(node, problems);
    std::string text;
    for (const auto& entry : problems.entries()) text += entry.message;
    return text;
  };
  Value node{Value::Map{}};
  node.set("spacing_mm", 1.0).set("bin_width_hu", 25.0).set("glcm", "3d_average");
  node.set("glrlm", "2.5d_merge").set("glszm", "2d").set("gldzm", "2.5d");
  node.set("range_hu", Value::List{Value(-1000.0), Value(400.0)}).set("interpolation", "cubic");
  CHECK(read(node) == "");
  Diagnostics problems;
  const Settings settings = Settings::schema().read(node, problems);
  CHECK(settings.spacing_mm == 1);
  CHECK(settings.range_hu.value() == std::array{-1000.0, 400.0});
  CHECK(settings.interpolation == Interpolation::cubic);
  CHECK(
      to_json(Settings::schema().write(settings)) ==
      R"({"spacing_mm":1,"in_plane_only":false,"interpolation":"cubic","round_intensities":true,)"
      R"("range_hu":[-1000,400],"outlier_sigma":0,"bin_width_hu":25,"glcm":"3d_average","glrlm":"2.5d_merge",)"
      R"("glszm":"2d","gldzm":"2.5d"})");  // the others are not written at their default

  Value both = node;
  both.set("bin_count", 32.0);
  CHECK(read(both).find("not both") != std::string::npos);
  Value curves = node;
  curves.set("ivh_bin_width_hu", 2.5);
  CHECK(read(curves) == "");
  curves.set("ivh_bin_count", 1000.0);
  CHECK(read(curves).find("ivh_bin_width_hu or ivh_bin_count, not both") != std::string::npos);
  Value reversed{Value::Map{}};
  reversed.set("range_hu", Value::List{Value(400.0), Value(-1000.0)});
  CHECK(read(reversed).find("the lower one first") != std::string::npos);
  Value misspelt{Value::Map{}};
  misspelt.set("glcm", "3d_averaged");
  CHECK(read(misspelt).find("3d_average") != std::string::npos);
  Value other_family{Value::Map{}};  // a word of the families with directions
  other_family.set("glszm", "3d_merge");
  CHECK(read(other_family).find("Did you mean '3d'") != std::string::npos);
}

TEST_CASE("the tables name every feature once") {
  std::set<std::string> ids, codes;
  for (const FamilyInfo& family : families()) {
    for (const FeatureInfo* info : feature_table(family.id)) {
      INFO(info->id);
      CHECK(info->family == family.id);
      CHECK(info->id.substr(0, info->id.find('.')) == family.id);
      CHECK(ids.emplace(info->id).second);
      codes.emplace(info->ibsi_code);
      CHECK(info->ibsi_code.size() == 4);
      CHECK(!info->unit.empty());
      CHECK(!info->formula.empty());
    }
  }
  CHECK(feature_table().size() == ids.size());
  CHECK(ids.size() == 174);
  CHECK(codes.size() == 174 - 2);  // BC2M and GBPN stand for two features each
  CHECK(message_of([] { feature_table("statistic"); }) ==
        "'statistic' is no feature family. Did you mean 'statistics'?");
}
