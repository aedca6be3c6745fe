#include <cmath>
#include <numbers>

#include "mask_files.hpp"
#include "scratch.hpp"
#include "support/data.hpp"
#include "vitrine/core/random.hpp"
#include "vitrine/io/dicom_mask.hpp"
#include "vitrine/io/image_reader.hpp"
#include "vitrine/io/mask_grid.hpp"

using namespace vitrine;
using Catch::Matchers::Contains;
using Kind = Error::Kind;

namespace {

Grid oblique_grid() {
  Grid grid{{41, 37, 6}, Vec3(0.7, 0.9, 2.5), Vec3(-20, 35, -600), Mat3::Identity()};
  grid.axes = Eigen::AngleAxisd(0.2, Vec3(1, 2, 3).normalized()).toRotationMatrix();
  return grid;
}

/// A polygon in patient space, from voxel coordinates.
std::vector<Vec3> polygon(const Grid& grid, const std::vector<Vec3>& voxels) {
  std::vector<Vec3> mm;
  for (const Vec3& v : voxels) mm.push_back(grid.origin + grid.axes * grid.spacing.cwiseProduct(v));
  return mm;
}

/// A circle about the middle of a slice, by its radius in mm, as a polygon of 720 corners.
std::vector<Vec3> circle(const Grid& grid, double radius, double slice) {
  std::vector<Vec3> voxels;
  for (int a = 0; a < 720; ++a) {
    const double angle = a * std::numbers::pi / 360;
    voxels.emplace_back(20 + radius * std::cos(angle) / grid.spacing.x(),
                        18 + radius * std::sin(angle) / grid.spacing.y(), slice);
  }
  return polygon(grid, voxels);
}

Mask contours(const io::Path& path, const std::string& label, const Grid& grid) {
  return io::read_dicom_contours(path, label, grid);
}

/// Voxels whose centre lies between two circles, but those within the polygons' error of one.
void check_ring(const Mask& mask, Index slice, double inner, double outer) {
  const Grid& grid = mask.grid();
  const double slack = outer * (1 - std::cos(std::numbers::pi / 720)) + 1e-6;
  for (Index j = 0; j < grid.size[1]; ++j)
    for (Index i = 0; i < grid.size[0]; ++i) {
      const double r =
          std::hypot(double(i - 20) * grid.spacing.x(), double(j - 18) * grid.spacing.y());
      if (std::abs(r - inner) < slack || std::abs(r - outer) < slack) continue;
      INFO("voxel " << i << ' ' << j << ", " << r << " mm from the middle");
      REQUIRE(int(mask(i, j, slice)) == int(r > inner && r < outer));
    }
}

/// A mask of about a third of the voxels, from a fixed seed.
Mask noisy_mask(const Grid& grid) {
  Mask mask(grid);
  Rng rng(make_stream(3, "mask", Draw::test), 0);
  for (auto& v : mask.values()) v = rng.uniform() < 0.3;
  return mask;
}

bool equal(const Mask& a, const Mask& b) {
  return std::equal(a.values().begin(), a.values().end(), b.values().begin(), b.values().end());
}

}  // namespace

TEST_CASE("a voxel is in a structure set's region if its centre is, and rings have holes") {
  const Scratch scratch;
  const Grid grid = oblique_grid();
  const auto file = scratch / "rs.dcm";
  write_structure_set(file, {{"ring", 4, {circle(grid, 11, 2), circle(grid, 5, 2.04)}},
                             {"disc", 7, {circle(grid, 8, 0), circle(grid, 9, 5)}}});
  CHECK(io::kind_of_dicom_mask(file) == io::DicomMask::structure_set);
  CHECK(io::frame_of_reference(file) == "1.2.3");
  const Mask ring = contours(file, "ring", grid);
  check_ring(ring, 2, 5, 11);
  check_ring(ring, 3, 0, 0);
  const Mask disc = contours(file, "7", grid);
  check_ring(disc, 0, 0, 8);
  check_ring(disc, 5, 0, 9);
}

