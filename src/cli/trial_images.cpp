#include "vitrine/cli/trial_images.hpp"

#include <algorithm>

#include "vitrine/cli/image_name.hpp"
#include "vitrine/phantoms/cohort_design.hpp"
#include "vitrine/trial/bin_levels.hpp"

namespace vitrine::cli {
namespace {

const io::Checksum* listed(const StoredTrial& stored, const std::string& path) {
  const auto found = std::ranges::lower_bound(stored.files, path, {}, &io::Checksum::path);
  return found != stored.files.end() && found->path == path ? &*found : nullptr;
}

}  // namespace

std::string text_in(const Table& table, const std::vector<Table::Cell>& row, const char* column) {
  const auto* text = std::get_if<std::string>(&row[table.column(column)]);
  require(text != nullptr, Error::Kind::data, "a stored case has a number in the column '", column,
          "', where text belongs. Run the same `vitrine run` again in a new directory");
  return *text;
}

namespace {

std::string sex_of(const Table& patients) {
  for (const auto& row : patients.rows)
    if (text_in(patients, row, "parameter") == "sex") return text_in(patients, row, "value");
  return {};
}

/// What the table of lesions says of one; empty: it has none of that name.
std::string said_of(const Table& lesions, const std::string& name, const char* column) {
  for (const auto& row : lesions.rows)
    if (text_in(lesions, row, "lesion") == name) return text_in(lesions, row, column);
  return {};
}

/// The masks of one position of the patient: `<folder><lesion>[_<visit>].nii.gz`. Noise
/// repeats have those of their scan.
std::vector<MaskFile> masks_of(const StoredTrial& stored, const trial::CaseResult& one,
                               const std::string& arm, const std::string& replicate) {
  const bool at_scan = replicate == "scan" || replicate.starts_with("noise");
  const trial::Arms& arms = stored.plan.scenario.arms;
  const auto made = std::ranges::find(stored.plan.arms, arm, &trial::Arm::name);
  VITRINE_EXPECT(made != stored.plan.arms.end());
  const std::string folder = trial::mask_folder(arms, one.id, trial::protocol_of(arms, *made));
  const std::string end = str(at_scan ? "" : '_' + replicate, ".nii.gz");
  std::vector<MaskFile> masks;
  for (auto file = std::ranges::lower_bound(stored.files, folder, {}, &io::Checksum::path);
       file != stored.files.end() && file->path.starts_with(folder); ++file) {
    if (!file->path.ends_with(end)) continue;
    const std::string lesion =
        file->path.substr(folder.size(), file->path.size() - folder.size() - end.size());
    if (lesion.find('_') == std::string::npos)
      masks.push_back({lesion, said_of(one.lesions, lesion, "organ"),
                       said_of(one.lesions, lesion, "composition"), file->path});
  }
  return masks;
}

bool counts_hounsfield(const StoredTrial& stored, const std::string& arm) {
  const trial::Plan& plan = stored.plan;
  const auto found = std::ranges::find(plan.arms, arm, &trial::Arm::name);
  require(found != plan.arms.end(), Error::Kind::data, "a stored case has images of the arm '", arm,
          "', which the scenario lacks. Run the same `vitrine run` again in a new directory");
  return trial::voxel_unit(plan.scenario.arms, found->bins) == recon::VoxelUnit::hounsfield;
}

}  // namespace

std::size_t arm_index(const trial::Plan& plan, const TrialImage& image) {
  const auto arm = std::ranges::find(plan.arms, image.arm, &trial::Arm::name);
  VITRINE_EXPECT(arm != plan.arms.end());
  return std::size_t(arm - plan.arms.begin());
}

std::vector<TrialImage> images_of(const StoredTrial& stored, const io::Path& dir) {
  require(!stored.files.empty(), Error::Kind::input, "the trial in '", dir.string(),
          "' has not ended. The same `vitrine run` command finishes it");
  std::vector<TrialImage> images;
  stored.result.cases.each([&](const trial::CaseResult& one) {
    const std::string sex = sex_of(one.patients);
    const std::string stratum = phantoms::stratum_name(stored.plan.scenario.patients, one.id);
    for (const auto& row : one.images.rows) {
      TrialImage image{one.id,
                       sex,
                       stratum,
                       text_in(one.images, row, "arm"),
                       text_in(one.images, row, "replicate"),
                       {},
                       {}};
      image.path = str("images/", one.id, '/', image_name(image.arm, image.replicate), ".nii.gz");
      if (!listed(stored, image.path) || !counts_hounsfield(stored, image.arm)) continue;
      image.masks = masks_of(stored, one, image.arm, image.replicate);
      images.push_back(std::move(image));
    }
  });
  require(!images.empty(), Error::Kind::input, "the trial in '", dir.string(),
          "' wrote no NIfTI images. Add `outputs: {images: [nifti]}` to its scenario and run it "
          "in a new directory");
  return images;
}

io::Bytes read_listed(const StoredTrial& stored, const io::Path& dir, const std::string& path) {
  const io::Checksum* sum = listed(stored, path);
  VITRINE_EXPECT(sum != nullptr);
  io::Bytes bytes = io::read_file(dir / path);
  require(sha256(bytes) == sum->digest, Error::Kind::data, "'", (dir / path).string(),
          "' is not the file that SHA256SUMS lists. `vitrine verify ", dir.string(),
          "` says what else has changed");
  return bytes;
}

}  // namespace vitrine::cli
