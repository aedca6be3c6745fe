#include "vitrine/evaluation/detail/rating_sums.hpp"

#include <algorithm>

#include "vitrine/core/error.hpp"

namespace vitrine::evaluation::detail {

std::string obstacle(const Ratings& ratings, std::span<const Index> rows) {
  if (ratings.cols() < 2) return "one arm: agreement needs two";
  if (rows.size() < 2)
    return str(rows.size(), " lesion(s) measured in every arm: at least 2 needed");
  std::vector<double> values;
  for (const Index row : rows)
    for (Index column = 0; column < ratings.cols(); ++column)
      values.push_back(ratings(row, column));
  if (is_constant(values)) return "every value is the same";
  return "";
}

double coefficient(Agreement kind, const MeanSquares& ms) {
  const double n = double(ms.subjects), k = double(ms.raters);
  const double consistency = ms.between_subjects + (k - 1.0) * ms.error;
  double offsets = 0.0;
  if (kind == Agreement::absolute) offsets = k / n * (ms.between_raters - ms.error);
  if (kind == Agreement::overall_concordance) offsets = k / (n - 1.0) * ms.between_raters;
  return (ms.between_subjects - ms.error) / (consistency + offsets);
}

PatientSums rating_sums(const Ratings& ratings, std::span<const Index> rows,
                        const Clusters& patients) {
  const Index k = ratings.cols();
  Ratings centred(std::ssize(rows), k);
  for (std::size_t i = 0; i < rows.size(); ++i) centred.row(Index(i)) = ratings.row(rows[i]);
  centred.array() -= centred.mean();
  const auto add = [&](Index row, std::span<double> sums) {
    double row_sum = 0.0;
    for (Index j = 0; j < k; ++j) {
      const double x = centred(row, j);
      row_sum += x;
      sums[2] += x * x;
      sums[std::size_t(3 + j)] += x;
    }
    sums[0] += 1.0;
    sums[1] += row_sum * row_sum;
  };
  return sum_by_patient(patients.only(rows), 3 + k, add);
}

MeanSquares mean_squares_of(std::span<const double> total) {
  RatingTotal sums{.lesions = total[0], .row_squares = total[1], .squares = total[2]};
  for (const double arm : total.subspan(3)) {
    sums.sum += arm;
    sums.arm_squares += arm * arm;
  }
  return mean_squares_of(sums, std::ssize(total) - 3);
}

MeanSquares mean_squares_of(const RatingTotal& total, Index arms) {
  const double n = total.lesions, k = double(arms);
  const double mean = total.sum * total.sum / (n * k);
  const double subjects = std::max(0.0, total.row_squares / k - mean);
  const double raters = std::max(0.0, total.arm_squares / n - mean);
  const double error = std::max(0.0, total.squares - mean - subjects - raters);
  return {.subjects = Index(n),
          .raters = arms,
          .between_subjects = subjects / (n - 1.0),
          .between_raters = raters / (k - 1.0),
          .error = error / ((n - 1.0) * (k - 1.0)),
          .within_subjects = (raters + error) / (n * (k - 1.0))};
}

}  // namespace vitrine::evaluation::detail
