#include "vitrine/evaluation/harmonisation.hpp"

#include <algorithm>
#include <catch2/catch.hpp>
#include <cmath>

#include "vitrine/core/error.hpp"
#include "vitrine/core/math.hpp"
#include "vitrine/core/random.hpp"
#include "vitrine/evaluation/distributions.hpp"

using namespace vitrine;
using namespace vitrine::evaluation;

namespace {

/// What a scanner does to a value.
struct Site {
  double offset = 0.0, gain = 1.0;
};

/// Lesions (two a patient, the larger of them with the label) on every site, or each patient on one
/// site alone; truths of variance 1 and 4 (lesion, patient), noise of sd 0.3.
HarmonisationCases simulate(int patients, const std::vector<Site>& sites, bool crossed = true,
                            Index features = 4) {
  HarmonisationCases all;
  std::vector<std::vector<double>> values, truths;
  for (Index f = 0; f < features; ++f) all.features.push_back("f" + std::to_string(f));
  for (int p = 0; p < patients; ++p)
    for (int l = 0; l < 2; ++l)
      for (std::size_t s = 0; s < sites.size(); ++s) {
        if (!crossed && std::size_t(p) % sites.size() != s) continue;
        all.patient.push_back("p" + std::to_string(p));
        all.lesion.push_back("l" + std::to_string(l));
        all.cases.batch.push_back(std::string(1, char('a' + int(s))));
        all.label.push_back(l == 1);
        auto &value = values.emplace_back(), &truth = truths.emplace_back();
        for (Index f = 0; f < features; ++f) {
          const Stream stream = make_stream(5, all.features[std::size_t(f)], Draw::test);
          const double t = 2.0 * Rng(stream, std::uint64_t(p)).normal() +
                           Rng(stream, std::uint64_t(1000 + 2 * p + l)).normal() + 2.0 * l;
          const double noise =
              0.3 * Rng(stream, std::uint64_t(10000 + 20 * (2 * p + l)) + s).normal();
          truth.push_back(t);
          value.push_back(sites[s].offset * double(f + 1) + sites[s].gain * (t + noise));
        }
      }
  for (auto [to, from] : {std::pair{&all.cases.values, &values}, std::pair{&all.truth, &truths}}) {
    to->resize(std::ssize(*from), features);
    for (std::size_t i = 0; i < from->size(); ++i)
      for (Index f = 0; f < features; ++f) (*to)(Index(i), f) = (*from)[i][std::size_t(f)];
  }
  return all;
}

const std::vector<Site> like{{}, {}, {}}, unlike{{0.0, 1.0}, {4.0, 1.0}, {-2.0, 1.4}};

}  // namespace

TEST_CASE("what ComBat takes out of unseen patients is judged by the truth") {
  const Harmonisation h = harmonise(simulate(24, unlike), {.combat = {.reference = "a"}});
  REQUIRE(h.refused.empty());
  for (const HarmonisedFeature& f : h.features) {
    INFO(f.feature);
    CHECK(f.error.rows == 144);
    CHECK(f.error.patients == 24);
    CHECK(f.error.ratio.high < 0.5);
    CHECK(f.error.ratio.value == Approx(f.error.after.value / f.error.before.value).epsilon(1e-12));
    CHECK(f.error.after.low > 0.2);  // the noise stays
    CHECK(f.icc_after.low > f.icc_before.high);
    CHECK(f.auc.change.low > 0.0);  // offsets of sites hid the label
    CHECK(f.auc.change.value == Approx(f.auc.after.value - f.auc.before.value).epsilon(1e-12));
  }
}

TEST_CASE("where sites do nothing, harmonising wins nothing") {
  const Harmonisation h = harmonise(simulate(24, like), {.combat = {.reference = "a"}});
  REQUIRE(h.refused.empty());
  for (const HarmonisedFeature& f : h.features) {
    CHECK(f.error.ratio.value > 0.98);
    CHECK(f.error.ratio.high > 1.0);
    CHECK(std::fabs(f.auc.change.value) < 0.02);
  }
}

