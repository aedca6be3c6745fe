#include <Eigen/Eigenvalues>
#include <catch2/catch.hpp>
#include <cmath>

#include "support.hpp"
#include "vitrine/core/random.hpp"
#include "vitrine/radiomics/pyradiomics/detail/mesh.hpp"
#include "vitrine/radiomics/pyradiomics/extract.hpp"
#include "vitrine/radiomics/pyradiomics/features.hpp"

using namespace vitrine;
using namespace vitrine::radiomics::test;
namespace pyradiomics = vitrine::radiomics::pyradiomics;
using pyradiomics::Parameters;
using pyradiomics::Stored;
using vitrine::radiomics::Aggregation;
using vitrine::radiomics::Settings;

namespace {

Parameters parameters_of(const pyradiomics::Settings& settings,
                         std::vector<pyradiomics::FeatureClass> classes = {}) {
  Parameters parameters;
  parameters.settings = settings;
  for (auto& type : parameters.image_types) type.settings = settings;
  if (!classes.empty()) parameters.classes = std::move(classes);
  return parameters;
}

/// Values by name without `original_`.
std::map<std::string, double> values_of(const Case& c, const Parameters& parameters) {
  std::map<std::string, double> found;
  for (const auto& f :
       pyradiomics::extract(c.image, c.mask, parameters, Stored::whole_numbers).features)
    found.emplace(f.name.substr(f.name.find('_') + 1), f.value);
  return found;
}

/// A ragged region of whole intensities from `low` to below `low + range`.
Case ragged(double low, double range, std::uint64_t seed) {
  Grid grid;
  grid.size = {9, 8, 7};
  grid.spacing = Vec3(0.7, 0.9, 1.7);
  Rng draw(make_stream(seed, "ragged", Draw::test), 0);
  return make_case(
      grid, [&](const Vec3&) { return low + std::floor(range * draw.uniform()); },
      [&](const Vec3&) { return draw.uniform() < 0.7; });
}

}  // namespace

TEST_CASE("PyRadiomics has 107 features, and 9 more of slices") {
  std::map<std::string, int> standard;
  for (const auto& info : pyradiomics::feature_classes())
    for (const auto& feature : info.features)
      standard[std::string(info.name)] +=
          feature.state == pyradiomics::FeatureName::State::standard;
  CHECK(standard == std::map<std::string, int>{{"firstorder", 18},
                                               {"glcm", 24},
                                               {"gldm", 14},
                                               {"glrlm", 16},
                                               {"glszm", 16},
                                               {"ngtdm", 5},
                                               {"shape", 14},
                                               {"shape2D", 9}});
  CHECK(values_of(ragged(0, 100, 1), Parameters()).size() == 107);
}

TEST_CASE("grey levels begin at multiples of the bin width and not at the region's minimum") {
  // 49 and 51 lie in bins of 25 on either side of 50; from the minimum on they would share one.
  const auto two = [](double a, double b) {
    Grid grid;
    grid.size = {4, 2, 1};
    return make_case(
        grid, [&](const Vec3& p) { return p[0] < 2 ? a : b; }, [](const Vec3&) { return true; });
  };
  const Parameters parameters = parameters_of({}, {{"firstorder", {}}});
  CHECK(values_of(two(49, 51), parameters)["firstorder_Entropy"] == Approx(1));
  CHECK(values_of(two(51, 74), parameters)["firstorder_Entropy"] == Approx(0).margin(1e-12));
  CHECK(values_of(two(50, 75), parameters)["firstorder_Entropy"] == Approx(1));
  CHECK(values_of(two(-1, 1), parameters)["firstorder_Entropy"] == Approx(1));

  pyradiomics::Settings ten;
  ten.bin_count = 10;
  CHECK(values_of(two(49, 51), parameters_of(ten, {{"firstorder", {}}}))["firstorder_Entropy"] ==
        Approx(1));
}

TEST_CASE("texture depends on intensities by their place between multiples of the bin width") {
  const Case c = ragged(3, 200, 2);
  const auto shifted = [&](double by) {
    Case moved = c;
    for (float& x : moved.image.values()) x += float(by);
    return values_of(moved, parameters_of({}, {{"glcm", {}}, {"gldm", {}}, {"ngtdm", {}}}));
  };
  CHECK(shifted(0) == shifted(25 * 3));
  CHECK(shifted(0) != shifted(12));
}

