#include <catch2/catch.hpp>
#include <cmath>
#include <numbers>

#include "group_scores.hpp"
#include "vitrine/evaluation/detection.hpp"
#include "vitrine/evaluation/reader_study.hpp"
#include "vitrine/evaluation/segmentation.hpp"

using namespace vitrine;
using namespace vitrine::evaluation;

namespace {

Grid grid_of(Index edge, const Vec3& spacing = Vec3::Ones()) {
  Grid grid;
  grid.size = {edge, edge, edge};
  grid.spacing = spacing;
  return grid;
}

Mask box(const Grid& grid, const std::array<Index, 3>& first, const std::array<Index, 3>& size) {
  Mask mask(grid);
  for (Index k = first[2]; k < first[2] + size[2]; ++k)
    for (Index j = first[1]; j < first[1] + size[1]; ++j)
      for (Index i = first[0]; i < first[0] + size[0]; ++i) mask(i, j, k) = 1;
  return mask;
}

Mask ball(const Grid& grid, double radius) {
  Mask mask(grid);
  const Vec3 middle = 0.5 * (grid.centre(0, 0, 0) +
                             grid.centre(grid.size[0] - 1, grid.size[1] - 1, grid.size[2] - 1));
  for (Index k = 0; k < grid.size[2]; ++k)
    for (Index j = 0; j < grid.size[1]; ++j)
      for (Index i = 0; i < grid.size[0]; ++i)
        mask(i, j, k) = (grid.centre(i, j, k) - middle).norm() <= radius;
  return mask;
}

ReadImage image(std::vector<double> best, std::vector<double> false_ones) {
  return {std::move(best), std::move(false_ones)};
}

constexpr double missed = std::numeric_limits<double>::quiet_NaN();

Resampling few_resamples() {
  Resampling resampling{make_stream(5, "reading", Draw::bootstrap)};
  resampling.replicates = 400;
  return resampling;
}

}  // namespace

TEST_CASE("a mask agrees with itself, and not with an empty one") {
  const Mask mask = box(grid_of(8), {2, 2, 2}, {3, 4, 2});
  const SegmentationScore same = compare_masks(mask, mask, 0.0);
  CHECK(same.dice == 1.0);
  CHECK(same.surface_dice == 1.0);
  CHECK(same.hausdorff95 == 0.0);
  CHECK(same.surface_distance == 0.0);
  CHECK(same.volume_error() == 0.0);
  const SegmentationScore none = compare_masks(mask, Mask(mask.grid()), 1.0);
  CHECK(none.dice == 0.0);
  CHECK(none.surface_dice == 0.0);
  CHECK(std::isnan(none.hausdorff95));
  CHECK(none.volume_error() == -1.0);
  CHECK_THROWS_AS(compare_masks(Mask(mask.grid()), mask, 1.0), Error);
  CHECK_THROWS_AS(compare_masks(mask, Mask(grid_of(9)), 1.0), Error);
}

TEST_CASE("a box shifted by two voxels has scores that can be counted") {
  // Edges a x b x c mm, shifted by s along x: two ends of area b c lie s away, and of each side a
  // strip of length s, whose faces are h/2, 3h/2, ... from the other's rim; spacing h along x.
  const Vec3 spacing(0.5, 0.8, 2.0);
  const Mask one = box(grid_of(16, spacing), {2, 2, 2}, {8, 5, 4});
  const Mask other = box(grid_of(16, spacing), {4, 2, 2}, {8, 5, 4});
  const double a = 8 * 0.5, b = 5 * 0.8, c = 4 * 2.0, s = 1.0;
  const double area = 2 * (a * b + b * c + c * a), strip = s * 2 * (b + c);
  const SegmentationScore exact = compare_masks(one, other, 0.0);
  CHECK(exact.dice == Approx(2 * (a - s) / (2 * a)).epsilon(1e-12));
  CHECK(exact.surface_dice == Approx(1.0 - (2 * b * c + strip) / area).epsilon(1e-12));
  // Nothing lies farther than the shift.
  CHECK(compare_masks(one, other, s).surface_dice == Approx(1.0).epsilon(1e-12));
  CHECK(exact.hausdorff95 <= s);
  CHECK(exact.volume_error() == 0.0);
  // The scores do not know which is the truth.
  const SegmentationScore turned = compare_masks(other, one, 0.0);
  CHECK(turned.surface_distance == Approx(exact.surface_distance).epsilon(1e-12));
  CHECK(turned.hausdorff95 == exact.hausdorff95);
}

