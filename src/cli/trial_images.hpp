#pragma once
#include <string>
#include <vector>

#include "vitrine/cli/stored_trial.hpp"
#include "vitrine/io/file.hpp"

namespace vitrine::cli {

/// A truth mask that a finished trial wrote.
struct MaskFile {
  std::string lesion;
  std::string organ, composition;  ///< empty of a lesion that appeared at a later visit
  std::string path;                ///< below the trial's directory
};

/// A CT image that a finished trial wrote, with the masks on its grid.
struct TrialImage {
  std::string case_id, sex, stratum, arm, replicate;  ///< sex, stratum: empty if there are none
  std::string path;
  std::vector<MaskFile> masks;
};

/// The NIfTI images of a finished trial in Hounsfield units, by case and in the order of its arms.
/// Throws Error (input) that says what to do if the trial has not ended or wrote none.
std::vector<TrialImage> images_of(const StoredTrial& stored, const io::Path& dir);

/// Which of the plan's arms an image is of.
std::size_t arm_index(const trial::Plan& plan, const TrialImage& image);

/// Text in a stored table. Throws Error (data) if a number is there.
std::string text_in(const Table& table, const std::vector<Table::Cell>& row, const char* column);

/// A file of the trial, as SHA256SUMS has it. Throws Error (data) if it changed since.
io::Bytes read_listed(const StoredTrial& stored, const io::Path& dir, const std::string& path);

}  // namespace vitrine::cli
