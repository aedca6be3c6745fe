#include "vitrine/recon/penalised_fit.hpp"

#include <catch2/catch.hpp>
#include <numeric>

#include "iterative_fixture.hpp"
#include "vitrine/core/hash.hpp"

using namespace vitrine;
using namespace vitrine::recon;

namespace {

/// Few rays, not alike: a water disc with noise, weights that follow it.
MeasuredRays few_rays(Index rows = 4) {
  ScanGeometry g = small_scan(rows, 24);
  g.columns = 160;
  g.column_angle *= 2.0;
  RayNoise noise = quanta(g, 5e3, 2e-3);
  LineIntegrals rays = noisy(
      project(g, {{cylinder({6, -4, 0}, 60), mu_70kev}, {ball({20, 10, 0}, 9), 0.01}}), 5e3, 2e-3);
  return {std::move(rays), std::move(noise)};
}

Grid few_voxels(Index slices = 3) { return box(150, 44, {3, -2, 0}, slices, 1.4); }

constexpr Prior prior{0.1, 0.002};

std::vector<float> random_values(std::size_t size, std::uint64_t key) {
  Rng rng(make_stream(key, "values", Draw::test), 0);
  std::vector<float> out(size);
  for (float& v : out) v = float(rng.normal());
  return out;
}

double dot(std::span<const float> a, std::span<const float> b) {
  double sum = 0.0;
  for (std::size_t i = 0; i < a.size(); ++i) sum += double(a[i]) * double(b[i]);
  return sum;
}

}  // namespace

TEST_CASE("the weighted system of a fit and its back projection are transposes") {
  const MeasuredRays rays = few_rays();
  const PenalisedFit fit(few_voxels(), rays, prior, 4, isa());
  const auto x = random_values(std::size_t(few_voxels().count()), 1);
  const auto p = random_values(fit.rays(), 2);
  std::vector<float> ax(p.size()), atp(x.size());
  fit.forward(x, ax);
  fit.back(p, atp);
  const double scale = std::sqrt(dot(ax, ax) * dot(p, p));
  CHECK(std::abs(dot(ax, p) - dot(x, atp)) < 1e-6 * scale);
}

TEST_CASE("the gradient of a fit's objective is its finite difference") {
  const MeasuredRays rays = few_rays();
  // Once with the data alone to speak of, once with the prior.
  for (const double half : {10.0, 0.004}) {
    const PenalisedFit fit(few_voxels(), rays, {half, 0.002}, 3, isa());
    auto x = random_values(std::size_t(few_voxels().count()), 3);
    const auto way = random_values(x.size(), 4);
    for (float& v : x) v *= 0.005f;
    std::vector<float> gradient(x.size());
    fit.gradient(x, gradient);
    constexpr float step = 2e-5f;
    auto ahead = x, behind = x;
    for (std::size_t i = 0; i < x.size(); ++i) {
      ahead[i] += step * way[i];
      behind[i] -= step * way[i];
    }
    double moved = 0.0;  // of what floats hold
    std::vector<float> difference(x.size());
    for (std::size_t i = 0; i < x.size(); ++i) difference[i] = ahead[i] - behind[i];
    moved = dot(gradient, difference);
    CAPTURE(half);
    CHECK(fit.objective(ahead) - fit.objective(behind) == Approx(moved).epsilon(2e-3));
  }
}

TEST_CASE("without subsets and momentum the objective never rises") {
  const MeasuredRays rays = few_rays();
  const PenalisedFit fit(few_voxels(), rays, prior, 1, isa());
  auto x = random_values(std::size_t(few_voxels().count()), 5);
  for (float& v : x) v = 0.01f + 0.003f * v;
  double before = fit.objective(x);
  for (int iteration = 0; iteration < 8; ++iteration) {
    fit.improve(x, 1, false);
    const double now = fit.objective(x);
    CHECK(now < before);
    before = now;
  }
}

