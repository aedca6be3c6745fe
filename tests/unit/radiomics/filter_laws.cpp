#include <cmath>
#include <numbers>

#include "filter_support.hpp"
#include "support.hpp"
#include "vitrine/core/parallel.hpp"
#include "vitrine/radiomics/filters/detail/separable.hpp"
#include "vitrine/radiomics/filters/response.hpp"

using namespace vitrine;
using namespace vitrine::radiomics;
using namespace vitrine::radiomics::test;

namespace {

using Parameters = std::initializer_list<std::pair<const char*, Value>>;

/// Every filter of the catalogue, some in several ways, with periodic padding.
const std::vector<Pick<ImageFilter>>& periodic_filters() {
  static const std::vector<Pick<ImageFilter>> filters = [] {
    std::vector<Pick<ImageFilter>> all;
    const Value periodic = "periodic";
    for (const Parameters& p :
         {Parameters{{"kind", "mean"}, {"support", 3.0}, {"padding", periodic}},
          Parameters{{"kind", "log"}, {"sigma_mm", 1.2}, {"padding", periodic}},
          Parameters{
              {"kind", "log"}, {"sigma_mm", 0.9}, {"dimensions", "2d"}, {"padding", periodic}},
          Parameters{{"kind", "laws"}, {"kernels", "E5L5S3"}, {"padding", periodic}},
          Parameters{{"kind", "laws"},
                     {"kernels", "L3R5"},
                     {"rotation_invariance", "average"},
                     {"padding", periodic}},
          Parameters{{"kind", "laws"},
                     {"kernels", "L3E3R5"},
                     {"rotation_invariance", "max"},
                     {"energy_distance", 1.0},
                     {"padding", periodic}},
          Parameters{{"kind", "gabor"},
                     {"sigma_mm", 1.3},
                     {"wavelength_mm", 3.0},
                     {"aspect", 0.7},
                     {"angle_deg", 35.0},
                     {"padding", periodic}},
          Parameters{{"kind", "gabor"},
                     {"sigma_mm", 1.1},
                     {"wavelength_mm", 2.5},
                     {"rotation_invariance", "max"},
                     {"angle_step_deg", 45.0},
                     {"orthogonal_planes", true},
                     {"padding", periodic}}})
      all.push_back(make_filter(p));
    return all;
  }();
  return filters;
}

Image shifted(const Image& image, std::array<Index, 3> by) {
  const auto& n = image.grid().size;
  Image out(image.grid());
  for (Index k = 0; k < n[2]; ++k)
    for (Index j = 0; j < n[1]; ++j)
      for (Index i = 0; i < n[0]; ++i)
        out((i + by[0]) % n[0], (j + by[1]) % n[1], (k + by[2]) % n[2]) = image(i, j, k);
  return out;
}

double largest(const Image& image) { return largest_difference(image, Image(image.grid())); }

Image scaled(const Image& image, float factor) {
  Image out = image;
  for (float& x : out.values()) x *= factor;
  return out;
}

/// An impulse in the middle of an image of odd size.
Image impulse(std::array<Index, 3> size, Vec3 spacing = Vec3::Ones()) {
  Image image(Grid{size, spacing, Vec3::Zero(), Mat3::Identity()});
  image(size[0] / 2, size[1] / 2, size[2] / 2) = 1;
  return image;
}

}  // namespace

TEST_CASE("with periodic padding a filter's response moves with the image") {
  const Image image = noise_image({21, 18, 10}, Vec3(0.8, 1, 1.5));
  for (const auto& filter : periodic_filters()) {
    INFO(filter_name(filter));
    const Image response = filter->apply(image, Isa::portable);
    const std::array<Index, 3> by{5, 11, 3};
    CHECK(largest_difference(filter->apply(shifted(image, by), Isa::portable),
                             shifted(response, by)) <= 2e-6 * largest(response) + 1e-4);
  }
}

