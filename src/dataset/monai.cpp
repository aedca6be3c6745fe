#include "vitrine/core/error.hpp"
#include "vitrine/core/value.hpp"
#include "vitrine/dataset/layouts.hpp"

namespace vitrine::dataset {
namespace {

std::string label_path(const Dataset&, const Item& item) {
  return str("labels/", item.id, ".nii.gz");
}

std::vector<TextFile> index(const Dataset& dataset) {
  Value labels;
  labels.set("0", Value("background"));
  for (std::size_t i = 0; i < dataset.labels.size(); ++i)
    labels.set(std::to_string(i + 1), Value(dataset.labels[i]));
  Value::List training, validation, test;
  for (const Item& item : dataset.items) {
    Value entry;
    entry.set("image", Value(plain_image_path(dataset, item)))
        .set("label", Value(label_path(dataset, item)))
        .set("patient", Value(item.patient))
        .set("arm", Value(item.arm))
        .set("replicate", Value(item.replicate));
    if (item.fold >= 0) entry.set("fold", Value(double(item.fold)));
    const bool validates = dataset.folds == 0 && held_out(dataset, item, 0);
    (item.subset == Subset::test ? test : validates ? validation : training).push_back(entry);
  }
  const double trained = double(training.size()), tested = double(test.size());
  Value list;
  list.set("name", Value(dataset.name))
      .set("description", Value(description(dataset)))
      .set("licence", Value(dataset.licence))
      .set("release", Value(dataset.fingerprint))
      .set("tensorImageSize", Value("3D"))
      .set("modality", Value().set("0", Value("CT")))
      .set("labels", labels)
      .set("numTraining", Value(trained))
      .set("numTest", Value(tested))
      .set("training", Value(std::move(training)));
  if (dataset.folds == 0) list.set("validation", Value(std::move(validation)));
  list.set("test", Value(std::move(test)));
  return {{"dataset.json", to_json(list, 2) + '\n'}};
}

}  // namespace

Layout monai() {
  return {"monai",          "MONAI data list in the form of the Medical Segmentation Decathlon",
          Valued::by_class, plain_image_path,
          label_path,       index};
}

}  // namespace vitrine::dataset