TEST_CASE("sites with other patients are brought together and away from the truth") {
  // No scanner does anything, but patients of site b are larger by 6: ComBat takes that for its.
  HarmonisationCases all = simulate(60, {{}, {}}, false);
  for (Index i = 0; i < all.truth.rows(); ++i)
    if (all.cases.batch[std::size_t(i)] == "b") {
      all.truth.row(i).array() += 6.0;
      all.cases.values.row(i).array() += 6.0;
    }
  const Harmonisation h = harmonise(all, {.combat = {.reference = "a"}});
  REQUIRE(h.refused.empty());
  for (const HarmonisedFeature& f : h.features) {
    CHECK(f.error.ratio.low > 2.0);
    CHECK(!f.icc_before.has_value());  // no lesion was seen in both
    CHECK(!f.icc_before.reason.empty());
  }
}

TEST_CASE("a patient's values leave the fit that harmonises them alone") {
  const HarmonisationCases all = simulate(15, unlike);
  const Harmonisation h = harmonise(all, {});
  HarmonisationCases other = all;
  for (std::size_t i = 0; i < all.patient.size(); ++i)
    if (all.patient[i] == "p3") other.cases.values.row(Index(i)).array() += 100.0;
  const Harmonisation g = harmonise(other, {});
  REQUIRE(h.fold == g.fold);
  const Index fold = h.fold[std::size_t(std::find(all.patient.begin(), all.patient.end(), "p3") -
                                        all.patient.begin())];
  for (std::size_t i = 0; i < all.patient.size(); ++i) {
    CHECK((all.patient[i] != "p3" || h.fold[i] == fold));  // a patient is not split
    if (h.fold[i] == fold && all.patient[i] != "p3")
      CHECK(h.values.row(Index(i)) == g.values.row(Index(i)));
    if (h.fold[i] != fold) CHECK(h.values.row(Index(i)) != g.values.row(Index(i)));
  }
  std::vector<int> size(5, 0);
  for (const Index f : h.fold) ++size[std::size_t(f)];
  CHECK(std::all_of(size.begin(), size.end(), [](int n) { return n == 18; }));
}

TEST_CASE("rows to learn from are not judged") {
  HarmonisationCases all = simulate(24, unlike);
  for (std::size_t i = 0; i < all.patient.size(); ++i)
    all.training.push_back(std::stoi(all.patient[i].substr(1)) < 12);
  const Harmonisation h = harmonise(all, {});
  REQUIRE(h.refused.empty());
  CHECK(h.features[0].error.patients == 12);
  CHECK(h.values.row(0) == all.cases.values.row(0));
  CHECK(h.values.row(80) != all.cases.values.row(80));
  all.training[0] = false;
  CHECK(harmonise(all, {}).refused.find("'p0' has rows to learn from and rows to judge") !=
        std::string::npos);
}

TEST_CASE("harmonisation is refused where nobody could tell what it does") {
  const auto refused = [](const HarmonisationCases& cases) {
    const Harmonisation h = harmonise(cases, {});
    for (const HarmonisedFeature& f : h.features)
      for (const Estimate* e : {&f.icc_before, &f.icc_after, &f.error.ratio, &f.auc.change})
        CHECK((h.refused.empty() || (!e->has_value() && e->reason == h.refused)));
    if (!h.refused.empty()) CHECK(h.values == cases.cases.values);
    return h.refused;
  };
  HarmonisationCases all = simulate(12, {{}, {1.0, 1.0}}, false);
  CHECK(refused(all).empty());
  for (std::size_t i = 0; i < all.label.size(); ++i) all.label[i] = all.cases.batch[i] == "a";
  CHECK(refused(all).find("label is confounded with the batches") != std::string::npos);
  all.label[0].reset();  // cases without a label do not tell them apart
  CHECK(refused(all).find("label is confounded") != std::string::npos);
  CHECK(refused(simulate(6, {{}, {1.0, 1.0}}, false)).find("too few cases in batch a (6), b (6)") !=
        std::string::npos);
  CHECK(refused(simulate(12, {{}})).find("one batch") != std::string::npos);
  HarmonisationCases alone = simulate(24, unlike);
  for (auto& patient : alone.patient) patient = "p";
  CHECK(refused(alone).find("one patient") == 0);
  // A batch of one patient: its fold has nothing to learn from.
  HarmonisationCases phantom = simulate(36, like, false);
  for (std::size_t i = 0; i < phantom.patient.size(); ++i)
    if (phantom.cases.batch[i] == "b") phantom.patient[i] = "phantom";
  CHECK(refused(phantom).find("'b' was not among those fitted") != std::string::npos);
  HarmonisationCases wrong = simulate(12, like);
  wrong.patient.pop_back();
  CHECK_THROWS_AS(harmonise(wrong, {}), Error);
}