TEST_CASE(
    "neighbouring polygons share no voxel and leave none out, edges through centres included") {
  const Scratch scratch;
  const Grid grid = oblique_grid();
  const auto tile = [&](double x0, double x1, double y0, double y1) {
    return polygon(grid, {{x0, y0, 1}, {x1, y0, 1}, {x1, y1, 1}, {x0, y1, 1}});
  };
  const auto file = scratch / "rs.dcm";
  // Edges at whole voxel coordinates run through centres: rounding may put a tile's edge to either
  // side, so they are moved by a thousandth of a voxel.
  const double e = 1e-3;
  write_structure_set(file, {{"left", 1, {tile(3 - e, 10 - e, 4 - e, 9 - e)}},
                             {"right", 2, {tile(10 - e, 20 - e, 4 - e, 9 - e)}},
                             {"both", 3, {tile(3 - e, 20 - e, 4 - e, 9 - e)}}});
  const Mask left = contours(file, "left", grid), right = contours(file, "right", grid),
             both = contours(file, "both", grid);
  Index count = 0;
  for (std::size_t v = 0; v < both.values().size(); ++v) {
    REQUIRE(left.values()[v] + right.values()[v] == both.values()[v]);
    count += both.values()[v];
  }
  CHECK(count == 17 * 5);
}

TEST_CASE("contours that do not fit the image, and labels that are not there, are refused") {
  const Scratch scratch;
  const Grid grid = oblique_grid();
  const auto file = scratch / "rs.dcm";
  const auto refusal = [&](const Roi& roi, Kind kind, const std::string& tail = {}) {
    write_structure_set(file, {roi}, tail);
    return complaint(kind, [&] { contours(file, "", grid); });
  };
  CHECK_THAT(refusal({"a", 1, {circle(grid, 5, 1.5)}}, Kind::unsupported),
             Contains("between slices"));
  CHECK_THAT(refusal({"a", 1, {circle(grid, 5, 6)}}, Kind::data), Contains("at slice 6"));
  CHECK_THAT(refusal({"a", 1, {circle(grid, 5, 1)}, "POINT"}, Kind::unsupported),
             Contains("of type POINT"));
  CHECK_THAT(refusal({"a", 1, {circle(grid, 5, 1)}}, Kind::data, "1\\2"), Contains("triples"));
  CHECK_THAT(refusal({"a", 1, {circle(grid, 5, 1)}}, Kind::data, "1\\nan\\2"),
             Contains("no number"));
  CHECK_THAT(refusal({"a", 1, {circle(grid, 0.1, 1), circle(grid, 0.1, 1)}}, Kind::data),
             Contains("hold no voxel's centre"));
  write_structure_set(file, {{"heart", 1, {circle(grid, 5, 1)}}, {"lung", 2, {}}});
  CHECK_THAT(complaint(Kind::data, [&] { contours(file, "", grid); }),
             Contains("2 regions: 'heart' (1), 'lung' (2)"));
  CHECK_THAT(complaint(Kind::data, [&] { contours(file, "liver", grid); }),
             Contains("no region 'liver'"));
  CHECK_THAT(complaint(Kind::data, [&] { io::read_dicom_segment(file, ""); }),
             Contains("no DICOM Segmentation"));
}

TEST_CASE("a segmentation comes back voxel for voxel, whatever the order of its frames") {
  const Scratch scratch;
  Mask mask = noisy_mask(oblique_grid());
  for (Index j = 0; j < 37; ++j)
    for (Index i = 0; i < 41; ++i) mask(i, j, 3) = 0;  // a slice without a frame
  const auto file = scratch / "seg.dcm";
  for (const bool fractional : {false, true})
    for (const bool reversed : {false, true}) {
      INFO("fractional " << fractional << ", reversed " << reversed);
      write_segmentation(file, mask, {fractional, reversed, 0});
      CHECK(io::kind_of_dicom_mask(file) == io::DicomMask::segmentation);
      CHECK(equal(io::place_mask(io::read_dicom_segment(file, "lesion"), mask.grid()), mask));
      const Mask rest = io::place_mask(io::read_dicom_segment(file, "2"), mask.grid());
      for (Index j = 0; j < 37; ++j)
        for (Index i = 0; i < 41; ++i) REQUIRE(rest(i, j, 0) == 1 - mask(i, j, 0));
    }
  CHECK_THAT(complaint(Kind::data, [&] { io::read_dicom_segment(file, ""); }),
             Contains("'lesion' (1), 'rest' (2)"));
  write_segmentation(file, mask, {false, false, 10});
  CHECK_THAT(complaint(Kind::data, [&] { io::read_dicom_segment(file, "1"); }),
             Contains("cut short"));
}

