#include "vitrine/evaluation/variance_components.hpp"

#include <Eigen/Dense>
#include <algorithm>
#include <catch2/catch.hpp>
#include <cmath>

#include "stats_data.hpp"
#include "vitrine/core/error.hpp"
#include "vitrine/core/random.hpp"
#include "vitrine/evaluation/detail/profiled_likelihood.hpp"

using namespace vitrine;
using namespace vitrine::evaluation;

namespace {

struct Data {
  MixedModel model;
  Eigen::MatrixXd values;
};

/// `levels[d]` of each axis of a full layout, the last axis fastest.
std::vector<std::string> axis(std::vector<Index> levels, std::size_t which,
                              const std::string& name) {
  Index total = 1;
  for (const Index l : levels) total *= l;
  std::vector<std::string> result;
  for (Index i = 0; i < total; ++i) {
    Index rest = i;
    for (std::size_t d = levels.size() - 1; d > which; --d) rest /= levels[d];
    result.push_back(str(name, rest % levels[which]));
  }
  return result;
}

Eigen::MatrixXd column(const std::vector<double>& v) {
  return Eigen::Map<const Eigen::VectorXd>(v.data(), Index(v.size()));
}

/// Six batches of five (Davies & Goldsmith 1972, table 6.2).
Data dyestuff() {
  const std::vector<double> yield{1545, 1440, 1440, 1520, 1580, 1540, 1555, 1490, 1560, 1495,
                                  1595, 1550, 1605, 1510, 1560, 1445, 1440, 1595, 1465, 1545,
                                  1595, 1630, 1515, 1635, 1625, 1520, 1455, 1450, 1480, 1445};
  return {{{{"batch", axis({6, 5}, 0, "")}}}, column(yield)};
}

/// 10 batches, 3 casks of each, 2 assays of each (Davies & Goldsmith 1972, table 6.5): nested.
Data pastes() {
  const std::vector<double> strength{
      62.8, 62.6, 60.1, 62.3, 62.7, 63.1, 60,   61.4, 57.5, 56.9, 61.1, 58.9, 58.7, 57.5, 63.9,
      63.1, 65.4, 63.7, 57.1, 56.4, 56.9, 58.6, 64.7, 64.5, 55.1, 55.1, 54.7, 54.2, 58.8, 57.5,
      63.4, 64.9, 59.3, 58.1, 60.5, 60,   62.5, 62.6, 61,   58.7, 56.9, 57.7, 59.2, 59.4, 65.2,
      66,   64.8, 64.1, 54.8, 54.8, 64,   64,   57.7, 56.8, 58.3, 59.3, 59.2, 59.2, 58.9, 56.6};
  Factor batch{"batch", axis({10, 3, 2}, 0, "")}, cask{"cask", axis({10, 3, 2}, 1, "")};
  Factor sample = combined(batch, cask, "sample");
  return {{{std::move(batch), std::move(sample)}}, column(strength)};
}

/// Zones in mm of 6 samples of penicillin on 24 plates (Davies & Goldsmith 1972, section 6.6):
/// crossed.
Data penicillin() {
  const std::vector<double> diameter{
      27, 23, 26, 23, 23, 21, 27, 23, 26, 23, 23, 21, 25, 21, 25, 24, 24, 20, 26, 23, 25,
      23, 23, 20, 25, 22, 26, 22, 23, 20, 24, 22, 25, 23, 22, 19, 24, 20, 23, 21, 22, 19,
      26, 22, 26, 24, 24, 21, 24, 21, 24, 22, 22, 20, 24, 21, 24, 23, 22, 19, 26, 23, 26,
      24, 24, 21, 25, 22, 26, 24, 24, 20, 26, 24, 26, 24, 25, 22, 26, 23, 26, 23, 23, 20,
      26, 23, 25, 24, 24, 22, 25, 22, 25, 23, 23, 20, 25, 21, 24, 23, 23, 20, 25, 22, 24,
      23, 23, 19, 24, 21, 23, 21, 21, 19, 26, 23, 26, 24, 24, 21, 25, 21, 24, 22, 22, 18,
      25, 22, 25, 22, 22, 20, 24, 21, 24, 22, 24, 19, 24, 21, 24, 22, 21, 18};
  return {{{{"plate", axis({24, 6}, 0, "")}, {"sample", axis({24, 6}, 1, "")}}}, column(diameter)};
}

VarianceComponents fit(const Data& data, Likelihood likelihood = Likelihood::restricted,
                       bool intervals = false) {
  return variance_components(data.model, data.values,
                             {.likelihood = likelihood, .intervals = intervals})
      .front();
}

double variance(const VarianceComponents& v, std::size_t component) {
  return v.components.at(component).variance.value;
}
double sd(const VarianceComponents& v, std::size_t component) {
  return std::sqrt(variance(v, component));
}

/// Random effects of the given standard deviations in a full layout; the last is the residual's.
Data simulated(const std::vector<Index>& levels, const std::vector<double>& sds, Index features,
               std::uint64_t seed) {
  Data data;
  Index rows = 1;
  for (std::size_t d = 0; d < levels.size(); ++d) {
    data.model.factors.push_back({str("f", d), axis(levels, d, "")});
    rows *= levels[d];
  }
  data.values.resize(rows, features);
  for (Index f = 0; f < features; ++f) {
    Rng rng(make_stream(seed, "variance components", Draw::test), std::uint64_t(f));
    std::vector<std::vector<double>> effects;
    for (std::size_t d = 0; d < levels.size(); ++d) {
      auto& e = effects.emplace_back();
      for (Index l = 0; l < levels[d]; ++l) e.push_back(sds[d] * rng.normal());
    }
    for (Index i = 0; i < rows; ++i) {
      double y = sds.back() * rng.normal();
      for (std::size_t d = 0; d < levels.size(); ++d)
        y += effects[d][std::size_t(std::stoi(data.model.factors[d].level[std::size_t(i)]))];
      data.values(i, f) = y;
    }
  }
  return data;
}

}  // namespace

