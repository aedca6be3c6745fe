#include <algorithm>
#include <catch2/catch.hpp>
#include <cmath>
#include <filesystem>
#include <fstream>
#include <map>
#include <sstream>

#include "support/data.hpp"
#include "vitrine/core/math.hpp"
#include "vitrine/core/random.hpp"
#include "vitrine/evaluation/anova.hpp"
#include "vitrine/evaluation/distributions.hpp"
#include "vitrine/evaluation/multiplicity.hpp"
#include "vitrine/evaluation/rank_tests.hpp"

using namespace vitrine;
using namespace vitrine::evaluation;

namespace {

using Groups = std::vector<std::vector<double>>;

/// NIST StRD, SiRstv: resistance of silicon measured with five instruments.
const Groups silicon{{196.3052, 196.1240, 196.1890, 196.2569, 196.3403},
                     {196.3042, 196.3825, 196.1669, 196.3257, 196.0422},
                     {196.1303, 196.2005, 196.2889, 196.0343, 196.1811},
                     {196.2795, 196.1748, 196.1494, 196.1485, 195.9885},
                     {196.2119, 196.1051, 196.1850, 196.0052, 196.2090}};

/// NIST StRD, AtmWtAg: atomic weight of silver measured with two instruments.
const Groups silver{{107.8681568, 107.8681465, 107.8681572, 107.8681785, 107.8681446, 107.8681903,
                     107.8681526, 107.8681494, 107.8681616, 107.8681587, 107.8681519, 107.8681486,
                     107.8681419, 107.8681569, 107.8681508, 107.8681672, 107.8681385, 107.8681518,
                     107.8681662, 107.8681424, 107.8681360, 107.8681333, 107.8681610, 107.8681477},
                    {107.8681079, 107.8681344, 107.8681513, 107.8681197, 107.8681604, 107.8681385,
                     107.8681642, 107.8681365, 107.8681151, 107.8681082, 107.8681517, 107.8681448,
                     107.8681198, 107.8681482, 107.8681334, 107.8681609, 107.8681101, 107.8681512,
                     107.8681469, 107.8681360, 107.8681254, 107.8681261, 107.8681450, 107.8681368}};

/// NIST StRD, SmLs01 to SmLs09 (Simon & Lesage 1989): nine treatments around an offset, their first
/// value followed by pairs 0.1 below and above it. In tenths, so that each double is the nearest
/// one to its decimal number.
Groups simon_lesage(double offset, int replicates) {
  Groups groups;
  for (const double first : {4, 3, 5, 3, 5, 3, 5, 3, 5}) {
    auto& group = groups.emplace_back();
    for (int i = 0; i < replicates; ++i) {
      const double step = i == 0 ? 0.0 : (i % 2 ? -1.0 : 1.0);
      group.push_back((10.0 * offset + first + step) / 10.0);
    }
  }
  return groups;
}

/// Digits in which a number agrees with the certified one (NIST's log relative error).
double digits(double value, double certified) {
  if (value == certified) return 15.0;
  return -math::log(std::fabs(value - certified) / std::fabs(certified)) / M_LN10;
}

struct Certified {
  double between, within, f;
};

void check_digits(const Groups& groups, const Certified& nist, double least) {
  const Anova ours = one_way_anova(groups);
  CHECK(digits(ours.between_squares, nist.between) >= least);
  CHECK(digits(ours.within_squares, nist.within) >= least);
  CHECK(digits(ours.f, nist.f) >= least);
}

Certified certified(int replicates) {
  const double m = (replicates - 1) / 20;  // 1, 10 and 100
  return {0.08 * replicates, 1.8 * m, 20.0 * m + 1.0};
}

/// F of values that are whole multiples of 2^-13 above 1e12, in whole numbers.
double exact_f(const Groups& groups) {
  const auto n = std::int64_t(groups.front().size()), k = std::int64_t(groups.size());
  std::int64_t all = 0, squares_of_sums = 0, within = 0;
  for (const auto& group : groups) {
    std::int64_t sum = 0, squares = 0;
    for (const double v : group) {
      const double steps = (v - 1e12) * 8192.0;
      REQUIRE(steps == std::floor(steps));
      sum += std::int64_t(steps);
      squares += std::int64_t(steps) * std::int64_t(steps);
    }
    all += sum;
    squares_of_sums += sum * sum;
    within += n * squares - sum * sum;
  }
  const auto between = (long double)(k * squares_of_sums - all * all) / (long double)(k);
  return double(between / (long double)(k - 1) * (long double)(k * (n - 1)) /
                (long double)(within));
}

}  // namespace

