#include "vitrine/cli/output_sink.hpp"

#include <algorithm>
#include <cmath>

#include "vitrine/cli/picture_file.hpp"
#include "vitrine/cli/series_header.hpp"
#include "vitrine/core/hash.hpp"
#include "vitrine/core/parallel.hpp"
#include "vitrine/io/dicom.hpp"
#include "vitrine/io/nifti.hpp"
#include "vitrine/io/raw.hpp"
#include "vitrine/report/figures.hpp"
#include "vitrine/trial/bin_levels.hpp"

namespace vitrine::cli {
namespace {

bool wanted(const std::vector<std::string>& formats, const char* format) {
  return std::find(formats.begin(), formats.end(), format) != formats.end();
}

constexpr double lesion_square = 64.0;      // mm
constexpr double difference_range = 200.0;  // HU
constexpr int stack_pixels = 128;
constexpr int sheet_columns = 4;
constexpr int sheet_picture = 256;  // pixels

/// The grey scale of a map, mg/ml.
report::Window map_window(const recon::SpectralImage& map) {
  return {"map", 0.5 * (map.low + map.high), map.high - map.low};
}

/// The slice of an image that is nearest to a point.
Image slice_at(const Image& image, const Vec3& point) {
  Grid grid = image.grid();
  const double k = std::round((point - grid.origin).dot(grid.axes.col(2)) / grid.spacing.z());
  const Index slice = std::clamp(Index(k), Index{0}, grid.size[2] - 1);
  const auto values = image.values().subspan(std::size_t(grid.offset(0, 0, slice)),
                                             std::size_t(grid.size[0] * grid.size[1]));
  grid.origin = grid.centre(0, 0, slice);
  grid.size[2] = 1;
  Image one(grid);
  std::copy(values.begin(), values.end(), one.values().begin());
  return one;
}

}  // namespace

trial::FileRecord OutputSink::write(const std::string& path, const io::Bytes& bytes) {
  io::make_directories((dir_ / path).parent_path());
  io::write_file(dir_ / path, bytes);
  return {path, sha256(bytes).hex(), bytes.size()};
}

std::vector<trial::FileRecord> OutputSink::write(const std::string& folder,
                                                 const std::vector<io::NamedBytes>& files) {
  io::make_directories(dir_ / folder);
  io::write_files(dir_ / folder, files);
  std::vector<trial::FileRecord> records(files.size());
  parallel_for(std::ssize(files), [&](Index i) {
    const io::NamedBytes& file = files[std::size_t(i)];
    records[std::size_t(i)] = {folder + '/' + file.name, sha256(file.bytes).hex(),
                               file.bytes.size()};
  });
  return records;
}

std::vector<trial::FileRecord> OutputSink::image(const trial::ImageContext& context,
                                                 const Image& image) {
  const auto& formats = plan_.scenario.outputs.images;
  const std::string base = str("images/", context.case_id, '/', series_name(context));
  if (context.case_id == plan_.cases.front() && context.visit.replicate() == "scan")
    keep_slice(context, image);
  std::vector<trial::FileRecord> records;
  const bool is_map =
      trial::voxel_unit(plan_.scenario.arms, context.arm.bins) == recon::VoxelUnit::mg_per_ml;
  io::Bytes nifti;
  std::vector<io::NamedBytes> slices;
  parallel_for(2, [&](Index format) {
    if (format == 0 && wanted(formats, "nifti"))
      nifti = io::encode_nifti(image, str("vitrine ", context.case_id, ' ', series_name(context)),
                               is_map ? io::HuStorage::mg_per_ml : io::HuStorage::int16);
    if (format == 1 && wanted(formats, "dicom"))
      slices = io::encode_dicom(image, describe_series(plan_, context));
  });
  if (!nifti.empty()) records.push_back(write(base + ".nii.gz", nifti));
  if (!slices.empty()) {
    const auto written = write(base, slices);
    records.insert(records.end(), written.begin(), written.end());
  }
  return records;
}

std::vector<trial::FileRecord> OutputSink::mask(const trial::ImageContext& context,
                                                const std::string& lesion, const Mask& mask) {
  const std::string suffix = context.visit.name == "scan" ? "" : '_' + context.visit.name;
  const std::string description = str("vitrine ", context.case_id, ' ', lesion, suffix);
  const std::string folder =
      trial::mask_folder(plan_.scenario.arms, context.case_id, context.protocol);
  return {write(str(folder, lesion, suffix, ".nii.gz"), io::encode_nifti(mask, description))};
}

namespace {

class RawFile final : public trial::RawData {
 public:
  RawFile(const io::Path& path, std::string name, const RawScan& scan, bool packed)
      : name_(std::move(name)), writer_(path, scan, packed) {}

