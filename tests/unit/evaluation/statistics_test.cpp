#include <array>
#include <catch2/catch.hpp>
#include <cmath>
#include <numeric>

#include "giavarina.hpp"
#include "vitrine/core/math.hpp"
#include "vitrine/evaluation/agreement.hpp"
#include "vitrine/evaluation/bias.hpp"
#include "vitrine/evaluation/distributions.hpp"
#include "vitrine/evaluation/repeatability.hpp"
#include "vitrine/evaluation/roi.hpp"

using namespace vitrine;
using namespace vitrine::evaluation;
using test::each_alone;
using test::giavarina_a;
using test::giavarina_b;

namespace {

/// Six subjects, four judges (Shrout & Fleiss 1979, table 2).
Ratings shrout_fleiss() {
  Ratings r(6, 4);
  r << 9, 2, 5, 8, 6, 1, 3, 2, 8, 4, 6, 8, 7, 1, 2, 6, 10, 5, 6, 9, 6, 2, 4, 7;
  return r;
}

/// Eight wines, four judges (real-statistics.com).
Ratings wine() {
  Ratings r(8, 4);
  r << 1, 2, 0, 1, 1, 3, 3, 2, 3, 8, 1, 4, 6, 4, 3, 3, 6, 5, 5, 6, 7, 5, 6, 2, 8, 7, 7, 9, 9, 9, 9,
      8;
  return r;
}

const Resampling resampling{make_stream(20260101, "test", Draw::bootstrap), 2000, 0.95};

void check_estimate(const Estimate& e, double value, double low, double high) {
  CHECK(e.value == Approx(value).epsilon(1e-12));
  CHECK(e.low == Approx(low).epsilon(1e-10));
  CHECK(e.high == Approx(high).epsilon(1e-10));
}

}  // namespace

TEST_CASE("quantiles equal published tables and exact forms") {
  // NIST/SEMATECH e-Handbook of Statistical Methods, tables 1.3.6.7.2 to 1.3.6.7.4.
  CHECK(student_t_quantile(0.975, 5) == Approx(2.571).margin(5e-4));
  CHECK(student_t_quantile(0.95, 30) == Approx(1.697).margin(5e-4));
  CHECK(chi_square_quantile(0.95, 10) == Approx(18.307).margin(5e-4));
  CHECK(chi_square_quantile(0.025, 30) == Approx(16.791).margin(5e-4));
  CHECK(f_quantile(0.95, 5, 10) == Approx(3.326).margin(5e-4));
  CHECK(f_quantile(0.99, 3, 20) == Approx(4.938).margin(5e-4));
  // t with one degree is Cauchy; chi-square with two is exponential; F(2, d) has a power law.
  CHECK(student_t_quantile(0.9, 1) == Approx(math::tan(0.4 * M_PI)).epsilon(1e-12));
  CHECK(chi_square_quantile(0.999, 2) == Approx(-2.0 * math::log(0.001)).epsilon(1e-12));
  CHECK(chi_square_quantile(1e-6, 2) == Approx(-2.0 * math::log1p(-1e-6)).epsilon(1e-12));
  CHECK(f_quantile(0.975, 2, 7.5) ==
        Approx(3.75 * (math::pow(0.025, -1.0 / 3.75) - 1.0)).epsilon(1e-12));
}

TEST_CASE("F quantiles of swapped degrees are reciprocal") {
  for (const double a : {1.0, 4.785, 23.0, 800.0})
    for (const double b : {1.0, 5.0, 61.5})
      CHECK(f_quantile(0.025, a, b) * f_quantile(0.975, b, a) == Approx(1.0).epsilon(1e-11));
}

TEST_CASE("intraclass correlations equal Shrout and Fleiss 1979") {
  // Full digits from an independent calculation; they round to the published ones.
  const Icc icc = intraclass_correlation(shrout_fleiss());
  check_estimate(icc.one_way, 0.16574176840547553, -0.13293232487475104, 0.7225600623281214);
  check_estimate(icc.agreement, 0.2897637795275592, 0.01878651337471203, 0.761084369648953);
  check_estimate(icc.consistency, 0.7148407148407154, 0.3424647650339264, 0.9458582599553597);
  check_estimate(icc.one_way_mean, 0.4427971336792688, -0.884442155238121, 0.9124154203407757);
  check_estimate(icc.agreement_mean, 0.6200505475989893, 0.07113681530250342, 0.927232040167722);
  check_estimate(icc.consistency_mean, 0.9093155423770697, 0.6756747138163057, 0.9858916781690623);
  CHECK(icc.subjects == 6);
}

TEST_CASE("intraclass correlations equal the wine example") {
  const Icc icc = intraclass_correlation(wine());
  check_estimate(icc.one_way, 0.727520915896081, 0.43377283327098903, 0.9266960292566441);
  check_estimate(icc.agreement, 0.7276887871853546, 0.4344896578911306, 0.9267086063159158);
  check_estimate(icc.consistency, 0.7294865007940708, 0.42614603012923313, 0.9278952614727314);
  check_estimate(icc.consistency_mean, 0.9151585588577121, 0.7481371241589805, 0.9809432541084128);
}