TEST_CASE("ANOVA meets nine certified digits of NIST's lower and average difficulty") {
  check_digits(silicon, {5.11462616e-02, 2.16636560e-01, 1.18046237440255}, 9.0);
  check_digits(silver, {3.63834187500000e-09, 1.04951729166667e-08, 1.59467335677930e+01}, 9.0);
  for (const double offset : {1.0, 1e6})
    for (const int replicates : {21, 201, 2001}) {
      CAPTURE(offset, replicates);
      check_digits(simon_lesage(offset, replicates), certified(replicates), 9.0);
    }
}

TEST_CASE("ANOVA of 13 leading digits equals exact arithmetic on the doubles") {
  // SmLs07 to SmLs09: rounding the data to double leaves 4.2 certified digits to anybody.
  for (const int replicates : {21, 201, 2001}) {
    CAPTURE(replicates);
    const Groups groups = simon_lesage(1e12, replicates);
    CHECK(one_way_anova(groups).f == Approx(exact_f(groups)).epsilon(1e-12));
    CHECK(digits(one_way_anova(groups).f, certified(replicates).f) > 4.1);
  }
}

TEST_CASE("the data sets made here are those of NIST's files") {
  const auto root = test::reference_data("VITRINE_STATS_DATA", "stats");
  if (!std::filesystem::exists(root / "nist" / "SiRstv.dat")) {
    WARN("skipped: " << root.string() << "/nist is absent (VITRINE_STATS_DATA names its parent)");
    return;
  }
  std::map<std::string, Groups> sets{{"SiRstv", silicon}, {"AtmWtAg", silver}};
  int number = 0;
  for (const double offset : {1.0, 1e6, 1e12})
    for (const int replicates : {21, 201, 2001})
      sets["SmLs0" + std::to_string(++number)] = simon_lesage(offset, replicates);
  for (const auto& [name, groups] : sets) {
    CAPTURE(name);
    std::ifstream file(root / "nist" / (name + ".dat"));
    std::string line;
    while (std::getline(file, line) && !line.starts_with("Data:  ")) {
    }
    Groups read;
    for (std::size_t group = 0; std::getline(file, line);) {
      double value = 0.0;
      if (!(std::istringstream(line) >> group >> value)) continue;
      if (group > read.size()) read.emplace_back();
      read.back().push_back(value);
    }
    CHECK(read == groups);
  }
}

TEST_CASE("ANOVA of two groups is the square of Student's t") {
  // Equal variances: t^2 = (m1 - m2)^2 / (s^2 (1/n1 + 1/n2)).
  const Groups groups{{1, 2, 4, 7}, {3, 8, 9}};
  const double within = 21.0 + 62.0 / 3.0,
               t2 = std::pow(20.0 / 3.0 - 3.5, 2) / (within / 5.0) / (1.0 / 4.0 + 1.0 / 3.0);
  const Anova anova = one_way_anova(groups);
  CHECK(anova.f == Approx(t2).epsilon(1e-13));
  CHECK(anova.p == Approx(student_t_two_sided(std::sqrt(t2), 5.0)).epsilon(1e-12));
}

TEST_CASE("a comparison of groups without meaning is withheld with its reason") {
  CHECK(one_way_anova(Groups{{1, 2, 3}}).reason.find("1 group(s)") == 0);
  CHECK(std::isnan(one_way_anova(Groups{{1}, {2}, {NAN}}).f));
  CHECK(one_way_anova(Groups{{1, 1}, {2, 2}}).reason == "values do not vary within the groups");
  CHECK(one_way_anova(Groups{{1, 2, NAN}, {2, 4}, {NAN}}).values == 4);
  CHECK(kruskal_wallis(Groups{{1, 2}}).reason.find("1 group(s)") == 0);
  CHECK(kruskal_wallis(Groups{{3, 3}, {3}}).reason == "every value is the same");
  CHECK(friedman(Eigen::MatrixXd::Random(5, 1)).reason == "one arm: a comparison needs two");
  CHECK(friedman(Eigen::MatrixXd::Constant(5, 3, 2.0)).reason == "the same in every arm");
  Eigen::MatrixXd gaps = Eigen::MatrixXd::Random(3, 3);
  gaps(0, 1) = gaps(2, 2) = NAN;
  CHECK(friedman(gaps).reason.find("1 complete row(s)") == 0);
}

