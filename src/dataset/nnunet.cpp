#include <algorithm>

#include "vitrine/core/error.hpp"
#include "vitrine/core/value.hpp"
#include "vitrine/dataset/layouts.hpp"

namespace vitrine::dataset {
namespace {

std::string folder(const Dataset& dataset) {
  const std::string digits = std::to_string(dataset.number);
  return str("Dataset", std::string(3 - std::min<std::size_t>(3, digits.size()), '0'), digits, '_',
             dataset.name);
}

const char* part_of(const Item& item) { return item.subset == Subset::test ? "Ts" : "Tr"; }

std::string image_path(const Dataset& dataset, const Item& item) {
  return str(folder(dataset), "/images", part_of(item), '/', item.id, "_0000.nii.gz");
}

std::string label_path(const Dataset& dataset, const Item& item) {
  return str(folder(dataset), "/labels", part_of(item), '/', item.id, ".nii.gz");
}

/// The list of splits that nnU-Net trains by: the folds, or the one split.
Value splits(const Dataset& dataset) {
  Value::List all;
  for (int fold = 0; fold < std::max(dataset.folds, 1); ++fold) {
    Value::List train, val;
    for (const Item& item : dataset.items) {
      if (item.subset == Subset::test) continue;
      (held_out(dataset, item, fold) ? val : train).push_back(Value(item.id));
    }
    all.push_back(Value().set("train", Value(std::move(train))).set("val", Value(std::move(val))));
  }
  return Value(std::move(all));
}

std::vector<TextFile> index(const Dataset& dataset) {
  Value labels;
  labels.set("background", Value(0.0));
  for (std::size_t i = 0; i < dataset.labels.size(); ++i)
    labels.set(dataset.labels[i], Value(double(i + 1)));
  const auto training = std::ranges::count_if(
      dataset.items, [](const Item& item) { return item.subset != Subset::test; });
  const Value root = Value()
                         .set("channel_names", Value().set("0", Value("CT")))
                         .set("labels", labels)
                         .set("numTraining", Value(double(training)))
                         .set("file_ending", Value(".nii.gz"))
                         .set("name", Value(dataset.name))
                         .set("description", Value(description(dataset)))
                         .set("licence", Value(dataset.licence))
                         .set("release", Value(dataset.fingerprint));
  return {{folder(dataset) + "/dataset.json", to_json(root, 2) + '\n'},
          {folder(dataset) + "/splits_final.json", to_json(splits(dataset), 2) + '\n'}};
}

}  // namespace

Layout nnunet() {
  return {"nnunet",         "nnU-Net v2 raw data with splits_final.json",
          Valued::by_class, image_path,
          label_path,       index};
}

}  // namespace vitrine::dataset