TEST_CASE("REML and ML of Dyestuff equal the analysis of variance and the published digits") {
  // Balanced and one-way: REML is (MSB - MSW)/5 and MSW, ML ((5/6) MSB - MSW)/5 and MSW.
  const auto reml = fit(dyestuff());
  CHECK(variance(reml, 0) == Approx(1764.05).epsilon(1e-9));
  CHECK(variance(reml, 1) == Approx(2451.25).epsilon(1e-9));
  CHECK(reml.effects.at(0).value == Approx(1527.5).epsilon(1e-12));
  CHECK(reml.components[0].share.value == Approx(1764.05 / (1764.05 + 2451.25)).epsilon(1e-9));
  const auto ml = fit(dyestuff(), Likelihood::full);
  CHECK(variance(ml, 0) == Approx((11271.5 * 5.0 / 6.0 - 2451.25) / 5.0).epsilon(1e-9));
  CHECK(sd(ml, 0) == Approx(37.260343703).epsilon(1e-7));  // MixedModels.jl, by its optimiser
  CHECK(sd(ml, 1) == Approx(49.510100352).epsilon(1e-7));
  CHECK(ml.criterion == Approx(327.32705988112673).epsilon(1e-12));
}

TEST_CASE("nested variance components equal the published ones") {
  // MixedModels.jl, test/pls.jl: maximum likelihood. REML: lme4's manual, all digits printed there.
  const auto nested = fit(pastes(), Likelihood::full);
  CHECK(nested.criterion == Approx(247.9944658624955).epsilon(1e-11));
  CHECK(sd(nested, 1) == Approx(2.90407793598792).epsilon(1e-6));
  CHECK(sd(nested, 0) == Approx(1.0950608007768226).epsilon(1e-5));
  CHECK(sd(nested, 2) == Approx(0.8234073887751603).epsilon(1e-6));

  const auto nested_reml = fit(pastes());
  CHECK(variance(nested_reml, 1) == Approx(8.434).margin(5e-4));
  CHECK(variance(nested_reml, 0) == Approx(1.657).margin(5e-4));
  CHECK(variance(nested_reml, 2) == Approx(0.678).margin(5e-4));
}

