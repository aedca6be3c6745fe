#include <catch2/catch.hpp>
#include <complex>
#include <numbers>

#include "support.hpp"
#include "vitrine/radiomics/detail/autocorrelation.hpp"
#include "vitrine/radiomics/detail/lane_fft.hpp"

using namespace vitrine;
using namespace vitrine::radiomics;
using namespace vitrine::radiomics::test;

namespace {

/// Sums over all pairs, written as the features are defined.
PairSums plain_sums(const Region& region, double mean) {
  PairSums plain;
  for (std::size_t a = 0; a < region.voxels.size(); ++a) {
    PairSums of_voxel;  // a sum of millions in one piece would lose three digits
    for (std::size_t b = 0; b < region.voxels.size(); ++b) {
      if (a == b) continue;
      const auto p = region.position(region.voxels[a]), q = region.position(region.voxels[b]);
      const double w =
          1 / (region.grid.centre(p[0], p[1], p[2]) - region.grid.centre(q[0], q[1], q[2])).norm();
      const double x = region.hu[a], y = region.hu[b];
      of_voxel.weights += w;
      of_voxel.products += w * (x - mean) * (y - mean);
      of_voxel.square_differences += w * (x - y) * (x - y);
    }
    plain.weights += of_voxel.weights;
    plain.products += of_voxel.products;
    plain.square_differences += of_voxel.square_differences;
  }
  return plain;
}

/// To 1e-12; products of deviations cancel, so that their rounding goes with the squares.
void check_equal(const PairSums& sums, const PairSums& expected) {
  CHECK(sums.weights == Approx(expected.weights).epsilon(1e-12));
  CHECK(sums.products ==
        Approx(expected.products).epsilon(1e-10).margin(1e-12 * expected.square_differences));
  CHECK(sums.square_differences == Approx(expected.square_differences).epsilon(1e-12));
}

/// The sums of a cuboid whose voxels are 1 and -1 in turn along i and j, mean 0, by offsets: of n
/// voxels along an axis, n - d pairs are d apart, and each product is 1 or -1 by the parity of d.
PairSums chequered_sums(std::array<Index, 3> size, const Vec3& spacing) {
  PairSums sums;
  double squares = 0;
  for (Index k = 0; k < size[2]; ++k)
    for (Index j = 0; j < size[1]; ++j) {
      double weights = 0, products = 0;
      for (Index i = j + k == 0 ? 1 : 0; i < size[0]; ++i) {
        const double signs = (i > 0 ? 2 : 1) * (j > 0 ? 2 : 1) * (k > 0 ? 2 : 1);
        const double pairs = signs * double((size[0] - i) * (size[1] - j) * (size[2] - k));
        const double w = pairs / spacing.cwiseProduct(Vec3(double(i), double(j), double(k))).norm();
        weights += w;
        products += (i + j) % 2 == 0 ? w : -w;
      }
      sums.weights += weights;
      sums.products += products;
      squares += weights;
    }
  sums.square_differences = 2 * squares - 2 * sums.products;
  return sums;
}

Case chequered(std::array<Index, 3> size, const Vec3& spacing) {
  Case c = box_of(size, spacing);
  for (Index k = 0; k < size[2]; ++k)
    for (Index j = 0; j < size[1]; ++j)
      for (Index i = 0; i < size[0]; ++i)
        c.image(i + 2, j + 2, k + 2) = (i + j) % 2 == 0 ? 1.0f : -1.0f;
  return c;
}

}  // namespace

TEST_CASE("lane transforms are the sums that define them, at every length") {
  for (const std::size_t at_least : {1, 3, 4, 7, 12, 20, 31, 60, 90, 100, 201}) {
    LaneFft transform(LaneFft::good_length(at_least));
    const std::size_t n = transform.length();
    REQUIRE(n >= at_least);
    for (const bool half : {false, true}) {
      INFO(n << (half ? ", second half zero" : ""));
      Sequence next{n};
      std::vector<Lanes> x(n);
      for (std::size_t j = 0; j < (half ? std::max<std::size_t>(n / 2, 1) : n); ++j)
        for (std::size_t l = 0; l < Lanes::count; ++l) {
          x[j].re[l] = double(next() % 1000) / 1000;
          x[j].im[l] = double(next() % 1000) / 1000 - 0.5;
        }
      std::copy(x.begin(), x.end(), transform.input().begin());
      if (half) transform.input().back().re[0] = n > 1 ? 1e9 : x[0].re[0];  // is not read
      const auto found = half ? transform.run_half() : transform.run();
      for (std::size_t k = 0; k < n; ++k)
        for (std::size_t l = 0; l < Lanes::count; ++l) {
          std::complex<double> sum = 0;
          for (std::size_t j = 0; j < n; ++j)
            sum += std::complex<double>(x[j].re[l], x[j].im[l]) *
                   std::polar(1.0, -2 * std::numbers::pi * double(j * k % n) / double(n));
          CHECK(std::abs(sum - std::complex<double>(found[k].re[l], found[k].im[l])) <
                1e-14 * double(n));
        }
    }
  }
}