TEST_CASE("parallel slabs lie as far apart as they are shifted") {
  // A slab as wide as the grid: its rim is 4 faces of 400 in each direction.
  const Grid grid = grid_of(40);
  const SegmentationScore score =
      compare_masks(box(grid, {0, 0, 10}, {40, 40, 12}), box(grid, {0, 0, 13}, {40, 40, 12}), 2.9);
  // The faces at top and bottom (2 x 1600 of 2 x 1600 + 1920) lie 3 mm away but near the rim, where
  // a side is nearer.
  CHECK(score.hausdorff95 == Approx(3.0).epsilon(1e-12));
  CHECK(score.dice == Approx(0.75).epsilon(1e-12));
  CHECK(score.surface_dice < 0.5);
}

TEST_CASE("concentric balls: Dice, surface distance and its percentile tend to the analytic ones") {
  // Radii 14 and 11 mm: Dice 2 r^3 / (R^3 + r^3); every point of either lies R - r from the other.
  // Voxels of 0.5 mm move a surface by up to half a diagonal (0.43 mm); the mean is nearer.
  const Grid grid = grid_of(62, Vec3::Constant(0.5));
  const double large = 14.0, small = 11.0;
  const SegmentationScore score = compare_masks(ball(grid, large), ball(grid, small), 2.0);
  const double cube = std::pow(small / large, 3);
  CHECK(score.dice == Approx(2 * cube / (1 + cube)).epsilon(0.005));
  CHECK(score.volume_error() == Approx(cube - 1).epsilon(0.01));
  CHECK(score.surface_distance == Approx(large - small).margin(0.15));
  CHECK(score.hausdorff95 == Approx(large - small).margin(0.45));
  CHECK(score.surface_dice == 0.0);
  CHECK(compare_masks(ball(grid, large), ball(grid, small), 3.6).surface_dice == 1.0);
  CHECK(score.true_volume ==
        Approx(4.0 / 3.0 * std::numbers::pi * large * large * large).epsilon(0.005));
}

TEST_CASE("the longest line of a ball is its diameter, of a box's slice its diagonal") {
  const Grid grid = grid_of(62, Vec3::Constant(0.5));
  CHECK(axial_size(ball(grid, 13.0)).longest == Approx(26.0).margin(0.6));
  CHECK(axial_size(ball(grid, 13.0)).short_axis == Approx(26.0).margin(0.6));
  CHECK(axial_size(Mask(grid)).longest == 0.0);
  CHECK(axial_size(Mask(grid)).short_axis == 0.0);
  const Mask plate = box(grid_of(10), {1, 1, 1}, {4, 3, 8});
  CHECK(axial_size(plate).longest == Approx(std::sqrt(9.0 + 4.0) + 1.0).epsilon(1e-12));
  // Across its diagonal a rectangle of a x b is 2 a b / sqrt(a^2 + b^2) wide.
  CHECK(axial_size(plate).short_axis == Approx(12.0 / std::sqrt(13.0) + 1.0).epsilon(1e-12));
  const Mask rod = box(grid_of(10), {1, 4, 1}, {8, 1, 3});
  CHECK(axial_size(rod).longest == 8.0);
  CHECK(axial_size(rod).short_axis == 1.0);
}

TEST_CASE("a finding belongs to the nearest lesion within reach, the best one counts") {
  const std::vector<Target> lesions{{{0, 0, 0}, 5}, {{8, 0, 0}, 5}, {{50, 0, 0}, 5}};
  const ReadImage read = match(
      std::vector<Mark>{{{4.5, 0, 0}, 0.9}, {{8, 1, 0}, 0.7}, {{1, 0, 0}, 0.2}, {{20, 0, 0}, 0.4}},
      lesions);
  REQUIRE(read.best.size() == 3);
  CHECK(read.best[0] == 0.2);  // 4.5 from it, but 3.5 from the second
  CHECK(read.best[1] == 0.9);  // the better of two: the other is no false positive
  CHECK(std::isnan(read.best[2]));
  CHECK(read.false_ones == std::vector<double>{0.4});
}

