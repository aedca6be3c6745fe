#include <catch2/catch.hpp>
#include <cmath>
#include <cstdlib>
#include <iostream>
#include <map>

#include "vitrine/core/math.hpp"
#include "vitrine/core/parallel.hpp"
#include "vitrine/evaluation/agreement.hpp"
#include "vitrine/evaluation/bias.hpp"
#include "vitrine/evaluation/bland_altman.hpp"
#include "vitrine/evaluation/harmonisation.hpp"
#include "vitrine/evaluation/linearity.hpp"
#include "vitrine/evaluation/random_arms.hpp"
#include "vitrine/evaluation/repeatability.hpp"
#include "vitrine/evaluation/reproducibility.hpp"
#include "vitrine/evaluation/variance_components.hpp"

using namespace vitrine;
using namespace vitrine::evaluation;

namespace {

/// What is simulated: patients with 1 to 3 lesions, half of the variance of the true value between
/// patients, measured in arms with offsets and normal noise of sd 1.
struct Conditions {
  int patients = 30;
  Index arms = 8;
  double lesion_variance = 4.5;  ///< of the true value
  double arm_variance = 0.5;     ///< sum of squares of the offsets over (arms - 1)
  Effect effect = Effect::fixed;
};

struct Measured {
  Clusters patients;
  Ratings ratings;                 ///< one scan per arm
  std::vector<double> truth, one;  ///< and a single measurement with a bias of 3
  std::vector<std::vector<double>> repeats, log_repeats;
  std::vector<double> volume;  ///< correlates with the single measurement
};

Measured simulate(const Conditions& c, int simulation) {
  Rng rng(make_stream(77, "coverage", Draw::test), std::uint64_t(simulation));
  Eigen::VectorXd offsets(c.arms);
  const double fixed = std::sqrt(c.arm_variance * double(c.arms - 1) / double(c.arms));
  for (Index j = 0; j < c.arms; ++j)
    offsets[j] = c.effect == Effect::random ? std::sqrt(c.arm_variance) * rng.normal()
                                            : (j % 2 ? fixed : -fixed);
  Measured m;
  std::vector<Eigen::VectorXd> rows;
  const double half = std::sqrt(0.5 * c.lesion_variance);
  for (int p = 0; p < c.patients; ++p) {
    m.patients.rows.emplace_back();
    const auto lesions = 1 + rng.below(3);
    const double patient = half * rng.normal();
    for (std::uint64_t l = 0; l < lesions; ++l) {
      m.patients.rows.back().push_back(std::ssize(rows));
      const double t = patient + half * rng.normal();
      auto& row = rows.emplace_back(c.arms);
      for (Index j = 0; j < c.arms; ++j) row[j] = t + offsets[j] + rng.normal();
      m.truth.push_back(t);
      m.one.push_back(t + 3.0 + rng.normal());
      m.volume.push_back(t + half * rng.normal());
      m.repeats.push_back({t + rng.normal(), t + rng.normal()});
      auto& logs = m.log_repeats.emplace_back();
      for (int r = 0; r < 2; ++r) logs.push_back(math::exp(0.1 * (t + rng.normal())));
    }
  }
  m.ratings.resize(std::ssize(rows), c.arms);
  for (std::size_t i = 0; i < rows.size(); ++i) m.ratings.row(Index(i)) = rows[i];
  return m;
}

/// How often intervals held the truth, by the name of the statistic.
class Coverage {
 public:
  explicit Coverage(int simulations) : simulations_(simulations) {}

  /// `check(simulation, say)` calls say(name, estimate, truth).
  void run(FunctionRef<void(int, FunctionRef<void(const char*, const Estimate&, double)>)> check) {
    std::vector<std::map<std::string, int>> held(static_cast<std::size_t>(simulations_));
    parallel_for(simulations_, [&](Index s) {
      check(int(s), [&](const char* name, const Estimate& e, double truth) {
        held[std::size_t(s)][name] = e.low <= truth && truth <= e.high;
      });
    });
    for (const auto& one : held)
      for (const auto& [name, yes] : one) held_[name] += yes;
  }

  /// Holds every share to 93 to 97 %; prints them where VITRINE_COVERAGE is set.
  void check(const std::string& conditions, double least = 93.0, double most = 97.0) const {
    for (const auto& [name, times] : held_) {
      const double percent = 100.0 * times / simulations_;
      if (std::getenv("VITRINE_COVERAGE"))
        std::cout << conditions << " | " << name << " | " << percent << '\n';
      CAPTURE(conditions, name, percent);
      // Few simulations miss the limits by chance: two standard errors of a share more.
      const double chance = 200.0 * std::sqrt(0.05 * 0.95 / simulations_);
      CHECK(percent >= least - chance);
      CHECK(percent <= most + chance);
    }
  }