TEST_CASE("twice the image gives twice the response, of every filter") {
  const Image image = noise_image({21, 18, 10});
  for (const auto& filter : periodic_filters()) {
    INFO(filter_name(filter));
    const Image response = filter->apply(image, Isa::portable);
    CHECK(largest(response) > 1);
    // A power of two: exact.
    CHECK(largest_difference(filter->apply(scaled(image, 2), Isa::portable), scaled(response, 2)) ==
          0);
  }
}

TEST_CASE("responses have the same bits within another loop, on one thread") {
  const Image image = noise_image({40, 33, 12});
  for (const auto& filter : periodic_filters()) {
    const Image outside = filter->apply(image, Isa::portable);
    parallel_for(2, [&](Index) {
      const Image inside = filter->apply(image, Isa::portable);
      require(std::equal(inside.values().begin(), inside.values().end(), outside.values().begin()),
              Error::Kind::data, filter_name(filter), " depends on threads");
    });
  }
}

TEST_CASE("2D filters see one slice") {
  const Image image = noise_image({20, 17, 3});
  Image other = image;
  other(9, 8, 0) += 1000;
  for (const auto& filter :
       {make_filter({{"kind", "mean"}, {"support", 5.0}, {"dimensions", "2d"}}),
        make_filter({{"kind", "log"}, {"sigma_mm", 1.0}, {"dimensions", "2d"}}),
        make_filter({{"kind", "laws"}, {"kernels", "L5S5"}, {"energy_distance", 2.0}}),
        make_filter({{"kind", "gabor"}, {"sigma_mm", 1.0}, {"wavelength_mm", 2.0}})}) {
    INFO(filter_name(filter));
    const Image a = filter->apply(image, Isa::portable), b = filter->apply(other, Isa::portable);
    CHECK(a(9, 8, 0) != b(9, 8, 0));
    for (Index k = 1; k < 3; ++k)
      for (Index j = 0; j < 17; ++j)
        for (Index i = 0; i < 20; ++i) REQUIRE(a(i, j, k) == b(i, j, k));
  }
}

TEST_CASE("an impulse's response to Laws' kernels is their product, of norm 1") {
  const Image response = make_filter({{"kind", "laws"}, {"kernels", "E5L5S3"}, {"padding", "zero"}})
                             ->apply(impulse({9, 9, 9}), Isa::portable);
  const std::array<double, 5> edge{-1, -2, 0, 2, 1}, level{1, 4, 6, 4, 1};
  const std::array<double, 3> spot{-1, 2, -1};
  double squares = 0;
  for (Index k = 0; k < 9; ++k)
    for (Index j = 0; j < 9; ++j)
      for (Index i = 0; i < 9; ++i) {
        const auto tap = [](const auto& taps, Index t) {
          const Index at = t - 4 + std::ssize(taps) / 2;
          return at >= 0 && at < std::ssize(taps) ? taps[std::size_t(at)] : 0.0;
        };
        const double expected =
            tap(edge, i) * tap(level, j) * tap(spot, k) / std::sqrt(10.0 * 70.0 * 6.0);
        REQUIRE(response(i, j, k) == Approx(expected).margin(1e-6));
        squares += double(response(i, j, k)) * double(response(i, j, k));
      }
  CHECK(squares == Approx(1).epsilon(1e-6));
}

