#include <catch2/catch.hpp>
#include <cmath>
#include <numbers>

#include "vitrine/core/random.hpp"
#include "vitrine/readers/blob_detector.hpp"
#include "vitrine/readers/lesion_rater.hpp"
#include "vitrine/readers/region_grower.hpp"

using namespace vitrine;
using namespace vitrine::readers;

namespace {

struct NoHost final : Host {
  Reading run(const Command&, const Request&) override { throw std::logic_error("no host"); }
};

/// A chest of two lungs in a body in air, 1 mm voxels, noise of 20 HU; `put` adds to it.
class Chest {
 public:
  explicit Chest(std::uint64_t seed = 1) : image_(grid()) {
    Rng rng(make_stream(seed, "chest", Draw::test), 0);
    each([&](const Vec3& p) {
      const bool body = p.x() * p.x() / (75 * 75) + p.y() * p.y() / (50 * 50) < 1;
      const double away = std::abs(p.x()) - 35;
      const bool lung = away * away / (28 * 28) + p.y() * p.y() / (38 * 38) < 1;
      return (lung ? -860.0 : body ? 40.0 : -1000.0) + 20.0 * rng.normal();
    });
  }
  Chest& ball(const Vec3& centre, double diameter, double hu = 30.0) {
    each([&](const Vec3& p) { return (p - centre).norm() <= 0.5 * diameter ? hu : std::nan(""); });
    return *this;
  }
  /// Along z, through all slices.
  Chest& vessel(double x, double y, double diameter) {
    each([&](const Vec3& p) {
      return std::hypot(p.x() - x, p.y() - y) <= 0.5 * diameter ? 30.0 : std::nan("");
    });
    return *this;
  }
  const Image& image() const { return image_; }
  static Grid grid() {
    Grid g;
    g.size = {160, 112, 40};
    g.origin = {-79.5, -55.5, -19.5};
    return g;
  }

 private:
  template <class F>
  void each(const F& value) {
    const auto& size = image_.grid().size;
    for (Index k = 0; k < size[2]; ++k)
      for (Index j = 0; j < size[1]; ++j)
        for (Index i = 0; i < size[0]; ++i)
          if (const double hu = value(image_.grid().centre(i, j, k)); !std::isnan(hu))
            image_(i, j, k) = float(hu);
  }
  Image image_;
};

double volume(const Mask& mask) {
  double sum = 0.0;
  for (const auto voxel : mask.values()) sum += voxel != 0;
  return sum * mask.grid().voxel_volume();
}

Mask segment(const Image& image, RegionGrower::Params params,
             const std::vector<VoxelBox>& boxes = {}) {
  NoHost host;
  std::vector<LesionBox> lesions;
  for (const VoxelBox& box : boxes) lesions.push_back({"", box});
  return *RegionGrower(std::move(params)).read({image, lesions}, host).mask;
}

double ball_volume(double diameter) { return std::numbers::pi / 6 * std::pow(diameter, 3); }

}  // namespace

TEST_CASE("the response to a ball is the analytic one") {
  // At the middle: 4 pi r^3 C (2 pi s^2)^(-3/2) exp(-r^2 / (2 s^2)). Voxels of 0.5 mm, radius 6 mm:
  // differences of the Laplacian err by h^2 / 12 of a fourth derivative, the ball's edge by voxels.
  Grid grid;
  grid.size = {81, 81, 81};
  grid.spacing = Vec3::Constant(0.5);
  const Vec3 middle = grid.centre(40, 40, 40);
  const double radius = 6.0, contrast = 500.0;
  Image image(grid, -800.0F);
  for (Index v = 0; v < grid.count(); ++v)
    if ((grid.centre(v % 81, v / 81 % 81, v / 6561) - middle).norm() <= radius)
      image.values()[std::size_t(v)] += float(contrast);
  double largest = 0.0, at = 0.0;
  for (const double share : {0.7, 0.85, 1.0, 1.2, 1.4}) {
    const double sigma = share * radius / std::numbers::sqrt3;
    const double exact = 4 * std::numbers::pi * std::pow(radius, 3) * contrast *
                         std::pow(2 * std::numbers::pi * sigma * sigma, -1.5) *
                         std::exp(-radius * radius / (2 * sigma * sigma));
    const double found = double(blob_response(image, sigma)(40, 40, 40));
    CHECK(found == Approx(exact).epsilon(0.02));
    if (found > largest) {
      largest = found;
      at = share;
    }
  }
  CHECK(at == 1.0);
  CHECK(largest == Approx(0.925 * contrast).epsilon(0.02));
}

TEST_CASE("the detector finds a ball where it is, with its size, before a vessel") {
  const Vec3 centre(35, 5, 0);
  const Chest chest = Chest().ball(centre, 10).vessel(-35, -10, 5);
  const auto blobs = BlobDetector({}).candidates(chest.image());
  REQUIRE_FALSE(blobs.empty());
  const Blob* nodule = nullptr;
  double best_other = 0.0;
  for (const Blob& blob : blobs) {
    if ((blob.centre - centre).norm() < 2.0)
      nodule = &blob;
    else
      best_other = std::max(best_other, nodule_score(blob));
  }
  REQUIRE(nodule != nullptr);
  CHECK(nodule->diameter == Approx(10).epsilon(0.25));  // sizes are steps of 1.25
  CHECK(nodule->roundness > 0.7);
  CHECK(nodule_score(*nodule) > best_other);
  NoHost host;
  const Reading reading = BlobDetector({}).read({chest.image(), {}}, host);
  REQUIRE_FALSE(reading.points.empty());
  CHECK((reading.points.front().centre - centre).norm() < 2.0);
}

