#include "vitrine/evaluation/signal_ladder.hpp"

#include <algorithm>
#include <cmath>
#include <set>
#include <utility>

#include "vitrine/core/error.hpp"
#include "vitrine/core/parallel.hpp"
#include "vitrine/core/random.hpp"
#include "vitrine/evaluation/classifier.hpp"
#include "vitrine/evaluation/detail/row_writer.hpp"
#include "vitrine/evaluation/distributions.hpp"
#include "vitrine/evaluation/folds.hpp"
#include "vitrine/evaluation/roc.hpp"

namespace vitrine::evaluation {
namespace {

enum class Images { object, noiseless, scanned };
/// Where patients are scanned: all at one site, each at one of all, the same but with the label.
enum class Sites { one, drawn, confounded };
enum class Labels { own, shuffled };
enum class Learn { pooled, elsewhere, harmonised };

struct Step {
  const char *name, *against;
  Images images;
  Sites sites;
  Labels labels = Labels::own;
  Learn learn = Learn::pooled;
};

constexpr const char *population = "population", *oracle = "oracle";

constexpr Step steps[] = {
    {"t0", oracle, Images::object, Sites::one},
    {"noiseless", "t0", Images::noiseless, Sites::one},
    {"one_site", "noiseless", Images::scanned, Sites::one},
    {"sites", "one_site", Images::scanned, Sites::drawn},
    {"held_out_site", "sites", Images::scanned, Sites::drawn, Labels::own, Learn::elsewhere},
    {"harmonised", "sites", Images::scanned, Sites::drawn, Labels::own, Learn::harmonised},
    {"confounded", "sites", Images::scanned, Sites::confounded},
    {"confounded_harmonised", "confounded", Images::scanned, Sites::confounded, Labels::own,
     Learn::harmonised},
    {"null", "", Images::scanned, Sites::drawn, Labels::shuffled},
    {"null_confounded", "null", Images::scanned, Sites::confounded, Labels::shuffled},
};

/// One repeat of one step.
struct Try {
  RocArea area;
  std::vector<double> score, strength;
  std::vector<bool> label;
  std::string reason;  ///< why there is none, or ""
};

class Ladder {
 public:
  Ladder(const SignalCases& cases, const SignalOptions& options)
      : cases_(cases),
        options_(options),
        patients_(Clusters::by_label(cases.patient)),
        tries_(std::size(steps) * std::size_t(options.repeats)) {
    parallel_for(std::ssize(tries_), [&](Index i) {
      const Step& step = steps[i / options_.repeats];
      Try& one = tries_[std::size_t(i)];
      try {
        one = attempt(step, std::uint64_t(i % options_.repeats));
      } catch (const Error& error) {
        one.reason = error.what();
      }
    });
  }

  std::vector<SignalRung> rungs() const {
    std::vector<SignalRung> all;
    const std::optional<RocArea> best = oracle_area();
    if (cases_.population) {
      SignalRung& rung = all.emplace_back(nameless(population, "no classifier"));
      rung.area.value = *cases_.population;
      rung.area.reason = "no interval: it follows from the scenario";
    }
    if (best) {
      SignalRung& rung = all.emplace_back(nameless(oracle, "no classifier"));
      rung.area = area_interval(*best, options_.confidence);
    }
    for (std::size_t s = 0; s < std::size(steps); ++s) all.push_back(rung_of(s, best));
    return all;
  }

 private:
  using Names = std::vector<std::string>;

  Stream stream(const char* what, std::uint64_t repeat) const {
    return make_stream(options_.seed, str("known signal ", what, ' ', repeat), Draw::bootstrap);
  }

  static Names groups_of(const std::vector<bool>& label) {
    Names names;
    for (const bool with : label) names.emplace_back(with ? "with" : "without");
    return names;
  }

  /// Labels of the lesions: their own, or patients' labels dealt anew.
  std::vector<bool> labels(Labels which, std::uint64_t repeat) const {
    if (which == Labels::own) return cases_.label;
    std::vector<bool> of_patient;
    for (const auto& rows : patients_.rows)
      of_patient.push_back(cases_.label[std::size_t(rows.front())]);
    Rng rng(stream("labels", repeat), 0);
    for (std::size_t left = of_patient.size(); left > 1; --left) {
      const auto other = std::size_t(rng.below(left));
      const bool last = of_patient[left - 1];
      of_patient[left - 1] = of_patient[other];
      of_patient[other] = last;
    }
    std::vector<bool> label(cases_.label.size());
    for (std::size_t p = 0; p < patients_.rows.size(); ++p)
      for (const Index row : patients_.rows[p]) label[std::size_t(row)] = of_patient[p];
    return label;
  }

