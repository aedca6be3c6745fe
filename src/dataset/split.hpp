#pragma once
#include <cstddef>
#include <span>
#include <string>
#include <vector>

#include "vitrine/core/random.hpp"

namespace vitrine::dataset {

/// Deal patients to parts by their shares (positive, of any sum); the answer is each one's part.
///
/// The patients of a stratum stand together, in random order, and are dealt one after the other so
/// that every part always has what is due to it to within 1 - 1 / (2 k - 2) patients, k parts
/// (Tijdeman, The chairman assignment problem, Discrete Mathematics 32 (1980) 323). So a part has
/// its share of all patients to within one, and of every stratum to within two.
std::vector<std::size_t> deal(std::span<const std::string> strata, std::span<const double> shares,
                              const Stream& stream);

}  // namespace vitrine::dataset