TEST_CASE("PyRadiomics' first-order features keep their own definitions") {
  const Case c = ragged(-50, 300, 3);
  pyradiomics::Settings settings;
  settings.voxel_array_shift = 1000;
  const auto values = values_of(c, parameters_of(settings));
  const auto ours = measure(c, Settings(), {"statistics"});
  CHECK(values.at("firstorder_Kurtosis") ==
        Approx(ours.at("statistics.kurtosis").value + 3).epsilon(1e-12));
  double energy = 0, count = 0;
  for (std::size_t i = 0; i < c.mask.values().size(); ++i) {
    if (!c.mask.values()[i]) continue;
    const double x = c.image.values()[i] + 1000.0;
    energy += x * x;
    ++count;
  }
  CHECK(values.at("firstorder_Energy") == Approx(energy).epsilon(1e-14));
  CHECK(values.at("firstorder_RootMeanSquared") == Approx(std::sqrt(energy / count)));
  CHECK(values.at("firstorder_TotalEnergy") == Approx(energy * 0.7 * 0.9 * 1.7));
}

TEST_CASE("where the bins agree, PyRadiomics' matrices are IBSI's") {
  Case c = ragged(0, 200, 4);
  // The minimum is a multiple of the bin width, so both ways to bin give the same levels; a full
  // box has a neighbour everywhere.
  c.image.values()[0] = 0;
  std::fill(c.mask.values().begin(), c.mask.values().end(), std::uint8_t{1});
  const auto values = values_of(c, Parameters());
  Settings settings;
  settings.bin_width_hu = 25;
  const auto ibsi = measure(c, settings, {"glcm", "glrlm", "glszm", "ngldm", "ngtdm"});
  const std::map<std::string, std::string> same{
      {"glcm_Contrast", "glcm.contrast"},
      {"glcm_Correlation", "glcm.correlation"},
      {"glcm_Idm", "glcm.inverse_difference_moment"},
      {"glcm_Idmn", "glcm.normalised_inverse_difference_moment"},
      {"glcm_Imc1", "glcm.information_correlation_1"},
      {"glcm_Imc2", "glcm.information_correlation_2"},
      {"glcm_ClusterProminence", "glcm.cluster_prominence"},
      {"glcm_SumSquares", "glcm.joint_variance"},
      {"glrlm_RunPercentage", "glrlm.run_percentage"},
      {"glrlm_RunEntropy", "glrlm.run_entropy"},
      {"glrlm_LongRunLowGrayLevelEmphasis", "glrlm.long_run_low_grey_level_emphasis"},
      {"glszm_ZoneVariance", "glszm.zone_size_variance"},
      {"glszm_SizeZoneNonUniformity", "glszm.zone_size_non_uniformity"},
      {"gldm_DependenceEntropy", "ngldm.dependence_count_entropy"},
      {"gldm_SmallDependenceHighGrayLevelEmphasis",
       "ngldm.low_dependence_high_grey_level_emphasis"},
      {"ngtdm_Coarseness", "ngtdm.coarseness"},
      {"ngtdm_Contrast", "ngtdm.contrast"},
      {"ngtdm_Busyness", "ngtdm.busyness"},
      {"ngtdm_Complexity", "ngtdm.complexity"},
      {"ngtdm_Strength", "ngtdm.strength"}};
  for (const auto& [theirs, ours] : same) {
    INFO(theirs);
    CHECK(values.at(theirs) == Approx(ibsi.at(ours).value).epsilon(1e-10));
  }
  settings.glrlm = Aggregation::merge_3d;
  pyradiomics::Settings merged;
  merged.weighting_norm = "no_weighting";
  const auto of_merged = values_of(c, parameters_of(merged, {{"glrlm", {}}}));
  const auto ibsi_merged = measure(c, settings, {"glrlm"});
  CHECK(of_merged.at("glrlm_RunPercentage") ==
        Approx(ibsi_merged.at("glrlm.run_percentage").value).epsilon(1e-10));
  CHECK(of_merged.at("glrlm_RunVariance") ==
        Approx(ibsi_merged.at("glrlm.run_length_variance").value).epsilon(1e-10));
}

