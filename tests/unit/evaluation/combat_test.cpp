#include "vitrine/evaluation/combat.hpp"

#include <catch2/catch.hpp>
#include <cmath>

#include "stats_data.hpp"
#include "vitrine/core/error.hpp"
#include "vitrine/core/random.hpp"

using namespace vitrine;
using namespace vitrine::evaluation;

namespace {

/// The published matrices have features down and cases across.
std::optional<Eigen::MatrixXd> published(const std::string& name, bool header) {
  const auto rows = stats_table("combat/" + name, header);
  if (!rows) return {};
  Eigen::MatrixXd values(Index(rows->front().size()), Index(rows->size()));
  for (std::size_t f = 0; f < rows->size(); ++f)
    for (std::size_t i = 0; i < (*rows)[f].size(); ++i)
      values(Index(i), Index(f)) = std::stod((*rows)[f][i]);
  return values;
}

/// Two batches: the second has other offsets and spreads; features share neither.
CombatCases two_batches(Index each, Index features, std::uint64_t seed = 4) {
  CombatCases cases;
  cases.values.resize(2 * each, features);
  Covariate age{"age", {}};
  for (Index i = 0; i < 2 * each; ++i) {
    cases.batch.push_back(i < each ? "a" : "b");
    age.value.push_back(double((i * 7) % 11));
  }
  for (Index f = 0; f < features; ++f) {
    Rng rng(make_stream(seed, "combat", Draw::test), std::uint64_t(f));
    const double offset = 3.0 + rng.normal(), spread = 1.5 + 0.5 * rng.uniform();
    for (Index i = 0; i < 2 * each; ++i)
      cases.values(i, f) = 10.0 * double(f) + 0.3 * age.value[std::size_t(i)] +
                           (i < each ? rng.normal() : offset + spread * rng.normal());
  }
  cases.covariates.push_back(age);
  return cases;
}

double mean_of(const CombatCases& cases, const Eigen::MatrixXd& v, const char* batch, Index f) {
  double sum = 0.0, n = 0.0;
  for (Index i = 0; i < v.rows(); ++i)
    if (cases.batch[std::size_t(i)] == batch) {
      sum += v(i, f);
      n += 1.0;
    }
  return sum / n;
}

std::string refusal(const CombatCases& cases, const CombatOptions& options = {}) {
  try {
    Combat(cases, options);
  } catch (const Error& error) {
    return error.what();
  }
  return "";
}

}  // namespace

TEST_CASE("ComBat equals the published outputs to 1e-10") {
  const auto data = published("testdata.csv", true);
  if (!data) return;
  CombatCases plain{*data, {"1", "1", "1", "1", "1", "2", "2", "2", "2", "2"}};
  CombatCases adjusted = plain;
  adjusted.groups.push_back({"gender", {"1", "2", "1", "2", "1", "2", "1", "2", "1", "2"}});
  CombatOptions parametric{.smallest_batch = 5}, nonparametric = parametric, none = parametric,
                                                 reference = parametric, mean_only = parametric;
  nonparametric.prior = CombatPrior::nonparametric;
  none.prior = CombatPrior::none;
  reference.reference = "1";
  mean_only.mean_only = true;
  const struct {
    const char* file;
    const CombatCases& cases;
    const CombatOptions& options;
  } vectors[] = {{"parametric_adjusted", adjusted, parametric},
                 {"parametric_unadjusted", plain, parametric},
                 {"nonparametric_adjusted", adjusted, nonparametric},
                 {"parametric_adjusted_noeb", adjusted, none},
                 {"parametric_unadjusted_noeb", plain, none},
                 {"parametric_adjusted_batchref", adjusted, reference},
                 {"parametric_adjusted_meanonly", adjusted, mean_only}};
  for (const auto& v : vectors) {
    const auto expected =
        published(std::string("testdata_combat_") + v.file + "_python.csv", false);
    if (!expected) continue;
    INFO(v.file);
    const Eigen::MatrixXd ours = Combat(v.cases, v.options).transform(v.cases);
    CHECK((ours - *expected).cwiseAbs().maxCoeff() < 1e-10);
  }
}

TEST_CASE("ComBat without a prior gives all batches the same mean and spread") {
  CombatCases cases = two_batches(20, 4);
  cases.covariates.clear();  // with them, the means of what is kept may differ
  const Eigen::MatrixXd v = Combat(cases, {.prior = CombatPrior::none}).transform(cases);
  for (Index f = 0; f < 4; ++f) {
    CHECK(mean_of(cases, v, "a", f) == Approx(mean_of(cases, v, "b", f)).epsilon(1e-12));
    const auto spread = [&](Index first) {
      const Eigen::ArrayXd part = v.col(f).segment(first, 20).array();
      return (part - part.mean()).square().sum();
    };
    CHECK(spread(0) == Approx(spread(20)).epsilon(1e-12));
  }
}