TEST_CASE("crossed variance components equal the published ones") {
  // ML by MixedModels.jl (test/pls.jl), whose search stops 1.5e-9 above the least; REML by lme4,
  // which stops early, too: the analysis of variance has 3.73092 for the samples.
  const auto ml = fit(penicillin(), Likelihood::full);
  CHECK(ml.criterion == Approx(332.1883486700085).epsilon(1e-10));
  CHECK(ml.criterion < 332.1883486700085);
  CHECK(sd(ml, 0) == Approx(0.845571948075415).epsilon(2e-6));
  CHECK(sd(ml, 1) == Approx(1.770666460750787).epsilon(2e-5));
  CHECK(sd(ml, 2) == Approx(0.549931906953287).epsilon(2e-6));
  const auto reml = fit(penicillin());
  CHECK(reml.criterion == Approx(330.9).margin(0.05));
  CHECK(variance(reml, 0) == Approx(0.7169).margin(6e-5));
  CHECK(variance(reml, 1) == Approx(3.7311).margin(3e-4));
  CHECK(variance(reml, 1) == Approx(3.73092).margin(5e-6));
  CHECK(variance(reml, 2) == Approx(0.3024).margin(6e-5));
}

TEST_CASE("random intercepts and slopes of the sleep study equal lme4's") {
  const auto table = stats_table("sleepstudy.csv");
  if (!table) return;
  Data data;
  Covariate days{"days", {}};
  Factor subject{"subject", {}};
  std::vector<double> reaction;
  for (const auto& row : *table) {
    reaction.push_back(std::stod(row.at(0)));
    days.value.push_back(std::stod(row.at(1)));
    subject.level.push_back(row.at(2));
  }
  Factor slope = subject;
  slope.name = "slope";
  slope.slope = days.value;
  data.model = {{subject}, {days}};
  data.values = column(reaction);
  const auto intercepts = fit(data);
  CHECK(intercepts.criterion == Approx(1786.465).margin(5e-4));
  CHECK(sd(intercepts, 0) == Approx(37.12).margin(5e-3));
  CHECK(sd(intercepts, 1) == Approx(30.99).margin(5e-3));
  CHECK(intercepts.effects.at(0).value == Approx(251.4051).margin(5e-5));
  CHECK(intercepts.effects.at(0).standard_error == Approx(9.7467).margin(5e-5));
  CHECK(intercepts.effects.at(1).value == Approx(10.4673).margin(5e-5));
  CHECK(intercepts.effects.at(1).standard_error == Approx(0.8042).margin(5e-5));
  data.model.factors.push_back(slope);  // uncorrelated with the intercepts
  const auto slopes = fit(data);
  CHECK(slopes.criterion == Approx(1743.669).margin(5e-4));
  CHECK(variance(slopes, 0) == Approx(627.57).margin(5e-3));
  CHECK(variance(slopes, 1) == Approx(35.86).margin(5e-3));
  CHECK(variance(slopes, 2) == Approx(653.58).margin(5e-3));
}

TEST_CASE("the gradient of the likelihood is its slope") {
  const Data data = simulated({7, 5, 3}, {2.0, 1.0, 0.5, 1.0}, 1, 11);
  std::vector<Index> rows;
  for (Index i = 0; i < data.values.rows(); ++i)
    if (i % 7 != 3) rows.push_back(i);  // not balanced
  const detail::MixedDesign design(data.model, rows);
  Eigen::VectorXd y(Index(rows.size()));
  for (std::size_t i = 0; i < rows.size(); ++i) y[Index(i)] = data.values(rows[i], 0);
  const Eigen::Vector3d ratio(1.3, 0.4, 0.2);
  std::vector<detail::Held> helds(3);
  helds[1] = {detail::Held::What::variance, {false, true, false, false}, 0.7};
  helds[2] = {detail::Held::What::variance, {false, false, false, true}, 0.7};
  for (const Likelihood kind : {Likelihood::restricted, Likelihood::full})
    for (const auto& held : helds) {
      const detail::ProfiledLikelihood likelihood(design, kind, y);
      const auto point = likelihood.at(ratio, held);
      for (Index k = 0; k < 3; ++k) {
        const double h = 1e-5 * ratio[k];  // central: error of h^2 and of rounding / h, below 1e-6
        Eigen::VectorXd up = ratio, down = ratio;
        up[k] += h;
        down[k] -= h;
        const double slope =
            (likelihood.deviance(up, held) - likelihood.deviance(down, held)) / (2.0 * h);
        INFO("ratio " << k);
        CHECK(point.gradient[k] == Approx(slope).epsilon(1e-6).margin(1e-6));
      }
    }
}