  /// The arm that each lesion is seen in.
  std::vector<Index> arms(Sites sites, const std::vector<bool>& label, std::uint64_t repeat) const {
    const Index count = std::ssize(cases_.arms);
    if (sites == Sites::one) return std::vector<Index>(label.size(), Index(repeat) % count);
    require(count > 1, Error::Kind::data, "one arm: there are no sites to pool");
    // Drawn, not dealt: classes that are even at every site in all are uneven in the rows to learn
    // from one way and in those to judge the other, and a model would learn the wrong way round.
    std::vector<Index> arm(label.size());
    const Index half = count / 2;
    for (std::size_t p = 0; p < patients_.rows.size(); ++p) {
      Rng rng(stream(sites == Sites::drawn ? "sites" : "confounded sites", repeat), p);
      const bool with = label[std::size_t(patients_.rows[p].front())];
      const bool first = (rng.uniform() < options_.confounding) == with;
      const auto below = [&](Index n) { return Index(rng.below(std::uint64_t(n))); };
      const Index at = sites == Sites::drawn ? below(count)
                       : first               ? below(half)
                                             : half + below(count - half);
      for (const Index row : patients_.rows[p]) arm[std::size_t(row)] = at;
    }
    return arm;
  }

  Eigen::MatrixXd values(Images images, const std::vector<Index>& arm) const {
    if (images == Images::object) return cases_.object;
    const auto& from = images == Images::noiseless ? cases_.noiseless : cases_.scanned;
    Eigen::MatrixXd all(std::ssize(arm), std::ssize(cases_.features));
    for (Index row = 0; row < all.rows(); ++row)
      all.row(row) = from[std::size_t(arm[std::size_t(row)])].row(row);
    return all;
  }

  void require_batches(const Names& batch) const {
    for (const std::string& arm : cases_.arms) {
      const auto its = std::ranges::count(batch, arm);
      require(its >= options_.combat.smallest_batch, Error::Kind::data, "too few lesions at site ",
              arm, " (", its, "): ComBat needs ", options_.combat.smallest_batch,
              ". More patients, or fewer sites");
    }
  }

  Try attempt(const Step& step, std::uint64_t repeat) const {
    Try one;
    one.label = labels(step.labels, repeat);
    const std::vector<Index> arm = arms(step.sites, one.label, repeat);
    ClassifierCases cases{values(step.images, arm), one.label, cases_.patient, {}};
    for (const Index at : arm) cases.batch.push_back(cases_.arms[std::size_t(at)]);
    ClassifierOptions classifier{.mixing = options_.mixing, .inner_folds = options_.folds};
    if (step.learn == Learn::harmonised) {
      require_batches(cases.batch);
      classifier.harmonise = options_.combat;
      // What is learnt from lacks a fold, of some batches more than of others.
      classifier.harmonise->smallest_batch = std::max<Index>(2, options_.combat.smallest_batch / 2);
    }
    const std::vector<Index> fold =
        step.learn == Learn::elsewhere
            ? arm
            : deal_folds(cases_.patient, groups_of(one.label), options_.folds,
                         Rng(stream("folds", repeat), 0));
    CrossValidated said = cross_validate(cases, fold, classifier, stream("inner folds", repeat));
    one.area = roc_area(said.score, one.label, patients_, fold);
    one.score = std::move(said.score);
    one.strength = std::move(said.strength);
    return one;
  }

  std::optional<RocArea> oracle_area() const {
    if (cases_.latent.empty()) return std::nullopt;
    return roc_area(cases_.latent, cases_.label, patients_,
                    std::vector<Index>(cases_.latent.size(), 0));
  }

  std::span<const Try> tries(std::size_t step) const {
    const auto repeats = std::size_t(options_.repeats);
    return std::span(tries_).subspan(step * repeats, repeats);
  }

  std::string reason(std::size_t step) const {
    for (const Try& one : tries(step))
      if (!one.reason.empty()) return one.reason;
    return "";
  }

  RocArea area(std::size_t step) const {
    std::vector<RocArea> areas;
    for (const Try& one : tries(step)) areas.push_back(one.area);
    return mean_area(areas);
  }