TEST_CASE("what is missing withholds its own number alone") {
  HarmonisationCases all = simulate(24, unlike);
  all.truth.resize(0, 0);
  all.cases.groups.push_back({"larger", {}});
  for (const auto& label : all.label) all.cases.groups[0].level.push_back(*label ? "yes" : "no");
  all.cases.values.col(2).setConstant(1.0);
  const Harmonisation h = harmonise(all, {});
  REQUIRE(h.refused.empty());
  CHECK(h.features[0].icc_after.has_interval());
  CHECK(h.features[0].error.ratio.reason == "no truth is given");
  CHECK(h.features[0].auc.change.reason.find("ComBat is told the label") == 0);
  CHECK(h.features[2].left_alone.find("does not vary") != std::string::npos);
  CHECK(h.values.col(2) == all.cases.values.col(2));
  const Table table = harmonisation_table(h);
  CHECK(table.rows.size() == 4);
  CHECK(std::get<std::string>(table.rows[2].back()).find("left as it is") == 0);
}

TEST_CASE("areas under ROC curves equal the count of pairs and DeLong's variance") {
  // One row a patient, ties among them: U over m n, and DeLong, DeLong & Clarke-Pearson 1988.
  const std::vector<double> values{1, 2, 2, 3, 5, 2, 4, 4, 6, 7, 3};
  const std::vector<double> other{1, 3, 2, 2, 6, 1, 3, 5, 4, 8, 2};
  const std::vector<std::optional<bool>> label{false, false, false, false, false,       true,
                                               true,  true,  true,  true,  std::nullopt};
  Clusters patients;
  for (Index i = 0; i < 11; ++i) patients.rows.push_back({i});
  const Discrimination d = discrimination(values, other, label, patients);
  const auto psi = [](double x, double y) { return x > y ? 1.0 : x == y ? 0.5 : 0.0; };
  double area[2] = {0.0, 0.0}, s10 = 0.0, s01 = 0.0;
  for (int i = 5; i < 10; ++i)
    for (int j = 0; j < 5; ++j) {
      area[0] += psi(values[std::size_t(i)], values[std::size_t(j)]) / 25.0;
      area[1] += psi(other[std::size_t(i)], other[std::size_t(j)]) / 25.0;
    }
  for (std::size_t i = 0; i < 5; ++i) {
    double v10 = area[0] - area[1], v01 = v10;
    for (std::size_t j = 0; j < 5; ++j) {
      v10 -= (psi(values[5 + i], values[j]) - psi(other[5 + i], other[j])) / 5.0;
      v01 -= (psi(values[5 + j], values[i]) - psi(other[5 + j], other[i])) / 5.0;
    }
    s10 += v10 * v10 / 4.0;
    s01 += v01 * v01 / 4.0;
  }
  CHECK(d.positive == 5);
  CHECK(d.negative == 5);
  CHECK(d.before.value == Approx(area[0]).epsilon(1e-14));
  CHECK(d.after.value == Approx(area[1]).epsilon(1e-14));
  const double half = student_t_quantile(0.975, 4.0) * std::sqrt((s10 + s01) / 5.0);
  CHECK(d.change.high - d.change.value == Approx(half).epsilon(1e-12));

  // Rows that say the same twice add nothing.
  std::vector<double> twice = values, other_twice = other;
  auto label_twice = label;
  for (std::size_t i = 0; i < 11; ++i) {
    twice.push_back(values[i]);
    other_twice.push_back(other[i]);
    label_twice.push_back(label[i]);
    patients.rows[i].push_back(Index(11 + i));
  }
  const Discrimination e = discrimination(twice, other_twice, label_twice, patients);
  for (const auto& [x, y] : {std::pair(d.before, e.before), std::pair(d.change, e.change)}) {
    CHECK(y.value == Approx(x.value).epsilon(1e-13));
    CHECK(y.low == Approx(x.low).epsilon(1e-12));
    CHECK(y.high == Approx(x.high).epsilon(1e-12));
  }
  // Other values with the same order have the same area; the same values no change.
  std::vector<double> raised;
  for (const double v : twice) raised.push_back(math::exp(v));
  const Discrimination same = discrimination(twice, raised, label_twice, patients);
  CHECK(same.after.low == same.before.low);
  CHECK(same.change.low == 0.0);
  CHECK(same.change.high == 0.0);
  // Classes apart, and one class.
  std::vector<double> apart;
  for (const auto& l : label_twice) apart.push_back(l.value_or(false) ? 1.0 : 0.0);
  CHECK(discrimination(apart, apart, label_twice, patients).after.value == 1.0);
  CHECK(discrimination(apart, apart, label_twice, patients).after.reason ==
        "no interval: the classes do not overlap");
  for (auto& l : label_twice) l = true;
  CHECK(discrimination(twice, twice, label_twice, patients).before.reason ==
        "22 row(s) with the label and 0 without");
}