TEST_CASE("kernels that sum to zero do not see constants") {
  const Image flat(noise_image({12, 11, 10}).grid(), -1000.0f);
  const auto response = [&](Parameters p) { return make_filter(p)->apply(flat, Isa::portable); };
  // Roundings of doubles: 1e-16 of 1000 HU times the gain of L5, 1.9.
  CHECK(largest(response({{"kind", "laws"}, {"kernels", "L5E5S5"}})) < 1e-11);
  CHECK(largest(response({{"kind", "laws"},
                          {"kernels", "L5E5E5"},
                          {"rotation_invariance", "max"},
                          {"energy_distance", 3.0}})) < 1e-11);
  // 3D, sigma 2 voxels: what the cut at 4 sigma leaves of u^2 g is 3 * 2 * 4 phi(4) = 3.2e-3 of
  // g's integral, over sigma^2; at 6 sigma 2e-7.
  CHECK(largest(response({{"kind", "log"}, {"sigma_mm", 2.0}})) < 1000 * 3.5e-3 / 4);
  CHECK(largest(response({{"kind", "log"}, {"sigma_mm", 2.0}, {"cutoff", 6.0}})) < 1e-3);
  // The wave's spectrum at zero frequency: exp(-(2 pi sigma / lambda)^2 / 2) = 3e-9 of the
  // envelope's integral, 2 pi sigma^2.
  CHECK(largest(response({{"kind", "gabor"}, {"sigma_mm", 2.0}, {"wavelength_mm", 2.0}})) <
        1000 * 2 * std::numbers::pi * 4 * 1e-6);
}

TEST_CASE("an impulse's response to the Laplacian of Gaussian is the formula on the voxels' grid") {
  const Vec3 spacing(0.8, 1, 1.6);
  const double sigma = 1.5;
  const Image response = make_filter({{"kind", "log"}, {"sigma_mm", sigma}, {"padding", "zero"}})
                             ->apply(impulse({17, 15, 11}, spacing), Isa::portable);
  const double voxel = spacing.prod(), edge = std::cbrt(voxel);
  for (Index k = 0; k < 11; ++k)
    for (Index j = 0; j < 15; ++j)
      for (Index i = 0; i < 17; ++i) {
        const Vec3 p = spacing.cwiseProduct(Vec3(double(i - 8), double(j - 7), double(k - 5)));
        const double u2 = p.squaredNorm() / (sigma * sigma);
        const double expected = -edge * edge / (sigma * sigma) * (3 - u2) * std::exp(-0.5 * u2) *
                                voxel / std::pow(std::sqrt(2 * std::numbers::pi) * sigma, 3);
        const bool cut = std::abs(i - 8) > 8 || std::abs(j - 7) > 6 || std::abs(k - 5) > 4;
        REQUIRE(response(i, j, k) == Approx(cut ? 0 : expected).margin(1e-8));
      }
}

TEST_CASE("a Gabor response is the sum over the kernel, beyond tiles and edges, on oblong voxels") {
  const Vec3 spacing(0.7, 1.1, 2);
  const Image image = noise_image({150, 37, 2}, spacing);
  const double sigma = 1.9, lambda = 3.1, gamma = 0.6, theta = 0.7;
  for (const auto& [word, padding] :
       {std::pair("zero", Padding::zero), std::pair("mirror", Padding::mirror)}) {
    const Image response = make_filter({{"kind", "gabor"},
                                        {"sigma_mm", sigma},
                                        {"wavelength_mm", lambda},
                                        {"aspect", gamma},
                                        {"angle_deg", theta * 180 / std::numbers::pi},
                                        {"padding", word}})
                               ->apply(image, best_isa());
    for (const auto& [i, j] : {std::pair<Index, Index>(0, 0), {75, 18}, {149, 36}, {64, 2}}) {
      double real = 0, imaginary = 0;
      for (Index b = -40; b <= 40; ++b)
        for (Index a = -60; a <= 60; ++a) {
          const Index from_i = padded_index(i - a, 150, padding),
                      from_j = padded_index(j - b, 37, padding);
          if (from_i < 0 || from_j < 0) continue;
          const double x = double(a) * spacing.x(), y = double(b) * spacing.y();
          const double along = x * std::cos(theta) + y * std::sin(theta),
                       across = y * std::cos(theta) - x * std::sin(theta);
          const double g =
              std::exp(-(along * along + gamma * gamma * across * across) / (2 * sigma * sigma));
          real += g * std::cos(2 * std::numbers::pi * along / lambda) *
                  double(image(from_i, from_j, 1));
          imaginary += g * std::sin(2 * std::numbers::pi * along / lambda) *
                       double(image(from_i, from_j, 1));
        }
      CHECK(response(i, j, 1) == Approx(std::hypot(real, imaginary)).epsilon(1e-5).margin(1e-2));
    }
  }
}