  static std::size_t step_named(const std::string& name) {
    return std::size_t(std::ranges::find(steps, name, [](const Step& s) { return s.name; }) -
                       std::begin(steps));
  }

  /// A rung without any number, for the reason given.
  static SignalRung nameless(const char* name, const std::string& why) {
    const Estimate none = Estimate::withheld(why);
    return {.name = name,
            .against = {},
            .area = {},
            .change = {},
            .from_oracle = {},
            .calibration = {none, none, none, none, none},
            .strength = std::nan("")};
  }

  /// Mean of independent shuffles of the labels.
  Estimate mean_of(const std::vector<double>& values) const {
    const double n = double(values.size());
    double mean = 0.0, squares = 0.0;
    for (const double x : values) mean += x / n;
    for (const double x : values) squares += (x - mean) * (x - mean);
    const double error = std::sqrt(squares / (n - 1.0) / n) *
                         student_t_quantile(0.5 + 0.5 * options_.confidence, n - 1.0);
    return {mean, mean - error, mean + error, ""};
  }

  SignalRung rung_of(std::size_t s, const std::optional<RocArea>& best) const {
    const Step& step = steps[s];
    const std::string why = reason(s);
    SignalRung rung = nameless(step.name, why);
    rung.against = step.against;
    if (!why.empty()) {
      rung.area = rung.change = rung.from_oracle = Estimate::withheld(why);
      return rung;
    }
    const bool shuffled = step.labels == Labels::shuffled;
    const std::size_t other = step_named(step.against);
    const bool ladder = other < std::size(steps);
    const std::string lost = ladder ? reason(other) : "";
    if (shuffled)
      compare_shuffles(rung, s, other);
    else
      rung.area = area_interval(area(s), options_.confidence);
    if (!lost.empty())
      rung.change = Estimate::withheld(str(step.against, ": ", lost));
    else if (!shuffled && ladder)
      rung.change = area_difference(area(s), area(other), options_.confidence);
    if (!shuffled && best) rung.from_oracle = area_difference(area(s), *best, options_.confidence);
    if (rung.against == oracle) {
      rung.change = rung.from_oracle;
      if (!best) rung.against.clear();
    }
    add_calibration(rung, s);
    return rung;
  }

  void compare_shuffles(SignalRung& rung, std::size_t s, std::size_t other) const {
    std::vector<double> areas, changes;
    for (const Try& one : tries(s)) areas.push_back(one.area.value);
    rung.area = mean_of(areas);
    if (other == std::size(steps) || !reason(other).empty()) return;
    const auto others = tries(other);
    for (std::size_t r = 0; r < areas.size(); ++r)
      changes.push_back(areas[r] - others[r].area.value);
    rung.change = mean_of(changes);
  }

  /// Of the scores of all repeats, a patient's together.
  void add_calibration(SignalRung& rung, std::size_t s) const {
    std::vector<double> score, strength;
    std::vector<bool> label;
    Clusters stacked;
    stacked.rows.resize(patients_.rows.size());
    for (const Try& one : tries(s)) {
      const Index first = std::ssize(score);
      for (std::size_t p = 0; p < stacked.rows.size(); ++p)
        for (const Index row : patients_.rows[p]) stacked.rows[p].push_back(first + row);
      score.insert(score.end(), one.score.begin(), one.score.end());
      label.insert(label.end(), one.label.begin(), one.label.end());
      strength.insert(strength.end(), one.strength.begin(), one.strength.end());
    }
    rung.calibration = calibration(score, label, stacked, options_.threshold, options_.confidence);
    const auto middle = strength.begin() + std::ssize(strength) / 2;
    std::nth_element(strength.begin(), middle, strength.end());
    rung.strength = *middle;
  }

