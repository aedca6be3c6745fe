#pragma once
#include <string>

#include "vitrine/io/dicom.hpp"

namespace vitrine::cli {

/// SNOMED CT's code for an organ as scenarios and tables name it; with a scheme of our own for
/// what has none here.
io::DicomCode organ_code(const std::string& organ);

}  // namespace vitrine::cli
