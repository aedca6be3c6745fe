#pragma once
#include <Eigen/Core>
#include <vector>

#include "vitrine/model/volume.hpp"

namespace vitrine::evaluation::detail {

/// Where the lower triangle of a symmetric matrix, and of its Cholesky factor, is not zero.
///
/// Made once for a design; the numbers of many matrices share it. Columns keep their order, so
/// whoever calls puts those with few neighbours first.
struct SparsePattern {
  Index size = 0;
  std::vector<Index> start;  ///< of each column in `row`, and the end
  std::vector<Index> row;    ///< ascending; the diagonal comes first

  /// An entry left of the diagonal of some row: its column and its place in `row`.
  struct Left {
    Index column, place;
  };
  std::vector<Index> left_start;  ///< of each row in `left`, and the end
  std::vector<Left> left;         ///< by column

  /// The factor's pattern, from the rows below the diagonal of each column of the matrix.
  static SparsePattern of_factor(std::vector<std::vector<Index>> below);
  /// Place of an entry that is part of the pattern.
  Index place(Index row_index, Index column) const;
};

/// Factorises the matrix whose lower triangle `values` holds in the pattern's places, in place;
/// false if it is not positive definite. Left-looking (Davis 2006, 4.5): sums in a fixed order.
bool factorise(const SparsePattern& pattern, std::vector<double>& values);

/// Solves L x = b in place.
void solve_lower(const SparsePattern& pattern, const std::vector<double>& factor,
                 Eigen::VectorXd& x);
/// Solves L' x = b in place.
void solve_upper(const SparsePattern& pattern, const std::vector<double>& factor,
                 Eigen::VectorXd& x);

/// Diagonal of the inverse of the leading `size` columns and rows of L L', by the recursion of
/// Takahashi, Fagan and Chin (1973), which needs the inverse only where L is not zero.
Eigen::VectorXd inverse_diagonal(const SparsePattern& pattern, const std::vector<double>& factor,
                                 Index size);

}  // namespace vitrine::evaluation::detail