TEST_CASE("co-occurrence of any distance, weight and symmetry equals pair by pair counting") {
  const Case c = ragged(0, 150, 5);
  const Vec3 spacing = c.image.grid().spacing;
  const auto size = c.image.grid().size;
  const auto level = [&](Index i, Index j, Index k) {
    for (const auto& [at, n] : {std::pair(i, size[0]), {j, size[1]}, {k, size[2]}})
      if (at < 0 || at >= n) return 0;
    return c.mask(i, j, k) ? int(c.image(i, j, k)) / 25 + 1 : 0;
  };
  for (const bool symmetric : {false, true}) {
    // Of each pair of opposite steps, the one that goes up along the last axis that it moves along.
    Eigen::MatrixXd p = Eigen::MatrixXd::Zero(7, 7);
    for (int z = 0; z <= 2; ++z)
      for (int y = -2; y <= 2; ++y)
        for (int x = -2; x <= 2; ++x) {
          if (z == 0 && (y < 0 || (y == 0 && x <= 0))) continue;
          const double weight = std::exp(-spacing.cwiseProduct(Vec3(x, y, z)).squaredNorm());
          for (Index k = 0; k < size[2]; ++k)
            for (Index j = 0; j < size[1]; ++j)
              for (Index i = 0; i < size[0]; ++i)
                if (const int a = level(i, j, k), b = level(i + x, j + y, k + z); a && b) {
                  p(a, b) += weight;
                  if (symmetric) p(b, a) += weight;
                }
        }
    p /= p.sum();
    const Eigen::VectorXd px = p.rowwise().sum(), py = p.colwise().sum().transpose();
    double contrast = 0, mean_x = 0, mean_y = 0;
    for (int i = 1; i < 7; ++i) mean_x += i * px[i], mean_y += i * py[i];
    double shade = 0, covariance = 0, vx = 0, vy = 0;
    for (int i = 1; i < 7; ++i)
      for (int j = 1; j < 7; ++j) {
        contrast += (i - j) * (i - j) * p(i, j);
        shade += std::pow(i + j - mean_x - mean_y, 3) * p(i, j);
        covariance += (i - mean_x) * (j - mean_y) * p(i, j);
        vx += (i - mean_x) * (i - mean_x) * p(i, j);
        vy += (j - mean_y) * (j - mean_y) * p(i, j);
      }
    Eigen::MatrixXd q = Eigen::MatrixXd::Zero(6, 6);
    for (int i = 0; i < 6; ++i)
      for (int j = 0; j < 6; ++j)
        for (int k = 0; k < 6; ++k)
          q(i, j) += p(i + 1, k + 1) * p(j + 1, k + 1) / (px[i + 1] * py[k + 1]);
    Eigen::VectorXd eigenvalues = Eigen::EigenSolver<Eigen::MatrixXd>(q).eigenvalues().real();
    std::sort(eigenvalues.data(), eigenvalues.data() + 6);

    pyradiomics::Settings settings;
    settings.distances = {1, 2};
    settings.weighting_norm = "euclidean";
    settings.symmetrical_glcm = symmetric;
    const auto values = values_of(c, parameters_of(settings, {{"glcm", {}}}));
    CHECK(values.at("glcm_Contrast") == Approx(contrast).epsilon(1e-10));
    CHECK(values.at("glcm_ClusterShade") == Approx(shade).epsilon(1e-8));
    CHECK(values.at("glcm_JointAverage") == Approx(mean_x).epsilon(1e-10));
    CHECK(values.at("glcm_Correlation") == Approx(covariance / std::sqrt(vx * vy)).epsilon(1e-10));
    CHECK(values.at("glcm_MCC") == Approx(std::sqrt(eigenvalues[4])).epsilon(1e-10));
    CHECK(values.at("glcm_Id") > 0);
  }
}