TEST_CASE("pair sums pair by pair and by transforms are those of the plain double loop") {
  const std::vector<std::array<Index, 3>> sizes{{13, 9, 7}, {1, 9, 7}, {13, 1, 7}, {13, 9, 1},
                                                {1, 1, 7},  {5, 1, 1}, {2, 2, 2},  {24, 3, 2}};
  for (std::uint64_t seed = 1; seed <= 5; ++seed)
    for (const auto& size : sizes) {
      INFO("seed " << seed << ", size " << size[0] << ' ' << size[1] << ' ' << size[2]);
      Sequence next{seed + 100};
      const Grid grid{size, Vec3(0.7, 0.9, 1.25), Vec3::Zero(), Mat3::Identity()};
      Case c = make_case(
          grid, [&](const Vec3&) { return double(next() % 200); },
          [&](const Vec3&) { return next() % 100 < 20 * seed; });
      c.mask(0, 0, 0) = c.mask(size[0] - 1, size[1] - 1, size[2] - 1) = 1;
      const Region region = prepare(c.image, c.mask, Settings{});
      const PairSums plain = plain_sums(region, 97);
      check_equal(paired_distance_sums(region, 97), plain);
      check_equal(spectral_distance_sums(region, 97), plain);
    }
}

TEST_CASE("pair sums keep their precision where intensities lie far apart") {
  const Case c = make_case(
      Grid{{12, 11, 10}, Vec3(1, 1, 1), Vec3::Zero(), Mat3::Identity()},
      [](const Vec3& p) { return p.sum() < 3 ? 30000 : std::round(5 * std::sin(p.sum())); },
      [](const Vec3&) { return true; });
  const Region region = prepare(c.image, c.mask, Settings{});
  check_equal(spectral_distance_sums(region, 450), plain_sums(region, 450));
}

TEST_CASE("pair sums of a large region go by transforms, those of few voxels far apart do not") {
  const Case c = make_case(
      Grid{{46, 38, 31}, Vec3(0.8, 1, 1.5), Vec3::Zero(), Mat3::Identity()},
      [](const Vec3& p) { return std::round(50 * std::sin(p.x()) + 30 * std::cos(p.y() * p.z())); },
      [](const Vec3& p) { return (p - Vec3(18, 18, 22)).norm() < 17; });
  const Region region = prepare(c.image, c.mask, Settings{});
  REQUIRE(region.voxels.size() > 10000);
  const PairSums chosen = inverse_distance_sums(region, 3);
  CHECK(chosen.weights == spectral_distance_sums(region, 3).weights);  // which way it went
  check_equal(chosen, paired_distance_sums(region, 3));

  Case corners = box_of({200, 150, 100}, Vec3(1, 1, 1));
  for (std::uint8_t& inside : corners.mask.values()) inside = 0;
  for (const Index i : {2, 201})
    for (const Index k : {2, 101}) corners.mask(i, 2, k) = 1;
  corners.image(2, 2, 2) = 5;
  const Region strewn = prepare(corners.image, corners.mask, Settings{});
  CHECK(inverse_distance_sums(strewn, 1).weights == paired_distance_sums(strewn, 1).weights);
}

TEST_CASE("pair sums of a chequered cuboid are the sums over its offsets") {
  // In two blocks of columns, the last of them not full.
  const std::array<Index, 3> size{200, 150, 40};
  const Vec3 spacing(0.7, 0.8, 1.25);
  const Case c = chequered(size, spacing);
  const Region region = prepare(c.image, c.mask, Settings{});
  check_equal(spectral_distance_sums(region, 0), chequered_sums(size, spacing));
}

TEST_CASE("a region of ten million voxels has its spatial autocorrelation", "[full]") {
  const std::array<Index, 3> size{320, 250, 126};
  const Vec3 spacing(0.7, 0.8, 1.25);
  const Case c = chequered(size, spacing);
  const PairSums sums = chequered_sums(size, spacing);
  const double n = double(size[0] * size[1] * size[2]);
  const auto values = measure(c, Settings{}, {"morphology.moran_i", "morphology.geary_c"});
  CHECK(values.at("morphology.moran_i").value ==
        Approx(sums.products / sums.weights).epsilon(1e-9));
  CHECK(values.at("morphology.geary_c").value ==
        Approx((n - 1) / n * sums.square_differences / (2 * sums.weights)).epsilon(1e-9));
}