TEST_CASE("the likelihood equals that of the dense covariance matrix") {
  const Data data = simulated({6, 4}, {1.0, 1.0, 1.0}, 1, 5);
  std::vector<Index> rows;
  for (Index i = 0; i < 21; ++i) rows.push_back(i);
  const detail::MixedDesign design(data.model, rows);
  const Eigen::VectorXd y = data.values.col(0).head(21);
  const Eigen::Vector2d ratio(0.7, 2.0);
  Eigen::MatrixXd v = Eigen::MatrixXd::Identity(21, 21);
  for (Index i = 0; i < 21; ++i)
    for (Index j = 0; j < 21; ++j)
      for (std::size_t k = 0; k < 2; ++k)
        if (data.model.factors[k].level[std::size_t(i)] ==
            data.model.factors[k].level[std::size_t(j)])
          v(i, j) += ratio[Index(k)];
  const Eigen::VectorXd one = Eigen::VectorXd::Constant(21, 1.0 / std::sqrt(21.0));
  const Eigen::MatrixXd inverse = v.inverse();
  const double x = one.dot(inverse * one);
  const double quadratic = y.dot(inverse * y) - std::pow(one.dot(inverse * y), 2) / x;
  const double expected = std::log(v.determinant()) + std::log(x) +
                          20.0 * (std::log(2.0 * M_PI * quadratic / 20.0) + 1.0);
  CHECK(detail::ProfiledLikelihood(design, Likelihood::restricted, y).deviance(ratio, {}) ==
        Approx(expected).epsilon(1e-12));
}

TEST_CASE("balanced crossed components that are positive equal the analysis of variance") {
  const Index a = 8, b = 6;
  const Data data = simulated({a, b}, {3.0, 2.0, 1.0}, 5, 21);
  const auto all = variance_components(data.model, data.values, {.intervals = false});
  for (Index f = 0; f < 5; ++f) {
    Eigen::MatrixXd y(b, a);
    for (Index i = 0; i < a * b; ++i) y(i % b, i / b) = data.values(i, f);
    const double mean = y.mean();
    const double rows = double(b) * (y.colwise().mean().array() - mean).square().sum() / (a - 1);
    const double columns = double(a) * (y.rowwise().mean().array() - mean).square().sum() / (b - 1);
    const double error = ((y.array() - mean).square().sum() - rows * (a - 1) - columns * (b - 1)) /
                         double((a - 1) * (b - 1));
    REQUIRE(rows > error);
    REQUIRE(columns > error);
    const auto& v = all[std::size_t(f)];
    CHECK(variance(v, 0) == Approx((rows - error) / b).epsilon(1e-8));
    CHECK(variance(v, 1) == Approx((columns - error) / a).epsilon(1e-8));
    CHECK(variance(v, 2) == Approx(error).epsilon(1e-8));
  }
}

TEST_CASE("units and offsets change variances by their square and shares not at all") {
  Data data = simulated({9, 5}, {1.0, 0.5, 0.7}, 1, 3);
  const auto before = fit(data, Likelihood::restricted, true);
  data.values = (-250.0 * data.values.array() + 1e6).matrix();
  const auto after = fit(data, Likelihood::restricted, true);
  for (std::size_t k = 0; k < 3; ++k) {
    const auto &b = before.components[k], &a = after.components[k];
    CHECK(a.variance.value == Approx(62500.0 * b.variance.value).epsilon(1e-7));
    CHECK(a.variance.high == Approx(62500.0 * b.variance.high).epsilon(1e-5));
    CHECK(a.share.value == Approx(b.share.value).epsilon(1e-7));
    CHECK(a.share.low == Approx(b.share.low).epsilon(1e-5));
    CHECK(b.variance.low < b.variance.value);
    CHECK(b.variance.value < b.variance.high);
  }
}

