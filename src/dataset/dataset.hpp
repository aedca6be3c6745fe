#pragma once
#include <cstdint>
#include <string>
#include <vector>

namespace vitrine::dataset {

/// What a patient's images may be used for. No patient is in two.
enum class Subset { training, validation, test };
std::string to_string(Subset subset);

/// A lesion in a label map.
struct Lesion {
  std::string name, organ;
  int value = 1;  ///< of its voxels
};

/// An image with its label map.
struct Item {
  std::string id;  ///< unique, fit for a file name
  std::string patient, stratum, arm, replicate;
  std::vector<Lesion> lesions;
  bool labelled = true;  ///< whether there is a file at Layout::label_path
  Subset subset = Subset::training;
  int fold = -1;  ///< of cross-validation in the patients not for testing; -1: none
};

/// What is known of a data set without looking at a voxel.
struct Dataset {
  std::string name, trial, fingerprint, version;  ///< version: of the program that made the images
  std::string licence;                            ///< an SPDX identifier; empty: not given
  std::string published;                          ///< YYYY-MM-DD
  std::string url, creator;         ///< where it is to be had, who made it; may be empty
  int number = 501;                 ///< of an nnU-Net data set
  int folds = 0;                    ///< of cross-validation; 0: the one split
  std::vector<std::string> labels;  ///< names of the values 1, 2, ...
  std::vector<std::string> organs;  ///< those among them, or of segments, that are organs
  std::vector<Item> items;
};

/// The images' description, that says that they are synthetic.
std::string description(const Dataset& dataset);

/// Whether a patient who is not for testing judges a fold (the one split: fold 0) and does not
/// train.
bool held_out(const Dataset& dataset, const Item& item, int fold);

/// A file's path below the data set's directory, and its text.
struct TextFile {
  std::string path, text;
};

/// A file of the data set, or with a path that ends in '/' a folder of slices.
struct FileEntry {
  std::string path;
  std::uint64_t bytes = 0;
  std::string sha256;  ///< empty of a folder
};

/// Where images lie that are in no subset's folder.
std::string plain_image_path(const Dataset&, const Item& item);

/// How voxels of a label map are valued.
enum class Valued {
  by_class,   ///< Dataset::labels
  by_lesion,  ///< 1, 2, ... in each image: lesions stay apart
};

/// What images are stored as.
enum class Stored {
  nifti,  ///< `image_path` and `label_path` are files
  dicom,  ///< `image_path` is a folder of slices, `label_path` a Segmentation
};

/// The name of a folder of slices.
inline constexpr const char* slices_folder = "CT";

/// A way to lay out a data set: one file, and one line in `layouts`, add another.
struct Layout {
  std::string name, summary;
  Valued valued = Valued::by_class;
  std::string (*image_path)(const Dataset&, const Item&) = nullptr;
  std::string (*label_path)(const Dataset&, const Item&) = nullptr;
  std::vector<TextFile> (*index)(const Dataset&) = nullptr;
  Stored stored = Stored::nifti;
};

const std::vector<Layout>& layouts();

/// README.md: what the images are, how many, who is in which subset, what they are not for.
TextFile card(const Dataset& dataset, const Layout& layout);

/// images.csv: a row an image, with its patient, subset and paths. What the metadata describe.
TextFile image_table(const Dataset& dataset, const Layout& layout);

/// ro-crate-metadata.json (RO-Crate 1.1): the data set, what made it, and every file.
TextFile ro_crate(const Dataset& dataset, const Layout& layout,
                  const std::vector<FileEntry>& files);

/// croissant.json (Croissant 1.0): the files, and the rows of `image_table` as records. `files`
/// must hold images.csv.
TextFile croissant(const Dataset& dataset, const Layout& layout,
                   const std::vector<FileEntry>& files);

}  // namespace vitrine::dataset
