#include "vitrine/evaluation/feature_clusters.hpp"

#include <algorithm>
#include <cmath>

#include "vitrine/core/error.hpp"
#include "vitrine/core/parallel.hpp"
#include "vitrine/evaluation/agreement.hpp"
#include "vitrine/evaluation/rank_tests.hpp"

namespace vitrine::evaluation {
namespace {

/// Differences of distances below this are rounding, and the pair counts as tied.
constexpr double rounding = 1e-12;

std::vector<double> column_of(const Eigen::MatrixXd& values, Index column) {
  return {values.col(column).begin(), values.col(column).end()};
}

std::string obstacle(const std::vector<double>& column) {
  std::vector<double> present;
  std::copy_if(column.begin(), column.end(), std::back_inserter(present),
               [](double v) { return !std::isnan(v); });
  if (present.size() < 3) return str(present.size(), " value(s): at least 3 needed");
  if (is_constant(present)) return "every value is the same";
  return "";
}

/// |Spearman| of each two of the columns kept.
Eigen::MatrixXd correlations(const Eigen::MatrixXd& values, const std::vector<Index>& kept) {
  std::vector<std::vector<double>> columns, rank;
  std::vector<char> complete;
  for (const Index column : kept) {
    columns.push_back(column_of(values, column));
    complete.push_back(!values.col(column).hasNaN());
    rank.push_back(complete.back() ? ranks(columns.back()) : std::vector<double>());
  }
  const Index n = std::ssize(kept);
  Eigen::MatrixXd rho = Eigen::MatrixXd::Identity(n, n);
  parallel_for(n, [&](Index a) {
    const auto at = std::size_t(a);
    for (Index b = 0; b < a; ++b) {
      const auto other = std::size_t(b);
      double r = NAN;
      if (complete[at] && complete[other]) {
        r = pearson(rank[at], rank[other]);
      } else {
        std::vector<double> x, y;
        for (std::size_t i = 0; i < columns[at].size(); ++i) {
          if (std::isnan(columns[at][i]) || std::isnan(columns[other][i])) continue;
          x.push_back(columns[at][i]);
          y.push_back(columns[other][i]);
        }
        r = spearman(x, y);
      }
      rho(a, b) = std::isnan(r) ? 0.0 : std::fabs(r);
    }
  });
  for (Index a = 0; a < n; ++a)
    for (Index b = 0; b < a; ++b) rho(b, a) = rho(a, b);
  return rho;
}

/// Merges the closest two clusters until none is within the distance; members per cluster.
class AverageLinkage {
 public:
  explicit AverageLinkage(const Eigen::MatrixXd& rho) : gap_(1.0 - rho.array()) {
    for (Index i = 0; i < gap_.rows(); ++i) members_.push_back({i});
    for (Index i = 0; i < gap_.rows(); ++i) nearest_.push_back(find_nearest(i));
  }

  std::vector<std::vector<Index>> cut(double distance) {
    for (;;) {
      Index best = -1;
      for (Index i = 0; i < gap_.rows(); ++i)
        if (nearest_[std::size_t(i)] >= 0 && (best < 0 || apart(i) < apart(best) - rounding))
          best = i;
      if (best < 0 || apart(best) > distance + rounding) break;
      merge(best, nearest_[std::size_t(best)]);
    }
    std::vector<std::vector<Index>> clusters;
    for (auto& members : members_) {
      if (members.empty()) continue;
      std::sort(members.begin(), members.end());
      clusters.push_back(members);
    }
    return clusters;
  }

 private:
  double apart(Index i) const { return gap_(i, nearest_[std::size_t(i)]); }

  /// Among the clusters that come later; -1 if there is none.
  Index find_nearest(Index i) const {
    Index best = -1;
    if (members_[std::size_t(i)].empty()) return best;
    for (Index j = i + 1; j < gap_.rows(); ++j)
      if (!members_[std::size_t(j)].empty() && (best < 0 || gap_(i, j) < gap_(i, best) - rounding))
        best = j;
    return best;
  }

  /// Cluster j joins i < j (Lance & Williams 1967).
  void merge(Index i, Index j) {
    auto& into = members_[std::size_t(i)];
    auto& from = members_[std::size_t(j)];
    const double a = double(into.size()), b = double(from.size());
    for (Index other = 0; other < gap_.rows(); ++other)
      gap_(i, other) = gap_(other, i) = (a * gap_(i, other) + b * gap_(j, other)) / (a + b);
    into.insert(into.end(), from.begin(), from.end());
    from.clear();
    for (Index other = 0; other <= j; ++other)  // only these may have looked at i or j
      nearest_[std::size_t(other)] = find_nearest_after(other, i, j);
  }

  Index find_nearest_after(Index other, Index i, Index j) const {
    const Index now = nearest_[std::size_t(other)];
    const bool stale = other == i || other == j || now == i || now == j;
    if (stale || members_[std::size_t(other)].empty()) return find_nearest(other);
    // Average linkage may bring i no closer than the nearer of the two was, but ties may shift.
    if (other < i && gap_(other, i) < gap_(other, now) + rounding) return find_nearest(other);
    return now;
  }

  Eigen::MatrixXd gap_;
  std::vector<std::vector<Index>> members_;
  std::vector<Index> nearest_;
};

Index representative_of(const std::vector<Index>& members, const Eigen::MatrixXd& rho,
                        std::span<const double> scores, const std::vector<Index>& kept) {
  const auto score = [&](Index member) {
    if (!scores.empty()) {
      const double s = scores[std::size_t(kept[std::size_t(member)])];
      return std::isnan(s) ? -INFINITY : s;
    }
    double sum = 0.0;
    for (const Index other : members) sum += rho(member, other);
    return sum / double(members.size());
  };
  Index best = members.front();
  for (const Index member : members)
    if (score(member) > score(best) + (scores.empty() ? rounding : 0.0)) best = member;
  return best;
}

}  // namespace

FeatureClusters cluster_features(const Eigen::MatrixXd& values, double distance,
                                 std::span<const double> scores) {
  VITRINE_EXPECT(scores.empty() || std::ssize(scores) == values.cols());
  VITRINE_EXPECT(distance >= 0.0 && distance <= 1.0);
  FeatureClusters result;
  result.features.resize(std::size_t(values.cols()));
  std::vector<Index> kept;
  for (Index column = 0; column < values.cols(); ++column) {
    auto& feature = result.features[std::size_t(column)];
    feature.correlation = NAN;
    feature.reason = obstacle(column_of(values, column));
    if (feature.reason.empty()) kept.push_back(column);
  }
  const Eigen::MatrixXd rho = correlations(values, kept);
  for (const auto& members : AverageLinkage(rho).cut(distance)) {
    const Index chosen = representative_of(members, rho, scores, kept);
    for (const Index member : members) {
      auto& feature = result.features[std::size_t(kept[std::size_t(member)])];
      feature.cluster = result.clusters;
      feature.representative = member == chosen;
      feature.correlation = rho(member, chosen);
    }
    ++result.clusters;
  }
  return result;
}

}  // namespace vitrine::evaluation
