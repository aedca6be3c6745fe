#pragma once
#include <vector>

#include "vitrine/model/volume.hpp"

namespace vitrine::trial {
struct Measure;
struct Plan;
}  // namespace vitrine::trial

namespace vitrine::trial::detail {

/// Lesions of each case, as far as their numbers can be expected.
std::vector<double> expected_lesions(const Plan& plan);

/// Core-seconds that preprocessing under test takes of one lesion in one image of this grid.
double preprocessing_seconds(const Measure& measure, const Grid& grid);

}  // namespace vitrine::trial::detail
