#include "vitrine/recon/sinogram_file.hpp"

#include <algorithm>

#include "vitrine/core/units.hpp"
#include "vitrine/recon/detail/sinogram_views.hpp"

namespace vitrine::recon {
namespace {

constexpr Unit per_mm{"per_mm", 1.0};
constexpr Unit bytes{"bytes", 1.0};

}  // namespace

const Schema<SinogramFile::Reference>& SinogramFile::Reference::schema() {
  static const auto s =
      Schema<Reference>("reference", "A reading without object, or without beam")
          .optional("counts", &Reference::counts, "the same for all cells")
          .between(0, 1e30)
          .optional("files", &Reference::files, "or files laid out as the data's")
          .optional("dataset", &Reference::dataset, "of HDF5 files: path of the values")
          .optional("views", &Reference::views, "views in these files, which are averaged")
          .between(1, 1e6)
          .rule("give either counts or files",
                [](const Reference& r) { return r.counts.has_value() == r.files.empty(); });
  return s;
}

const Schema<SinogramFile::Data>& SinogramFile::Data::schema() {
  static const auto s =
      Schema<Data>("data", "Where the values lie, and what they are")
          .required("files", &Data::files,
                    "raw float32 or HDF5 files; several hold equally many views each, one after "
                    "the other")
          .optional("dataset", &Data::dataset,
                    "of HDF5 files: path of the values (none: the files are raw float32)")
          .optional("axes", &Data::axes, "the order of the values, slowest first")
          .one_of({"view", "row", "column"})
          .optional("reversed", &Data::reversed,
                    "axes that are stored from their last to their first")
          .one_of({"column", "row"})
          .optional("byte_order", &Data::byte_order, "of raw float32")
          .one_of({"little", "big"})
          .optional("offset", &Data::offset, bytes, "a header of each raw file that is skipped")
          .between(0, 1e9)
          .required("quantity", &Data::quantity,
                    "line_integral: attenuation x length, no unit; transmission: reading over the "
                    "reading without object; counts: readings")
          .one_of({"line_integral", "transmission", "counts"})
          .optional("negative", &Data::negative,
                    "negative transmission or counts are refused, or taken as the smallest signal "
                    "(2^-20)")
          .one_of({"refuse", "floor"})
          .optional("air", &Data::air, "of counts: readings without object")
          .optional("dark", &Data::dark, "of counts: readings without beam (0 if nothing is said)")
          .rule("files must name at least one file", [](const Data& d) { return !d.files.empty(); })
          .rule("axes must name view, row and column, each once",
                [](const Data& d) {
                  auto named = d.axes;
                  std::ranges::sort(named);
                  return named == std::vector<std::string>{"column", "row", "view"};
                })
          .rule("byte_order and offset_bytes go with raw float32 (an HDF5 file knows its own)",
                [](const Data& d) {
                  return d.dataset.empty() || (d.byte_order == "little" && d.offset == 0);
                })
          .rule("air goes with quantity: counts, and counts go with air",
                [](const Data& d) { return d.air.has_value() == (d.quantity == "counts"); })
          .rule("dark goes with quantity: counts (others have no dark readings in them)",
                [](const Data& d) { return !d.dark || d.quantity == "counts"; });
  return s;
}

const Schema<SinogramFile::Detector>& SinogramFile::Detector::schema() {
  static const auto s =
      Schema<Detector>("detector", "The detector of a sinogram")
          .optional("shape", &Detector::shape,
                    "curved: columns at equal angles about the source; flat: on a plane")
          .one_of({"curved", "flat"})
          .required("columns", &Detector::columns, "cells across")
          .between(12, 100000)
          .optional("rows", &Detector::rows, "cells along the axis")
          .between(1, 10000)
          .required("column_pitch", &Detector::column_pitch, unit::mm,
                    "from column to column at the detector, along its arc if it is curved")
          .between(1e-4, 100)
          .required("row_pitch", &Detector::row_pitch, unit::mm, "from row to row at the detector")
          .between(1e-4, 100)
          .optional("column_offset", &Detector::column_offset,
                    "columns by which the ray through the axis misses the detector's middle "
                    "towards the last column (a quarter offset: 0.25)")
          .between(-1e5, 1e5);
  return s;
}

const Schema<SinogramFile::Geometry>& SinogramFile::Geometry::schema() {
  static const auto s =
      Schema<Geometry>("geometry", "Source, axis and detector of a sinogram")
          .required("detector", &Geometry::detector, "its cells")
          .required("source_to_isocentre", &Geometry::source_to_iso, unit::mm, "source to axis")
          .between(1, 1e5)
          .required("source_to_detector", &Geometry::source_to_detector, unit::mm,
                    "source to the detector's middle")
          .between(1, 1e5)
          .optional("gantry_tilt", &Geometry::gantry_tilt, unit::deg,
                    "tilt of the gantry, its top towards the feet")
          .between(-30, 30)
          .rule(
              "the detector must stand behind the axis (source_to_detector_mm is not larger "
              "than source_to_isocentre_mm)",
              [](const Geometry& g) { return g.source_to_detector > g.source_to_iso; });
  return s;
}

const Schema<SinogramFile::Views>& SinogramFile::Views::schema() {
  static const auto s =
      Schema<Views>("views", "From where, and at which table position, each view was taken")
          .optional("count", &Views::count, "number of views (one rotation if nothing is said)")
          .between(1, 1e7)
          .optional("per_rotation", &Views::per_rotation, "views of a full turn")
          .between(12, 1e6)
          .optional("angle_step", &Views::step, unit::deg, "or the angle from view to view")
          .between(1e-3, 30)
          .optional("angles", &Views::angles, unit::deg, "or the angle of every view")
          .between(-1e6, 1e6)
          .optional("start_angle", &Views::start, unit::deg,
                    "of the first view: 0 has the source at negative y, 90 at positive x")
          .between(-1e6, 1e6)
          .optional("direction", &Views::direction,
                    "increasing angles go from negative y to positive x")
          .one_of({"increasing", "decreasing"})
          .optional("table_start", &Views::table_start, unit::mm,
                    "z of the detector's middle in the first view")
          .between(-1e5, 1e5)
          .optional("table_per_rotation", &Views::table_per_rotation, unit::mm,
                    "of a helix: what z grows by in a turn (0: the table stands still)")
          .between(-1e4, 1e4)
          .optional("table_positions", &Views::table_positions, unit::mm,
                    "or z of every view, or of every axial turn")
          .between(-1e5, 1e5)
          .rule("give one of per_rotation, angle_step_deg and angles_deg",
                [](const Views& v) {
                  return int(v.per_rotation.has_value()) + int(v.step.has_value()) +
                             int(!v.angles.empty()) ==
                         1;
                })
          .rule("start_angle_deg, count and direction do not go with angles_deg (which says all)",
                [](const Views& v) {
                  return v.angles.empty() ||
                         (!v.count && v.start == 0.0 && v.direction == "increasing");
                })
          .rule("table_start_mm and table_per_rotation_mm do not go with table_positions_mm",
                [](const Views& v) {
                  return v.table_positions.empty() ||
                         (v.table_start == 0.0 && v.table_per_rotation == 0.0);
                });
  return s;
}

const Schema<SinogramFile::Water>& SinogramFile::Water::schema() {
  static const auto s =
      Schema<Water>("water", "The scale of the CT numbers")
          .required("attenuation", &Water::attenuation, per_mm,
                    "linear attenuation of water that the data have: 0 HU")
          .between(1e-4, 10)
          .optional("air_attenuation", &Water::air_attenuation, per_mm, "of air: -1000 HU")
          .between(0, 1e-2)
          .optional("polynomial", &Water::polynomial,
                    "beam-hardening correction [a1, a2, ...]: line integrals p become "
                    "a1 p + a2 p^2 + ... (none if nothing is said)")
          .between(-1e6, 1e6)
          .optional("polynomial_limit", &Water::polynomial_limit,
                    "line integral from which on it goes on straight")
          .between(0.1, 50)
          .rule("air must attenuate less than water",
                [](const Water& w) { return w.air_attenuation < w.attenuation; })
          .rule("polynomial takes 10 numbers at most",
                [](const Water& w) { return w.polynomial.size() <= WaterCorrection::terms; })
          .rule(
              "polynomial must grow from 0 to polynomial_limit (else two thicknesses of water "
              "would become one). Lower polynomial_limit, or fit it again",
              [](const Water& w) { return w.polynomial.empty() || detail::grows(w); });
  return s;
}

const Schema<SinogramFile::Noise>& SinogramFile::Noise::schema() {
  static const auto s =
      Schema<Noise>("noise", "How uncertain readings are: what iterative reconstruction weighs by")
          .optional("quanta", &Noise::quanta, "photons of a reading without object")
          .between(1, 1e15)
          .optional("electronic", &Noise::electronic,
                    "standard deviation of the electronic noise, photons")
          .between(0, 1e9);
  return s;
}

const Schema<SinogramFile::Images>& SinogramFile::Images::schema() {
  static const auto s =
      Schema<Images>("images", "The image that is made of a sinogram")
          .required("kernel", &Images::kernel, "reconstruction kernel")
          .optional("algorithm", &Images::algorithm, "how line integrals become an image")
          .optional("slice_thickness", &Images::slice_thickness, unit::mm,
                    "thickness of a slice (a detector row at the isocentre if nothing is said)")
          .between(0.05, 100)
          .optional("slice_increment", &Images::slice_increment, unit::mm,
                    "spacing of slice centres (the thickness if nothing is said)")
          .between(0.01, 100)
          .optional("slices", &Images::slices, "number of slices")
          .between(1, 10000)
          .optional("matrix", &Images::matrix, "pixels along each edge of the image")
          .between(16, 4096)
          .required("field_of_view", &Images::field_of_view, unit::mm, "edge of the square image")
          .between(1, 5000)
          .optional("centre", &Images::centre, unit::mm,
                    "middle of the image: x, y, z (on the axis, at the table's middle position, if "
                    "nothing is said)")
          .between(-1e5, 1e5)
          .optional("orientation", &Images::orientation, orientation_doc)
          .optional("truncation_extension", &Images::truncation_extension,
                    "lines that end inside the object go on as a water cylinder would")
          .optional("corrections", &Images::corrections,
                    "of artefacts: rings and metal (none if nothing is said)")
          .optional("denoise", &Images::denoise,
                    "edge-preserving noise reduction (none if nothing is said)")
          .rule(
              "corrections.bone needs the spectrum, which a sinogram does not tell. Use "
              "water.polynomial",
              [](const Images& i) { return !i.corrections || !i.corrections->bone; })
          .rule(
              "corrections do not go with algorithms that take rays as measured (they act on "
              "parallel lines). Use algorithm: fbp, or leave them out",
              [](const Images& i) {
                return !i.corrections || !i.corrections->any() || !i.algorithm->wants_measured();
              });
  return s;
}

const Schema<SinogramFile>& SinogramFile::schema() {
  static const auto s =
      Schema<SinogramFile>("sinogram", "A measured scan for `vitrine recon`")
          .required("sinogram", &SinogramFile::version, "version of this format")
          .between(1, 1)
          .required("name", &SinogramFile::name, "what images are called")
          .name_of_at_most(40)
          .required("data", &SinogramFile::data, "where the values lie")
          .required("geometry", &SinogramFile::geometry, "source, axis and detector")
          .required("views", &SinogramFile::views, "angles and table positions")
          .required("water", &SinogramFile::water, "scale of the CT numbers")
          .optional("noise", &SinogramFile::noise, "what iterative reconstruction weighs by")
          .required("images", &SinogramFile::images, "the image that is made")
          .optional("tube_voltage", &SinogramFile::tube_voltage, unit::kv,
                    "for the images' headers")
          .between(1, 1000)
          .checked(detail::check_sinogram);
  return s;
}

}  // namespace vitrine::recon
