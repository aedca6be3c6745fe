// Where a study's variation comes from, and which method the ICC of random arms is found by.
#include "vitrine/evaluation/study_variance.hpp"

#include <catch2/catch.hpp>
#include <cmath>
#include <cstdlib>
#include <iostream>

#include "vitrine/core/random.hpp"

using namespace vitrine;
using namespace vitrine::evaluation;

namespace {

struct Layout {
  Index patients = 10, lesions = 2, scanners = 5, kernels = 3, repeats = 1;
  double patient = 3.0, lesion = 2.0, scanner = 1.5, residual = 1.0;  ///< standard deviations
  std::uint64_t seed = 3;
};

/// Every lesion in every scanner and kernel. Feature 0 is the sum of all effects (kernel k adds
/// 4 k), feature 1 is constant, feature 2 is never there.
Study crossed(const Layout& l, Effect scanner = Effect::random, Effect kernel = Effect::fixed) {
  Study study;
  study.features = {{"x.sum", "x", "", "1"}, {"x.same", "x", "", "1"}, {"x.lost", "x", "", "1"}};
  ArmFactor scanners{"scanner", {}, scanner}, kernels{"kernel", {}, kernel};
  Rng rng(make_stream(l.seed, "crossed", Draw::test), 0);
  std::vector<double> offset;
  for (Index s = 0; s < l.scanners; ++s) offset.push_back(l.scanner * rng.normal());
  for (Index s = 0; s < l.scanners; ++s)
    for (Index k = 0; k < l.kernels; ++k) {
      study.arms.push_back(str("s", s, "k", k));
      scanners.level.push_back(str("s", s));
      kernels.level.push_back(str("k", k));
    }
  if (l.scanners > 1) study.factors.push_back(scanners);
  if (l.kernels > 1) study.factors.push_back(kernels);
  for (Index p = 0; p < l.patients; ++p) {
    const double patient = l.patient * rng.normal();
    for (Index i = 0; i < l.lesions; ++i) {
      const double lesion = patient + l.lesion * rng.normal();
      const Index number = std::ssize(study.lesions);
      study.lesions.push_back({str("p", p), str("l", i), 1.0});
      for (Index s = 0; s < l.scanners; ++s)
        for (Index k = 0; k < l.kernels; ++k)
          for (Index r = 0; r < l.repeats; ++r)
            study.samples.push_back({r == 0 ? Source::scan : Source::reposition,
                                     number,
                                     s * l.kernels + k,
                                     {100.0 + lesion + offset[std::size_t(s)] + 4.0 * double(k) +
                                          l.residual * rng.normal(),
                                      5.0, NAN},
                                     {}});
    }
  }
  return study;
}

VarianceShare share(const FeatureVariance& v, const std::string& source) {
  for (const VarianceShare& s : v.shares)
    if (s.source == source) return s;
  FAIL("no " << source);
  return {};
}

}  // namespace

TEST_CASE("variance shares name patient, lesion, every factor and the residual, and add up to 1") {
  const auto all = variance_of(crossed({}));
  REQUIRE(all.size() == 3);
  const FeatureVariance& v = all[0];
  std::vector<std::string> names;
  double sum = 0.0;
  for (const VarianceShare& s : v.shares) {
    names.push_back(s.source);
    sum += s.share.value;
  }
  CHECK(names == std::vector<std::string>{"patient", "lesion", "scanner", "kernel", "residual"});
  CHECK(sum == Approx(1.0).epsilon(1e-12));
  CHECK(v.subjects.value ==
        Approx(v.shares[0].share.value + v.shares[1].share.value).epsilon(1e-9));
  // Effects 0, 4, 8: variance 16, known to the residual's error over 100 rows a level.
  CHECK(share(v, "kernel").variance.value == Approx(16.0).margin(16.0 * 0.1));
  CHECK(share(v, "kernel").kind == Effect::fixed);
  CHECK_FALSE(share(v, "kernel").variance.has_interval());
  CHECK(share(v, "scanner").kind == Effect::random);
  CHECK(share(v, "scanner").variance.has_interval());
}