TEST_CASE("FROC and CPM of a few images can be counted") {
  // Scores 0.9 (found), 0.8 (false), 0.7 (found), 0.6, 0.5 (false), 0.4 (found); 4 lesions, 2
  // images.
  const std::vector<ReadImage> images{image({0.9, missed}, {0.8, 0.5}), image({0.7, 0.4}, {0.6})};
  const Froc curve = froc(images);
  CHECK(curve.threshold == std::vector<double>{0.9, 0.7, 0.4});
  CHECK(curve.sensitivity == std::vector<double>{0.25, 0.5, 0.75});
  CHECK(curve.false_per_image == std::vector<double>{0.0, 0.5, 1.5});
  const Clusters patients = Clusters::by_label(std::vector<std::string>{"a", "b"});
  const std::vector<double> rates{0.0, 0.5, 1.0, 2.0};
  const DetectionScore score = score_detection(images, patients, rates, few_resamples());
  CHECK(score.at[0].value == 0.25);
  CHECK(score.at[1].value == 0.5);
  CHECK(score.at[2].value == 0.5);
  CHECK(score.at[3].value == 0.75);
  // CPM: 1/8 and 1/4 give 0.25, 1/2 and 1 give 0.5, 2, 4 and 8 give 0.75.
  CHECK(score.cpm.value == Approx((2 * 0.25 + 2 * 0.5 + 3 * 0.75) / 7).epsilon(1e-12));
  CHECK_FALSE(score.cpm.has_interval());  // two patients
  CHECK(cpm_difference(images, patients, images, patients, few_resamples()).value == 0.0);
}

TEST_CASE("a perfect reader has a CPM of 1, a blind one of 0, and no lesions give none") {
  const Clusters patients = Clusters::by_label(std::vector<std::string>{"a", "b", "c", "d", "e"});
  const std::vector<double> rates{1.0};
  const std::vector<ReadImage> perfect(5, image({0.9}, {}));
  CHECK(score_detection(perfect, patients, rates, few_resamples()).cpm.value == 1.0);
  const std::vector<ReadImage> blind(5, image({missed}, {0.9}));
  CHECK(score_detection(blind, patients, rates, few_resamples()).cpm.value == 0.0);
  const std::vector<ReadImage> healthy(5, image({}, {0.9}));
  const DetectionScore none = score_detection(healthy, patients, rates, few_resamples());
  CHECK_FALSE(none.cpm.has_value());
  CHECK_FALSE(none.cpm.reason.empty());
  CHECK(cpm_difference(perfect, patients, blind, patients, few_resamples()).value == 1.0);
}

TEST_CASE("sensitivity resamples patients: images of one patient do not narrow the interval") {
  std::vector<ReadImage> images, twice;
  std::vector<std::string> labels, labels_twice;
  Rng rng(make_stream(11, "froc", Draw::test), 0);
  for (int p = 0; p < 12; ++p) {
    const ReadImage one = image({rng.uniform() < 0.5 ? rng.uniform() : missed}, {rng.uniform()});
    images.push_back(one);
    twice.insert(twice.end(), 2, one);
    labels.push_back(std::string(1, char('a' + p)));
    labels_twice.insert(labels_twice.end(), 2, labels.back());
  }
  const std::vector<double> rates{0.5};
  const auto once = score_detection(images, Clusters::by_label(labels), rates, few_resamples());
  const auto again =
      score_detection(twice, Clusters::by_label(labels_twice), rates, few_resamples());
  REQUIRE(once.cpm.has_interval());
  CHECK(again.cpm.value == once.cpm.value);
  CHECK(again.cpm.low == Approx(once.cpm.low).epsilon(1e-12));
  CHECK(again.cpm.high == Approx(once.cpm.high).epsilon(1e-12));
}

namespace {

/// Six patients of two lesions on two scanners in two doses. Dice of patient p, lesion l is
/// 0.5 + p / 100 + l / 10, less 0.2 on scanner b and 0.05 at the low dose.
ReaderStudy dice_study() {
  ReaderStudy study;
  study.metrics = {"dice"};
  study.groups = {{"scanner", {"a", "a", "b", "b"}, "a"}, {"dose", {"80", "20", "80", "20"}, "80"}};
  study.lesion_classes = {"size_mm", "composition"};
  study.strata = {"sex"};
  for (int p = 0; p < 6; ++p)
    for (std::size_t arm = 0; arm < 4; ++arm) {
      ImageScore& one = study.images.emplace_back();
      one.patient = std::string(1, char('p' + p));
      one.arm = arm;
      one.strata = {p % 2 ? "female" : "male"};
      for (int l = 0; l < 2; ++l)
        one.lesions.push_back(
            {std::to_string(l),
             {l ? "large" : "small", p == 0 || l ? "solid" : "ground_glass"},
             {0.5 + p / 100.0 + l / 10.0 - (arm >= 2 ? 0.2 : 0.0) - (arm % 2 ? 0.05 : 0.0)},
             missed});
    }
  return study;
}

}  // namespace