TEST_CASE("ICC does not change when all ratings are shifted and scaled") {
  const double plain = intraclass_correlation(shrout_fleiss()).agreement.value;
  const Ratings moved = (shrout_fleiss().array() * 1e-3 + 1e6).matrix();
  CHECK(intraclass_correlation(moved).agreement.value == Approx(plain).epsilon(1e-6));
}

TEST_CASE("rows with a missing rating are left out of the ICC and counted") {
  Ratings more(7, 4);
  more.topRows(6) = shrout_fleiss();
  more.row(6) << 3, NAN, 4, 5;
  const Icc icc = intraclass_correlation(more);
  CHECK(icc.incomplete == 1);
  CHECK(icc.agreement.value == intraclass_correlation(shrout_fleiss()).agreement.value);
}

TEST_CASE("an ICC without meaning is withheld with its reason") {
  CHECK(intraclass_correlation(Ratings::Constant(5, 3, 7.0)).agreement.reason ==
        "every value is the same");
  CHECK(!intraclass_correlation(Ratings::Constant(5, 3, 7.0)).agreement.has_value());
  CHECK(intraclass_correlation(Ratings::Random(5, 1)).agreement.reason ==
        "one arm: agreement needs two");
  CHECK(!intraclass_correlation(Ratings::Random(1, 4)).agreement.has_value());
  CHECK(!intraclass_correlation(Ratings::Constant(5, 3, NAN)).one_way.has_value());
}

TEST_CASE("raters that agree exactly have an ICC of 1 with the interval [1, 1]") {
  Ratings same(5, 3);
  for (Index i = 0; i < 5; ++i) same.row(i).setConstant(double(i * i));
  const Estimate icc = agreement_by_patients(same, each_alone(5), resampling);
  CHECK(icc.value == 1.0);
  CHECK(icc.low == 1.0);
  CHECK(icc.high == 1.0);
}

TEST_CASE("an interval from fewer than four patients is withheld, the value stands") {
  const std::vector<std::string> patients{"a", "a", "a", "b", "b", "b"};
  const Estimate icc =
      agreement_by_patients(shrout_fleiss(), Clusters::by_label(patients), resampling);
  CHECK(icc.value == Approx(0.2897637795275592).epsilon(1e-12));
  CHECK(!icc.has_interval());
  CHECK(icc.reason.find("2 patient(s)") != std::string::npos);
}

TEST_CASE("the bootstrap interval of a mean equals Student's") {
  std::vector<double> values(40);
  for (std::size_t i = 0; i < values.size(); ++i)
    values[i] = math::normal_quantile((double(i) + 0.5) / 40.0);
  Resampling many = resampling;
  many.replicates = 20000;
  const std::vector<double> nothing(40, 0.0);
  const Estimate e = bias(values, nothing, each_alone(40), many).difference;
  double squares = 0.0;
  for (const double v : values) squares += v * v;
  const double half = student_t_quantile(0.975, 39) * std::sqrt(squares / 39.0 / 40.0);
  CHECK(e.low == Approx(-half).epsilon(0.03));
  CHECK(e.high == Approx(half).epsilon(0.03));
}

TEST_CASE("concordance, bias and repeatability equal the Giavarina example") {
  CHECK(concordance(giavarina_a, giavarina_b) == Approx(0.991542931233944).epsilon(1e-12));
  CHECK(pearson(giavarina_a, giavarina_b) == Approx(0.9958011035330052).epsilon(1e-12));

  const Bias b = bias(giavarina_a, giavarina_b, each_alone(30), resampling);
  CHECK(b.difference.value == Approx(-27.166666666666668).epsilon(1e-12));
  CHECK(b.difference.low == Approx(-40.16).margin(1.5));  // Student's interval of the mean
  CHECK(b.difference.high == Approx(-14.17).margin(1.5));
  const double total = std::accumulate(giavarina_b.begin(), giavarina_b.end(), 0.0);
  CHECK(b.relative.value == Approx(-27.166666666666668 * 30.0 / total).epsilon(1e-12));

  std::vector<std::vector<double>> pairs;
  for (std::size_t i = 0; i < 30; ++i) pairs.push_back({giavarina_a[i], giavarina_b[i]});
  const Repeatability r = repeatability(pairs, each_alone(30));
  CHECK(r.within_sd.value == Approx(30.895792593814452).epsilon(1e-12));
  CHECK(r.coefficient.value == Approx(85.6387678566197).epsilon(1e-12));
  CHECK(r.within_cv_rms.value == Approx(0.2956077012249494).epsilon(1e-12));
  CHECK(r.degrees == 30.0);
  const Estimate chi = within_sd_chi_square(r.within_sd.value, r.degrees);
  CHECK(chi.low == Approx(24.689196976075415).epsilon(1e-11));
  CHECK(chi.high == Approx(41.297582810036864).epsilon(1e-11));
  // These pairs vary no more than equal normal errors would: all thirty degrees are used.
  CHECK(r.within_sd.high == chi.high);
}