TEST_CASE("what was measured anew is judged by its own truth") {
  const HarmonisationCases before = simulate(8, unlike);
  const HarmonisationOptions options{.replicates = 200};
  const std::vector<std::string> none(before.features.size());
  const auto judged = [&](const Eigen::MatrixXd& values, const Eigen::MatrixXd& truth,
                          const std::vector<std::string>& no_error) {
    return judge_remeasured(before, {values, truth, no_error}, options).features;
  };
  // Half the error about a truth that lies elsewhere: the ratio is 1/2 in every resample.
  const Eigen::MatrixXd moved = (before.truth.array() + 7.0).matrix();
  const Eigen::MatrixXd half = moved + 0.5 * (before.cases.values - before.truth);
  for (const auto& feature : judged(half, moved, none)) {
    CHECK(feature.error.ratio.value == Approx(0.5));
    CHECK(feature.error.ratio.low == Approx(0.5));
    CHECK(feature.error.ratio.high == Approx(0.5));
    CHECK(feature.error.before.value == Approx(2 * feature.error.after.value));
    CHECK(feature.error.rows == std::ssize(before.patient));
    CHECK(feature.icc_after.value > feature.icc_before.value);
    CHECK(feature.auc.before.has_value());
  }
  // The same values are as they were; another scale keeps agreement and says nothing of errors.
  std::vector<std::string> scaled = none;
  scaled[1] = "another unit";
  const auto same = judged(before.cases.values, before.truth, none);
  const auto thrice = judged(3 * before.cases.values, 3 * before.truth, scaled);
  for (std::size_t f = 0; f < same.size(); ++f) {
    CHECK(same[f].error.ratio.value == Approx(1));
    CHECK(same[f].icc_after.value == same[f].icc_before.value);
    CHECK(same[f].auc.change.value == Approx(0).margin(1e-12));
    CHECK(thrice[f].icc_after.value == Approx(same[f].icc_before.value));
    if (f == 1)
      CHECK(thrice[f].error.ratio.reason == "another unit");
    else
      CHECK(thrice[f].error.ratio.value == Approx(3));
  }
  // Nothing is fitted: a batch too small for ComBat is judged all the same.
  const HarmonisationCases few = simulate(4, unlike);
  CHECK(!harmonise(few, options).refused.empty());
  CHECK(judge_remeasured(few, {few.cases.values, few.truth, none}, options).refused.empty());
}
