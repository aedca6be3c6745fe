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

const std::vector<Layout>& layouts() {
  static const std::vector<Layout> all = {nnunet(), monai(), pyradiomics(), dicom()};
  return all;
}

}  // namespace vitrine::dataset