 private:
  int simulations_;
  std::map<std::string, int> held_;
};

/// As many as the variable VITRINE_COVERAGE says; 500 keep the test short.
int simulations_wanted() {
  const char* text = std::getenv("VITRINE_COVERAGE");
  return text && std::atoi(text) > 0 ? std::atoi(text) : 500;
}

/// Mean over many draws of `of(rng)`, where no formula gives the truth.
double mean_of_many(FunctionRef<double(Rng&)> of) {
  constexpr int draws = 400000;
  Rng rng(make_stream(78, "truth", Draw::test), 0);
  double sum = 0.0;
  for (int i = 0; i < draws; ++i) sum += of(rng);
  return sum / draws;
}

double coefficient(const Conditions& c, Agreement kind) {
  const double offsets = kind == Agreement::consistency ? 0.0 : c.arm_variance;
  return c.lesion_variance / (c.lesion_variance + offsets + 1.0);
}

}  // namespace

TEST_CASE("intervals of fixed arms cover the truth as often as they say", "[full]") {
  const int simulations = simulations_wanted();
  for (const double lesion_variance : {0.6, 4.5, 28.5}) {
    const Conditions c{.lesion_variance = lesion_variance};
    const double offset = std::sqrt(c.arm_variance * double(c.arms - 1) / double(c.arms));
    const double dispersion = mean_of_many([&](Rng& rng) {
      std::vector<double> values;  // a lesion's own value is a factor that cancels
      for (Index j = 0; j < c.arms; ++j)
        values.push_back(math::exp(0.1 * ((j % 2 ? offset : -offset) + rng.normal())));
      return quartile_dispersion(std::move(values));
    });
    Coverage coverage(simulations);
    coverage.run([&](int s, FunctionRef<void(const char*, const Estimate&, double)> say) {
      const Measured m = simulate(c, s);
      const Resampling own{make_stream(std::uint64_t(s), "own", Draw::bootstrap), 1000, 0.95};
      for (const auto& [name, kind] : {std::pair("ICC(A,1)", Agreement::absolute),
                                       std::pair("ICC(C,1)", Agreement::consistency),
                                       std::pair("OCCC", Agreement::overall_concordance)})
        say(name, agreement_by_patients(m.ratings, m.patients, own, kind), coefficient(c, kind));
      const double sd = std::sqrt(1.0 + c.arm_variance);
      say("RDC", reproducibility(m.ratings, m.patients, Effect::fixed).sd, sd);
      const Ratings positive = m.ratings.unaryExpr([](double x) { return math::exp(0.1 * x); });
      const Reproducibility r = reproducibility(positive, m.patients, Effect::fixed);
      say("%RDC", r.relative_up, math::expm1(0.1 * coefficient_factor * sd));
      say("QCD", r.dispersion, dispersion);
    });
    coverage.check(str("30 patients, lesion variance ", lesion_variance));
  }
}

TEST_CASE("intervals of random arms cover the truth as often as they say", "[full]") {
  const int simulations = simulations_wanted();
  for (const Index arms : {5, 16})
    for (const double arm_variance : {0.1, 2.0})
      for (const double lesion_variance : {0.6, 4.5}) {
        const Conditions c{.arms = arms,
                           .lesion_variance = lesion_variance,
                           .arm_variance = arm_variance,
                           .effect = Effect::random};
        Coverage coverage(simulations);
        coverage.run([&](int s, FunctionRef<void(const char*, const Estimate&, double)> say) {
          const Measured m = simulate(c, s);
          const Resampling own{make_stream(std::uint64_t(s), "own", Draw::bootstrap)};
          say("ICC(2,1)", agreement_of_random_arms(m.ratings, m.patients, own),
              coefficient(c, Agreement::absolute));
          say("RDC, random arms", reproducibility(m.ratings, m.patients, Effect::random).sd,
              std::sqrt(1.0 + c.arm_variance));
        });
        coverage.check(
            str(arms, " arms of variance ", arm_variance, ", lesion variance ", lesion_variance));
      }
}

