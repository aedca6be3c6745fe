#include "vitrine/cli/dataset_files.hpp"

#include <algorithm>
#include <cctype>
#include <map>
#include <set>
#include <utility>

#include "vitrine/cli/image_name.hpp"
#include "vitrine/core/value.hpp"
#include "vitrine/dataset/split.hpp"
#include "vitrine/io/image_reader.hpp"
#include "vitrine/io/nifti.hpp"

namespace vitrine::cli {
namespace {

bool fits_a_file_name(const std::string& name) {
  return !name.empty() && name.front() != '.' && std::ranges::all_of(name, [](unsigned char c) {
    return std::isalnum(c) || c == '-' || c == '_' || c == '.';
  });
}

std::vector<TrialImage> chosen(const StoredTrial& stored, const io::Path& dir,
                               const DatasetChoice& choice) {
  std::vector<std::string> arms;
  for (const trial::Arm& arm : stored.plan.arms) arms.push_back(arm.name);
  for (const std::string& arm : choice.arms)
    require(std::ranges::find(arms, arm) != arms.end(), Error::Kind::input,
            "the trial has no arm '", arm, "' (--arm).", suggestion(arm, arms));
  std::vector<TrialImage> images = images_of(stored, dir);
  std::erase_if(images, [&](const TrialImage& image) {
    const bool repeated =
        image.replicate.starts_with("reposition") || image.replicate.starts_with("noise");
    const bool asked =
        choice.arms.empty() || std::ranges::find(choice.arms, image.arm) != choice.arms.end();
    return (repeated && !choice.repeats) || !asked;
  });
  require(!images.empty(), Error::Kind::input, "no NIfTI image in '", dir.string(),
          "' is of an arm that --arm names in Hounsfield units");
  return images;
}

/// "lesion", or "liver_lesion", "lung_lesion" ...
std::string class_of(const MaskFile& mask, bool by_organ) {
  return by_organ && !mask.organ.empty() ? mask.organ + "_lesion" : "lesion";
}

/// Organs first, so that their values are their places.
std::vector<std::string> labels_of(const std::vector<TrialImage>& images,
                                   const DatasetChoice& choice) {
  std::set<std::string> names;
  for (const TrialImage& image : images)
    for (const MaskFile& mask : image.masks) names.insert(class_of(mask, choice.by_organ));
  if (names.empty() && choice.organs.empty()) names.insert("lesion");
  std::vector<std::string> labels = choice.organs;
  labels.insert(labels.end(), names.begin(), names.end());
  return labels;
}

dataset::Item item_of(const TrialImage& image, const std::vector<std::string>& labels,
                      bool by_organ, dataset::Valued valued) {
  dataset::Item item;
  item.id = str(image.case_id, '_', image_name(image.arm, image.replicate));
  item.patient = image.case_id;
  item.stratum = image.stratum;
  item.arm = image.arm;
  item.replicate = image.replicate;
  for (const MaskFile& mask : image.masks) {
    const auto label = std::ranges::find(labels, class_of(mask, by_organ)) - labels.begin();
    const auto value =
        valued == dataset::Valued::by_class ? label + 1 : std::ssize(item.lesions) + 1;
    require(value <= 255, Error::Kind::unsupported, "'", item.id,
            "' has more than 255 labels, which a label map of 8 bits cannot tell apart");
    item.lesions.push_back({mask.lesion, mask.organ, int(value)});
  }
  return item;
}

struct Patients {
  std::vector<std::string> ids, strata;  ///< strata: those of the trial, sex, with lesions or not
};

Patients patients_of(const std::vector<TrialImage>& images) {
  std::map<std::string, std::string> key;
  std::set<std::string> with_lesions;
  for (const TrialImage& image : images)
    if (!image.masks.empty()) with_lesions.insert(image.case_id);
  for (const TrialImage& image : images)
    key[image.case_id] =
        str(image.stratum, '/', image.sex, '/', with_lesions.contains(image.case_id));
  Patients patients;
  for (const auto& [id, stratum] : key) {
    patients.ids.push_back(id);
    patients.strata.push_back(stratum);
  }
  return patients;
}

/// Deal patients to the subsets with a share; each must get one. With folds, which hold out in
/// turn, nobody is for validation alone.
std::map<std::string, dataset::Subset> subsets(const Patients& patients,
                                               const DatasetChoice& choice) {
  using dataset::Subset;
  std::vector<Subset> kinds;
  std::vector<double> shares;
  std::array<double, 3> of = choice.shares;
  if (choice.folds > 0) of[0] += std::exchange(of[1], 0.0);
  for (const Subset kind : {Subset::training, Subset::validation, Subset::test})
    if (const double share = of[std::size_t(kind)]; share > 0.0) {
      kinds.push_back(kind);
      shares.push_back(share);
    }
  const auto part =
      dataset::deal(patients.strata, shares, make_stream(choice.seed, "subsets", Draw::design));
  std::map<std::string, Subset> subset;
  for (std::size_t i = 0; i < part.size(); ++i) subset[patients.ids[i]] = kinds[part[i]];
  for (std::size_t k = 0; k < kinds.size(); ++k)
    require(std::ranges::find(part, k) != part.end(), Error::Kind::input, patients.ids.size(),
            patients.ids.size() == 1 ? " patient is" : " patients are",
            " too few for these --shares: none would be for ", dataset::to_string(kinds[k]),
            ". Give it a larger share, or 0 for none, or run more patients");
  return subset;
}

void deal_folds(dataset::Dataset& about, const Patients& patients, const DatasetChoice& choice) {
  std::set<std::string> to_test;
  for (const dataset::Item& item : about.items)
    if (item.subset == dataset::Subset::test) to_test.insert(item.patient);
  Patients rest;
  for (std::size_t i = 0; i < patients.ids.size(); ++i)
    if (!to_test.contains(patients.ids[i])) {
      rest.ids.push_back(patients.ids[i]);
      rest.strata.push_back(patients.strata[i]);
    }
  require(choice.folds <= std::ssize(rest.ids), Error::Kind::input, "--folds ", choice.folds,
          " of ", rest.ids.size(),
          " patients that are not for testing: a fold would have none. Ask for fewer folds");
  const std::vector<double> equal(std::size_t(choice.folds), 1.0);
  const auto fold =
      dataset::deal(rest.strata, equal, make_stream(choice.seed, "folds", Draw::design));
  for (dataset::Item& item : about.items)
    if (const auto found = std::ranges::find(rest.ids, item.patient); found != rest.ids.end())
      item.fold = int(fold[std::size_t(found - rest.ids.begin())]);
}

}  // namespace

TrialDataset make_dataset(const StoredTrial& stored, const io::Path& dir,
                          const DatasetChoice& choice, const dataset::Layout& layout) {
  TrialDataset made;
  const std::string& trial = stored.plan.scenario.trial.name;
  dataset::Dataset& about = made.about;
  about.name = choice.name.empty() ? trial : choice.name;
  require(fits_a_file_name(about.name), Error::Kind::input, "'", about.name,
          "' cannot name a data set. Give a --name of letters, digits, '-', '_' and '.'");
  about.trial = trial;
  about.fingerprint = stored.plan.fingerprint;
  about.version = stored.version;
  about.licence = choice.licence;
  about.published = choice.published;
  about.url = choice.url;
  about.creator = choice.creator;
  about.number = choice.number;
  about.folds = choice.folds;
  made.images = chosen(stored, dir, choice);
  about.labels = labels_of(made.images, choice);
  about.organs = choice.organs;
  require(about.labels.size() <= 255, Error::Kind::unsupported, about.labels.size(),
          " labels are more than a label map of 8 bits can tell apart (255). Name fewer (--organ)");
  for (const TrialImage& image : made.images)
    about.items.push_back(item_of(image, about.labels, choice.by_organ, layout.valued));
  if (layout.stored == dataset::Stored::dicom)
    for (dataset::Item& item : about.items) item.labelled = !item.lesions.empty();
  const Patients patients = patients_of(made.images);
  const auto subset = subsets(patients, choice);
  for (dataset::Item& item : about.items) item.subset = subset.at(item.patient);
  if (choice.folds > 0) deal_folds(about, patients, choice);
  return made;
}

io::Bytes label_map(const StoredTrial& stored, const io::Path& dir, const TrialImage& image,
                    const dataset::Item& item, const LabelMap* organs) {
  std::optional<Mask> labels;
  if (organs) {
    labels.emplace(organs->grid());
    std::ranges::transform(organs->values(), labels->values().begin(),
                           [](std::uint16_t value) { return std::uint8_t(value); });
  }
  for (std::size_t i = 0; i < image.masks.size(); ++i) {
    read_listed(stored, dir, image.masks[i].path);
    const Mask mask = io::read_mask(dir / image.masks[i].path);
    if (!labels) labels.emplace(mask.grid());
    io::require_same_grid(labels->grid(), mask.grid());
    const auto value = std::uint8_t(item.lesions[i].value);
    for (std::size_t v = 0; v < mask.values().size(); ++v)
      if (mask.values()[v] != 0) labels->values()[v] = value;
  }
  if (!labels) labels.emplace(io::read_image(dir / image.path).grid());
  return io::encode_nifti(*labels, "vitrine labels " + item.id.substr(0, 64));
}

}  // namespace vitrine::cli