TEST_CASE("Kruskal-Wallis equals Hollander and Wolfe's mucociliary efficiencies") {
  // Hollander & Wolfe 1973, p. 116, the example of R's kruskal.test: H 0.77143, p 0.68.
  const Groups groups{{2.9, 3.0, 2.5, 2.6, 3.2}, {3.8, 2.7, 4.0, 2.4}, {2.8, 3.4, 3.7, 2.2, 2.0}};
  const RankTest test = kruskal_wallis(groups);
  CHECK(test.statistic == Approx(0.77143).margin(5e-6));
  CHECK(!test.exact);  // 252252 arrangements
  CHECK(test.p == Approx(0.68).margin(5e-3));
}

TEST_CASE("Kruskal-Wallis with ties equals the example in SciPy's documentation") {
  // scipy.stats.mstats.kruskal (SciPy 1.13): H 7.113812154696133, p 0.028526948491942164.
  const Groups groups{{6.3, 5.4, 5.7, 5.2, 5.0}, {6.9, 7.0, 6.1, 7.9}, {7.2, 6.9, 6.1, 6.5}};
  const RankTest test = kruskal_wallis(groups);
  CHECK(test.statistic == Approx(7.113812154696133).epsilon(1e-14));
  CHECK(!test.exact);  // 90090 arrangements
  CHECK(test.p == Approx(0.028526948491942164).epsilon(1e-13));
}

TEST_CASE("Friedman equals Hollander and Wolfe's rounding of first base") {
  // Hollander & Wolfe 1973, p. 140, the example of R's friedman.test: Q 11.143, p 0.003805.
  Eigen::MatrixXd times(22, 3);
  times << 5.40, 5.50, 5.55, 5.85, 5.70, 5.75, 5.20, 5.60, 5.50, 5.55, 5.50, 5.40, 5.90, 5.85, 5.70,
      5.45, 5.55, 5.60, 5.40, 5.40, 5.35, 5.45, 5.50, 5.35, 5.25, 5.15, 5.00, 5.85, 5.80, 5.70,
      5.25, 5.20, 5.10, 5.65, 5.55, 5.45, 5.60, 5.35, 5.45, 5.05, 5.00, 4.95, 5.50, 5.50, 5.40,
      5.45, 5.55, 5.50, 5.55, 5.55, 5.35, 5.45, 5.50, 5.55, 5.50, 5.45, 5.25, 5.65, 5.60, 5.40,
      5.70, 5.65, 5.55, 6.30, 6.30, 6.25;
  const RankTest test = friedman(times);
  CHECK(test.statistic == Approx(78.0 / 7.0).epsilon(1e-13));
  CHECK(test.p == Approx(0.003805).margin(5e-7));
  CHECK(test.used == 22);
}

TEST_CASE("rank tests of tiny tables count every arrangement") {
  // Complete agreement of n rows on the order of 3 columns: 6 of 6^n arrangements (Friedman 1937).
  for (const Index n : {2, 3, 4}) {
    const Eigen::MatrixXd rows = Eigen::RowVector3d(1, 2, 3).replicate(n, 1);
    const RankTest test = friedman(rows);
    CHECK(test.exact);
    CHECK(test.statistic == Approx(2.0 * double(n)).epsilon(1e-14));
    CHECK(test.p == Approx(6.0 / std::pow(6.0, double(n))).epsilon(1e-14));
  }
  // Three groups of three apart from each other: H 7.2, 6 of 1680 (Kruskal & Wallis 1952, table 6).
  const RankTest apart = kruskal_wallis(Groups{{1, 2, 3}, {4, 5, 6}, {7, 8, 9}});
  CHECK(apart.exact);
  CHECK(apart.statistic == Approx(7.2).epsilon(1e-14));
  CHECK(apart.p == Approx(6.0 / 1680.0).epsilon(1e-14));
  // A statistic of zero is reached by all; ties do not break the count.
  CHECK(friedman((Eigen::MatrixXd(2, 2) << 1, 2, 2, 1).finished()).p == 1.0);
  CHECK(kruskal_wallis(Groups{{1, 1}, {1, 2}}).p == 1.0);
}