TEST_CASE("a balanced factor's variance is that of the analysis of variance, fixed or random") {
  // In a complete table both are (MS factor - MS residual) / rows per level where that is positive.
  const Study fixed = crossed({}, Effect::fixed), random = crossed({}, Effect::random);
  const double as_fixed = share(variance_of(fixed)[0], "scanner").variance.value;
  const double as_random = share(variance_of(random)[0], "scanner").variance.value;
  CHECK(as_fixed > 0.0);
  CHECK(as_fixed == Approx(as_random).epsilon(1e-6));  // REML's optimum, squared
}

TEST_CASE("a factor that is a number has the variance of its slope") {
  Study study = crossed({.scanner = 0.0, .residual = 0.0}, Effect::fixed);
  ArmFactor& kernel = study.factors[1];
  for (const std::string& level : kernel.level) kernel.number.push_back(level.back() - '0');
  study.factors.erase(study.factors.begin());
  for (Sample& s : study.samples) s.values[0] += 1e-3 * double(s.arm % 2);  // some residual
  // Slope 4, numbers 0, 1, 2 five times each: variance 10/14.
  const auto v = share(variance_of(study)[0], "kernel");
  CHECK(v.variance.value == Approx(16.0 * 10.0 / 14.0).epsilon(1e-3));
}

TEST_CASE("what cannot be told is withheld with its reason") {
  const auto reason = [](const Study& study, const std::string& source, std::size_t feature = 0) {
    const VarianceShare s = share(variance_of(study)[feature], source);
    CHECK(std::isnan(s.variance.value));
    CHECK(std::isnan(s.share.value));
    return s.variance.reason;
  };
  SECTION("constant and missing features") {
    CHECK_THAT(reason(crossed({}), "kernel", 1), Catch::Contains("same value in every row"));
    CHECK_THAT(reason(crossed({}), "scanner", 2), Catch::Contains("too few"));
    CHECK_THAT(reason(crossed({}), "residual", 2), Catch::Contains("too few"));
  }
  SECTION("one patient") {
    CHECK_THAT(reason(crossed({.patients = 1}), "patient"), Catch::Contains("one level"));
  }
  SECTION("a factor of the same arms as another") {
    for (const Effect kind : {Effect::fixed, Effect::random}) {
      Study study = crossed({}, kind);
      study.factors.push_back({"site", study.factors[0].level, kind});
      CHECK_THAT(reason(study, "site"), Catch::Contains("confounded"));
    }
  }
  SECTION("one arm: a lesion is measured once, so it cannot be told from the residual") {
    const auto v = variance_of(crossed({.scanners = 1, .kernels = 1}))[0];
    CHECK_THAT(share(v, "lesion").variance.reason, Catch::Contains("confounded"));
    CHECK_THAT(v.subjects.reason, Catch::Contains("lesion"));
  }
  SECTION("too few levels have a value and no interval") {
    const auto v = share(variance_of(crossed({.scanners = 4}))[0], "scanner");
    CHECK(v.variance.has_value());
    CHECK_FALSE(v.variance.has_interval());
    CHECK_THAT(v.variance.reason, Catch::Contains("4 levels: at least 5"));
  }
  SECTION("and says so in the table") {
    const auto all = variance_of(crossed({}));
    const Table table = study_variance_table(all);
    const std::size_t notes = table.column("notes"), value = table.column("variance");
    CHECK(table.rows.size() == 3 * 6);
    for (const auto& row : table.rows)
      if (std::isnan(std::get<double>(row[value])) &&
          std::get<std::string>(row[table.column("source")]) != "subjects")
        CHECK_FALSE(std::get<std::string>(row[notes]).empty());
  }
}

