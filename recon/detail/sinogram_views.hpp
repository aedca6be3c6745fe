#pragma once
#include "vitrine/recon/sinogram_file.hpp"

namespace vitrine::recon::detail {

/// Whether a water polynomial grows all the way to its limit.
bool grows(const SinogramFile::Water& water);

/// Reports what of a file does not fit together, each with its place.
void check_sinogram(const SinogramFile& file, const Value& node, Diagnostics& problems);

}  // namespace vitrine::recon::detail