TEST_CASE("a component from which the likelihood falls is zero, and its interval begins there") {
  // Group means that are equal: between-groups variance below what the residual would give.
  Data data{{{{"group", axis({6, 4}, 0, "")}}}, Eigen::MatrixXd(24, 1)};
  for (Index i = 0; i < 24; ++i) data.values(i, 0) = double(i % 4) + 0.01 * double(i / 4);
  const auto v = fit(data, Likelihood::restricted, true);
  CHECK(variance(v, 0) == 0.0);
  CHECK(v.components[0].variance.low == 0.0);
  CHECK(v.components[0].variance.high > 0.0);
  CHECK(v.components[1].share.value == 1.0);
  CHECK(v.components[1].share.high == 1.0);
  CHECK(v.components[1].share.low == Approx(1.0 - v.components[0].share.high).epsilon(1e-6));
}

TEST_CASE("what the design cannot tell is withheld, and the rest is not") {
  Data data = simulated({8, 6}, {1.0, 1.0, 0.5}, 1, 8);
  const auto plain = fit(data);
  SECTION("two factors with the same groups") {
    Factor twin = data.model.factors[0];
    twin.name = "twin";
    for (auto& level : twin.level) level = "another " + level;
    data.model.factors.push_back(twin);
    const auto v = fit(data);
    CHECK_FALSE(v.components[0].variance.has_value());
    CHECK(v.components[0].variance.reason.find("confounded with twin") != std::string::npos);
    CHECK(v.components[2].variance.reason.find("confounded with f0") != std::string::npos);
    CHECK(variance(v, 1) == Approx(variance(plain, 1)).epsilon(1e-8));
  }
  SECTION("a factor with one row per level") {
    data.model.factors.push_back(combined(data.model.factors[0], data.model.factors[1], "cell"));
    const auto v = fit(data);
    CHECK(v.components[2].variance.reason.find("confounded with the residual") !=
          std::string::npos);
    CHECK(v.components[3].variance.reason.find("holds") != std::string::npos);
    CHECK(variance(v, 3) == Approx(variance(plain, 2)).epsilon(1e-8));
  }
  SECTION("a random factor that repeats a fixed one") {
    Factor twin = data.model.factors[0];
    twin.name = "twin";
    twin.kind = Effect::fixed;
    data.model.factors.push_back(twin);
    const auto v = fit(data);
    CHECK(v.components[0].variance.reason == "confounded with the fixed effects");
    CHECK(variance(v, 1) == Approx(variance(plain, 1)).epsilon(1e-8));
  }
  SECTION("one level, and no variation") {
    data.model.factors.push_back({"site", std::vector<std::string>(48, "only")});
    CHECK(fit(data).components[2].variance.reason.find("one level") != std::string::npos);
    data.values.setConstant(3.0);
    CHECK(fit(data).components[0].variance.reason.find("same value") != std::string::npos);
    data.values.setConstant(NAN);
    CHECK(fit(data).components[0].variance.reason.find("0 value(s)") != std::string::npos);
  }
}

TEST_CASE("there is no interval below five levels, and it says why") {
  const auto v = fit(simulated({8, 4}, {1.0, 1.0, 0.5}, 1, 8), Likelihood::restricted, true);
  CHECK(v.components[0].variance.has_interval());
  CHECK_FALSE(v.components[1].variance.has_interval());
  CHECK(v.components[1].variance.has_value());
  CHECK(v.components[1].variance.reason == "no interval from 4 levels: at least 5 needed");
}

