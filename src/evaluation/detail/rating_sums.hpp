#pragma once
#include <span>
#include <string>

#include "vitrine/evaluation/agreement.hpp"

namespace vitrine::evaluation::detail {

/// Why no ICC can be computed from these rows, or "".
std::string obstacle(const Ratings& ratings, std::span<const Index> rows);

/// A coefficient of agreement from the mean squares.
double coefficient(Agreement kind, const MeanSquares& ms);

/// Sums over the lesions of each patient that all mean squares are made of: how many there are,
/// squares of the rows' sums, squares of the values, and the values of each arm. About the mean.
PatientSums rating_sums(const Ratings& ratings, std::span<const Index> rows,
                        const Clusters& patients);

/// The mean squares of the total of such sums.
MeanSquares mean_squares_of(std::span<const double> total);

}  // namespace vitrine::evaluation::detail
