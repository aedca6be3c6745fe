#pragma once
#include <string>
#include <vector>

#include "vitrine/trial/passport.hpp"

namespace vitrine::cli {

/// All that a scanner's passport says.
struct PassportPage {
  Scanner scanner;
  std::vector<std::string> without_source;  ///< keys of numbers that nothing is said about
  trial::Passport passport;
  std::string quality;
};

/// `in range`, `OUT OF RANGE`, or nothing where nothing is compared.
std::string verdict(const trial::PassportRow& row);

/// Markdown at `file`, and its figures beside it: `NAME_mtf.svg` and the like.
void write_page(const PassportPage& page, const std::string& file);

/// The same as JSON: scanner, quality, detector_rows, passed, rows, curves, numbers without a
/// source.
std::string to_json(const PassportPage& page);

}  // namespace vitrine::cli