TEST_CASE("a flat region has PyRadiomics' conventional values") {
  Grid grid;
  grid.size = {3, 3, 3};
  const auto values =
      values_of(make_case(
                    grid, [](const Vec3&) { return 40; }, [](const Vec3&) { return true; }),
                Parameters());
  const std::map<std::string, double> expected{{"firstorder_Kurtosis", 0},
                                               {"firstorder_Skewness", 0},
                                               {"firstorder_Uniformity", 1},
                                               {"glcm_Correlation", 1},
                                               {"glcm_MCC", 1},
                                               {"glcm_Imc1", 0},
                                               {"glcm_Imc2", 0},
                                               {"ngtdm_Coarseness", 1e6},
                                               {"ngtdm_Contrast", 0},
                                               {"ngtdm_Busyness", 0},
                                               {"ngtdm_Strength", 0}};
  for (const auto& [name, value] : expected) {
    INFO(name);
    CHECK(values.at(name) == Approx(value).margin(1e-12));
  }
}

TEST_CASE("a voxel without neighbours counts in PyRadiomics' tone differences") {
  // 1 and 2 side by side, a lone 2: n = (1, 2), s = (1, 1), so contrast by hand is
  // 2 p1 p2 / 2 * (s1 + s2) / 3 with p1 = 1/3, p2 = 2/3.
  Grid grid;
  grid.size = {6, 1, 1};
  const auto values = values_of(make_case(
                                    grid, [](const Vec3& p) { return p[0] < 0.5 ? 10 : 30; },
                                    [](const Vec3& p) { return p[0] < 1.5 || p[0] > 4.5; }),
                                parameters_of(
                                    [] {
                                      pyradiomics::Settings line;
                                      line.minimum_roi_dimensions = 1;
                                      return line;
                                    }(),
                                    {{"ngtdm", {}}}));
  CHECK(values.at("ngtdm_Contrast") == Approx(2.0 / 9 * 2 / 3).epsilon(1e-12));
  CHECK(values.at("ngtdm_Coarseness") == Approx(1).epsilon(1e-12));
}

TEST_CASE("slices across any axis measure what a turned image does across its slices") {
  const Case c = ragged(0, 200, 6);
  for (const std::int64_t dimension : {1, 2}) {  // across y, across x
    Grid grid = c.image.grid();
    const std::size_t across = dimension == 1 ? 1 : 0;
    std::swap(grid.size[across], grid.size[2]);
    std::swap(grid.spacing[Index(across)], grid.spacing[2]);
    Case turned{Image(grid), Mask(grid)};
    for (Index k = 0; k < grid.size[2]; ++k)
      for (Index j = 0; j < grid.size[1]; ++j)
        for (Index i = 0; i < grid.size[0]; ++i) {
          std::array<Index, 3> p{i, j, k};
          std::swap(p[across], p[2]);
          turned.image(i, j, k) = c.image(p[0], p[1], p[2]);
          turned.mask(i, j, k) = c.mask(p[0], p[1], p[2]);
        }
    pyradiomics::Settings settings;
    settings.force_2d = true;
    Parameters slices = parameters_of(settings);
    slices.classes.pop_back();  // shape does not look at slices
    const auto expected = values_of(turned, slices);
    settings.force_2d_dimension = dimension;
    Parameters across_axis = parameters_of(settings);
    across_axis.classes.pop_back();
    for (const auto& [name, value] : values_of(c, across_axis)) {
      INFO(name);
      CHECK(value == Approx(expected.at(name)).epsilon(1e-10));
    }
  }
}

TEST_CASE("the classic mesh of a single voxel is an octahedron, that of a box lacks its edges") {
  const Vec3 spacing(1, 2, 3);
  const std::array<Index, 3> size{3, 3, 3};
  std::vector<std::uint8_t> mask(27, 0);
  mask[13] = 1;
  CHECK(pyradiomics::classic_mesh(mask, size, spacing).volume == Approx(1.0 / 6 * 6));
  CHECK(pyradiomics::classic_mesh(mask, size, Vec3::Ones()).area == Approx(std::sqrt(3.0)));
  const auto wide = pyradiomics::plane_diameters(mask, size, spacing);
  CHECK(wide[0] == Approx(3));
  CHECK(wide[1] == Approx(3));
  CHECK(wide[2] == Approx(2));

  // Along an edge of a box every cube loses a prism of 1/8; of a corner's 1/8 a tetrahedron of 1/48
  // is left.
  const Index n = 5;
  std::vector<std::uint8_t> box(7 * 7 * 7, 0);
  for (Index k = 1; k <= n; ++k)
    for (Index j = 1; j <= n; ++j)
      for (Index i = 1; i <= n; ++i) box[std::size_t((k * 7 + j) * 7 + i)] = 1;
  const double volume = 125 - 12 * (n - 1) * 0.125 - 8 * (1.0 / 8 - 1.0 / 48);
  CHECK(pyradiomics::classic_mesh(box, {7, 7, 7}, Vec3::Ones()).volume == Approx(volume));
}