TEST_CASE("a feature has the same bits alone and among others") {
  Data data = simulated({8, 6}, {1.0, 1.0, 0.5}, 4, 8);
  data.values(5, 2) = NAN;
  const auto all = variance_components(data.model, data.values);
  for (Index f = 0; f < 4; ++f) {
    const auto alone = variance_components(data.model, data.values.col(f)).front();
    for (std::size_t k = 0; k < 3; ++k) {
      CHECK(variance(alone, k) == variance(all[std::size_t(f)], k));
      CHECK(alone.components[k].share.high == all[std::size_t(f)].components[k].share.high);
    }
  }
  CHECK(all[2].missing == 1);
}

TEST_CASE("a profile interval of a single variance is that of the chi-square likelihood") {
  // No random factor: -2 log L = d log v + S/v; its ends solve x - log x - 1 = 3.8415/d, x = S/(d
  // v).
  Data data{{}, Eigen::MatrixXd(11, 1)};
  for (Index i = 0; i < 11; ++i) data.values(i, 0) = double((i * i) % 7);
  const auto v = fit(data, Likelihood::restricted, true);
  const Estimate& e = v.components[0].variance;
  for (const double end : {e.low, e.high}) {
    const double x = e.value / end;
    CHECK(x - std::log(x) - 1.0 == Approx(3.841458820694124 / 10.0).epsilon(1e-5));
  }
}

TEST_CASE("every interval of a component ends where its profile is 3.84 above the least") {
  const Data data = simulated({8, 6, 5}, {1.0, 0.4, 0.15, 0.5}, 12, 21);
  std::vector<Index> rows;
  for (Index i = 0; i < data.values.rows(); ++i) rows.push_back(i);
  const detail::MixedDesign design(data.model, rows);
  const auto all = variance_components(data.model, data.values);
  int looked_at = 0;
  for (Index f = 0; f < data.values.cols(); ++f) {
    Eigen::VectorXd y = data.values.col(f);
    const detail::ProfiledLikelihood likelihood(design, Likelihood::restricted, y);
    const Eigen::Vector3d start = Eigen::Vector3d::Constant(0.3);
    const detail::LikelihoodPoint best = likelihood.maximise(start, {}, 1e-12);
    // From two places: a ratio that is set to zero on the way stays there.
    const auto profile = [&](const detail::Held& held) {
      return std::min(likelihood.maximise(start, held, 1e-12).deviance,
                      likelihood.maximise(best.ratio, held, 1e-12).deviance) -
             best.deviance;
    };
    for (std::size_t k = 0; k < 4; ++k) {
      detail::Held held{detail::Held::What::variance, std::vector<bool>(4, false), 0.0};
      held.set[k] = true;
      const auto& c = all[std::size_t(f)].components[k];
      for (const Estimate* e : {&c.variance, &c.share})
        for (const double end : {e->low, e->high}) {
          if (end == 0.0) continue;
          held.what = e == &c.share ? detail::Held::What::share : detail::Held::What::variance;
          held.value = end;
          INFO("feature " << f << ", component " << k << ", end " << end);
          CHECK(profile(held) == Approx(3.841458820694124).margin(1e-4));
          CHECK((end < e->value) == (end == e->low));
          ++looked_at;
        }
    }
  }
  CHECK(looked_at > 150);
}