  void views(std::span<const float> values) override { writer_.views(values); }
  std::vector<trial::FileRecord> finish() override {
    const io::SealedFile sealed = writer_.finish();
    return {{name_, sealed.sha256.hex(), sealed.bytes}};
  }

 private:
  std::string name_;
  io::RawWriter writer_;
};

}  // namespace

std::unique_ptr<trial::RawData> OutputSink::raw(const RawScan& scan) {
  RawScan complete = scan;
  complete.origin.software = "vitrine " VITRINE_VERSION;
  complete.origin.body_part = body_part_of(plan_.scenario.patients.anatomy.canonical);
  const std::string path = str("raw/", scan.origin.case_id, '/', scan.origin.scan, ".h5");
  io::make_directories((dir_ / path).parent_path());
  return std::make_unique<RawFile>(dir_ / path, path, complete,
                                   plan_.scenario.outputs.raw_packed.value_or(true));
}

void OutputSink::keep_slice(const trial::ImageContext& context, const Image& image) {
  const Grid& grid = image.grid();
  const Vec3 middle = 0.5 * (grid.centre(0, 0, 0) +
                             grid.centre(grid.size[0] - 1, grid.size[1] - 1, grid.size[2] - 1));
  std::optional<recon::SpectralImage> map =
      trial::spectral_level(plan_.scenario.arms, context.arm.bins);
  if (map && map->unit == recon::VoxelUnit::hounsfield) map.reset();
  const Vec3 point = context.lesion.value_or(middle);
  slices_.push_back({context.arm.name, slice_at(image, point), context.lesion, map, {}});
  if (!map)
    slices_.back().stack = report::draw_stack(
        image, report::square_about(grid, point, stack_square, stack_pixels), stack_slices);
}

std::vector<trial::FileRecord> OutputSink::finish_case(const std::string& case_id) {
  if (slices_.empty()) return {};
  std::vector<io::NamedBytes> files;
  const auto save = [&](const std::string& name, const report::Bitmap& picture) {
    files.push_back({name + ".png", png(picture)});
  };
  const auto reference = std::find_if(slices_.begin(), slices_.end(), [&](const Slice& s) {
    return s.arm == plan_.arms[plan_.reference].name;
  });
  for (const Slice& slice : slices_) {
    const Grid& grid = slice.image.grid();
    const report::Frame whole = report::whole_slice(grid, 0);
    if (!slice.stack.pixels.empty()) save(slice.arm + "_stack", slice.stack);
    const int pixels = int(std::lround(lesion_square / grid.spacing.x()));
    std::vector<report::Window> windows{report::lung_window(), report::mediastinum_window()};
    if (slice.map) windows = {map_window(*slice.map)};
    for (const report::Window& window : windows) {
      save(slice.arm + '_' + window.name, report::draw(slice.image, whole, window));
      if (!slice.lesion) continue;
      const report::Frame square = report::square_about(grid, *slice.lesion, lesion_square, pixels);
      save(slice.arm + "_lesion_" + window.name, report::draw(slice.image, square, window));
    }
    if (reference != slices_.end() && grid == reference->image.grid() &&
        slice.map.has_value() == reference->map.has_value())
      save(slice.arm + "_difference",
           report::draw_difference(slice.image, reference->image, whole, difference_range));
  }
  for (const report::Window& window : {report::lung_window(), report::mediastinum_window()}) {
    std::vector<report::Bitmap> pictures;
    for (const Slice& slice : slices_) {
      report::Frame frame = report::whole_slice(slice.image.grid(), 0);
      frame.width = frame.height = sheet_picture;
      pictures.push_back(
          report::draw(slice.image, frame, slice.map ? map_window(*slice.map) : window));
    }
    save("contact_sheet_" + window.name, report::contact_sheet(pictures, sheet_columns));
  }
  slices_.clear();
  return write("figures/" + case_id, files);
}

}  // namespace vitrine::cli