TEST_CASE("intervals of repeats and of errors cover the truth as often as they say", "[full]") {
  const int simulations = simulations_wanted();
  const double cv_rms = std::sqrt(mean_of_many([](Rng& rng) {
    const double a = math::exp(0.1 * rng.normal()), b = math::exp(0.1 * rng.normal());
    return 2.0 * (a - b) * (a - b) / ((a + b) * (a + b));
  }));
  for (const int patients : {30, 60}) {
    const Conditions c{.patients = patients};
    Coverage coverage(simulations);
    coverage.run([&](int s, FunctionRef<void(const char*, const Estimate&, double)> say) {
      const Measured m = simulate(c, s);
      const Resampling own{make_stream(std::uint64_t(s), "own", Draw::bootstrap), 1000, 0.95};
      const Repeatability r = repeatability(m.repeats, m.patients);
      const Repeatability logs = repeatability(m.log_repeats, m.patients);
      say("wSD", r.within_sd, 1.0);
      say("RC", r.coefficient, coefficient_factor);
      say("wCV, root mean square", logs.within_cv_rms, cv_rms);
      say("wCV, logarithms", logs.within_cv_log, std::sqrt(math::expm1(0.01)));
      say("%RC", logs.relative_up, math::expm1(0.1 * coefficient_factor));
      say("bias", bias(m.one, m.truth, m.patients, own).difference, 3.0);
      const Differences d = bland_altman(m.one, m.truth, m.patients).absolute;
      std::vector<double> level = m.truth, larger = m.one;  // around 20, measured 10 % too large
      for (std::size_t i = 0; i < level.size(); ++i) {
        level[i] += 20.0;
        larger[i] += 17.0 + 0.1 * level[i];
      }
      say("relative bias", bias(larger, level, m.patients, own).relative, 0.1);
      say("Bland-Altman bias", d.bias, 3.0);
      say("Bland-Altman sd", d.sd, 1.0);
      say("upper limit of agreement", d.upper, 3.0 + 1.96);
      say("lower limit of agreement", d.lower, 3.0 - 1.96);
      // Differences that lesions of a patient share.
      std::vector<double> shared = m.one;
      for (std::size_t p = 0; p < m.patients.rows.size(); ++p)
        for (const Index row : m.patients.rows[p])
          shared[std::size_t(row)] += m.volume[std::size_t(m.patients.rows[p].front())] -
                                      m.truth[std::size_t(m.patients.rows[p].front())];
      const Differences alike = bland_altman(shared, m.truth, m.patients).absolute;
      const double sd = std::sqrt(1.0 + 0.5 * c.lesion_variance);
      say("Bland-Altman sd, errors shared in a patient", alike.sd, sd);
      say("upper limit, errors shared in a patient", alike.upper, 3.0 + 1.96 * sd);
      const Linearity line = linearity(m.one, m.truth, m.patients);
      say("slope", line.slope, 1.0);
      say("intercept", line.intercept, 3.0);
      say("R^2", line.r_squared, c.lesion_variance / (c.lesion_variance + 1.0));
      say("quadratic term", line.quadratic, 0.0);
      Estimate test;  // the test of level 5 % keeps a true hypothesis
      test.low = test.high = line.quadratic_p >= 0.05 ? 1.0 : 0.0;
      say("test of the quadratic term", test, 1.0);
      const double half = 0.5 * c.lesion_variance, v = c.lesion_variance;
      say("proportional bias slope", bland_altman(m.one, m.truth, m.patients).slope,
          0.5 / (v + 0.25));
      say("CCC", association_by_patients(Association::concordance, m.one, m.truth, m.patients, own),
          2.0 * v / (2.0 * v + 1.0 + 9.0));
      const double rho = v / std::sqrt((v + 1.0) * (v + half));
      say("Pearson",
          association_by_patients(Association::pearson, m.one, m.volume, m.patients, own), rho);
      say("Spearman",
          association_by_patients(Association::spearman, m.one, m.volume, m.patients, own),
          6.0 / M_PI * std::asin(0.5 * rho));
    });
    coverage.check(str(patients, " patients"));
  }
}

