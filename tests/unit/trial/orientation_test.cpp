// Slices of any direction through whole trials: scenario in, images and masks out.
#include <catch2/catch.hpp>
#include <cmath>
#include <numbers>

#include "coarse_scanner.hpp"
#include "kept_images.hpp"
#include "vitrine/trial/arm.hpp"
#include "vitrine/trial/engine.hpp"
#include "vitrine/trial/plan.hpp"

using namespace vitrine;

namespace {

class KeptMasks final : public test::KeptImages {
 public:
  std::vector<trial::FileRecord> mask(const trial::ImageContext&, const std::string&,
                                      const Mask& mask) override {
    masks.push_back(mask);
    return {};
  }
  std::vector<Mask> masks;
};

Value turned(const char* kind, double about_rows) {
  return Value().set("kind", Value(kind)).set("about_rows_deg", Value(about_rows));
}

/// A chest with one nodule, in a scanner whose views take milliseconds.
trial::Plan plan_of(const Value& orientation, double tilt = 0.0) {
  const Value scanner = test::coarse_scanner(320.0);
  Value protocol = Value()
                       .set("kernel", Value("soft"))
                       .set("tube_load_mas", Value(2000.0))
                       .set("slices", Value(9.0))
                       .set("slice_thickness_mm", Value(2.0))
                       .set("slice_increment_mm", Value(2.0))
                       .set("matrix", Value(150.0))
                       .set("field_of_view_mm", Value(300.0));
  if (!orientation.empty()) protocol.set("orientation", orientation);
  if (tilt != 0.0) protocol.set("gantry_tilt_deg", Value(tilt));
  const Value lesion =
      Value().set("shape", Value().set("kind", Value("sphere")).set("diameter_mm", Value(14.0)));
  const Value root =
      Value()
          .set("vitrine", Value(1.0))
          .set("trial", Value().set("name", Value("orientation")).set("seed", Value(7.0)))
          .set("patients",
               Value()
                   .set("count", Value(1.0))
                   .set("anatomy",
                        Value().set("kind", Value("thorax")).set("vessel_twigs", Value(4.0)))
                   .set("lesions", Value::List{lesion}))
          .set("arms", Value().set("scanners", Value::List{scanner}).set("protocol", protocol))
          .set("outputs", Value().set("images", Value::List{Value("nifti")}))
          .set("analyse", Value::List{});
  Diagnostics problems;
  auto scenario = trial::Scenario::schema().read(root, problems);
  problems.throw_if_any();
  return trial::make_plan(std::move(scenario));
}

struct Seen {
  Mat3 axes = Mat3::Identity();
  Vec3 middle = Vec3::Zero(), nodule = Vec3::Zero();  ///< mm, of the box; of the mask
  double hu = 0.0;                                    ///< mean inside the mask
};

Seen run(const Value& orientation, double tilt = 0.0) {
  KeptMasks kept;
  trial::run(plan_of(orientation, tilt), kept, kept, kept, best_isa(), [] { return false; });
  REQUIRE(kept.images.size() == 1);
  REQUIRE(kept.masks.size() == 1);
  const Image& image = kept.images.begin()->second;
  const Mask& mask = kept.masks.front();
  const Grid& grid = image.grid();
  REQUIRE(mask.grid() == grid);
  Seen seen;
  seen.axes = grid.axes;
  seen.middle = 0.5 * (grid.centre(0, 0, 0) +
                       grid.centre(grid.size[0] - 1, grid.size[1] - 1, grid.size[2] - 1));
  double n = 0.0;
  for (Index k = 0; k < grid.size[2]; ++k)
    for (Index j = 0; j < grid.size[1]; ++j)
      for (Index i = 0; i < grid.size[0]; ++i) {
        if (mask(i, j, k) == 0) continue;
        seen.hu += double(image(i, j, k));
        seen.nodule += grid.centre(i, j, k);
        n += 1.0;
      }
  REQUIRE(n > 0.0);
  seen.hu /= n;
  seen.nodule /= n;
  return seen;
}

}  // namespace

TEST_CASE("coronal slices of a trial ask for a scan of their field of view") {
  const auto coverage = [](const Value& orientation, double tilt = 0.0) {
    return plan_of(orientation, tilt).scenario.arms.protocol.coverage();
  };
  CHECK(coverage({}) == 18.0);
  CHECK(coverage(Value("axial")) == Approx(18.0));
  CHECK(coverage(Value("axial"), 20.0) == Approx(18.0));
  CHECK(coverage(Value("coronal")) == Approx(300.0));
  const double a = std::numbers::pi / 6.0;
  CHECK(coverage(turned("axial", 30.0)) == Approx(300.0 * std::sin(a) + 18.0 * std::cos(a)));
  CHECK(coverage(turned("coronal", 90.0)) == Approx(18.0));
}

TEST_CASE("slices of any direction go through the nodule and show it where its mask is", "[full]") {
  Seen reference;
  for (const auto& [orientation, tilt] :
       {std::pair(Value("axial"), 0.0), std::pair(Value("coronal"), 0.0),
        std::pair(Value("sagittal"), 0.0), std::pair(turned("coronal", 35.0), 0.0),
        std::pair(Value("sagittal"), 10.0)}) {
    const Seen seen = run(orientation, tilt);
    const Vec3 normal = seen.axes.col(2);
    CAPTURE(normal.x(), normal.y(), normal.z(), tilt, seen.nodule, seen.middle);
    CHECK(std::abs((seen.nodule - seen.middle).dot(normal)) < 0.7);
    if (reference.hu == 0.0) reference = seen;
    CHECK((seen.nodule - reference.nodule).norm() < 0.5);
    CHECK(seen.hu == Approx(reference.hu).margin(40.0));
  }
}
