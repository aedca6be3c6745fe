#include "vitrine/evaluation/detail/sparse_cholesky.hpp"

#include <algorithm>
#include <cmath>

#include "vitrine/core/error.hpp"

namespace vitrine::evaluation::detail {

SparsePattern SparsePattern::of_factor(std::vector<std::vector<Index>> below) {
  SparsePattern p;
  p.size = std::ssize(below);
  p.start.push_back(0);
  std::vector<Index> lefts(std::size_t(p.size) + 1, 0);
  for (Index j = 0; j < p.size; ++j) {
    auto& rows = below[std::size_t(j)];
    std::sort(rows.begin(), rows.end());
    rows.erase(std::unique(rows.begin(), rows.end()), rows.end());
    // Eliminating a column joins all its rows: they pass to the first of them.
    if (!rows.empty()) {
      auto& parent = below[std::size_t(rows.front())];
      parent.insert(parent.end(), rows.begin() + 1, rows.end());
    }
    p.row.push_back(j);
    p.row.insert(p.row.end(), rows.begin(), rows.end());
    p.start.push_back(std::ssize(p.row));
    for (const Index row : rows) ++lefts[std::size_t(row) + 1];
    rows = {};
  }
  for (std::size_t i = 1; i < lefts.size(); ++i) lefts[i] += lefts[i - 1];
  p.left_start = lefts;
  p.left.resize(std::size_t(lefts.back()));
  for (Index j = 0; j < p.size; ++j)
    for (Index at = p.start[std::size_t(j)] + 1; at < p.start[std::size_t(j) + 1]; ++at)
      p.left[std::size_t(lefts[std::size_t(p.row[std::size_t(at)])]++)] = {j, at};
  return p;
}

Index SparsePattern::place(Index row_index, Index column) const {
  const auto first = row.begin() + start[std::size_t(column)];
  const auto last = row.begin() + start[std::size_t(column) + 1];
  const auto found = std::lower_bound(first, last, row_index);
  VITRINE_EXPECT(found != last && *found == row_index);
  return found - row.begin();
}

bool factorise(const SparsePattern& pattern, std::vector<double>& values) {
  VITRINE_EXPECT(values.size() == pattern.row.size());
  std::vector<double> column(std::size_t(pattern.size), 0.0);
  const Index* const rows = pattern.row.data();
  double* const value = values.data();
  for (Index j = 0; j < pattern.size; ++j) {
    const Index begin = pattern.start[std::size_t(j)], end = pattern.start[std::size_t(j) + 1];
    for (Index at = begin; at < end; ++at) column[std::size_t(rows[at])] = value[at];
    for (Index l = pattern.left_start[std::size_t(j)]; l < pattern.left_start[std::size_t(j) + 1];
         ++l) {
      const auto [k, place] = pattern.left[std::size_t(l)];
      const double factor = value[place];
      if (factor == 0.0) continue;
      const Index stop = pattern.start[std::size_t(k) + 1];
      for (Index at = place; at < stop; ++at) column[std::size_t(rows[at])] -= factor * value[at];
    }
    const double pivot = column[std::size_t(j)];
    if (!(pivot > 0.0) || !std::isfinite(pivot)) return false;
    const double root = std::sqrt(pivot);
    value[begin] = root;
    for (Index at = begin + 1; at < end; ++at) value[at] = column[std::size_t(rows[at])] / root;
  }
  return true;
}

void solve_lower(const SparsePattern& pattern, const std::vector<double>& factor,
                 Eigen::VectorXd& x) {
  for (Index j = 0; j < pattern.size; ++j) {
    const Index begin = pattern.start[std::size_t(j)], end = pattern.start[std::size_t(j) + 1];
    const double value = x[j] /= factor[std::size_t(begin)];
    if (value == 0.0) continue;
    for (Index at = begin + 1; at < end; ++at)
      x[pattern.row[std::size_t(at)]] -= factor[std::size_t(at)] * value;
  }
}

void solve_upper(const SparsePattern& pattern, const std::vector<double>& factor,
                 Eigen::VectorXd& x) {
  for (Index j = pattern.size - 1; j >= 0; --j) {
    const Index begin = pattern.start[std::size_t(j)], end = pattern.start[std::size_t(j) + 1];
    double value = x[j];
    for (Index at = begin + 1; at < end; ++at)
      value -= factor[std::size_t(at)] * x[pattern.row[std::size_t(at)]];
    x[j] = value / factor[std::size_t(begin)];
  }
}

Eigen::VectorXd inverse_diagonal(const SparsePattern& pattern, const std::vector<double>& factor,
                                 Index size) {
  std::vector<double> inverse(factor.size(), 0.0);  // where L is not zero
  Eigen::VectorXd column = Eigen::VectorXd::Zero(pattern.size);
  Eigen::VectorXd sum = Eigen::VectorXd::Zero(pattern.size);
  Eigen::VectorXd diagonal(size);
  const auto end_of = [&](Index j) {  // of the column within the leading part
    Index end = pattern.start[std::size_t(j) + 1];
    while (pattern.row[std::size_t(end - 1)] >= size) --end;
    return end;
  };
  for (Index j = size - 1; j >= 0; --j) {
    const Index begin = pattern.start[std::size_t(j)], end = end_of(j);
    for (Index at = begin + 1; at < end; ++at)
      column[pattern.row[std::size_t(at)]] = factor[std::size_t(at)];
    // sum = inverse of the part below, times this column of L
    for (Index at = begin + 1; at < end; ++at) {
      const Index k = pattern.row[std::size_t(at)];
      const Index first = pattern.start[std::size_t(k)], last = end_of(k);
      double own = inverse[std::size_t(first)] * column[k];
      for (Index p = first + 1; p < last; ++p) {
        const Index i = pattern.row[std::size_t(p)];
        sum[i] += inverse[std::size_t(p)] * column[k];
        own += inverse[std::size_t(p)] * column[i];
      }
      sum[k] += own;
    }
    const double root = factor[std::size_t(begin)];
    double own = 1.0 / root;
    for (Index at = begin + 1; at < end; ++at) {
      const Index i = pattern.row[std::size_t(at)];
      inverse[std::size_t(at)] = -sum[i] / root;
      own -= factor[std::size_t(at)] * inverse[std::size_t(at)];
    }
    diagonal[j] = inverse[std::size_t(begin)] = own / root;
    for (Index at = begin + 1; at < end; ++at) {
      const Index k = pattern.row[std::size_t(at)];
      column[k] = 0.0;
      const Index last = end_of(k);
      for (Index p = pattern.start[std::size_t(k)]; p < last; ++p)
        sum[pattern.row[std::size_t(p)]] = 0.0;
    }
  }
  return diagonal;
}

}  // namespace vitrine::evaluation::detail