TEST_CASE("no share beyond the end of its interval is as likely as the end") {
  // Few levels may be very large: with them the likelihood of a share has several ways down.
  const Data data = simulated({10, 5, 3, 2}, {1.0, 0.5, 0.5, 0.3, 0.7}, 8, 23);
  std::vector<Index> rows;
  for (Index i = 0; i < data.values.rows(); ++i) rows.push_back(i);
  const detail::MixedDesign design(data.model, rows);
  const auto all = variance_components(data.model, data.values);
  int looked_at = 0;
  for (Index f = 0; f < data.values.cols(); ++f) {
    Eigen::VectorXd y = data.values.col(f);
    const detail::ProfiledLikelihood likelihood(design, Likelihood::restricted, y);
    const Eigen::Vector4d start = Eigen::Vector4d::Constant(0.3);
    const detail::LikelihoodPoint best = likelihood.maximise(start, {}, 1e-12);
    for (const std::size_t k : {std::size_t(0), std::size_t(1), std::size_t(4)}) {
      detail::Held held{detail::Held::What::share, std::vector<bool>(5, false), 0.0};
      held.set[k] = true;
      const Estimate& e = all[std::size_t(f)].components[k].share;
      if (!e.has_interval() || e.low == 0.0) continue;
      held.value = e.low;
      double least = likelihood.maximise(start, held, 1e-10).deviance;
      for (const double factor : {0.03, 0.3, 3.0, 30.0, 300.0})
        for (Index j = 0; j < 4; ++j) {
          Eigen::Vector4d ratio = best.ratio.cwiseMax(1e-3);
          ratio[j] *= factor;
          least = std::min(least, likelihood.maximise(ratio, held, 1e-10).deviance);
        }
      INFO("feature " << f << ", component " << k << ", low end " << e.low);
      CHECK(least - best.deviance == Approx(3.841458820694124).margin(2e-3));
      ++looked_at;
    }
  }
  CHECK(looked_at > 12);
}

TEST_CASE("an interval of a share ends where the profile of all else at its best does", "[full]") {
  // Patients, lesions within them and scanners; the profile of the lesions' share once more by a
  // grid over the other ratios, from 12 patients, where the patients' variance may vanish.
  Data data = simulated({12, 2, 6}, {0.0, 0.0, 0.5, 0.5}, 40, 17);
  Factor lesion = combined(data.model.factors[0], data.model.factors[1], "lesion");
  data.model.factors[1] = lesion;
  for (Index f = 0; f < 40; ++f) {
    Rng rng(make_stream(18, "shares", Draw::test), std::uint64_t(f));
    for (Index p = 0; p < 12; ++p) {
      const double patient = rng.normal();
      for (Index l = 0; l < 2; ++l)
        data.values.col(f).segment((2 * p + l) * 6, 6).array() += patient + 0.7 * rng.normal();
    }
  }
  std::vector<Index> rows;
  for (Index i = 0; i < data.values.rows(); ++i) rows.push_back(i);
  const detail::MixedDesign design(data.model, rows);
  const auto all = variance_components(data.model, data.values);
  for (Index f = 0; f < 40; f += 4) {
    const Eigen::VectorXd y = data.values.col(f);
    const detail::ProfiledLikelihood likelihood(design, Likelihood::restricted, y);
    const auto& v = all[std::size_t(f)];
    const double residual = v.components[3].variance.value;
    Eigen::Vector3d best;
    for (Index k = 0; k < 3; ++k) best[k] = variance(v, std::size_t(k)) / residual;
    const double limit = likelihood.deviance(best, {}) + 3.841458820694124;
    for (const double end : {v.components[1].share.low, v.components[1].share.high}) {
      if (end == 0.0) continue;
      double least = INFINITY;
      for (double patient = -6.0; patient < 6.0; patient += 0.1)
        for (double scanner = -4.0; scanner < 4.0; scanner += 0.1) {
          Eigen::Vector3d ratio(patient < -5.95 ? 0.0 : std::exp(patient), 0.0, std::exp(scanner));
          ratio[1] = end / (1.0 - end) * (1.0 + ratio[0] + ratio[2]);
          least = std::min(least, likelihood.deviance(ratio, {}));
        }
      INFO("feature " << f << ", end " << end);
      CHECK(least - limit > -1e-4);  // not below: the interval is not too narrow
      CHECK(least - limit < 0.05);   // the grid's steps of 0.1 miss the least by that
    }
  }
}

TEST_CASE("a mixed model of the wrong size or with a name twice is refused") {
  Data data = simulated({4, 3}, {1.0, 1.0, 0.5}, 1, 8);
  data.model.factors[1].level.pop_back();
  CHECK_THROWS_AS(fit(data), Error);
  data = simulated({4, 3}, {1.0, 1.0, 0.5}, 1, 8);
  data.model.factors[1].name = "f0";
  CHECK_THROWS_AS(fit(data), Error);
}
