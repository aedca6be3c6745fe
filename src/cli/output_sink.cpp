#include "vitrine/cli/output_sink.hpp"

#include <algorithm>
#include <cmath>

#include "vitrine/core/hash.hpp"
#include "vitrine/core/parallel.hpp"
#include "vitrine/io/dicom.hpp"
#include "vitrine/io/nifti.hpp"
#include "vitrine/io/png.hpp"

namespace vitrine::cli {
namespace {

bool wanted(const std::vector<std::string>& formats, const char* format) {
  return std::find(formats.begin(), formats.end(), format) != formats.end();
}

std::string series_name(const trial::ImageContext& context) {
  return context.visit.name == "scan" ? context.arm.name
                                      : str(context.arm.name, '_', context.visit.name);
}

io::DicomSeries describe(const trial::Plan& plan, const trial::ImageContext& c) {
  const auto& scenario = plan.scenario;
  const std::string study =
      str(plan.fingerprint, '/', c.case_id, '/', c.scanner.name, '/', c.visit.name);
  io::DicomSeries d;
  d.patient.id = str(scenario.trial.name, '-', c.case_id);
  d.patient.name = "Vitrine^" + c.case_id;
  d.patient.sex = c.sex == "female" ? "F" : c.sex == "male" ? "M" : "O";
  d.trial.protocol_id = scenario.trial.name;
  d.trial.subject_id = c.case_id;
  d.trial.time_point_id = c.visit.name;
  d.equipment.model = c.scanner.name;
  d.acquisition.protocol = c.protocol.name;
  d.acquisition.tube_voltage_kv = c.arm.tube_voltage;
  d.acquisition.exposure_mas = c.arm.tube_load;
  d.acquisition.ctdi_vol_mgy = c.ctdi_vol;
  d.acquisition.source_to_detector_mm = c.scanner.source_to_detector;
  d.acquisition.source_to_patient_mm = c.scanner.source_to_iso;
  const double row = c.scanner.row_pitch * c.scanner.source_to_iso / c.scanner.source_to_detector;
  d.acquisition.collimation_row_mm = row;
  d.acquisition.collimation_total_mm = row * double(c.scanner.rows);
  d.acquisition.focal_spot_mm = c.scanner.focal_spot_width;
  d.reconstruction.kernel = c.arm.kernel_name;
  d.reconstruction.diameter_mm = c.protocol.field_of_view;
  d.reconstruction.slice_thickness_mm = c.arm.slice_thickness;
  d.study_uid = io::dicom_uid("study/" + study);
  d.series_uid = io::dicom_uid("series/" + study + '/' + c.arm.name);
  d.frame_of_reference_uid = io::dicom_uid("frame/" + study);
  d.study_id = c.case_id;
  d.study_description = "Virtual imaging trial " + scenario.trial.name;
  d.series_description = series_name(c);
  d.body_part = "CHEST";
  d.comments = "Simulated image of a synthetic patient";
  return d;
}

/// Grey levels of a window, in HU.
struct Window {
  const char* name;
  double centre, width;
};
constexpr Window windows[] = {{"lung", -600.0, 1500.0}, {"mediastinum", 40.0, 400.0}};
constexpr Window difference_window{"difference", 0.0, 400.0};

std::uint8_t grey(double hu, const Window& window) {
  return static_cast<std::uint8_t>(
      std::lround(std::clamp((hu - window.centre) / window.width + 0.5, 0.0, 1.0) * 255.0));
}

io::Bytes picture(Index width, Index height, const std::vector<std::uint8_t>& pixels) {
  return io::encode_png(int(width), int(height), io::Pixels::gray, pixels);
}

}  // namespace

trial::FileRecord OutputSink::write(const std::string& path, const io::Bytes& bytes) {
  io::make_directories((dir_ / path).parent_path());
  io::write_file(dir_ / path, bytes);
  return {path, sha256(bytes).hex(), bytes.size()};
}

std::vector<trial::FileRecord> OutputSink::image(const trial::ImageContext& context,
                                                 const Image& image) {
  const auto& formats = plan_.scenario.outputs.images;
  const std::string base = str("images/", context.case_id, '/', series_name(context));
  if (context.case_id == plan_.cases.front() && context.visit.name == "scan")
    keep_slice(context, image);
  std::vector<trial::FileRecord> records;
  io::Bytes nifti;
  std::vector<io::NamedBytes> slices;
  parallel_for(2, [&](Index format) {
    if (format == 0 && wanted(formats, "nifti"))
      nifti = io::encode_nifti(image, str("vitrine ", context.case_id, ' ', series_name(context)));
    if (format == 1 && wanted(formats, "dicom"))
      slices = io::encode_dicom(image, describe(plan_, context));
  });
  if (!nifti.empty()) records.push_back(write(base + ".nii.gz", nifti));
  if (!slices.empty()) {
    io::make_directories(dir_ / base);
    io::write_files(dir_ / base, slices);
    const std::size_t first = records.size();
    records.resize(first + slices.size());
    parallel_for(std::ssize(slices), [&](Index i) {
      const io::NamedBytes& file = slices[std::size_t(i)];
      records[first + std::size_t(i)] = {base + '/' + file.name, sha256(file.bytes).hex(),
                                         file.bytes.size()};
    });
  }
  return records;
}

std::vector<trial::FileRecord> OutputSink::mask(const trial::ImageContext& context,
                                                const std::string& lesion, const Mask& mask) {
  const std::string suffix = context.visit.name == "scan" ? "" : '_' + context.visit.name;
  const std::string description = str("vitrine ", context.case_id, ' ', lesion, suffix);
  return {write(str("masks/", context.case_id, '/', lesion, suffix, ".nii.gz"),
                io::encode_nifti(mask, description))};
}

void OutputSink::keep_slice(const trial::ImageContext& context, const Image& image) {
  const Grid& grid = image.grid();
  const Vec3 at = context.lesion ? Vec3((*context.lesion - grid.origin).cwiseQuotient(grid.spacing))
                                 : Vec3(0.5 * double(grid.size[0]), 0.5 * double(grid.size[1]),
                                        0.5 * double(grid.size[2]));
  const auto nearest = [&](int axis) {
    return std::clamp(Index(std::lround(at[axis])), Index{0}, grid.size[std::size_t(axis)] - 1);
  };
  const Index k = nearest(2);
  const auto values = image.values().subspan(std::size_t(grid.offset(0, 0, k)),
                                             std::size_t(grid.size[0] * grid.size[1]));
  slices_.push_back({context.arm.name, grid.size[0], grid.size[1], grid.spacing.x(), nearest(0),
                     nearest(1), std::vector<float>(values.begin(), values.end())});
}

std::vector<trial::FileRecord> OutputSink::finish_case(const std::string& case_id) {
  std::vector<trial::FileRecord> records;
  const auto reference = std::find_if(slices_.begin(), slices_.end(), [&](const Slice& s) {
    return s.arm == plan_.arms[plan_.reference].name;
  });
  for (const Slice& slice : slices_) {
    const std::string base = str("figures/", case_id, '/', slice.arm, '_');
    const auto draw = [&](const Window& window, Index i0, Index j0, Index width, Index height,
                          auto&& hu) {
      std::vector<std::uint8_t> pixels;
      for (Index j = j0; j < j0 + height; ++j)
        for (Index i = i0; i < i0 + width; ++i)
          pixels.push_back(grey(hu(std::size_t(j * slice.width + i)), window));
      return picture(width, height, pixels);
    };
    const auto own = [&](std::size_t at) { return double(slice.hu[at]); };
    for (const Window& window : windows)
      records.push_back(
          write(base + window.name + ".png", draw(window, 0, 0, slice.width, slice.height, own)));
    // A 64 mm square about the lesion.
    const Index side =
        std::min({Index(std::lround(64.0 / slice.pixel)), slice.width, slice.height});
    const Index i0 = std::clamp(slice.centre_i - side / 2, Index{0}, slice.width - side);
    const Index j0 = std::clamp(slice.centre_j - side / 2, Index{0}, slice.height - side);
    for (const Window& window : windows)
      records.push_back(
          write(base + "lesion_" + window.name + ".png", draw(window, i0, j0, side, side, own)));
    if (reference != slices_.end() && slice.hu.size() == reference->hu.size()) {
      const auto less = [&](std::size_t at) {
        return double(slice.hu[at]) - double(reference->hu[at]);
      };
      records.push_back(write(base + "difference.png",
                              draw(difference_window, 0, 0, slice.width, slice.height, less)));
    }
  }
  slices_.clear();
  return records;
}

}  // namespace vitrine::cli
