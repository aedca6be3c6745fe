#include "vitrine/dataset/dataset.hpp"

#include "vitrine/dataset/layouts.hpp"

namespace vitrine::dataset {

std::string to_string(Subset subset) {
  switch (subset) {
    case Subset::training:
      return "training";
    case Subset::validation:
      return "validation";
    case Subset::test:
      break;
  }
  return "test";
}

std::string description(const Dataset& dataset) {
  return "Synthetic CT of the virtual imaging trial " + dataset.trial;
}

bool held_out(const Dataset& dataset, const Item& item, int fold) {
  return dataset.folds > 0 ? item.fold == fold : item.subset == Subset::validation;
}

std::string plain_image_path(const Dataset&, const Item& item) {
  return "images/" + item.id + ".nii.gz";
}

const std::vector<Layout>& layouts() {
  static const std::vector<Layout> all = {nnunet(), monai(), pyradiomics(), dicom()};
  return all;
}

}  // namespace vitrine::dataset
