#include "vitrine/evaluation/logistic.hpp"

#include <catch2/catch.hpp>
#include <cmath>

#include "vitrine/core/error.hpp"
#include "vitrine/core/math.hpp"
#include "vitrine/core/random.hpp"

using namespace vitrine;
using namespace vitrine::evaluation;

namespace {

struct Data {
  Eigen::MatrixXd values;
  std::vector<bool> label;
};

/// Correlated features in units of their own, one of them constant; the first two carry the label.
Data simulate(Index rows, Index features, std::uint64_t seed = 1) {
  Data data{Eigen::MatrixXd(rows, features + 1), {}};
  Rng rng(make_stream(seed, "logistic", Draw::test), 0);
  for (Index i = 0; i < rows; ++i) {
    data.label.push_back(rng.below(2) == 1);
    const double shared = rng.normal();
    for (Index j = 0; j < features; ++j) {
      const double signal = j < 2 && data.label.back() ? 1.0 : 0.0;
      data.values(i, j) = 100.0 * double(j) + double(j + 1) * (signal + shared + rng.normal());
    }
    data.values(i, features) = 7.0;
  }
  return data;
}

/// Derivative of the mean log-loss by each coefficient of a standardised feature, and these.
struct Slopes {
  double intercept = 0.0;
  Eigen::VectorXd slope, coefficient;
};

Slopes slopes(const Data& data, const LogisticModel& model) {
  Slopes result;
  const double n = double(data.values.rows());
  const Eigen::VectorXd score = model.scores(data.values);
  Eigen::VectorXd residual(score.size());
  for (Index i = 0; i < score.size(); ++i)
    residual[i] = (probability(score[i]) - double(data.label[std::size_t(i)])) / n;
  result.intercept = residual.sum();
  const Eigen::RowVectorXd mean = data.values.colwise().mean();
  const Eigen::VectorXd scale =
      ((data.values.rowwise() - mean).colwise().squaredNorm() / n).cwiseSqrt().transpose();
  result.coefficient = model.coefficients.cwiseProduct(scale);
  result.slope = Eigen::VectorXd::Zero(scale.size());
  for (Index j = 0; j < scale.size(); ++j)
    if (scale[j] > 0.0)
      result.slope[j] = ((data.values.col(j).array() - mean[j]) / scale[j]).matrix().dot(residual);
  return result;
}

}  // namespace

TEST_CASE("logistic regression of a two by two table is its log odds ratio") {
  // 12 of 20 exposed and 5 of 25 others have the label.
  Data data{Eigen::MatrixXd(45, 1), {}};
  for (Index i = 0; i < 45; ++i) {
    data.values(i, 0) = i < 20 ? 1.0 : 0.0;
    data.label.push_back(i < 12 || (i >= 20 && i < 25));
  }
  const LogisticModel model = logistic_regression(data.values, data.label, {});
  CHECK(model.intercept == Approx(std::log(5.0 / 20.0)).epsilon(1e-10));
  CHECK(model.coefficients[0] == Approx(std::log(12.0 / 8.0 * 20.0 / 5.0)).epsilon(1e-10));
}

TEST_CASE("logistic regression of the space shuttle's O-rings is the published one") {
  // Dalal, Fowlkes & Hoadley 1989; estimates 15.0429, -0.2322 in Agresti, Categorical Data
  // Analysis.
  const double temperature[] = {66, 70, 69, 68, 67, 72, 73, 70, 57, 63, 70, 78,
                                67, 53, 67, 75, 70, 81, 76, 79, 75, 76, 58};
  const int distress[] = {0, 1, 0, 0, 0, 0, 0, 0, 1, 1, 1, 0, 0, 1, 0, 0, 0, 0, 0, 0, 1, 0, 1};
  Data data{Eigen::MatrixXd(23, 1), {}};
  for (Index i = 0; i < 23; ++i) {
    data.values(i, 0) = temperature[i];
    data.label.push_back(distress[i] == 1);
  }
  const LogisticModel model = logistic_regression(data.values, data.label, {});
  CHECK(model.intercept == Approx(15.0429).epsilon(1e-5));
  CHECK(model.coefficients[0] == Approx(-0.2322).epsilon(3e-4));
}

