#include "vitrine/core/error.hpp"
#include "vitrine/core/table.hpp"
#include "vitrine/dataset/layouts.hpp"

namespace vitrine::dataset {
namespace {

std::string folder(const Item& item) { return str(item.patient, '/', item.id); }

std::string image_path(const Dataset&, const Item& item) {
  return str(folder(item), '/', slices_folder);
}

std::string label_path(const Dataset&, const Item& item) { return folder(item) + "/SEG.dcm"; }

std::vector<TextFile> index(const Dataset& dataset) {
  Table table;
  table.columns = {"ID", "Patient", "Stratum",  "Arm", "Replicate", "Subset",
                   "CT", "SEG",     "RTSTRUCT", "SR",  "Lesions"};
  for (const Item& item : dataset.items) {
    const auto beside = [&](const char* name, bool is_there) {
      return is_there ? str(folder(item), '/', name) : std::string();
    };
    table.add({item.id, item.patient, item.stratum, item.arm, item.replicate,
               to_string(item.subset), image_path(dataset, item), beside("SEG.dcm", item.labelled),
               beside("RTSTRUCT.dcm", item.labelled), beside("SR.dcm", !item.lesions.empty()),
               double(item.lesions.size())});
  }
  return {{"series.csv", table.to_csv()}};
}

}  // namespace

Layout dicom() {
  Layout layout{"dicom",           "DICOM CT series with Segmentation, RT Structure Set and report",
                Valued::by_lesion, image_path,
                label_path,        index};
  layout.stored = Stored::dicom;
  return layout;
}

}  // namespace vitrine::dataset