TEST_CASE("Gabor responses over all directions and planes turn with the image") {
  const auto filter = make_filter({{"kind", "gabor"},
                                   {"sigma_mm", 1.5},
                                   {"wavelength_mm", 3.0},
                                   {"aspect", 1.4},
                                   {"rotation_invariance", "average"},
                                   {"angle_step_deg", 22.5},
                                   {"orthogonal_planes", true}});
  const Image image = noise_image({12, 10, 9});
  const Image response = filter->apply(image, Isa::portable);
  for (const Rotation& rotation : right_angle_rotations(Dimensions::volume))
    CHECK(largest_difference(filter->apply(rotated(image, rotation), Isa::portable),
                             rotated(response, rotation)) < 1e-5 * largest(response));
}

TEST_CASE("filters whose parameters make no sense are refused with what is wrong") {
  const auto problem = [](Parameters parameters) {
    Value node;
    for (const auto& [key, value] : parameters) node.set(key, value);
    Diagnostics problems;
    image_filters().make(node, problems);
    REQUIRE_FALSE(problems.ok());
    return problems.entries().front().message;
  };
  using Catch::Contains;
  CHECK_THAT(problem({{"kind", "log"}, {"sigma_mm", 0.0}}), Contains("out of range"));
  CHECK_THAT(problem({{"kind", "log"}, {"sigma", 2.0}}), Contains("sigma_mm"));
  CHECK_THAT(problem({{"kind", "mean"}, {"support", 4.0}}), Contains("odd"));
  CHECK_THAT(problem({{"kind", "laws"}, {"kernels", "L5X5"}}), Contains("L5, E5, S5"));
  CHECK_THAT(problem({{"kind", "laws"}, {"kernels", "L5E5S5R5"}}), Contains("one an axis"));
  CHECK_THAT(problem({{"kind", "gabor"},
                      {"sigma_mm", 2.0},
                      {"wavelength_mm", 2.0},
                      {"rotation_invariance", "max"}}),
             Contains("go together"));
  CHECK_THAT(problem({{"kind", "gabor"},
                      {"sigma_mm", 2.0},
                      {"wavelength_mm", 2.0},
                      {"rotation_invariance", "max"},
                      {"angle_step_deg", 50.0}}),
             Contains("divide 360"));
  CHECK_THROWS_WITH(make_filter({{"kind", "log"}, {"sigma_mm", 900.0}})
                        ->apply(noise_image({4, 4, 4}), Isa::portable),
                    Contains("3600 voxels to either side"));
}

TEST_CASE("a kernel longer than the image is what the padding says") {
  // A constant, mirrored for ever, stays itself.
  const Image flat(Grid{{3, 2, 1}, Vec3::Ones(), Vec3::Zero(), Mat3::Identity()}, 7.0f);
  CHECK(largest_difference(
            make_filter({{"kind", "mean"}, {"support", 51.0}})->apply(flat, Isa::portable), flat) <
        1e-5);
  const Image response =
      make_filter({{"kind", "gabor"}, {"sigma_mm", 4.0}, {"wavelength_mm", 50.0}})
          ->apply(flat, Isa::portable);
  const double sum =
      2 * std::numbers::pi * 16 * std::exp(-0.5 * std::pow(0.16 * std::numbers::pi, 2));
  for (const float x : response.values()) CHECK(x == Approx(7 * sum).epsilon(1e-5));
}