TEST_CASE("a chest without nodules has no sure finding, a phantom without lungs none at all") {
  NoHost host;
  const Chest chest;
  for (const Point& point : BlobDetector({}).read({chest.image(), {}}, host).points)
    CHECK(point.score < 0.5);
  CHECK(volume(segment(chest.image(), {})) == 0.0);
  const Image water(Chest::grid());
  CHECK(BlobDetector({}).read({water, {}}, host).points.empty());
  CHECK(volume(segment(water, {})) == 0.0);
}

TEST_CASE("as a classifier the detector rates an image by its surest finding") {
  NoHost host;
  const BlobDetector classifier({.task = "classification"});
  CHECK(classifier.task() == Task::classification);
  const Reading healthy = classifier.read({Chest().image(), {}}, host);
  const Chest chest = Chest().ball({35, 5, 0}, 10);
  const Reading ill = classifier.read({chest.image(), {}}, host);
  REQUIRE((healthy.ratings.size() == 1 && ill.ratings.size() == 1));
  CHECK(ill.ratings[0].score ==
        BlobDetector({}).read({chest.image(), {}}, host).points.front().score);
  CHECK(ill.ratings[0].score > healthy.ratings[0].score);
  CHECK((ill.probabilities && ill.ratings[0].lesion.empty() && ill.points.empty()));
  CHECK(classifier.read({Image(Chest::grid()), {}}, host).ratings[0].score == 0.0);
}

TEST_CASE("lesions are rated by what is inside of them") {
  // Noise of 20 HU about 30 HU in a ball of 16 mm, more about it: 7/10 of its box' ellipsoid lies
  // inside. 740 voxels know their deviation to 1 / sqrt(2 * 740) = 2.6 % and their mean to 0.7 HU.
  Grid grid;
  grid.size = {40, 40, 20};
  grid.spacing = {1.0, 1.0, 2.0};
  const Vec3 middle = grid.centre(20, 20, 10);
  Rng rng(make_stream(3, "rated", Draw::test), 0);
  Image image(grid);
  for (Index v = 0; v < grid.count(); ++v) {
    const bool in = (grid.centre(v % 40, v / 40 % 40, v / 1600) - middle).norm() <= 8.0;
    image.values()[std::size_t(v)] = float((in ? 30.0 : -800.0) + 20.0 * rng.normal());
  }
  const std::vector<LesionBox> lesions{{"nodule", {{12, 12, 6}, {28, 28, 14}}},
                                       {"speck", {{1, 1, 1}, {1, 1, 1}}}};
  NoHost host;
  const auto rated = [&](const char* by) {
    return LesionRater({.by = by}).read({image, lesions}, host).ratings;
  };
  REQUIRE(rated("density").size() == 2);
  CHECK(rated("density")[0].lesion == "nodule");
  CHECK(rated("density")[0].score == Approx(30.0).margin(3.0));
  CHECK(rated("heterogeneity")[0].score == Approx(20.0).epsilon(0.1));
  CHECK(rated("diameter")[0].score == Approx(std::cbrt(17.0 * 17.0 * 18.0)));
  CHECK(rated("density")[1].score == double(image(1, 1, 1)));
  CHECK(rated("heterogeneity")[1].score == 0.0);
}

TEST_CASE("the segmenter by itself takes nodules, and leaves vessels and the chest wall") {
  const Chest chest = Chest().ball({35, 5, 0}, 12).ball({-30, 10, 4}, 8).vessel(-35, -15, 1.5);
  const Mask mask = segment(chest.image(), {});
  // Half a voxel all around is what a threshold between smoothed voxels may be off.
  CHECK(volume(mask) == Approx(ball_volume(12) + ball_volume(8)).epsilon(0.15));
  const Grid grid = Chest::grid();
  for (Index v = 0; v < grid.count(); ++v) {
    if (mask.values()[std::size_t(v)] == 0) continue;
    const Vec3 p = grid.centre(v % 160, v / 160 % 112, v / 17920);
    const double away =
        std::min((p - Vec3(35, 5, 0)).norm() - 6, (p - Vec3(-30, 10, 4)).norm() - 4);
    REQUIRE(away < 1.5);
  }
}

TEST_CASE("from a box the segmenter takes bright and dark lesions alike") {
  Grid grid;
  grid.size = {50, 50, 30};
  const Vec3 middle = grid.centre(25, 25, 15);
  for (const double contrast : {-60.0, 60.0}) {
    Rng rng(make_stream(8, "liver", Draw::test), 0);
    Image image(grid);
    for (Index v = 0; v < grid.count(); ++v) {
      const bool in = (grid.centre(v % 50, v / 50 % 50, v / 2500) - middle).norm() <= 8.0;
      image.values()[std::size_t(v)] = float(100.0 + (in ? contrast : 0.0) + 8.0 * rng.normal());
    }
    const VoxelBox box{{17, 17, 7}, {33, 33, 23}};
    const Mask mask = segment(image, {.seeds = "box"}, {box});
    INFO("contrast " << contrast);
    CHECK(volume(mask) == Approx(ball_volume(16)).epsilon(0.1));
    // No box, no lesion.
    CHECK(volume(segment(image, {.seeds = "box"})) == 0.0);
  }
}

TEST_CASE("readers of the catalogue say their task; a command must name both files") {
  Diagnostics problems;
  CHECK(catalogue().make(Value("region_growing"), problems)->task() == Task::segmentation);
  CHECK(catalogue().make(Value("blob_detector"), problems)->task() == Task::detection);
  CHECK(problems.ok());
  Value command;
  command.set("kind", "command").set("arguments", Value(Value::List{"model", "{image}"}));
  CHECK_FALSE(catalogue().make(command, problems));
  REQUIRE(problems.entries().size() == 1);
  CHECK(problems.entries()[0].message.find("{output}") != std::string::npos);
}