TEST_CASE("two groups without ties give Wilcoxon's statistic, and two arms the sign test's") {
  // H = z^2 of the rank sum: W = 1 + 2 + 4, mean 3 * 8 / 2 = 12, variance 3 * 4 * 8 / 12 = 8.
  CHECK(kruskal_wallis(Groups{{1, 2, 4}, {3, 5, 6, 7}}).statistic ==
        Approx(25.0 / 8.0).epsilon(1e-13));
  // Q = (wins - losses)^2 / n: 5 against 2.
  Eigen::MatrixXd pairs(7, 2);
  pairs << 1, 2, 1, 2, 1, 2, 1, 2, 1, 2, 2, 1, 2, 1;
  CHECK(friedman(pairs).statistic == Approx(9.0 / 7.0).epsilon(1e-13));
}

TEST_CASE("tails of distributions keep their digits and are those of the quantiles") {
  CHECK(chi_square_survival(200.0, 2.0) == Approx(math::exp(-100.0)).epsilon(1e-12));
  CHECK(student_t_two_sided(1e8, 1.0) == Approx(2.0 / (M_PI * 1e8)).epsilon(1e-10));
  for (const double p : {0.001, 0.05, 0.7}) {
    CHECK(chi_square_survival(chi_square_quantile(1.0 - p, 7.3), 7.3) == Approx(p).epsilon(1e-9));
    CHECK(f_survival(f_quantile(1.0 - p, 3.0, 19.5), 3.0, 19.5) == Approx(p).epsilon(1e-9));
    CHECK(student_t_two_sided(student_t_quantile(1.0 - 0.5 * p, 11.0), 11.0) ==
          Approx(p).epsilon(1e-9));
  }
}

TEST_CASE("p values adjusted for many reject what Benjamini and Hochberg rejected") {
  // Benjamini & Hochberg 1995, 3.2: at 0.05 the false discovery rate rejects 4, Bonferroni 3.
  const std::vector<double> p{0.0001, 0.0004, 0.0019, 0.0095, 0.0201, 0.0278, 0.0298, 0.0344,
                              0.0459, 0.3240, 0.4262, 0.5719, 0.6528, 0.7590, 1.0000};
  const auto rejected = [&](Adjustment kind) {
    const auto q = adjusted(p, kind);
    return std::count_if(q.begin(), q.end(), [](double v) { return v <= 0.05; });
  };
  CHECK(rejected(Adjustment::benjamini_hochberg) == 4);
  CHECK(rejected(Adjustment::holm) == 3);
  CHECK(rejected(Adjustment::benjamini_yekutieli) == 3);
  CHECK(adjusted(p, Adjustment::benjamini_hochberg)[3] == Approx(0.0095 * 15 / 4).epsilon(1e-14));
  CHECK(adjusted(p, Adjustment::holm)[2] == Approx(0.0019 * 13).epsilon(1e-14));
}

TEST_CASE("adjusted p values keep the order, never fall, and do not count withheld tests") {
  const std::vector<double> p{0.03, NAN, 0.001, 0.03, 0.9}, without{0.03, 0.001, 0.03, 0.9};
  for (const Adjustment kind :
       {Adjustment::holm, Adjustment::benjamini_hochberg, Adjustment::benjamini_yekutieli}) {
    const auto q = adjusted(p, kind), r = adjusted(without, kind);
    CHECK(std::isnan(q[1]));
    CHECK(q[0] == r[0]);
    CHECK(q[0] == q[3]);
    CHECK(q[2] < q[0]);
    for (std::size_t i = 0; i < p.size(); ++i) CHECK((std::isnan(p[i]) || q[i] >= p[i]));
    CHECK(q[4] <= 1.0);
  }
  CHECK(adjusted(std::vector<double>{0.2}, Adjustment::holm)[0] == 0.2);
  CHECK(adjusted(std::vector<double>{}, Adjustment::benjamini_hochberg).empty());
}
