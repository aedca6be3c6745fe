#include "vitrine/cli/conformance_parts.hpp"

#include <algorithm>
#include <cmath>

#include "vitrine/io/image_reader.hpp"

namespace vitrine::cli {

Verdict verdict_of(double value, double reference, double tolerance) {
  if (!std::isfinite(value)) return Verdict::no_value;
  return radiomics::ibsi::agrees(value, reference, tolerance) ? Verdict::pass : Verdict::fail;
}

void require_files(const std::vector<io::Path>& files, const std::string& benchmark) {
  std::string missing;
  for (const io::Path& file : files)
    if (std::error_code error; !std::filesystem::exists(file, error))
      missing += "\n  " + file.string();
  require(missing.empty(), Error::Kind::io, "files of the benchmark are missing:", missing,
          "\n`vitrine conformance ", benchmark, " --help` says what is expected.");
}

io::Path or_default(const std::string& given, const io::Path& usual) {
  return given.empty() ? usual : io::Path(given);
}

radiomics::ibsi::Phantom read_ct_phantom(const io::Path& image, const io::Path& mask) {
  radiomics::ibsi::Phantom phantom{io::read_image(image), io::read_mask(mask)};
  io::require_same_grid(phantom.image.grid(), phantom.mask.grid());
  for (float& hu : phantom.image.values()) hu = std::round(hu);
  Mask aligned(phantom.image.grid());
  std::copy(phantom.mask.values().begin(), phantom.mask.values().end(), aligned.values().begin());
  phantom.mask = std::move(aligned);
  return phantom;
}

}  // namespace vitrine::cli
