#include <algorithm>
#include <map>
#include <set>

#include "vitrine/core/error.hpp"
#include "vitrine/core/listing.hpp"
#include "vitrine/dataset/dataset.hpp"

namespace vitrine::dataset {
namespace {

struct Count {
  std::set<std::string> patients;
  std::size_t images = 0, lesions = 0;
  void add(const Item& item) {
    patients.insert(item.patient);
    ++images;
    lesions += item.lesions.size();
  }
  std::string cells() const {
    return str(" | ", patients.size(), " | ", images, " | ", lesions, " |\n");
  }
};

constexpr const char* count_head = " | patients | images | lesions in them |\n|---|---|---|---|\n";

template <class Key>
std::string counts(const Dataset& dataset, const char* head, Key key) {
  std::map<std::string, Count> rows;
  for (const Item& item : dataset.items) rows[key(item)].add(item);
  std::string text = str("| ", head, count_head);
  for (const auto& [name, count] : rows) text += str("| ", name, count.cells());
  return text;
}

}  // namespace

namespace {

std::string files_of(const Dataset& dataset, const Layout& layout) {
  const char* const truth =
      "They are the truth that the images were simulated from, not a reader's opinion: a voxel "
      "belongs to a lesion if at least half of it does, and to an organ if its middle does.";
  if (layout.stored == Stored::dicom)
    return str(
        "Images: DICOM CT series, marked as Synthetic Data (0008,001C). Beside each that has "
        "lesions: SEG.dcm (a segment a lesion), RTSTRUCT.dcm (their contours) and SR.dcm (TID "
        "1500, their radiomic features in this image). ",
        dataset.organs.empty()
            ? ""
            : str("Segments and contours of organs follow: ", listing(dataset.organs), ". "),
        "series.csv lists all. ", truth);
  std::string labels = "0 background";
  for (std::size_t i = 0; i < dataset.labels.size(); ++i)
    labels += str(", ", i + 1, ' ', dataset.labels[i]);
  if (layout.valued == Valued::by_lesion)
    labels = "0 background, then each lesion of an image its own (column Label)";
  return str(
      "Images: NIfTI-1, int16, Hounsfield units. Labels: NIfTI-1, uint8, on the grid of their "
      "image: ",
      labels, ". ", truth);
}

}  // namespace

TextFile card(const Dataset& dataset, const Layout& layout) {
  const bool strata =
      std::ranges::any_of(dataset.items, [](const Item& item) { return !item.stratum.empty(); });
  return {
      "README.md",
      str("# ", dataset.name,
          "\n\nSynthetic CT images of synthetic patients, made by the virtual imaging trial `",
          dataset.trial, "` (vitrine ", dataset.version, ", fingerprint `", dataset.fingerprint,
          "`). No image shows a person. Layout: ", layout.summary, ".\n\n## What is in it\n\n",
          counts(dataset, "subset", [](const Item& item) { return to_string(item.subset); }),
          "\nNo patient is in two subsets.",
          dataset.folds > 0
              ? str(" The others than those for testing are dealt to ", dataset.folds, " folds.")
              : "",
          "\n\n", counts(dataset, "arm", [](const Item& item) { return item.arm; }), "\n",
          strata ? counts(dataset, "stratum", [](const Item& item) { return item.stratum; }) + '\n'
                 : "",
          files_of(dataset, layout),
          "\n\n## What it is for, and what not\n\nTo train, and above all to test, models under "
          "known changes of scanner, dose and reconstruction. A model that works here "
          "is not shown to work in people: anatomy and disease are simpler than theirs.\n\n## "
          "Licence\n\n",
          dataset.licence.empty() ? "Not given: ask whoever gave you these files."
                                  : dataset.licence,
          "\n\n## Integrity\n\n`sha256sum -c SHA256SUMS`\n")};
}

}  // namespace vitrine::dataset