TEST_CASE("a mask is placed on a grid whose axes are exchanged or reversed, and on no other") {
  const Grid image = oblique_grid();
  Grid part = image;  // axes (k, i reversed, j), of voxels 2 to 4, 30 down to 21 and 5 to 9
  part.size = {3, 10, 5};
  part.origin = image.centre(30, 5, 2);
  part.spacing = {image.spacing[2], image.spacing[0], image.spacing[1]};
  part.axes.col(0) = image.axes.col(2);
  part.axes.col(1) = -image.axes.col(0);
  part.axes.col(2) = image.axes.col(1);
  const Mask mask = noisy_mask(part);
  const Mask placed = io::place_mask(mask, image);
  Index found = 0, given = 0;
  for (const auto v : placed.values()) found += v;
  for (Index k = 0; k < 5; ++k)
    for (Index j = 0; j < 10; ++j)
      for (Index i = 0; i < 3; ++i) {
        given += mask(i, j, k);
        REQUIRE(placed(30 - j, 5 + k, 2 + i) == mask(i, j, k));
      }
  CHECK(found == given);
  CHECK(equal(io::resample_mask(mask, image), placed));

  Grid moved = part;
  moved.origin.x() += 0.02;
  CHECK_THAT(complaint(Kind::data, [&] { io::place_mask(noisy_mask(moved), image); }),
             Contains("origin differ"));
  moved = part;
  moved.origin = image.centre(5, 5, 2);
  CHECK_THAT(complaint(Kind::data, [&] { io::place_mask(noisy_mask(moved), image); }),
             Contains("outside the image"));
}

TEST_CASE("a sphere resampled to finer voxels keeps its volume and its place") {
  const Grid coarse{{40, 40, 40}, Vec3(1, 1, 1), Vec3(0, 0, 0), Mat3::Identity()};
  const Vec3 middle(20.3, 19.6, 18.9);
  Mask mask(coarse);
  for (Index k = 0; k < 40; ++k)
    for (Index j = 0; j < 40; ++j)
      for (Index i = 0; i < 40; ++i) mask(i, j, k) = (coarse.centre(i, j, k) - middle).norm() < 12;
  Grid fine = oblique_grid();
  fine.size = {70, 70, 70};
  fine.spacing = {0.6, 0.6, 0.6};
  fine.origin = middle - fine.axes * Vec3(20.7, 20.7, 20.7);
  const Mask resampled = io::resample_mask(mask, fine);
  double volume = 0;
  Vec3 centre = Vec3::Zero();
  for (Index k = 0; k < 70; ++k)
    for (Index j = 0; j < 70; ++j)
      for (Index i = 0; i < 70; ++i)
        if (resampled(i, j, k)) {
          volume += fine.voxel_volume();
          centre += fine.voxel_volume() * fine.centre(i, j, k);
        }
  // The voxelised sphere is within 1 % of 4/3 pi r^3, and so is what interpolation makes of it.
  CHECK(volume == Approx(4.0 / 3 * std::numbers::pi * 1728).epsilon(0.015));
  CHECK((centre / volume - middle).norm() < 0.1);
  fine.origin += Vec3(500, 0, 0);
  CHECK_THAT(complaint(Kind::data, [&] { io::resample_mask(mask, fine); }),
             Contains("nothing of the mask is left"));
}

TEST_CASE("IBSI's structure set of the CT phantom gives IBSI's mask of it", "[full]") {
  const io::Path phantom = test::reference_data("VITRINE_IBSI_DATA", "ibsi") / "ct_phantom";
  if (!std::filesystem::exists(phantom / "rtstruct")) {
    WARN("skipped: " << phantom.string() << " is absent (VITRINE_IBSI_DATA names IBSI's data)");
    return;
  }
  const Mask mask = io::read_mask(phantom / "mask.nii.gz");
  const Image series = io::read_image(phantom / "dicom");
  CHECK(io::frame_of_reference(phantom / "dicom") ==
        io::frame_of_reference(phantom / "rtstruct" / "DCM_RS_00060.dcm"));
  const Mask drawn = contours(phantom / "rtstruct" / "DCM_RS_00060.dcm", "GTV-1", series.grid());
  CHECK_NOTHROW(io::require_same_grid(series.grid(), mask.grid()));
  CHECK(equal(drawn, mask));
}