namespace {

/// A ball of 300 voxels near the corner of noise, on oblong voxels.
Case ball() {
  const Grid grid{{24, 20, 9}, Vec3(0.9, 0.9, 2), Vec3(3, -4, 8), Mat3::Identity()};
  const Image noise = noise_image(grid.size, grid.spacing);
  const Vec3 middle = grid.centre(5, 6, 4);
  Case made = make_case(
      grid, [](const Vec3&) { return 0.0; },
      [&](const Vec3& p) { return (p - middle).norm() < 5; });
  std::copy(noise.values().begin(), noise.values().end(), made.image.values().begin());
  return made;
}

}  // namespace

TEST_CASE("the whole interpolated image holds what its region holds, at the region's place") {
  const Case c = ball();
  for (const double spacing : {0.0, 1.3})
    for (const Interpolation kind : {Interpolation::linear, Interpolation::cubic}) {
      Settings settings;
      settings.spacing_mm = spacing;
      settings.interpolation = kind;
      settings.range_hu = {{-300, 450}};
      const Region region = prepare(c.image, c.mask, settings, Keep::surroundings);
      const Image whole = interpolated(c.image, settings);
      const Region again = with_response(region, whole);
      REQUIRE(region.hu.size() > 100);
      CHECK(again.hu == region.hu);
      CHECK(again.surroundings->hu == region.surroundings->hu);
      CHECK((whole.grid().centre(region.low[0], region.low[1], region.low[2]) - region.grid.origin)
                .norm() < 1e-12);
    }
}

TEST_CASE("a filter's features are of its response in the voxels that the image's range left") {
  const Case c = ball();
  Settings settings;
  settings.range_hu = {{-300, 450}};
  Settings filtered = settings;
  filtered.filters = {make_filter({{"kind", "original"}}),
                      make_filter({{"kind", "mean"}, {"support", 1.0}}),
                      make_filter({{"kind", "log"}, {"sigma_mm", 1.5}})};
  const std::vector<std::string> wanted{"morphology.sphericity", "statistics", "glcm"};
  const Region region = prepare(c.image, c.mask, settings);
  const auto plain = extract_filtered(c.image, region, settings, wanted, Isa::portable);
  const auto all = extract_filtered(c.image, region, filtered, wanted, Isa::portable);
  REQUIRE(plain.size() == 1);
  REQUIRE(all.size() == 3);
  CHECK(all[0].filter == "original");
  CHECK(all[2].filter == "log_sigma_mm_1.5");
  REQUIRE(all[0].values.size() == plain[0].values.size());
  for (std::size_t v = 0; v < plain[0].values.size(); ++v)
    CHECK(all[0].values[v].value == plain[0].values[v].value);
  // Response maps have no shape. The mean of one voxel is the image: equal statistics, and textures
  // as with that fixed number of bins.
  Settings by_number = settings;
  by_number.bin_count = 32;
  const auto expected = extract(region, by_number, wanted);
  REQUIRE(all[1].values.size() == expected.size() - 1);
  for (std::size_t v = 0; v < all[1].values.size(); ++v) {
    CHECK(all[1].values[v].info->id == expected[v + 1].info->id);
    CHECK(all[1].values[v].value == expected[v + 1].value);
  }
  // The response itself goes beyond the range that chose its voxels.
  const Region response = with_response(
      region, make_filter({{"kind", "gabor"}, {"sigma_mm", 2.0}, {"wavelength_mm", 3.0}})
                  ->apply(c.image, Isa::portable));
  CHECK(response.voxels == region.voxels);
  CHECK(*std::max_element(response.hu.begin(), response.hu.end()) > 450);
}

TEST_CASE("a filter may be there once") {
  Value list(Value::List{Value("original"), Value("original")});
  Value node;
  node.set("filters", list);
  Diagnostics problems;
  Settings::schema().read(node, problems);
  REQUIRE_FALSE(problems.ok());
  CHECK_THAT(problems.entries().front().message, Catch::Contains("original is there twice"));
}
