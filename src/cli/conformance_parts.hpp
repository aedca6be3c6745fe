#pragma once
#include <array>
#include <string>
#include <vector>

#include "vitrine/io/file.hpp"
#include "vitrine/radiomics/ibsi.hpp"

namespace vitrine::cli {

enum class Verdict { pass, fail, no_value, not_built };
inline constexpr std::array verdict_names{"pass", "fail", "no value", "not built"};

/// What became of a value that has a reference: rounded as IBSI does it.
Verdict verdict_of(double value, double reference, double tolerance);

struct Count {
  int passed = 0, total = 0;
  void add(Verdict verdict) {
    passed += verdict == Verdict::pass;
    ++total;
  }
  bool all() const { return passed == total; }
  std::string text() const {
    return total == 0 ? "-" : std::to_string(passed) + "/" + std::to_string(total);
  }
};

/// All files are looked for before anything is computed; what is missing is said at once.
void require_files(const std::vector<io::Path>& files, const std::string& benchmark);

io::Path or_default(const std::string& given, const io::Path& usual);

/// IBSI's CT phantom, whose image has whole HU.
radiomics::ibsi::Phantom read_ct_phantom(const io::Path& image, const io::Path& mask);

}  // namespace vitrine::cli
