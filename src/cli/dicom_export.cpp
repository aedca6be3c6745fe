#include "vitrine/cli/dicom_export.hpp"

#include <algorithm>
#include <map>

#include "vitrine/cli/organ_codes.hpp"
#include "vitrine/cli/series_header.hpp"
#include "vitrine/io/image_reader.hpp"
#include "vitrine/radiomics/perturbation.hpp"
#include "vitrine/radiomics/preprocessing/preprocessing.hpp"
#include "vitrine/radiomics/settings.hpp"

namespace vitrine::cli {
namespace {

/// Has no file to give.
class NoFiles final : public Resources {
 public:
  LabelImage labels(const LocatedText& file) override { refuse(file); }
  Image image(const LocatedText& file) override { refuse(file); }
  Value document(const LocatedText& file) override { refuse(file); }
  std::vector<float> numbers(const LocatedText& document, const std::string&, Number,
                             std::uint64_t) override {
    refuse(document);
  }

 private:
  [[noreturn]] static void refuse(const LocatedText& file) {
    throw Error(Error::Kind::unsupported,
                str("the trial's patients come from '", file.text,
                    "', which is needed again to say where they lay, and a finished trial does not "
                    "keep it. Have the trial write DICOM itself (outputs: {images: [dicom]}), or "
                    "choose another --layout"));
  }
};

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

/// What `columns` of a row say, in their order.
bool says(const Table& table, const std::vector<Table::Cell>& row,
          std::initializer_list<std::pair<const char*, std::string_view>> columns) {
  return std::ranges::all_of(columns, [&](const auto& wanted) {
    return text_in(table, row, wanted.first) == wanted.second;
  });
}

}  // namespace

DicomExport::DicomExport(const StoredTrial& stored, io::Path dir)
    : stored_(stored), dir_(std::move(dir)) {
  NoFiles none;
  static_cast<void>(stored.plan.scenario.patients.anatomy->supplied(none));
}

void DicomExport::show(const TrialImage& image) {
  if (!shown_ || !shown_->is(image.case_id, image.arm, image.replicate))
    shown_ = std::make_unique<trial::ShownPatient>(stored_.plan, image.case_id, image.arm,
                                                   image.replicate);
}

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
    region.colour_lab = {34734, 53456, 50115};  // sRGB 255 0 0
    region.colour_rgb = {255, 0, 0};
    io::take_box(mask, region);
    region.measurements = measured(image, file.lesion);
    regions.push_back(std::move(region));
  }
  return regions;
}

std::vector<io::NamedBytes> DicomExport::files(const TrialImage& image, const std::string& folder) {
  show(image);
  const Table& images = result_of(image.case_id).images;
  const auto row = std::ranges::find_if(images.rows, [&](const auto& each) {
    return says(images, each, {{"arm", image.arm}, {"replicate", image.replicate}});
  });
  VITRINE_EXPECT(row != images.rows.end());
  const trial::ImageContext context =
      shown_->context(image.arm, image.replicate, number_in(images, *row, "ctdi_vol_mgy"));
  read_listed(stored_, dir_, image.path);
  const Image read = io::read_image(dir_ / image.path);
  io::require_same_grid(shown_->grid(), read.grid());
  Image voxels(shown_->grid());  // NIfTI's grid is in 32 bits
  std::ranges::copy(read.values(), voxels.values().begin());

  const io::DicomSeries series = describe_series(stored_.plan, context);
  std::vector<io::NamedBytes> files = io::encode_dicom(voxels, series);
  for (io::NamedBytes& file : files) file.name = str(folder, '/', file.name);
  const std::vector<io::DicomRegion> lesions = lesions_of(image, voxels.grid());
  if (lesions.empty()) return files;
  const io::DicomTruth truth{voxels.grid(), series, lesions};
  const std::string beside = io::Path(folder).parent_path().string();
  files.push_back({beside + "/SEG.dcm", io::encode_dicom_segmentation(truth)});
  files.push_back({beside + "/RTSTRUCT.dcm", io::encode_dicom_contours(truth)});
  files.push_back({beside + "/SR.dcm", io::encode_dicom_report(truth)});
  return files;
}

}  // namespace vitrine::cli