TEST_CASE("intervals of what harmonisation wins cover the truth as often as they say", "[full]") {
  // Each lesion is measured twice, with errors of sd 1 before and 0.6 after, which half of their
  // variance lesions of a patient share and which share half of theirs. The label is by lesion.
  const int simulations = simulations_wanted();
  const auto area = [](double sd) {  // of values 1.2 apart: P(difference of two > 0)
    return 0.5 * std::erfc(-1.2 / (2.0 * std::sqrt(1.0 + sd * sd)));
  };
  for (const int patients : {30, 60}) {
    Coverage coverage(simulations);
    coverage.run([&](int s, FunctionRef<void(const char*, const Estimate&, double)> say) {
      Rng rng(make_stream(79, "harmonisation", Draw::test), std::uint64_t(s));
      HarmonisationCases all;
      std::vector<double> truth, before, after;
      for (int p = 0; p < patients; ++p) {
        const auto lesions = 1 + rng.below(3);
        const double patient = std::sqrt(0.5) * rng.normal(),
                     shared = std::sqrt(0.5) * rng.normal();
        for (std::uint64_t l = 0; l < lesions; ++l) {
          const bool label = rng.below(2) == 1;
          const double t = patient + std::sqrt(0.5) * rng.normal() + 1.2 * double(label);
          const double common = std::sqrt(0.5) * rng.normal();
          all.patient.push_back(str(p));
          all.label.push_back(label);
          truth.push_back(t);
          before.push_back(t + shared + common);
          after.push_back(
              t + 0.6 * (std::sqrt(0.5) * (shared + common) + std::sqrt(0.5) * rng.normal()));
        }
      }
      const Clusters clusters = Clusters::by_label(all.patient);
      const Resampling own{make_stream(std::uint64_t(s), "own", Draw::bootstrap), 1000, 0.95};
      const ErrorToTruth e = error_to_truth(before, after, truth, clusters, own);
      say("rms_error before", e.before, 1.0);
      say("rms_error after", e.after, 0.6);
      say("rms_error_ratio", e.ratio, 0.6);
      const Discrimination d = discrimination(before, after, all.label, clusters);
      say("auc before", d.before, area(1.0));
      say("auc after", d.after, area(0.6));
      say("auc_change", d.change, area(0.6) - area(1.0));
    });
    coverage.check(str(patients, " patients, harmonisation"));
  }
}

TEST_CASE("intervals of variance components cover the truth as often as they say", "[full]") {
  // Two lesions a patient, every scanner scans all.
  const int simulations = simulations_wanted();
  constexpr int scanners = 6, lesions = 2;
  constexpr double sds[] = {1.0, 0.7, 0.5, 0.5};  // patient, lesion, scanner, residual
  double sum = 0.0;
  for (const double sd : sds) sum += sd * sd;
  for (const int patients : {12, 30}) {
    MixedModel model;
    model.factors = {{"patient", {}}, {"lesion", {}}, {"scanner", {}}};
    model.subjects = {"patient", "lesion"};
    const int rows = patients * lesions * scanners;
    for (int i = 0; i < rows; ++i) {
      model.factors[0].level.push_back(str(i / (lesions * scanners)));
      model.factors[1].level.push_back(str(i / scanners));
      model.factors[2].level.push_back(str(i % scanners));
    }
    Eigen::MatrixXd values(rows, simulations);
    for (int s = 0; s < simulations; ++s) {
      Rng rng(make_stream(80, "variances", Draw::test), std::uint64_t(s));
      Eigen::VectorXd effect[3];
      const int levels[] = {patients, patients * lesions, scanners};
      for (int k = 0; k < 3; ++k)
        effect[k] = Eigen::VectorXd::NullaryExpr(levels[k], [&] { return sds[k] * rng.normal(); });
      for (int i = 0; i < rows; ++i)
        values(i, s) = effect[0][i / (lesions * scanners)] + effect[1][i / scanners] +
                       effect[2][i % scanners] + sds[3] * rng.normal();
    }
    const auto fits = variance_components(model, values);
    Coverage coverage(simulations);
    coverage.run([&](int s, FunctionRef<void(const char*, const Estimate&, double)> say) {
      const VarianceComponents& v = fits[std::size_t(s)];
      constexpr const char* names[][2] = {{"variance, patient", "share, patient"},
                                          {"variance, lesion", "share, lesion"},
                                          {"variance, scanner", "share, scanner"},
                                          {"variance, residual", "share, residual"}};
      for (std::size_t k = 0; k < 4; ++k) {
        say(names[k][0], v.components[k].variance, sds[k] * sds[k]);
        say(names[k][1], v.components[k].share, sds[k] * sds[k] / sum);
      }
      say("share, patient and lesion", v.subject_share, (sds[0] * sds[0] + sds[1] * sds[1]) / sum);
    });
    coverage.check(str(patients, " patients, ", scanners, " scanners"));
  }
}
