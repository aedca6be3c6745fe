#include "vitrine/core/error.hpp"
#include "vitrine/core/table.hpp"
#include "vitrine/dataset/layouts.hpp"

namespace vitrine::dataset {
namespace {

std::string label_path(const Dataset&, const Item& item) {
  return str("masks/", item.id, ".nii.gz");
}

std::vector<TextFile> index(const Dataset& dataset) {
  Table table;
  table.columns = {"ID",     "Image", "Mask", "Label",     "Patient", "Stratum",
                   "Lesion", "Organ", "Arm",  "Replicate", "Subset"};
  for (const Item& item : dataset.items)
    for (const Lesion& lesion : item.lesions)
      table.add({str(item.id, '_', lesion.name), plain_image_path(dataset, item),
                 label_path(dataset, item), double(lesion.value), item.patient, item.stratum,
                 lesion.name, lesion.organ, item.arm, item.replicate, to_string(item.subset)});
  return {{"batch.csv", table.to_csv()}};
}

}  // namespace

Layout pyradiomics() {
  return {"pyradiomics",     "batch table of PyRadiomics, a row a lesion",
          Valued::by_lesion, plain_image_path,
          label_path,        index};
}

}  // namespace vitrine::dataset
