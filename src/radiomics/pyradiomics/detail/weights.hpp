#pragma once
#include <string_view>

#include "vitrine/radiomics/pyradiomics/detail/specimen.hpp"

namespace vitrine::radiomics::pyradiomics {

/// A step's length [mm] by a norm of `weightingNorm`; 1 if that is `no_weighting`.
double length_of(const Step& step, const Vec3& spacing, std::string_view norm);

}  // namespace vitrine::radiomics::pyradiomics