TEST_CASE("subsets and momentum reach a lower objective in as many passes") {
  const MeasuredRays rays = few_rays();
  const auto after = [&](Index subsets, bool momentum) {
    std::vector<float> x(std::size_t(few_voxels().count()), 0.0f);
    PenalisedFit(few_voxels(), rays, prior, subsets, isa()).improve(x, 6, momentum);
    return PenalisedFit(few_voxels(), rays, prior, 1, isa()).objective(x);
  };
  const double plain = after(1, false), subsets = after(5, false), both = after(5, true);
  CHECK(subsets < plain);
  CHECK(both < subsets);
}

TEST_CASE("a fit to rays of its own voxels finds them", "[full]") {
  MeasuredRays rays = few_rays();
  const Grid stack = box(176, 44, {0, 0, 0}, 3, 2.0);
  std::vector<float> truth;
  for (Index k = 0; k < stack.size[2]; ++k)
    for (Index j = 0; j < stack.size[1]; ++j)
      for (Index i = 0; i < stack.size[0]; ++i) {
        const Vec3 p = stack.centre(i, j, k);
        const double r = (p.x() * p.x() + p.y() * p.y()) / (40.0 * 40.0);
        truth.push_back(float(mu_70kev * math::exp(-r) * (1.0 + 0.02 * p.z())));
      }
  const auto& g = rays.values.geometry();
  physics::VoxelProjector(stack, g, physics::Footprint::distance_driven, isa())
      .forward(truth, rays.values.values());
  std::vector<float> x(truth.size(), 0.0f);
  PenalisedFit(stack, rays, {5.0, 0.01}, 5, isa()).improve(x, 40);
  double squares = 0.0;
  int n = 0;
  for (Index j = 0; j < 44; ++j)
    for (Index i = 0; i < 44; ++i) {
      const Vec3 p = stack.centre(i, j, 1);
      if (p.x() * p.x() + p.y() * p.y() > 70.0 * 70.0) continue;
      const auto at = std::size_t(stack.offset(i, j, 1));
      squares += std::pow(1000.0 / mu_70kev * double(x[at] - truth[at]), 2);
      ++n;
    }
  CHECK(std::sqrt(squares / n) < 1.0);  // HU
}

TEST_CASE("a fit has the same bits on one thread as on all", "[bits]") {
  const MeasuredRays rays = few_rays();
  const auto digest = [&] {
    std::vector<float> x(std::size_t(few_voxels().count()), 0.01f);
    PenalisedFit(few_voxels(), rays, prior, 4, isa()).improve(x, 2);
    return sha256(std::as_bytes(std::span(x)));
  };
  const Digest on_all = digest();
  Digest alone[2];
  parallel_for(2, [&](Index i) { alone[i] = digest(); });
  CHECK(on_all == alone[0]);
  CHECK(on_all == alone[1]);
}

TEST_CASE("ray weights are the inverse variance of the line integrals") {
  // Noise of 40 draws behind 100 mm of water, against 1 / weight; electronic noise counts.
  const ScanGeometry g = small_scan(8, 40);
  LineIntegrals clean(g);
  std::ranges::fill(clean.values(), float(100.0 * mu_70kev));
  const MeasuredRays rays{noisy(std::move(clean), 4000.0, 0.005), quanta(g, 4000.0, 0.005)};
  std::vector<float> weights(rays.values.view(0).size());
  double variance = 0.0, expected = 0.0, n = 0.0;
  for (Index v = 0; v < g.views(); ++v) {
    ray_weights(rays, v, isa(), weights);
    for (std::size_t i = 0; i < weights.size(); ++i) {
      variance += std::pow(double(rays.values.view(v)[i]) - 100.0 * mu_70kev, 2);
      expected += 1.0 / double(weights[i]);
      n += 1.0;
    }
  }
  CHECK(variance / expected == Approx(1.0).epsilon(0.06));
}

TEST_CASE("a fit refuses an image that no view meets") {
  const MeasuredRays rays = few_rays();
  Grid far = few_voxels();
  far.origin.z() += 400.0;
  CHECK_THROWS_WITH(PenalisedFit(far, rays, prior, 4, isa()),
                    Catch::Contains("no view of the scan meets the image"));
}
