#pragma once
#include <string>

namespace vitrine::cli {

/// What an image of a case is called in files: its arm, and its replicate if it is not the scan.
inline std::string image_name(const std::string& arm, const std::string& replicate) {
  return replicate == "scan" ? arm : arm + '_' + replicate;
}

}  // namespace vitrine::cli
