#pragma once
#include <string>
#include <vector>

#include "vitrine/io/file.hpp"
#include "vitrine/radiomics/ibsi.hpp"

namespace vitrine::cli {

/// One row of IBSI's tables of reference values.
struct IbsiReference {
  std::string family, feature;  ///< `GLCM`, `Joint maximum`
  std::string aggregation;      ///< `3D, averaged`; empty if the file does not say
  radiomics::ibsi::Key key;     ///< of a feature
  std::string stage;            ///< of a diagnostic: `initial image`; empty for features
  double value = 0, tolerance = 0;
};

/// Read the reference values of one benchmark (docs/formats/ibsi_reference.md). Rows without a
/// reference value are left out. Throws Error (data) that shows all problems of the file.
std::vector<IbsiReference> read_ibsi_reference(const io::Path& file);

}  // namespace vitrine::cli