TEST_CASE("ICC of random arms: mean squares where the table is complete, REML where it is not") {
  const Study complete = crossed({.kernels = 1});
  const std::size_t first[] = {0};
  const auto exact = stability(complete, {.seed = 1})[0];
  CHECK(exact.icc_method == "anova");
  REQUIRE(exact.icc.has_interval());
  // One lesion per patient: the two-way analysis of variance is REML where it is positive.
  const Study single = crossed({.patients = 20, .lesions = 1, .kernels = 1});
  CHECK(agreement_by_reml(single, first)[0].value ==
        Approx(stability(single, {.seed = 1})[0].icc.value).epsilon(1e-6));

  Study gaps = complete;
  for (std::size_t i = 0; i < gaps.samples.size(); i += 7) gaps.samples[i].values[0] = NAN;
  const auto row = stability(gaps, {.seed = 1})[0];
  CHECK(row.icc_method == "reml");
  REQUIRE(row.icc.has_interval());
  CHECK(row.icc.value == Approx(exact.icc.value).margin(0.1));
  CHECK(row.icc.low < row.icc.value);
  CHECK(row.icc.high > row.icc.value);

  Study few = crossed({.scanners = 4, .kernels = 1});
  few.samples[0].values[0] = NAN;
  const auto withheld = stability(few, {.seed = 1})[0];
  CHECK(withheld.icc_method == "reml");
  CHECK(withheld.icc.has_value());
  CHECK_FALSE(withheld.icc.has_interval());
  CHECK_THAT(withheld.icc.reason, Catch::Contains("4 random level(s) of scanner"));
}

TEST_CASE("no interval that resamples patients is printed where a factor is random") {
  const auto check = [](const Study& study, const std::string& method, const char* why) {
    const auto row = stability(study, {.seed = 1})[0];
    CHECK(row.icc_method == method);
    for (const Estimate* e : {&row.consistency, &row.overall_concordance, &row.reproducibility.sd,
                              &row.reproducibility.dispersion}) {
      CHECK(e->has_value());
      CHECK_FALSE(e->has_interval());
      CHECK_FALSE(e->reason.empty());
    }
    if (why) {
      CHECK_FALSE(row.icc.has_interval());
      CHECK_THAT(row.icc.reason, Catch::Contains(why));
    }
  };
  // Scanners are a sample, kernels are chosen: no single number holds for the arms.
  check(crossed({}, Effect::random, Effect::fixed), "anova", "scanner is a sample of many");
  // Both are samples: crossed components; three kernels are too few.
  check(crossed({}, Effect::random, Effect::random), "reml", "3 random level(s) of kernel");
  const auto both = stability(crossed({.kernels = 5}, Effect::random, Effect::random), {})[0];
  CHECK(both.icc.has_interval());
  const auto fixed = stability(crossed({}, Effect::fixed, Effect::fixed), {.seed = 1})[0];
  CHECK(fixed.icc_method == "bootstrap");
  CHECK(fixed.icc.has_interval());
}

TEST_CASE("intervals of ICC by REML cover where cells are missing", "[full]") {
  const char* wanted = std::getenv("VITRINE_COVERAGE");
  const int simulations = wanted ? std::atoi(wanted) : 60;
  for (const Index scanners : {Index{5}, Index{8}}) {
    const Layout layout{.patients = 30,
                        .lesions = 2,
                        .scanners = scanners,
                        .kernels = 1,
                        .patient = 1.0,
                        .lesion = 0.7,
                        .scanner = 0.5,
                        .residual = 0.5};
    const double subjects = 1.0 + 0.49, truth = subjects / (subjects + 0.25 + 0.25);
    int covered = 0;
    for (int i = 0; i < simulations; ++i) {
      Layout own = layout;
      own.seed = std::uint64_t(1000 + i);
      Study study = crossed(own);
      Rng rng(make_stream(own.seed, "gaps", Draw::test), 1);
      for (Sample& s : study.samples)
        if (rng.uniform() < 0.15) s.values[0] = NAN;
      const std::size_t first[] = {0};
      const Estimate icc = agreement_by_reml(study, first)[0];
      REQUIRE(icc.has_interval());
      covered += icc.low <= truth && truth <= icc.high;
    }
    const double share_covered = double(covered) / simulations;
    if (wanted) std::cout << scanners << " scanners: " << 100.0 * share_covered << " %\n";
    // Four standard errors of a share of 0.95 below what is claimed.
    CHECK(share_covered > 0.93 - 4.0 * std::sqrt(0.95 * 0.05 / simulations));
  }
}
