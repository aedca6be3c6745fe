// Images about the lesions alone: where they lie, and that they show what a whole image shows.
#include <catch2/catch.hpp>
#include <cmath>
#include <string>

#include "coarse_scanner.hpp"
#include "kept_images.hpp"
#include "read_plan.hpp"
#include "vitrine/model/lattice.hpp"

using namespace vitrine;
using trial::Stage;

namespace {

/// The grids of all visits too.
class KeptGrids final : public test::KeptImages {
 public:
  std::vector<trial::FileRecord> image(const trial::ImageContext& context,
                                       const Image& image) override {
    grids.emplace(context.arm.name + ' ' + context.visit.replicate(), image.grid());
    return KeptImages::image(context, image);
  }
  std::map<std::string, Grid> grids;
};

/// 9 slices of a square of pixels, mm each.
Value protocol(const char* name, double matrix, double pixel, const char* target = "isocentre") {
  return Value()
      .set("name", Value(name))
      .set("kernel", Value("soft"))
      .set("tube_load_mas", Value(200.0))
      .set("slices", Value(9.0))
      .set("slice_thickness_mm", Value(2.0))
      .set("slice_increment_mm", Value(2.0))
      .set("matrix", Value(matrix))
      .set("field_of_view_mm", Value(matrix * pixel))
      .set("reconstruction_target", Value(target));
}

/// A chest with one nodule, or none.
trial::Plan plan_of(const Value::List& protocols, int nodules = 1, Value follow_up = {}) {
  const Value nodule =
      Value().set("shape", Value().set("kind", Value("sphere")).set("diameter_mm", Value(14.0)));
  Value patients =
      Value()
          .set("count", Value(1.0))
          .set("anatomy", Value().set("kind", Value("thorax")).set("vessel_twigs", Value(4.0)));
  if (nodules > 0) patients.set("lesions", Value::List{nodule});
  Value arms = Value().set("scanners", Value::List{test::coarse_scanner(240.0)});
  if (protocols.size() == 1)
    arms.set("protocol", protocols.front());
  else
    arms.set("protocols", protocols);
  if (!follow_up.empty()) arms.set("follow_up", follow_up);
  return test::plan_of(
      Value()
          .set("vitrine", Value(1.0))
          .set("trial", Value().set("name", Value("target")).set("seed", Value(7.0)))
          .set("patients", patients)
          .set("arms", arms)
          .set("outputs", Value().set("images", Value::List{Value("nifti")}))
          .set("analyse", Value::List{}));
}

trial::TrialResult run(const trial::Plan& plan, KeptGrids& kept) {
  return trial::run(plan, kept, kept, kept, best_isa(), [] { return false; });
}

Vec3 middle(const Grid& grid) {
  return 0.5 *
         (grid.centre(0, 0, 0) + grid.centre(grid.size[0] - 1, grid.size[1] - 1, grid.size[2] - 1));
}

/// The image between its pixels, at a point [mm] that they surround.
double between_pixels(const Image& image, const Vec3& point) {
  const auto cell = cell_at(image.grid(), point);
  REQUIRE(cell);
  double value = 0.0;
  for (std::size_t v = 0; v < cell->voxel.size(); ++v)
    value += cell->weight[v] * double(image.values()[cell->voxel[v]]);
  return value;
}

/// The nodule's centre as its table says it, mm.
Vec3 nodule(const Table& lesions) {
  Vec3 at;
  for (const auto& [axis, name] :
       {std::pair(0, "x_mm"), std::pair(1, "y_mm"), std::pair(2, "z_mm")})
    at[axis] = std::get<double>(lesions.rows.front()[lesions.column(name)]);
  return at;
}

}  // namespace

TEST_CASE("images about a nodule are cut from the scan that shows the whole chest") {
  KeptGrids kept;
  const auto result =
      run(plan_of({protocol("whole", 600.0, 0.5), protocol("box", 48.0, 1.0, "lesions")}), kept);
  for (const Stage stage : {Stage::scene, Stage::trace, Stage::read_out, Stage::rebin}) {
    CAPTURE(int(stage));
    CHECK(result.stages[stage].made == (stage == Stage::read_out || stage == Stage::rebin ? 2 : 1));
  }
  const Image &whole = kept.images.at("coarse_whole_soft_200mAs"),
              &box = kept.images.at("coarse_box_soft_200mAs");
  const Vec3 at = nodule(result.all(&trial::CaseResult::lesions));
  CHECK((middle(box.grid()) - at).norm() < 1e-9);
  CHECK(middle(whole.grid()).head<2>().norm() < 1e-9);
  CHECK(at.head<2>().norm() > 20.0);

  // The same noise too, but for what lies between the pixels. Outer slices have streaks of their
  // few views that are finer than any pixel.
  double apart = 0.0, sum = 0.0, squares = 0.0;
  const Grid& grid = box.grid();
  const Index k = 4;
  for (Index j = 0; j < grid.size[1]; ++j)
    for (Index i = 0; i < grid.size[0]; ++i) {
      const double seen = double(box(i, j, k));
      const double other = between_pixels(whole, grid.centre(i, j, k));
      apart += (seen - other) * (seen - other);
      sum += seen;
      squares += seen * seen;
    }
  const auto n = double(grid.size[0] * grid.size[1]);
  const double spread = std::sqrt(squares / n - sum / n * (sum / n));
  CAPTURE(std::sqrt(apart / n), spread);
  CHECK(std::sqrt(apart / n) < 0.02 * spread);
}

TEST_CASE(
    "images about a nodule follow it in tilted and coronal slices, and without a table's aim") {
  const auto off = [](Value one) {
    KeptGrids kept;
    const auto result = run(plan_of({std::move(one)}), kept);
    return Vec3(middle(kept.images.begin()->second.grid()) -
                nodule(result.all(&trial::CaseResult::lesions)));
  };
  const auto box = [] { return protocol("box", 24.0, 2.0, "lesions"); };
  CHECK(off(box().set("gantry_tilt_deg", Value(12.0))).norm() < 1e-9);
  CHECK(off(box().set("orientation", Value("coronal"))).norm() < 1e-9);
  CHECK(off(box().set("orientation",
                      Value().set("kind", Value("sagittal")).set("about_rows_deg", Value(25.0))))
            .norm() < 1e-9);
  const Vec3 at_origin = off(box().set("centre", Value("origin")));
  CHECK(at_origin.head<2>().norm() < 1e-9);
  CHECK(std::abs(at_origin.z()) > 1.0);
}

TEST_CASE(
    "without lesions the middle of images is the isocentre, and follow-up keeps what it was") {
  KeptGrids none;
  (void)run(plan_of({protocol("box", 24.0, 2.0, "lesions")}, 0), none);
  CHECK(middle(none.images.begin()->second.grid()).norm() < 1e-9);

  KeptGrids later;
  (void)run(plan_of({protocol("box", 24.0, 2.0, "lesions")}, 1,
                    Value().set("days", Value::List{Value(30.0)})),
            later);
  REQUIRE(later.grids.size() == 2);
  const Vec3 moved =
      middle(later.grids.begin()->second) - middle(std::next(later.grids.begin())->second);
  CHECK(moved.head<2>().norm() < 1e-9);
}
