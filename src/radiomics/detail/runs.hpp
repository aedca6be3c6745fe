#pragma once
#include "vitrine/radiomics/detail/count_matrix.hpp"
#include "vitrine/radiomics/detail/texture.hpp"

namespace vitrine::radiomics {

/// Adds the runs of equal grey levels along a direction that begin in `voxels`.
void add_runs(const Region& region, const Levels& levels, Voxels voxels, std::size_t direction,
              CountMatrix& matrix);

}  // namespace vitrine::radiomics
