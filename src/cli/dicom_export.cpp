#include "vitrine/cli/dicom_export.hpp"

#include <algorithm>
#include <cmath>
#include <map>

#include "vitrine/cli/organ_codes.hpp"
#include "vitrine/cli/series_header.hpp"
#include "vitrine/core/listing.hpp"
#include "vitrine/io/image_reader.hpp"
#include "vitrine/radiomics/perturbation.hpp"
#include "vitrine/radiomics/preprocessing/preprocessing.hpp"
#include "vitrine/radiomics/settings.hpp"

namespace vitrine::cli {
namespace {

/// UCUM's name of a unit.
std::string ucum(const std::string& unit) {
  static const std::map<std::string, std::string> names{
      {"HU", "[hnsf'U]"}, {"HU^2", "[hnsf'U]2"}, {"HU mm^3", "[hnsf'U].mm3"},
      {"mm^2", "mm2"},    {"mm^3", "mm3"},       {"1/mm", "/mm"},
      {"bit", "bit"}};
  const auto found = names.find(unit);
  return found == names.end() ? unit : found->second;
}

double number_in(const Table& table, const std::vector<Table::Cell>& row, const char* column) {
  const auto* number = std::get_if<double>(&row[table.column(column)]);
  require(number != nullptr, Error::Kind::data, "a stored case has text in the column '", column,
          "', where a number belongs. Run the same `vitrine run` again in a new directory");
  return *number;
}

/// Hues at the golden angle, so that neighbours differ.
std::array<std::uint8_t, 3> organ_colour(std::size_t organ) {
  const double hue = std::fmod(140.0 + 137.508 * double(organ), 360.0) / 60.0;
  std::array<std::uint8_t, 3> colour{};
  for (std::size_t c = 0; c < 3; ++c) {  // HSV with a saturation of 0.6, a value of 0.9
    const double phase = std::fmod(5.0 - 2.0 * double(c) + hue, 6.0);
    const double dip = std::clamp(std::min(phase, 4.0 - phase), 0.0, 1.0);
    colour[c] = std::uint8_t(std::lround(255.0 * 0.9 * (1.0 - 0.6 * dip)));
  }
  return colour;
}

/// What `columns` of a row say, in their order.
bool says(const Table& table, const std::vector<Table::Cell>& row,
          std::initializer_list<std::pair<const char*, std::string_view>> columns) {
  return std::ranges::all_of(columns, [&](const auto& wanted) {
    return text_in(table, row, wanted.first) == wanted.second;
  });
}

}  // namespace

DicomExport::DicomExport(const StoredTrial& stored, io::Path dir, ShownImages& shown)
    : stored_(stored), dir_(std::move(dir)), shown_(shown) {}

const trial::CaseResult& DicomExport::result_of(const std::string& case_id) {
  if (!result_ || result_->id != case_id) result_ = stored_.store->load(case_id);
  require(result_.has_value(), Error::Kind::data, "the stored case ", case_id,
          " is gone. Run the same `vitrine run` again");
  return *result_;
}

std::vector<io::DicomMeasurement> DicomExport::measured(const TrialImage& image,
                                                        const std::string& lesion) {
  const Table& table = result_of(image.case_id).features;
  // Of the image and the mask as they are.
  const auto as_they_are = [&](const auto& row, const char* column, std::string_view none) {
    return std::ranges::find(table.columns, column) == table.columns.end() ||
           says(table, row, {{column, none}});
  };
  std::vector<io::DicomMeasurement> all;
  for (const auto& row : table.rows) {
    if (!says(table, row,
              {{"lesion", lesion}, {"arm", image.arm}, {"replicate", image.replicate}}) ||
        !as_they_are(row, "perturbation", radiomics::Perturbation::unperturbed) ||
        !as_they_are(row, "preprocessing", radiomics::Preprocessing::unprocessed))
      continue;
    io::DicomMeasurement one;
    const std::string id = text_in(table, row, "feature"), code = text_in(table, row, "ibsi_code");
    one.concept_name =
        code.empty() ? io::DicomCode{id, "99VITRINE", id} : io::DicomCode{code, "IBSI", id};
    one.value = number_in(table, row, "value");
    one.unit = ucum(text_in(table, row, "unit"));
    if (const std::string how = text_in(table, row, "aggregation"); !how.empty())
      one.method = {std::string(radiomics::aggregation_code(how)), "IBSI", how};
    all.push_back(std::move(one));
  }
  return all;
}

std::vector<io::DicomRegion> DicomExport::lesions_of(const TrialImage& image, const Grid& grid) {
  std::vector<io::DicomRegion> regions;
  for (const MaskFile& file : image.masks) {
    read_listed(stored_, dir_, file.path);
    const Mask mask = io::read_mask(dir_ / file.path);
    io::require_same_grid(grid, mask.grid());
    io::DicomRegion region;
    region.label = file.lesion;
    region.category = {"49755003", "SCT", "Morphologically Abnormal Structure"};
    region.type = {"52988006", "SCT", "Lesion"};
    if (!file.organ.empty()) region.site = organ_code(file.organ);
    region.tracking_uid = io::dicom_uid(
        str("lesion/", stored_.plan.fingerprint, '/', image.case_id, '/', file.lesion));
    region.colour = {255, 0, 0};
    io::take_box(mask, region);
    region.measurements = measured(image, file.lesion);
    regions.push_back(std::move(region));
  }
  return regions;
}

std::span<const io::DicomRegion> DicomExport::organs_of(const TrialImage& image) {
  const auto map = shown_.organs(image);
  if (map == map_) return organ_regions_;
  map_ = map;
  organ_regions_.clear();
  const std::vector<OrganLabel>& organs = shown_.labels();
  for (std::size_t o = 0; o < organs.size(); ++o) {
    io::DicomRegion region;
    io::take_box(*map, std::uint16_t(o + 1), region);
    if (region.mask.values().empty()) continue;
    region.label = organs[o].name;
    region.category = {"123037004", "SCT", "Anatomical Structure"};
    region.type = organ_code(organs[o].name);
    region.tracking_uid = io::dicom_uid(str("organ/", stored_.plan.fingerprint, '/', image.case_id,
                                            '/', organs[o].name, '=', listing(organs[o].parts)));
    region.colour = organ_colour(o);
    organ_regions_.push_back(std::move(region));
  }
  return organ_regions_;
}

std::vector<io::NamedBytes> DicomExport::files(const TrialImage& image, const std::string& folder) {
  trial::ShownPatient& shown = shown_.patient(image);
  const Table& images = result_of(image.case_id).images;
  const auto row = std::ranges::find_if(images.rows, [&](const auto& each) {
    return says(images, each, {{"arm", image.arm}, {"replicate", image.replicate}});
  });
  VITRINE_EXPECT(row != images.rows.end());
  const trial::ImageContext context =
      shown.context(image.arm, image.replicate, number_in(images, *row, "ctdi_vol_mgy"));
  read_listed(stored_, dir_, image.path);
  const Image read = io::read_image(dir_ / image.path);
  io::require_same_grid(shown.grid(), read.grid());
  Image voxels(shown.grid());  // NIfTI's grid is in 32 bits
  std::ranges::copy(read.values(), voxels.values().begin());

  const io::DicomSeries series = describe_series(stored_.plan, context);
  std::vector<io::NamedBytes> files = io::encode_dicom(voxels, series);
  for (io::NamedBytes& file : files) file.name = str(folder, '/', file.name);
  std::vector<io::DicomRegion> regions = lesions_of(image, voxels.grid());
  const bool lesions = !regions.empty();
  const std::span<const io::DicomRegion> organs = organs_of(image);
  regions.insert(regions.end(), organs.begin(), organs.end());
  if (regions.empty()) return files;
  const io::DicomTruth truth{voxels.grid(), series, regions};
  const std::string beside = io::Path(folder).parent_path().string();
  files.push_back({beside + "/SEG.dcm", io::encode_dicom_segmentation(truth)});
  files.push_back({beside + "/RTSTRUCT.dcm", io::encode_dicom_contours(truth)});
  if (lesions) files.push_back({beside + "/SR.dcm", io::encode_dicom_report(truth)});
  return files;
}

}  // namespace vitrine::cli
