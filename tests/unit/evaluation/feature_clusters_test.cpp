#include <algorithm>
#include <catch2/catch.hpp>
#include <cmath>
#include <numeric>

#include "vitrine/core/random.hpp"
#include "vitrine/evaluation/agreement.hpp"
#include "vitrine/evaluation/feature_clusters.hpp"

using namespace vitrine;
using namespace vitrine::evaluation;

namespace {

/// `groups` independent quantities, each measured by `members` features with noise.
Eigen::MatrixXd families(Index lesions, Index groups, Index members, double noise) {
  Rng rng(make_stream(5, "families", Draw::test), 0);
  Eigen::MatrixXd values(lesions, groups * members);
  for (Index i = 0; i < lesions; ++i)
    for (Index g = 0; g < groups; ++g) {
      const double common = rng.normal();
      for (Index m = 0; m < members; ++m)
        values(i, g * members + m) = (m % 2 ? -1.0 : 1.0) * common + noise * rng.normal();
    }
  return values;
}

std::vector<Index> labels(const FeatureClusters& clusters) {
  std::vector<Index> all;
  for (const auto& f : clusters.features) all.push_back(f.cluster);
  return all;
}

double distance(const Eigen::MatrixXd& values, Index a, Index b) {
  const std::vector<double> x(values.col(a).begin(), values.col(a).end());
  const std::vector<double> y(values.col(b).begin(), values.col(b).end());
  return 1.0 - std::fabs(spearman(x, y));
}

/// Average linkage as the definition says it: all pairs of clusters anew for every merge.
std::vector<Index> by_definition(const Eigen::MatrixXd& values, double threshold) {
  std::vector<std::vector<Index>> clusters;
  for (Index i = 0; i < values.cols(); ++i) clusters.push_back({i});
  for (;;) {
    double closest = 2.0;
    std::size_t first = 0, second = 0;
    for (std::size_t a = 0; a < clusters.size(); ++a)
      for (std::size_t b = a + 1; b < clusters.size(); ++b) {
        double sum = 0.0;
        for (const Index x : clusters[a])
          for (const Index y : clusters[b]) sum += distance(values, x, y);
        sum /= double(clusters[a].size() * clusters[b].size());
        if (sum < closest - 1e-12) {
          closest = sum;
          first = a;
          second = b;
        }
      }
    if (closest > threshold + 1e-12) break;
    clusters[first].insert(clusters[first].end(), clusters[second].begin(), clusters[second].end());
    clusters.erase(clusters.begin() + std::ptrdiff_t(second));
  }
  std::vector<Index> label(std::size_t(values.cols()));
  for (std::size_t c = 0; c < clusters.size(); ++c)
    for (const Index member : clusters[c]) label[std::size_t(member)] = Index(c);
  return label;
}

}  // namespace

TEST_CASE("features of one quantity cluster whatever their sign, each cluster with one speaker") {
  const FeatureClusters found = cluster_features(families(60, 4, 5, 0.2), 0.3);
  CHECK(found.clusters == 4);
  for (Index f = 0; f < 20; ++f) CHECK(found.features[std::size_t(f)].cluster == f / 5);
  for (Index g = 0; g < 4; ++g)
    CHECK(std::count_if(found.features.begin(), found.features.end(),
                        [&](const auto& f) { return f.cluster == g && f.representative; }) == 1);
  for (const auto& f : found.features) CHECK(f.correlation > 0.7);
}

TEST_CASE("clusters are those of average linkage by its definition") {
  const Eigen::MatrixXd values = families(15, 3, 6, 1.2);
  for (const double threshold : {0.1, 0.3, 0.5, 0.7}) {
    CAPTURE(threshold);
    CHECK(labels(cluster_features(values, threshold)) == by_definition(values, threshold));
  }
}

TEST_CASE("clusters of tied ranks are those of average linkage by its definition") {
  // Few levels give many equal correlations.
  const Eigen::MatrixXd values =
      families(8, 4, 4, 0.8).unaryExpr([](double v) { return std::floor(v); });
  for (const double threshold : {0.2, 0.4, 0.6}) {
    CAPTURE(threshold);
    CHECK(labels(cluster_features(values, threshold)) == by_definition(values, threshold));
  }
}

TEST_CASE("monotone transforms change no cluster, larger distances only merge") {
  const Eigen::MatrixXd values = families(20, 4, 4, 1.0);
  const Eigen::MatrixXd cubes = values.array().cube();
  Index before = values.cols() + 1;
  for (const double threshold : {0.0, 0.2, 0.4, 0.6, 0.8, 1.0}) {
    const FeatureClusters found = cluster_features(values, threshold);
    CHECK(labels(found) == labels(cluster_features(cubes, threshold)));
    CHECK(found.clusters <= before);
    before = found.clusters;
  }
  CHECK(cluster_features(values, 0.0).clusters == values.cols());
  CHECK(before == 1);
}

TEST_CASE("the representative has the best score, ties go to the first feature") {
  Eigen::MatrixXd same(6, 3);
  for (Index i = 0; i < 6; ++i) same.row(i).setConstant(double(i * i));
  const auto speaker = [&](std::vector<double> scores) {
    const auto found = cluster_features(same, 0.1, scores);
    CHECK(found.clusters == 1);
    for (Index f = 0; f < 3; ++f)
      if (found.features[std::size_t(f)].representative) return f;
    return Index(-1);
  };
  CHECK(speaker({}) == 0);
  CHECK(speaker({0.5, 0.9, 0.9}) == 1);
  CHECK(speaker({NAN, NAN, 0.1}) == 2);
  CHECK(speaker({NAN, NAN, NAN}) == 0);
}

TEST_CASE("features without a correlation are left out with the reason") {
  Eigen::MatrixXd values = families(10, 1, 4, 0.1);
  values.col(1).setConstant(3.0);
  values.col(2).tail(8).setConstant(NAN);
  const FeatureClusters found = cluster_features(values, 0.3);
  CHECK(found.features[1].reason == "every value is the same");
  CHECK(found.features[2].reason == "2 value(s): at least 3 needed");
  CHECK(found.features[1].cluster == FeatureClusters::none);
  CHECK(std::isnan(found.features[1].correlation));
  CHECK(found.features[3].cluster == found.features[0].cluster);
  CHECK(cluster_features(Eigen::MatrixXd(0, 0), 0.3).clusters == 0);
  // Missing lesions are left out pair by pair.
  values = families(30, 1, 3, 0.1);
  values(4, 0) = values(7, 1) = NAN;
  CHECK(cluster_features(values, 0.3).clusters == 1);
}
