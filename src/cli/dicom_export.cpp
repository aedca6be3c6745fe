#include "vitrine/cli/dicom_export.hpp"

#include <algorithm>
#include <cmath>

#include "vitrine/cli/organ_codes.hpp"
#include "vitrine/cli/series_header.hpp"
#include "vitrine/core/listing.hpp"
#include "vitrine/core/parallel.hpp"
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
  const std::vector<MaskFile>& masks = image.masks;
  if (masks.empty() || !lesions_.contains(masks.front().path)) {  // another patient or visit
    std::vector<std::shared_ptr<const io::DicomShape>> shapes(masks.size());
    parallel_for(std::ssize(masks), [&](Index m) {
      const std::string& path = masks[std::size_t(m)].path;
      read_listed(stored_, dir_, path);
      const Mask mask = io::read_mask(dir_ / path);
      io::require_same_grid(grid, mask.grid());
      shapes[std::size_t(m)] = std::make_shared<io::DicomShape>(io::shape_of(mask, grid));
    });
    lesions_.clear();
    for (std::size_t m = 0; m < masks.size(); ++m) lesions_[masks[m].path] = shapes[m];
  }
  std::vector<io::DicomRegion> regions;
  for (const MaskFile& file : masks) {
    io::DicomRegion region;
    region.label = file.lesion;
    region.category = {"49755003", "SCT", "Morphologically Abnormal Structure"};
    region.type = {"52988006", "SCT", "Lesion"};
    if (!file.organ.empty()) region.site = organ_code(file.organ);
    region.tracking_uid = io::dicom_uid(
        str("lesion/", stored_.plan.fingerprint, '/', image.case_id, '/', file.lesion));
    region.colour = {255, 0, 0};
    region.shape = lesions_.at(file.path);
    region.measurements = measured(image, file.lesion);
    regions.push_back(std::move(region));
  }
  return regions;
}

const std::vector<io::DicomRegion>& DicomExport::organs_of(const TrialImage& image,
                                                           const Grid& grid) {
  const auto map = shown_.organs(image);
  if (map == map_) return organs_;
  map_ = map;
  organs_.clear();
  const std::vector<OrganLabel>& organs = shown_.labels();
  std::vector<std::shared_ptr<const io::DicomShape>> shapes(organs.size());
  parallel_for(std::ssize(organs), [&](Index o) {
    shapes[std::size_t(o)] =
        std::make_shared<io::DicomShape>(io::shape_of(*map, std::uint16_t(o + 1), grid));
  });
  for (std::size_t o = 0; o < organs.size(); ++o) {
    if (shapes[o]->mask.values().empty()) continue;
    io::DicomRegion region;
    region.label = organs[o].name;
    region.category = {"123037004", "SCT", "Anatomical Structure"};
    region.type = organ_code(organs[o].name);
    region.tracking_uid = io::dicom_uid(str("organ/", stored_.plan.fingerprint, '/', image.case_id,
                                            '/', organs[o].name, '=', listing(organs[o].parts)));
    region.colour = organ_colour(o);
    region.shape = shapes[o];
    organs_.push_back(std::move(region));
  }
  return organs_;
}

DicomImage DicomExport::described(const TrialImage& image, std::string folder) {
  trial::ShownPatient& shown = shown_.patient(image);
  const Table& images = result_of(image.case_id).images;
  const auto row = std::ranges::find_if(images.rows, [&](const auto& each) {
    return says(images, each, {{"arm", image.arm}, {"replicate", image.replicate}});
  });
  VITRINE_EXPECT(row != images.rows.end());
  const trial::ImageContext context =
      shown.context(image.arm, image.replicate, number_in(images, *row, "ctdi_vol_mgy"));
  DicomImage made{image.path,
                  std::move(folder),
                  shown.grid(),
                  describe_series(stored_.plan, context),
                  lesions_of(image, shown.grid()),
                  0};
  made.lesions = made.regions.size();
  const std::vector<io::DicomRegion>& organs = organs_of(image, made.grid);
  made.regions.insert(made.regions.end(), organs.begin(), organs.end());
  return made;
}

std::vector<io::NamedBytes> DicomExport::files(const DicomImage& image) const {
  read_listed(stored_, dir_, image.path);
  const Image voxels = io::read_image(dir_ / image.path);
  io::require_same_grid(image.grid, voxels.grid());
  std::vector<io::NamedBytes> files = io::encode_dicom(image.grid, voxels.values(), image.series);
  for (io::NamedBytes& file : files) file.name = str(image.folder, '/', file.name);
  if (image.regions.empty()) return files;
  const io::DicomTruth truth{image.grid, image.series, image.regions};
  const std::string beside = io::Path(image.folder).parent_path().string();
  files.push_back({beside + "/SEG.dcm", io::encode_dicom_segmentation(truth)});
  files.push_back({beside + "/RTSTRUCT.dcm", io::encode_dicom_contours(truth)});
  if (image.lesions > 0) files.push_back({beside + "/SR.dcm", io::encode_dicom_report(truth)});
  return files;
}

}  // namespace vitrine::cli
