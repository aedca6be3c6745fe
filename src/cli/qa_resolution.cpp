#include <algorithm>
#include <cmath>

#include "vitrine/cli/exit_code.hpp"
#include "vitrine/cli/qa_commands.hpp"
#include "vitrine/cli/qa_image.hpp"
#include "vitrine/core/units.hpp"
#include "vitrine/evaluation/image_quality/mtf.hpp"
#include "vitrine/evaluation/image_quality/slice_profile.hpp"
#include "vitrine/io/image_reader.hpp"

namespace vitrine::cli {
namespace {

using namespace evaluation;

/// The slice with the brightest pixel at least `margin` mm from the image's edge, or near a point.
Index brightest_slice(const Image& image, const std::optional<Vec2>& near, double reach) {
  const Grid& grid = image.grid();
  Index best = 0;
  double highest = -1e300;
  for (Index k = 0; k < grid.size[2]; ++k) {
    const Plane plane = mean_plane(image, {k, k});
    const double half = 0.5 * plane.pixel * double(std::min(plane.columns, plane.rows));
    for_disc(plane, near.value_or(plane.middle()), near ? reach : 0.8 * half,
             [&](const Vec2&, double v) {
               if (v > highest) highest = v, best = k;
             });
  }
  return best;
}

struct MtfOptions {
  QaInput input;
  std::string of = "wire";
  std::vector<double> at;
  PointOptions point;
  EdgeOptions edge;
  double radius = 0.0;
};

void add_curve(QaResult& result, const Mtf& mtf, const std::string& name) {
  result.numbers.push_back({"MTF50", "1/mm", mtf.frequency_at(0.5), 4});
  result.numbers.push_back({"MTF10", "1/mm", mtf.frequency_at(0.1), 4});
  result.numbers.push_back({"peak", "", mtf.peak(), 4});
  result.numbers.push_back({"peak at", "1/mm", mtf.peak_frequency(), 3});
  result.table.columns = {"frequency_per_mm", "mtf"};
  report::Line line{name, {}, {}};
  // Beyond twice MTF10 there is nothing to draw.
  const double ten = mtf.frequency_at(0.1);
  const double last = std::isnan(ten) ? mtf.frequency.back() : 2.0 * ten;
  for (std::size_t i = 0; i < mtf.value.size(); ++i) {
    result.table.add({mtf.frequency[i], mtf.value[i]});
    if (mtf.frequency[i] > last) continue;
    line.x.push_back(mtf.frequency[i]);
    line.y.push_back(mtf.value[i]);
  }
  result.chart = {"Modulation transfer function", "frequency / (1/mm)", "MTF", {line}, true};
}

QaResult measure(MtfOptions& o) {
  const Image image = io::read_image(o.input.image);
  const Grid& grid = image.grid();
  const auto slices = chosen_slices(o.input, grid).value_or(Slices{0, grid.size[2] - 1});
  const Plane plane = mean_plane(image, slices);
  QaResult result;
  const auto seen = [&](const Vec2& centre, double contrast, double noise) {
    result.numbers.push_back({"x", "mm", centre.x(), 5});
    result.numbers.push_back({"y", "mm", centre.y(), 5});
    result.numbers.push_back({"contrast", "HU", contrast, 4});
    result.numbers.push_back({"noise", "HU", noise, 3});
  };
  const auto at = point(o.at);
  if (o.of == "disc") {
    require(at && o.radius > 0.0, Error::Kind::input,
            "the disc's place is not known (an edge is measured around a disc). Give --at X Y and "
            "--radius, to within a few mm.");
    const EdgeMtf edge = edge_mtf(plane, *at, o.radius, o.edge);
    result.measure = str("MTF from the edge of a disc, ", text_of(slices, grid));
    seen(edge.centre, edge.contrast, edge.noise);
    result.numbers.push_back({"radius", "mm", edge.radius, 4});
    add_curve(result, edge.mtf, "edge");
    // Total contrast-to-noise ratio of the edge method's regions (AAPM TG-233).
    if (std::abs(edge.contrast) < 10.0 * edge.noise)
      result.notes.push_back("the noise is more than a tenth of the contrast: average more slices");
  } else {
    o.point.near = at;
    o.point.object = o.of == "bead" ? PointObject::bead : PointObject::wire;
    if (o.radius > 0.0) o.point.radius = o.radius;
    const PointMtf spot = point_mtf(plane, o.point);
    result.measure = str("MTF from a ", o.of, ", ", text_of(slices, grid));
    seen(spot.centre, spot.contrast, spot.noise);
    add_curve(result, spot.mtf, o.of);
    if (o.point.diameter == 0.0)
      result.notes.push_back("the object's own width is not divided out: give --diameter");
  }
  if (std::isnan(result.numbers[result.numbers.size() - 3].value))
    result.notes.push_back(
        "the MTF does not fall to a tenth below Nyquist's frequency: use smaller pixels");
  result.shown_rows = 0;
  return result;
}

struct SspOptions {
  QaInput input;
  std::string of = "bead";
  std::vector<double> at, from, to;
  double radius = 1.5, ramp_angle = 23.0, half_width = 1.0;
};

QaResult measure(const SspOptions& o) {
  const Image image = io::read_image(o.input.image);
  const Grid& grid = image.grid();
  const auto slices = chosen_slices(o.input, grid);
  QaResult result;
  SliceProfile profile;
  if (o.of == "ramp") {
    const auto from = point(o.from), to = point(o.to);
    require(from && to, Error::Kind::input,
            "the ramp's place is not known (its profile runs from one end to the other). Give "
            "--from X Y and --to X Y.");
    const Slices in = slices.value_or(Slices{grid.size[2] / 2, grid.size[2] / 2});
    profile =
        ramp_profile(mean_plane(image, in), *from, *to, o.ramp_angle * units::deg, o.half_width);
    result.measure = str("Slice sensitivity profile from a ramp, ", text_of(in, grid));
  } else {
    const Slices in = slices.value_or(Slices{0, grid.size[2] - 1});
    constexpr double search = 5.0;  // mm around --at
    const auto at = point(o.at);
    const Index k = brightest_slice(image, at, search);
    PointOptions options;
    options.near = at;
    const PointMtf spot = point_mtf(mean_plane(image, {k, k}), options);
    profile = bead_profile(image, in, spot.centre, o.radius, options.radius);
    result.measure = str("Slice sensitivity profile from a bead, ", text_of(in, grid));
    result.numbers.push_back({"x", "mm", spot.centre.x(), 5});
    result.numbers.push_back({"y", "mm", spot.centre.y(), 5});
  }
  result.numbers.push_back({"FWHM", "mm", profile.fwhm, 4});
  result.numbers.push_back({"FWTM", "mm", profile.fwtm, 4});
  result.numbers.push_back({"middle", "mm", profile.middle, 4});
  result.numbers.push_back({"samples in FWHM", "", double(profile.samples_in_fwhm), 4});
  constexpr Index enough = 4;
  if (profile.samples_in_fwhm < enough)
    result.notes.push_back(
        "few slices sample the profile: reconstruct at a quarter of the thickness");
  if (std::isnan(profile.fwtm))
    result.notes.push_back("the profile does not fall to a tenth: reconstruct more slices");
  result.table.columns = {"z_mm", "sensitivity"};
  for (std::size_t i = 0; i < profile.value.size(); ++i)
    result.table.add({profile.position[i], profile.value[i]});
  result.chart = {"Slice sensitivity profile",
                  "z / mm",
                  "relative sensitivity",
                  {{o.of, profile.position, profile.value}},
                  true};
  return result;
}

}  // namespace

void add_qa_mtf(CLI::App& qa, int& code) {
  auto* command =
      qa.add_subcommand("mtf", "Resolution in the plane: MTF of a wire, bead or disc's edge");
  auto o = std::make_shared<MtfOptions>();
  add_input(*command, o->input);
  command->add_option("--of", o->of, "what is in the image: wire, bead, disc")
      ->check(CLI::IsMember({"wire", "bead", "disc"}))
      ->capture_default_str();
  command->add_option("--at", o->at, "where, x y in mm (default for a wire: the brightest point)")
      ->expected(2);
  command
      ->add_option("--diameter", o->point.diameter,
                   "of the wire or bead, mm: its own width is divided out")
      ->check(CLI::Range(0.0, 20.0));
  command
      ->add_option("--radius", o->radius,
                   "of the disc; of the region around a wire or bead (default 8), mm")
      ->check(CLI::Range(0.5, 200.0));
  command
      ->add_option("--reach", o->edge.reach,
                   "how far from a disc's edge it is looked at, mm (default: 0.8 radii, at most 8)")
      ->check(CLI::Range(0.5, 50.0));
  command->footer(
      "\n  vitrine qa mtf wire.nii.gz --diameter 0.2 --figure mtf.svg\n"
      "  vitrine qa mtf acr/ --of disc --at 44.5 -44.5 --radius 12.5 --z -60\n"
      "Slices are averaged (default: all).");
  command->callback([o, &code] {
    show(measure(*o), o->input.outputs);
    code = ok;
  });
}

void add_qa_ssp(CLI::App& qa, int& code) {
  auto* command =
      qa.add_subcommand("ssp", "Slice sensitivity profile of a bead, thin disc or ramp");
  auto o = std::make_shared<SspOptions>();
  add_input(*command, o->input);
  command->add_option("--of", o->of, "what is in the image: bead (or thin disc), ramp")
      ->check(CLI::IsMember({"bead", "ramp"}))
      ->capture_default_str();
  command->add_option("--at", o->at, "where the bead is, x y in mm (default: the brightest point)")
      ->expected(2);
  command->add_option("--radius", o->radius, "of the region whose mean is the profile, mm")
      ->check(CLI::Range(0.1, 7.0))
      ->capture_default_str();
  command->add_option("--from", o->from, "one end of the line along a ramp, x y in mm")
      ->expected(2);
  command->add_option("--to", o->to, "its other end")->expected(2);
  command->add_option("--ramp-angle", o->ramp_angle, "of the ramp out of the slice, degrees")
      ->check(CLI::Range(1.0, 85.0))
      ->capture_default_str();
  command->add_option("--half-width", o->half_width, "of the strip along a ramp, mm")
      ->check(CLI::Range(0.1, 10.0))
      ->capture_default_str();
  command->footer(
      "\n  vitrine qa ssp bead.nii.gz --figure ssp.svg\n"
      "  vitrine qa ssp ctp404/ --of ramp --from -20 38 --to 20 38 --z 0");
  command->callback([o, &code] {
    show(measure(*o), o->input.outputs);
    code = ok;
  });
}

}  // namespace vitrine::cli