TEST_CASE("ComBat follows units and offsets of the features") {
  const CombatCases cases = two_batches(15, 6);
  CombatCases other = cases;
  other.values = (cases.values.array() * -40.0 + 700.0).matrix();
  for (const CombatPrior prior : {CombatPrior::nonparametric, CombatPrior::none}) {
    const Eigen::MatrixXd one = Combat(cases, {.prior = prior}).transform(cases);
    const Eigen::MatrixXd two = Combat(other, {.prior = prior}).transform(other);
    CHECK((two - (one.array() * -40.0 + 700.0).matrix()).cwiseAbs().maxCoeff() < 1e-8);
  }
}

TEST_CASE("the reference batch is not touched, and the other comes to it") {
  const CombatCases cases = two_batches(15, 6);
  const Eigen::MatrixXd v = Combat(cases, {.reference = "a"}).transform(cases);
  CHECK(v.topRows(15) == cases.values.topRows(15));
  for (Index f = 0; f < 6; ++f)
    CHECK(std::fabs(mean_of(cases, v, "b", f) - mean_of(cases, v, "a", f)) <
          0.5 * std::fabs(mean_of(cases, cases.values, "b", f) - mean_of(cases, v, "a", f)));
}

TEST_CASE("unseen patients are harmonised by what others taught, nearer to the truth") {
  const Index features = 10;
  const CombatCases all = two_batches(60, features);
  CombatCases train, test;
  std::vector<Index> first, second;
  for (Index i = 0; i < 120; ++i) (i % 2 == 0 ? first : second).push_back(i);
  for (auto [part, rows] : {std::pair{&train, &first}, std::pair{&test, &second}}) {
    part->values = all.values(*rows, Eigen::all);
    Covariate age{"age", {}};
    for (const Index i : *rows) {
      part->batch.push_back(all.batch[std::size_t(i)]);
      age.value.push_back(all.covariates[0].value[std::size_t(i)]);
    }
    part->covariates.push_back(age);
  }
  const Combat combat(train, {.reference = "a"});
  const Eigen::MatrixXd v = combat.transform(test);
  double before = 0.0, after = 0.0;  // distance of batch b's means from their truth
  for (Index f = 0; f < features; ++f) {
    double truth = 10.0 * double(f), n = 0.0, age = 0.0;
    for (std::size_t i = 0; i < test.batch.size(); ++i)
      if (test.batch[i] == "b") {
        age += test.covariates[0].value[i];
        n += 1.0;
      }
    truth += 0.3 * age / n;
    before += std::pow(mean_of(test, test.values, "b", f) - truth, 2);
    after += std::pow(mean_of(test, v, "b", f) - truth, 2);
  }
  CHECK(after < 0.05 * before);  // offsets of 3 against means of 30 with an error of 0.3
  // One patient alone gets what it gets among others.
  CombatCases one{test.values.row(3), {test.batch[3]}, {{"age", {test.covariates[0].value[3]}}}};
  CHECK(combat.transform(one) == v.row(3));
}

TEST_CASE("ComBat is refused where it would invent or take away an effect") {
  CombatCases cases = two_batches(12, 3);
  Factor label{"diagnosis", {}};
  for (const std::string& b : cases.batch) label.level.push_back(b == "a" ? "well" : "ill");
  cases.groups.push_back(label);
  CHECK(refusal(cases).find("'diagnosis' is confounded") != std::string::npos);
  cases.groups.clear();
  CHECK(refusal(cases).empty());
  CHECK(refusal(cases, {.reference = "c"}).find("'c' has no cases (there are a, b)") !=
        std::string::npos);
  CHECK(refusal(two_batches(9, 3)).find("a (9), b (9)") != std::string::npos);
  CHECK(refusal(two_batches(9, 3), {.smallest_batch = 5}).empty());
  CHECK(refusal(two_batches(12, 1)).find("many features") != std::string::npos);
  CHECK(refusal(two_batches(12, 1), {.prior = CombatPrior::none}).empty());
  CombatCases empty = cases;
  for (Index f = 0; f < empty.values.cols(); ++f) empty.values(f, f) = NAN;
  CHECK(refusal(empty).find("no feature can be harmonised (the first of the others is left as it "
                            "is: 1 of 24 values are missing)") != std::string::npos);
  for (auto& b : cases.batch) b = "a";
  CHECK(refusal(cases).find("one batch") != std::string::npos);
  const Combat fitted(two_batches(12, 3), {});
  CombatCases unseen = two_batches(12, 3);
  unseen.batch[4] = "c";
  CHECK_THROWS_AS(fitted.transform(unseen), Error);
}

TEST_CASE("constant and incomplete features are left as they are, with a note") {
  CombatCases cases = two_batches(12, 4);
  cases.values.col(1).setConstant(5.0);
  cases.values(3, 2) = NAN;
  const Combat combat(cases, {});
  const Eigen::MatrixXd v = combat.transform(cases);
  CHECK(combat.left_alone()[0].empty());
  CHECK(combat.left_alone()[1].find("does not vary") != std::string::npos);
  CHECK(combat.left_alone()[2].find("1 of 24 values") != std::string::npos);
  CHECK(v.col(1) == cases.values.col(1));
  CHECK(v(4, 2) == cases.values(4, 2));
  CHECK(v(20, 0) != cases.values(20, 0));
}