TEST_CASE("both forms of wCV and %RC agree where errors are small and multiplicative") {
  std::vector<std::vector<double>> repeats;
  for (int i = 1; i <= 20; ++i) repeats.push_back({i * 1.00, i * 1.01});
  const Repeatability r = repeatability(repeats, each_alone(20));
  const double sd = std::fabs(math::log(1.01)) / std::sqrt(2.0);
  CHECK(r.within_cv_log.value == Approx(sd).epsilon(1e-4));
  CHECK(r.within_cv_rms.value == Approx(sd).epsilon(1e-4));
  CHECK(r.relative_up.value == Approx(math::expm1(1.96 * std::sqrt(2.0) * sd)).epsilon(1e-12));
  CHECK((1.0 + r.relative_up.value) * (1.0 + r.relative_down.value) == Approx(1.0).epsilon(1e-12));
  CHECK(r.relative_down.low <= r.relative_down.value);
}

TEST_CASE("lesions that repeat unequally well widen the interval of wSD") {
  std::vector<std::vector<double>> equal, unequal;
  for (int i = 0; i < 20; ++i) {
    equal.push_back({10.0, 11.0});
    unequal.push_back({10.0, i % 10 == 0 ? 10.0 + std::sqrt(10.0) : 10.0});
  }
  const Estimate narrow = repeatability(equal, each_alone(20)).within_sd;
  const Estimate wide = repeatability(unequal, each_alone(20)).within_sd;
  CHECK(wide.value == Approx(narrow.value).epsilon(1e-12));
  CHECK(wide.high - wide.low > 2.0 * (narrow.high - narrow.low));
}

TEST_CASE("ratios are withheld where the scale runs through zero") {
  const std::vector<std::vector<double>> repeats{{-5, -4}, {3, 4}, {10, 12}};
  const Repeatability r = repeatability(repeats, each_alone(3));
  CHECK(r.within_sd.has_value());
  CHECK(!r.within_cv_rms.has_value());
  CHECK(!r.relative_up.reason.empty());
  const std::vector<double> measured{1, 2, 3}, truth{-1, 2, 3};
  CHECK(bias(measured, truth, each_alone(3), resampling).difference.value == Approx(2.0 / 3.0));
  CHECK(!bias(measured, truth, each_alone(3), resampling).relative.has_value());
}

TEST_CASE("the relative bias of negative truths keeps the sign of the difference") {
  const std::vector<double> truth{-800, -700, -600}, measured{-760, -665, -570};
  const Bias b = bias(measured, truth, each_alone(3), resampling);
  CHECK(b.difference.value == Approx(35.0));
  CHECK(b.relative.value == Approx(0.05));
}

TEST_CASE("rank correlation sees monotone relations and shares ranks among ties") {
  const std::vector<double> x{1, 2, 3, 4, 5}, cube{1, 8, 27, 64, 125}, ties{1, 1, 2, 2, 3};
  CHECK(spearman(x, cube) == Approx(1.0).epsilon(1e-15));
  CHECK(pearson(x, cube) < 0.95);
  CHECK(spearman(x, ties) == Approx(9.0 / std::sqrt(90.0)).epsilon(1e-14));
  CHECK(std::isnan(spearman(x, std::vector<double>(5, 2.0))));
}

TEST_CASE("a region of interest knows its mean and noise") {
  Grid grid;
  grid.size = {40, 30, 20};
  grid.spacing = Vec3(0.5, 0.5, 1.25);
  grid.origin = Vec3(-10, -7, -12);
  Image a(grid), b(grid);
  const Stream stream = make_stream(1, "roi", Draw::test);
  for (Index i = 0; i < grid.count(); ++i) {
    Rng rng(stream, std::uint64_t(i));
    const double structure = double(i % 40);
    a.values()[std::size_t(i)] = float(structure + 20.0 * rng.normal());
    b.values()[std::size_t(i)] = float(structure + 20.0 * rng.normal());
  }
  const RoiStatistics noise = difference_in_ball(a, b, Vec3::Zero(), 6.0);
  CHECK(double(noise.voxels) * grid.voxel_volume() ==
        Approx(4.0 / 3.0 * M_PI * 216.0).epsilon(0.05));
  CHECK(noise.sd == Approx(20.0).epsilon(0.05));
  CHECK(std::isnan(ball(a, Vec3(500, 0, 0), 3.0).mean));
  CHECK(ball(a, Vec3::Zero(), 6.0).sd > noise.sd);
  Mask mask(grid);
  mask(3, 4, 5) = mask(3, 5, 5) = 1;
  CHECK(masked(a, mask).mean == Approx(0.5 * (double(a(3, 4, 5)) + double(a(3, 5, 5)))));
}