TEST_CASE("groups have the means of their lesions, and differences are paired") {
  const ReaderStudy study = dice_study();
  const auto scores = score_groups(study, 1.0, few_resamples());
  const double mean = 0.5 + 0.025 + 0.05 - 0.1 - 0.025;
  const GroupScore& all = find(scores, "all", "", "dice");
  CHECK(all.value.value == Approx(mean).epsilon(1e-12));
  CHECK((all.patients == 6 && all.images == 24 && all.lesions == 48 && all.failed == 0));
  CHECK(all.value.has_interval());
  const GroupScore& b = find(scores, "scanner", "b", "dice");
  CHECK(b.value.value == Approx(mean - 0.1).epsilon(1e-12));
  // The same for every lesion: the difference has no spread, though the means of patients have.
  CHECK(b.difference.value == Approx(-0.2).epsilon(1e-12));
  CHECK(find(scores, "dose", "20", "dice").difference.value == Approx(-0.05).epsilon(1e-12));
  CHECK_FALSE(find(scores, "scanner", "a", "dice").difference.has_value());
  CHECK(find(scores, "size_mm", "large", "dice").value.value == Approx(mean + 0.05).epsilon(1e-12));
  CHECK(find(scores, "size_mm", "large", "dice").lesions == 24);
  // All of the second lesions and one of the first; the others of the first.
  const GroupScore& solid = find(scores, "composition", "solid", "dice");
  CHECK(solid.lesions == 28);
  CHECK(solid.value.value == Approx(mean + (0.05 * 6 - 0.05 - 0.025) / 7).epsilon(1e-12));
  CHECK(find(scores, "composition", "ground_glass", "dice").lesions == 20);
  CHECK(find(scores, "composition", "ground_glass", "dice").value.value ==
        Approx(mean - 0.05 + 0.005).epsilon(1e-12));
  CHECK(find(scores, "sex", "male", "dice").patients == 3);
  CHECK(find(scores, "all", "", "false_positives_per_image").value.value == 0.0);
  const GroupScore* worst = worst_group(scores, "dice", Better::high, 5);
  REQUIRE(worst != nullptr);
  CHECK((worst->group == "scanner" && worst->level == "b"));
  CHECK(worst_group(scores, "dice", Better::low, 5)->level == "a");
  CHECK(worst_group(scores, "dice", Better::high, 29) == nullptr);
}

TEST_CASE("lesions that one level lacks do not enter a difference") {
  ReaderStudy study = dice_study();
  // On scanner b only the easier lesion is left: its mean rises, the difference stays.
  for (ImageScore& image : study.images)
    if (image.arm >= 2) image.lesions.erase(image.lesions.begin());
  const auto scores = score_groups(study, 1.0, few_resamples());
  CHECK(find(scores, "scanner", "b", "dice").difference.value == Approx(-0.2).epsilon(1e-12));
  // And where a metric has no value, as a distance of a missed lesion, it is left out.
  for (ImageScore& image : study.images) image.lesions.front().values[0] = missed;
  const auto fewer = score_groups(study, 1.0, few_resamples());
  CHECK_FALSE(find(fewer, "scanner", "b", "dice").value.has_value());
}

TEST_CASE("a detector's groups have their own CPM, differences are of the same patients") {
  ReaderStudy study = dice_study();
  study.gives = Gives::findings;
  study.metrics.clear();
  for (ImageScore& image : study.images) {
    image.failed = image.arm == 3;
    for (LesionScore& lesion : image.lesions) lesion.best = image.arm == 3 ? missed : 0.9;
    image.false_ones = {0.1};
  }
  const auto scores = score_groups(study, 1.0, few_resamples());
  CHECK(find(scores, "scanner", "a", "cpm").value.value == 1.0);
  CHECK(find(scores, "scanner", "b", "cpm").value.value == 0.5);
  CHECK(find(scores, "scanner", "b", "cpm").difference.value == -0.5);
  CHECK(find(scores, "scanner", "b", "cpm").failed == 6);
  CHECK(find(scores, "all", "", "sensitivity").value.value == 0.75);
}