TEST_CASE("the classic mesh is closed where no face is ambiguous") {
  // A ball: then the volume does not depend on where it lies, and mesh and voxels agree.
  const auto ball = [](Index shift, Index n) {
    std::vector<std::uint8_t> mask(std::size_t(n * n * n), 0);
    for (Index k = 0; k < n; ++k)
      for (Index j = 0; j < n; ++j)
        for (Index i = 0; i < n; ++i) {
          const double x = double(i - shift) - 10.3, y = double(j) - 10.1, z = double(k) - 9.8;
          mask[std::size_t((k * n + j) * n + i)] = x * x + y * y + z * z < 64;
        }
    return pyradiomics::classic_mesh(mask, {n, n, n}, Vec3(1, 1, 1));
  };
  const auto here = ball(0, 30), there = ball(7, 30);
  CHECK(here.volume == Approx(there.volume).epsilon(1e-12));
  CHECK(here.area == Approx(there.area).epsilon(1e-12));
  CHECK(here.volume == Approx(4.0 / 3 * M_PI * 512).epsilon(0.02));
  CHECK(here.area == Approx(4 * M_PI * 64).epsilon(0.1));
}

TEST_CASE("the outline of a slice has its area and perimeter") {
  // 2 x 1 pixels of 1 x 2 mm: corners are cut off by half a pixel along both axes.
  std::vector<std::uint8_t> mask{0, 0, 0, 0, 0, 1, 1, 0, 0, 0, 0, 0};
  const auto outline = pyradiomics::classic_outline(mask, {4, 3}, {1.0, 2.0});
  CHECK(outline.area == Approx(2 * (2 - 4 * 0.125)));
  CHECK(outline.perimeter == Approx(2 * 1 + 4 * 0.5 * std::sqrt(5.0)));

  Grid grid;
  grid.size = {6, 5, 3};
  const Case c = make_case(
      grid, [](const Vec3& p) { return p[0]; },
      [](const Vec3& p) { return p[2] == 1 && p[0] > 1 && p[0] < 4 && p[1] == 2; });
  pyradiomics::Settings settings;
  settings.force_2d = true;
  settings.minimum_roi_dimensions = 1;
  const auto values = values_of(c, parameters_of(settings, {{"shape2D", {}}}));
  CHECK(values.at("shape2D_PixelSurface") == 2);
  CHECK(values.at("shape2D_MeshSurface") == Approx(1.5));
  CHECK(values.at("shape2D_MaximumDiameter") == Approx(2));
  CHECK(values.at("shape2D_MajorAxisLength") == Approx(2));
  CHECK(values.at("shape2D_MinorAxisLength") == Approx(0).margin(1e-12));
}

TEST_CASE("PyRadiomics' refusals are errors that say what to do") {
  Grid grid;
  grid.size = {4, 4, 4};
  const auto with = [&](auto inside, pyradiomics::Settings settings = {}) {
    return values_of(make_case(
                         grid, [](const Vec3& p) { return p[0]; }, inside),
                     parameters_of(settings));
  };
  const auto all = [](const Vec3&) { return true; };
  CHECK_THROWS_WITH(with([](const Vec3&) { return false; }), Catch::Contains("mask is empty"));
  CHECK_THROWS_WITH(with([](const Vec3& p) { return p.norm() == 0; }),
                    Catch::Contains("single voxel"));
  CHECK_THROWS_WITH(with([](const Vec3& p) { return p[1] == 0 && p[2] == 0; }),
                    Catch::Contains("extends along 1 axes"));
  pyradiomics::Settings settings;
  settings.minimum_roi_size = 64;
  CHECK_THROWS_WITH(with(all, settings), Catch::Contains("has 64 voxels"));
  settings = {};
  settings.resegment_range = {100};
  CHECK_THROWS_WITH(with(all, settings), Catch::Contains("re-segmentation leaves 0 of 64"));
}
