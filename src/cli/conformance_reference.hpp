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

/// A standardised response map of IBSI 2, phase 1.
struct ResponseReference {
  std::string id, filter, phantom;  ///< `3.a.2`, `Laws`, `impulse`
  std::string map;                  ///< name of the map's file
};
/// Read the tests of phase 1; those that are not standardised are left out. Throws as above.
std::vector<ResponseReference> read_response_references(const io::Path& file);

/// A value of IBSI 2, phase 2.
struct FilteredReference {
  std::string benchmark, feature, code;  ///< `4.B`, `Variance`, `ECT3`
  double value = 0, tolerance = 0;
};
/// Read the values of phase 2; rows without a value are left out. Throws as above.
std::vector<FilteredReference> read_filtered_references(const io::Path& file);

}  // namespace vitrine::cli
