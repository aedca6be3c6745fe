#include "vitrine/evaluation/rank_tests.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "vitrine/core/error.hpp"
#include "vitrine/evaluation/distributions.hpp"

namespace vitrine::evaluation {
namespace {

RankTest withheld(std::string why) {
  RankTest test;
  test.statistic = test.p = NAN;
  test.reason = std::move(why);
  return test;
}

double factorial(double n) { return n < 2.0 ? 1.0 : n * factorial(n - 1.0); }

/// Twice the ranks: whole numbers even where ties share a mean rank.
std::vector<int> doubled_ranks(std::span<const double> values) {
  std::vector<int> doubled;
  for (const double r : ranks(values)) doubled.push_back(int(std::lround(2.0 * r)));
  return doubled;
}

/// Counts arrangements of ranks within the rows of a Friedman table. The first row stays, since
/// only how rows differ from each other matters.
class FriedmanCount {
 public:
  explicit FriedmanCount(std::vector<std::vector<int>> rows) : rows_(std::move(rows)) {
    std::vector<int> sums(rows_.front().size(), 0);
    for (const auto& row : rows_) add(sums, row);
    observed_ = spread(sums);
    for (auto& row : rows_) std::sort(row.begin(), row.end());
    visit(1, rows_.front());
  }
  double share() const { return double(as_large_) / double(all_); }

 private:
  static void add(std::vector<int>& sums, const std::vector<int>& row) {
    for (std::size_t j = 0; j < sums.size(); ++j) sums[j] += row[j];
  }
  static std::int64_t spread(const std::vector<int>& sums) {
    std::int64_t squares = 0;
    for (const int s : sums) squares += std::int64_t(s) * s;
    return squares;  // the sum of the sums is the same in every arrangement
  }
  void visit(std::size_t row, const std::vector<int>& above) {
    if (row == rows_.size()) {
      ++all_;
      as_large_ += spread(above) >= observed_;
      return;
    }
    std::vector<int> order = rows_[row];
    do {
      std::vector<int> sums = above;
      add(sums, order);
      visit(row + 1, sums);
    } while (std::next_permutation(order.begin(), order.end()));
  }

  std::vector<std::vector<int>> rows_;
  std::int64_t observed_ = 0, all_ = 0, as_large_ = 0;
};

/// Share of all assignments of ranks to groups whose between-group spread is as large.
double kruskal_share(const std::vector<int>& rank, std::vector<int> group,
                     const std::vector<double>& sizes) {
  const auto spread = [&] {
    std::vector<double> sums(sizes.size(), 0.0);
    for (std::size_t i = 0; i < rank.size(); ++i) sums[std::size_t(group[i])] += rank[i];
    double total = 0.0;
    for (std::size_t g = 0; g < sums.size(); ++g) total += sums[g] * sums[g] / sizes[g];
    return total;
  };
  const double observed = spread() * (1.0 - 1e-12);  // sums of quotients differ in the last bits
  std::sort(group.begin(), group.end());
  double all = 0.0, as_large = 0.0;
  do {
    all += 1.0;
    as_large += spread() >= observed;
  } while (std::next_permutation(group.begin(), group.end()));
  return as_large / all;
}

}  // namespace

std::vector<double> ranks(std::span<const double> values) {
  std::vector<std::size_t> order(values.size());
  std::iota(order.begin(), order.end(), std::size_t(0));
  std::sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) {
    return values[a] != values[b] ? values[a] < values[b] : a < b;
  });
  std::vector<double> rank(values.size());
  for (std::size_t first = 0; first < order.size();) {
    std::size_t last = first;
    while (last + 1 < order.size() && values[order[last + 1]] == values[order[first]]) ++last;
    for (std::size_t i = first; i <= last; ++i) rank[order[i]] = 0.5 * double(first + last) + 1.0;
    first = last + 1;
  }
  return rank;
}

RankTest kruskal_wallis(std::span<const std::vector<double>> groups) {
  std::vector<double> values, sizes;
  std::vector<int> group_of;
  for (const auto& group : groups) {
    const std::size_t before = values.size();
    for (const double v : group)
      if (!std::isnan(v)) values.push_back(v);
    if (values.size() == before) continue;
    group_of.resize(values.size(), int(sizes.size()));
    sizes.push_back(double(values.size() - before));
  }
  if (sizes.size() < 2)
    return withheld(str(sizes.size(), " group(s) with values: at least 2 needed"));
  const std::vector<double> rank = ranks(values);
  const double n = double(values.size()), middle = 0.5 * (n + 1.0);
  std::vector<double> sums(sizes.size(), 0.0);
  double all = 0.0, between = 0.0, arrangements = factorial(n);
  for (std::size_t i = 0; i < rank.size(); ++i) {
    sums[std::size_t(group_of[i])] += rank[i] - middle;
    all += (rank[i] - middle) * (rank[i] - middle);
  }
  for (std::size_t g = 0; g < sums.size(); ++g) {
    between += sums[g] * sums[g] / sizes[g];
    arrangements /= factorial(sizes[g]);
  }
  if (!(all > 0.0)) return withheld("every value is the same");
  RankTest test;
  test.used = std::ssize(values);
  test.statistic = (n - 1.0) * between / all;
  test.degrees = double(sizes.size() - 1);
  test.exact = n <= 20.0 && arrangements <= most_arrangements;
  test.p = test.exact ? kruskal_share(doubled_ranks(values), group_of, sizes)
                      : chi_square_survival(test.statistic, test.degrees);
  return test;
}

RankTest friedman(const Eigen::MatrixXd& blocks) {
  const Index k = blocks.cols();
  if (k < 2) return withheld("one arm: a comparison needs two");
  std::vector<std::vector<int>> rows;
  for (Index i = 0; i < blocks.rows(); ++i) {
    const Eigen::VectorXd row = blocks.row(i);
    if (!row.hasNaN()) rows.push_back(doubled_ranks({row.data(), std::size_t(k)}));
  }
  const double n = double(rows.size()), arms = double(k);
  if (rows.size() < 2) return withheld(str(rows.size(), " complete row(s): at least 2 needed"));
  std::vector<double> sums(std::size_t(k), 0.0);
  double squares = 0.0, between = 0.0;
  for (const auto& row : rows)
    for (std::size_t j = 0; j < row.size(); ++j) {
      sums[j] += 0.5 * row[j];
      squares += 0.25 * row[j] * row[j];
    }
  for (const double sum : sums) {
    const double d = sum - 0.5 * n * (arms + 1.0);
    between += d * d;
  }
  const double within = squares - 0.25 * n * arms * (arms + 1.0) * (arms + 1.0);
  if (!(within > 0.0)) return withheld("the same in every arm");
  RankTest test;
  test.used = std::ssize(rows);
  test.statistic = (arms - 1.0) * between / within;
  test.degrees = arms - 1.0;
  double arrangements = 1.0;
  for (double row = 1.0; row < n && arrangements <= most_arrangements; ++row)
    arrangements *= factorial(arms);
  test.exact = arrangements <= most_arrangements;
  test.p = test.exact ? FriedmanCount(std::move(rows)).share()
                      : chi_square_survival(test.statistic, test.degrees);
  return test;
}

}  // namespace vitrine::evaluation
