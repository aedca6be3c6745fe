#include <algorithm>
#include <catch2/catch.hpp>
#include <cmath>

#include "vitrine/core/random.hpp"
#include "vitrine/model/voxel_regions.hpp"

using namespace vitrine;

namespace {

Mask random_mask(const std::array<Index, 3>& size, double share, Rng& rng) {
  Grid grid;
  grid.size = size;
  grid.spacing = {0.7, 1.1, 2.5};
  Mask mask(grid);
  for (auto& voxel : mask.values()) voxel = rng.uniform() < share;
  return mask;
}

}  // namespace

TEST_CASE("squared distances are those of the nearest marked voxel, found one by one") {
  for (const std::uint64_t seed : {1u, 2u, 3u}) {
    Rng rng(make_stream(seed, "distance", Draw::test), 0);
    const Mask mask = random_mask({9, 7, 5}, seed == 1 ? 0.01 : 0.1, rng);
    const Grid& grid = mask.grid();
    const auto squares = squared_distance(grid.size, grid.spacing, mask.values());
    for (Index v = 0; v < grid.count(); ++v) {
      const auto at = [&](Index n) { return grid.centre(n % 9, n / 9 % 7, n / 63); };
      double least = std::numeric_limits<double>::infinity();
      for (Index w = 0; w < grid.count(); ++w)
        if (mask.values()[std::size_t(w)] != 0)
          least = std::min(least, (at(v) - at(w)).squaredNorm());
      INFO("seed " << seed << ", voxel " << v);
      if (std::isinf(least))
        CHECK(std::isinf(squares[std::size_t(v)]));
      else
        CHECK(squares[std::size_t(v)] == Approx(least).margin(1e-12));
    }
  }
}

TEST_CASE("a part's own mask holds it where it lies, in a box that it fills") {
  Rng rng(make_stream(5, "components", Draw::test), 0);
  const Mask mask = random_mask({9, 8, 7}, 0.2, rng);
  const Components found = components_of(mask);
  REQUIRE(found.parts.size() > 3);
  for (std::size_t p = 0; p < found.parts.size(); ++p) {
    const Mask part = mask_of(found, p, mask.grid());
    CHECK(std::ranges::count(part.values(), 1) == found.parts[p].voxels);
    Vec3 sum = Vec3::Zero();
    for (Index v = 0; v < mask.grid().count(); ++v)
      if (found.label[std::size_t(v)] == std::int32_t(p + 1))
        sum += mask.grid().centre(v % 9, v / 9 % 8, v / 72);
    CHECK((centre_of(part) - sum / double(found.parts[p].voxels)).norm() < 1e-12);
  }
}

TEST_CASE("components part a mask: neighbours by a face share one, boxes hold all of theirs") {
  Rng rng(make_stream(4, "components", Draw::test), 0);
  const Mask mask = random_mask({12, 11, 10}, 0.35, rng);
  const Components found = components_of(mask);
  const auto& size = mask.grid().size;
  Index sum = 0;
  for (const Component& part : found.parts) sum += part.voxels;
  Index marked = 0;
  for (Index k = 0; k < size[2]; ++k)
    for (Index j = 0; j < size[1]; ++j)
      for (Index i = 0; i < size[0]; ++i) {
        const auto label = [&](Index x, Index y, Index z) {
          return found.label[std::size_t(mask.grid().offset(x, y, z))];
        };
        const auto mine = label(i, j, k);
        REQUIRE((mine != 0) == (mask(i, j, k) != 0));
        if (mine == 0) continue;
        ++marked;
        const Component& part = found.parts[std::size_t(mine - 1)];
        CHECK((part.first[0] <= i && i <= part.last[0] && part.first[2] <= k && k <= part.last[2]));
        if (i > 0 && mask(i - 1, j, k)) CHECK(label(i - 1, j, k) == mine);
        if (j > 0 && mask(i, j - 1, k)) CHECK(label(i, j - 1, k) == mine);
        if (k > 0 && mask(i, j, k - 1)) CHECK(label(i, j, k - 1) == mine);
      }
  CHECK(sum == marked);
  CHECK(found.parts.size() > 5);
}

TEST_CASE("two corners that touch are two components") {
  Grid grid;
  grid.size = {2, 2, 1};
  Mask mask(grid);
  mask(0, 0, 0) = mask(1, 1, 0) = 1;
  CHECK(components_of(mask).parts.size() == 2);
}
