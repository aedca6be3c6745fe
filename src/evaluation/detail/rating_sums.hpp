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

/// What the mean squares are functions of.
struct RatingTotal {
  double lesions = 0.0;
  double row_squares = 0.0;  ///< squares of the rows' sums
  double squares = 0.0;      ///< of the values
  double sum = 0.0;          ///< of the values
  double arm_squares = 0.0;  ///< squares of the arms' sums
};

/// The mean squares of the total of such sums.
MeanSquares mean_squares_of(std::span<const double> total);
MeanSquares mean_squares_of(const RatingTotal& total, Index arms);

}  // namespace vitrine::evaluation::detail