  const SignalCases& cases_;
  const SignalOptions& options_;
  Clusters patients_;
  std::vector<Try> tries_;
};

void check(const SignalCases& cases, const SignalOptions& options) {
  const Index lesions = std::ssize(cases.label), features = std::ssize(cases.features);
  const auto fits = [&](const Eigen::MatrixXd& m) {
    return m.rows() == lesions && m.cols() == features;
  };
  VITRINE_EXPECT(std::ssize(cases.patient) == lesions && fits(cases.object));
  VITRINE_EXPECT(!cases.arms.empty() && cases.scanned.size() == cases.arms.size() &&
                 cases.noiseless.size() == cases.arms.size());
  VITRINE_EXPECT(std::ranges::all_of(cases.scanned, fits) &&
                 std::ranges::all_of(cases.noiseless, fits));
  VITRINE_EXPECT(cases.latent.empty() || std::ssize(cases.latent) == lesions);
  VITRINE_EXPECT(options.folds >= 2 && options.repeats >= 2);
}

/// Keep the features that have a value in every image.
SignalCases complete(const SignalCases& cases) {
  std::vector<Index> kept;
  SignalCases part = cases;
  part.features.clear();
  const auto whole = [](const auto& all, Index f) {
    return std::ranges::all_of(all, [f](const auto& m) { return m.col(f).allFinite(); });
  };
  for (Index f = 0; f < std::ssize(cases.features); ++f)
    if (cases.object.col(f).allFinite() && whole(cases.noiseless, f) && whole(cases.scanned, f)) {
      kept.push_back(f);
      part.features.push_back(cases.features[std::size_t(f)]);
    }
  const auto keep = [&](Eigen::MatrixXd& m) { m = m(Eigen::all, kept).eval(); };
  keep(part.object);
  std::ranges::for_each(part.noiseless, keep);
  std::ranges::for_each(part.scanned, keep);
  return part;
}

std::string refusal(const SignalCases& cases, const SignalLadder& ladder) {
  if (ladder.with == 0 || ladder.without == 0)
    return str("one class alone: ", ladder.with, " patient(s) with the label and ", ladder.without,
               " without");
  if (std::min(ladder.with, ladder.without) < fewest_of_a_class)
    return str("too few patients: ", ladder.with, " with the label and ", ladder.without,
               " without. At least ", fewest_of_a_class, " of each are needed");
  if (cases.features.empty())
    return "no feature has a value in every image of every lesion. Measure others, or larger "
           "lesions";
  const auto constant = [](const Eigen::MatrixXd& m) {
    return (m.rowwise() - m.row(0)).isZero(0.0);
  };
  if (constant(cases.object) && std::ranges::all_of(cases.scanned, constant))
    return "every feature is constant. Measure others";
  return "";
}

}  // namespace

SignalLadder signal_ladder(const SignalCases& all, const SignalOptions& options) {
  check(all, options);
  const SignalCases cases = complete(all);
  SignalLadder ladder;
  std::set<std::string> with, without;
  for (std::size_t i = 0; i < cases.label.size(); ++i)
    (cases.label[i] ? with : without).insert(cases.patient[i]);
  ladder.with = std::ssize(with);
  ladder.without = std::ssize(without);
  ladder.lesions = std::ssize(cases.label);
  ladder.features = cases.features;
  ladder.refused = refusal(cases, ladder);
  if (ladder.refused.empty()) ladder.rungs = Ladder(cases, options).rungs();
  return ladder;
}

Table signal_table(const SignalLadder& ladder) {
  Table table;
  const auto add = [&](const SignalRung& rung, const std::string& remark) {
    detail::RowWriter out(table);
    const auto changed = [&](const std::string& name, const Estimate& estimate) {
      out.interval(name, estimate);
      out.cell(name + "_half_width", 0.5 * (estimate.high - estimate.low));
    };
    out.cell("rung", rung.name);
    out.cell("against", rung.against);
    out.cell("patients_with_label", double(ladder.with));
    out.cell("patients_without_label", double(ladder.without));
    out.cell("lesions", double(ladder.lesions));
    out.cell("features", double(ladder.features.size()));
    out.interval("auc", rung.area);
    changed("auc_change", rung.change);
    changed("auc_from_oracle", rung.from_oracle);
    out.interval("calibration_intercept", rung.calibration.intercept);
    out.interval("calibration_slope", rung.calibration.slope);
    out.interval("brier", rung.calibration.brier);
    out.interval("sensitivity", rung.calibration.sensitivity);
    out.interval("specificity", rung.calibration.specificity);
    out.cell("penalty", rung.strength);
    out.finish(remark);
  };
  for (const SignalRung& rung : ladder.rungs) add(rung, "");
  if (!ladder.refused.empty()) {
    SignalRung none;
    none.name = "refused";
    none.strength = std::nan("");
    add(none, ladder.refused);
  }
  return table;
}

}  // namespace vitrine::evaluation
