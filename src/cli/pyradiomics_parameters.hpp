#pragma once
#include <string>
#include <vector>

#include "vitrine/radiomics/pyradiomics/settings.hpp"

namespace vitrine::cli {

/// The parameters of a PyRadiomics file (YAML or JSON; none: its defaults), changed by settings as
/// its command line takes them: `binWidth:25`, `distances:1,2`. Throws Error (input) that shows
/// every problem with its line.
radiomics::pyradiomics::Parameters read_pyradiomics_parameters(
    const std::string& file, const std::vector<std::string>& settings);

}  // namespace vitrine::cli