TEST_CASE("penalised coefficients are where no direction leads down") {
  const Data data = simulate(60, 6);
  for (const double mixing : {0.0, 0.5, 1.0})
    for (const double strength : {0.3, 0.03, 0.001}) {
      INFO("mixing " << mixing << ", strength " << strength);
      const LogisticModel model = logistic_regression(data.values, data.label, {strength, mixing});
      const Slopes at = slopes(data, model);
      CHECK(std::fabs(at.intercept) < 1e-7);
      CHECK(model.coefficients[6] == 0.0);  // constant
      for (Index j = 0; j < 6; ++j) {
        const double b = at.coefficient[j];
        const double smooth = at.slope[j] + strength * (1.0 - mixing) * b;
        if (b != 0.0)
          CHECK(std::fabs(smooth + strength * mixing * (b > 0.0 ? 1.0 : -1.0)) < 1e-7);
        else
          CHECK(std::fabs(smooth) <= strength * mixing + 1e-7);
      }
    }
}

TEST_CASE("a penalty goes from no coefficients to those of maximum likelihood") {
  const Data data = simulate(80, 4);
  const auto strengths = penalty_strengths(data.values, data.label, 1.0, 8);
  REQUIRE(strengths.size() == 8);
  CHECK(strengths.front() / strengths.back() == Approx(1e5).epsilon(1e-9));
  const auto path = logistic_path(data.values, data.label, strengths, 1.0);
  CHECK(path.front().coefficients.isZero(1e-9));
  CHECK_FALSE(path[2].coefficients.isZero(1e-3));
  const double with = double(std::count(data.label.begin(), data.label.end(), true));
  CHECK(path.front().intercept == Approx(std::log(with / (80.0 - with))).margin(1e-6));
  const LogisticModel free =
      logistic_regression(data.values.leftCols(4), data.label, {});  // full rank
  const LogisticModel ridge = logistic_regression(data.values, data.label, {1e-9, 0.0});
  for (Index j = 0; j < 4; ++j)
    CHECK(ridge.coefficients[j] == Approx(free.coefficients[j]).epsilon(1e-5));
  // Each along the path is what it is alone.
  for (const std::size_t i : {std::size_t{1}, std::size_t{5}}) {
    const LogisticModel alone = logistic_regression(data.values, data.label, {strengths[i], 1.0});
    CHECK((alone.coefficients - path[i].coefficients).norm() < 1e-5);
  }
}

TEST_CASE("features in other units are told apart the same") {
  const Data data = simulate(60, 3);
  Data other = data;
  other.values.col(0) = (1000.0 * data.values.col(0)).array() - 5.0;
  const Eigen::VectorXd a =
      logistic_regression(data.values, data.label, {0.05, 0.5}).scores(data.values);
  const Eigen::VectorXd b =
      logistic_regression(other.values, other.label, {0.05, 0.5}).scores(other.values);
  CHECK((a - b).norm() < 1e-6);
}

TEST_CASE("separated classes need a penalty, and one class is none") {
  Data data{Eigen::MatrixXd(10, 1), {}};
  for (Index i = 0; i < 10; ++i) {
    data.values(i, 0) = double(i);
    data.label.push_back(i >= 5);
  }
  CHECK_THROWS_WITH(logistic_regression(data.values, data.label, {}), Catch::Contains("separated"));
  const LogisticModel held = logistic_regression(data.values, data.label, {0.01, 0.0});
  CHECK(held.coefficients[0] > 0.0);
  CHECK(std::fabs(held.scores(data.values).sum()) < 1e-5);  // symmetric about the middle
  CHECK_THROWS_WITH(logistic_regression(data.values, std::vector<bool>(10, true), {}),
                    Catch::Contains("one class"));
  data.values(3, 0) = NAN;
  CHECK_THROWS_WITH(logistic_regression(data.values, data.label, {0.1, 0.0}),
                    Catch::Contains("not all numbers"));
}

TEST_CASE("log-loss and probability hold at the ends") {
  CHECK(log_loss(800.0, true) == 0.0);
  CHECK(log_loss(800.0, false) == Approx(800.0));
  CHECK(log_loss(0.0, true) == Approx(std::log(2.0)).epsilon(1e-15));
  CHECK(probability(-800.0) == 0.0);
  CHECK(probability(0.0) == 0.5);
}
