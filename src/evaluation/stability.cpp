#include "vitrine/evaluation/stability.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <map>
#include <set>

#include "vitrine/core/error.hpp"
#include "vitrine/core/parallel.hpp"
#include "vitrine/evaluation/agreement.hpp"
#include "vitrine/evaluation/multiplicity.hpp"
#include "vitrine/evaluation/random_arms.hpp"
#include "vitrine/evaluation/study_variance.hpp"

namespace vitrine::evaluation {
namespace {

/// The samples of one source, by lesion and arm, in the order given.
class Cells {
 public:
  Cells(const Study& study, Source source)
      : arms_(std::ssize(study.arms)), samples_(study.lesions.size() * study.arms.size()) {
    for (const Sample& sample : study.samples) {
      if (sample.source != source) continue;
      for (Index arm = 0; arm < arms_; ++arm)
        if (sample.arm == arm || sample.arm == Sample::every_arm)
          samples_[std::size_t(sample.lesion * arms_ + arm)].push_back(&sample);
    }
  }
  const std::vector<const Sample*>& at(Index lesion, Index arm) const {
    return samples_[std::size_t(lesion * arms_ + arm)];
  }
  /// NaN if there is none.
  double first(Index lesion, Index arm, std::size_t feature) const {
    const auto& all = at(lesion, arm);
    return all.empty() ? NAN : all.front()->values[feature];
  }
  /// Mean of the values that are there; NaN if none is.
  double mean(Index lesion, Index arm, std::size_t feature) const {
    double sum = 0.0, count = 0.0;
    for (const Sample* sample : at(lesion, arm)) {
      if (std::isnan(sample->values[feature])) continue;
      sum += sample->values[feature];
      count += 1.0;
    }
    return count > 0.0 ? sum / count : NAN;
  }

 private:
  Index arms_;
  std::vector<std::vector<const Sample*>> samples_;
};

/// Mean over the arms of a lesion, NaN unless every arm has a value.
std::vector<double> over_arms(const Ratings& ratings) {
  std::vector<double> means(std::size_t(ratings.rows()), 0.0);
  for (Index i = 0; i < ratings.rows(); ++i)
    for (Index j = 0; j < ratings.cols(); ++j)
      means[std::size_t(i)] += ratings(i, j) / double(ratings.cols());
  return means;
}

std::vector<double> column(const Ratings& ratings, Index arm) {
  std::vector<double> values;
  for (Index i = 0; i < ratings.rows(); ++i) values.push_back(ratings(i, arm));
  return values;
}

/// Values of one feature, lesions down and arms across, of every source.
struct Values {
  Ratings first, scan, object, reference, arm;
};

/// Concordance of scans and object truth, all arms of a lesion together.
/// `patients` are of the rows of all arms, those of a lesion together.
Estimate concordance_with_object(const Values& v, const Clusters& patients,
                                 const Resampling& resampling) {
  std::vector<double> x, y;
  Index lesions = 0;
  for (Index i = 0; i < v.scan.rows(); ++i) {
    bool any = false;
    for (Index j = 0; j < v.scan.cols(); ++j) {
      x.push_back(v.scan(i, j));
      y.push_back(v.object(i, j));
      any |= !std::isnan(x.back()) && !std::isnan(y.back());
    }
    lesions += any;
  }
  if (lesions < 3)
    return Estimate::withheld(str(lesions, " lesion(s) with a truth: at least 3 needed"));
  return association_by_patients(Association::concordance, x, y, patients, resampling);
}

/// Biases over all arms, then those of each arm.
std::vector<Biases> biases_of(const Values& v, const Clusters& patients,
                              const Resampling& resampling) {
  struct Levels {
    std::vector<double> scan, object, reference, arm;
  };
  std::vector<Levels> levels{
      {over_arms(v.scan), over_arms(v.object), over_arms(v.reference), over_arms(v.arm)}};
  for (Index j = 0; j < v.scan.cols(); ++j)
    levels.push_back(
        {column(v.scan, j), column(v.object, j), column(v.reference, j), column(v.arm, j)});
  std::vector<Pairs> pairs;
  for (const Levels& l : levels)
    pairs.insert(pairs.end(), {{l.scan, l.object},      // total
                               {l.scan, l.reference},   // reference
                               {l.scan, l.arm},         // noise
                               {l.arm, l.reference}});  // arm
  std::vector<Bias> found = biases(pairs, patients, resampling);
  std::vector<Biases> all;
  for (std::size_t i = 0; i < found.size(); i += 4)
    all.push_back({std::move(found[i]), std::move(found[i + 1]), std::move(found[i + 2]),
                   std::move(found[i + 3])});
  return all;
}

bool same_across(const Ratings& ratings, const std::vector<Index>& rows) {
  for (const Index row : rows) {
    std::vector<double> values;
    for (Index j = 0; j < ratings.cols(); ++j) values.push_back(ratings(row, j));
    if (!is_constant(values)) return false;
  }
  return !rows.empty() && ratings.cols() > 1;
}

void check(const Study& study) {
  for (const Sample& sample : study.samples) {
    const bool truth = sample.source != Source::scan && sample.source != Source::reposition;
    require(sample.lesion >= 0 && sample.lesion < std::ssize(study.lesions), Error::Kind::data,
            "a sample names lesion ", sample.lesion, " (the study has ", study.lesions.size(), ")");
    require((sample.arm >= 0 && sample.arm < std::ssize(study.arms)) ||
                (truth && sample.arm == Sample::every_arm),
            Error::Kind::data, "a sample names arm ", sample.arm, " (the study has ",
            study.arms.size(), "; only a truth may hold for every arm)");
    require(sample.values.size() == study.features.size() &&
                (sample.reasons.empty() || sample.reasons.size() == sample.values.size()),
            Error::Kind::data, "a sample holds ", sample.values.size(), " values and ",
            sample.reasons.size(), " reasons (the study has ", study.features.size(), " features)");
  }
}

/// What stands behind the differences between arms.
struct ArmEffects {
  bool fixed = true;        ///< all that arms differ in
  bool one_random = false;  ///< one factor, or the arms themselves
  std::string mixed;        ///< why nothing that counts every arm has an interval, or ""

  ArmEffects(const Study& study, Effect arms) {
    std::string random, chosen;
    Index count = 0;
    for (const ArmFactor& factor : study.factors) {
      const std::set<std::string> levels(factor.level.begin(), factor.level.end());
      if (levels.size() < 2) continue;
      std::string& list = factor.kind == Effect::random ? random : chosen;
      list += (list.empty() ? "" : ", ") + factor.name;
      count += factor.kind == Effect::random;
    }
    fixed = arms == Effect::fixed && random.empty();
    one_random = arms == Effect::random || (count == 1 && chosen.empty());
    if (!fixed && !one_random && !chosen.empty())
      mixed = str("no interval: of what arms differ in, ", random, " is a sample of many and ",
                  chosen, " is not; variance components tell them apart");
  }
};

/// Computes rows; holds what all features share.
class Analysis {
 public:
  Analysis(const Study& study, const StabilityOptions& options)
      : study_(study),
        options_(options),
        effects_(study, options.arms),
        stream_(make_stream(options.seed, "patients", Draw::bootstrap)),
        drawn_(stream_, options.replicates),
        scans_(study, Source::scan),
        repositions_(study, Source::reposition),
        object_(study, Source::object_truth),
        reference_(study, Source::reference_truth),
        arm_(study, Source::arm_truth) {
    for (const Lesion& lesion : study.lesions) {
      labels_.push_back(lesion.patient);
      volumes_.push_back(lesion.volume);
    }
    patients_ = Clusters::by_label(labels_);
    for (const auto& lesions : patients_.rows) {
      auto& rows = scans_of_patients_.rows.emplace_back();
      for (const Index lesion : lesions)
        for (Index arm = 0; arm < std::ssize(study.arms); ++arm)
          rows.push_back(lesion * std::ssize(study.arms) + arm);
    }
  }

  StabilityRow row(std::size_t feature) const {
    StabilityRow row;
    row.feature = study_.features[feature];
    const Resampling resampling{stream_, options_.replicates, options_.confidence, &drawn_};
    const Values v = values(feature);
    count(feature, row);

    const auto complete = complete_rows(v.first);
    std::set<std::string> patients;
    for (const Index i : complete) patients.insert(labels_[std::size_t(i)]);
    row.lesions = std::ssize(complete);
    row.patients = std::ssize(patients);
    row.same_in_all_arms = same_across(v.first, complete);
    compare_arms(v, resampling, row);

    repeat(feature, row);
    row.arm_bias = biases_of(v, patients_, resampling);
    row.bias = std::move(row.arm_bias.front());
    row.arm_bias.erase(row.arm_bias.begin());
    row.concordance = concordance_with_object(v, scans_of_patients_, resampling);
    const auto mean = over_arms(v.scan);
    row.linearity = linearity(mean, over_arms(v.object), patients_, options_.confidence);
    row.spearman_volume =
        association_by_patients(Association::spearman, mean, volumes_, patients_, resampling);
    row.pearson_volume =
        association_by_patients(Association::pearson, mean, volumes_, patients_, resampling);
    return row;
  }

  /// Random arms with missing cells, or made of several random factors: REML in the place of mean
  /// squares, which are exact for one random factor in a complete table.
  void use_reml(std::vector<StabilityRow>& rows) const {
    if (effects_.fixed || !effects_.mixed.empty()) return;
    std::vector<std::size_t> features;
    for (std::size_t f = 0; f < rows.size(); ++f)
      if (!effects_.one_random || has_gaps(f)) features.push_back(f);
    if (features.empty()) return;
    const auto found = agreement_by_reml(study_, features, options_.confidence);
    for (std::size_t i = 0; i < features.size(); ++i) {
      rows[features[i]].icc = found[i];
      rows[features[i]].icc_method = "reml";
    }
  }

  /// Features that rank the lesions alike, the best ICC speaking for each cluster.
  void cluster(std::vector<StabilityRow>& rows) const {
    Eigen::MatrixXd means(std::ssize(study_.lesions), std::ssize(rows));
    std::vector<double> scores;
    for (std::size_t f = 0; f < rows.size(); ++f) {
      for (Index i = 0; i < means.rows(); ++i) means(i, Index(f)) = mean_over_arms(i, f);
      scores.push_back(rows[f].icc.has_interval() ? rows[f].icc.low : rows[f].icc.value);
    }
    const FeatureClusters found = cluster_features(means, options_.cluster_distance, scores);
    for (std::size_t f = 0; f < rows.size(); ++f) rows[f].cluster = found.features[f];
  }

 private:
  /// Whether a lesion has a value in some arms and none in others.
  bool has_gaps(std::size_t feature) const {
    for (Index i = 0; i < std::ssize(study_.lesions); ++i) {
      Index missing = 0;
      for (Index j = 0; j < std::ssize(study_.arms); ++j)
        missing += !std::isfinite(scans_.first(i, j, feature));
      if (missing > 0 && missing < std::ssize(study_.arms)) return true;
    }
    return false;
  }

  double mean_over_arms(Index lesion, std::size_t feature) const {
    double sum = 0.0;
    for (Index j = 0; j < std::ssize(study_.arms); ++j) sum += scans_.mean(lesion, j, feature);
    return sum / double(study_.arms.size());
  }

  void compare_arms(const Values& v, const Resampling& resampling, StabilityRow& row) const {
    constexpr std::array kinds{Agreement::consistency, Agreement::overall_concordance,
                               Agreement::absolute};
    std::vector<Estimate> fixed = agreements_by_patients(v.first, patients_, resampling, kinds);
    row.consistency = std::move(fixed[0]);
    row.overall_concordance = std::move(fixed[1]);
    const bool one_random = effects_.one_random;
    row.icc =
        one_random ? agreement_of_random_arms(v.first, patients_, resampling) : std::move(fixed[2]);
    row.icc_method = effects_.fixed ? "bootstrap" : "anova";
    row.reproducibility = reproducibility(
        v.first, patients_, one_random ? Effect::random : Effect::fixed, options_.confidence);
    if (!effects_.fixed) without_bootstrap(row);
    row.friedman = friedman(means_of_patients(v.first));
    const std::vector<double> first = column(v.first, 0);
    for (Index arm = 1; arm < v.first.cols(); ++arm)
      row.differences.push_back(
          bland_altman(column(v.first, arm), first, patients_, options_.confidence));
  }

  /// Intervals that resample patients, or leave them out, say nothing of arms that were not
  /// scanned.
  void without_bootstrap(StabilityRow& row) const {
    const std::string why = no_bootstrap_of_random_arms;
    row.consistency.withhold_interval(why);
    row.overall_concordance.withhold_interval(why);
    if (effects_.one_random) return;
    row.icc.withhold_interval(effects_.mixed.empty() ? why : effects_.mixed);
    for (Estimate Reproducibility::*part :
         {&Reproducibility::sd, &Reproducibility::coefficient, &Reproducibility::relative_down,
          &Reproducibility::relative_up, &Reproducibility::dispersion})
      (row.reproducibility.*part).withhold_interval(why);
  }

  /// Patients down: mean of the lesions that have a value in every arm; NaN without any.
  Ratings means_of_patients(const Ratings& ratings) const {
    Ratings means(patients_.count(), ratings.cols());
    for (Index p = 0; p < means.rows(); ++p) {
      means.row(p).setZero();
      double lesions = 0.0;
      for (const Index row : patients_.rows[std::size_t(p)]) {
        if (ratings.row(row).hasNaN()) continue;
        means.row(p) += ratings.row(row);
        lesions += 1.0;
      }
      means.row(p) /= lesions;
    }
    return means;
  }

  Values values(std::size_t feature) const {
    const Index lesions = std::ssize(study_.lesions), arms = std::ssize(study_.arms);
    Values v{Ratings(lesions, arms), Ratings(lesions, arms), Ratings(lesions, arms),
             Ratings(lesions, arms), Ratings(lesions, arms)};
    for (Index i = 0; i < lesions; ++i)
      for (Index j = 0; j < arms; ++j) {
        v.first(i, j) = scans_.first(i, j, feature);
        v.scan(i, j) = scans_.mean(i, j, feature);
        v.object(i, j) = object_.first(i, j, feature);
        v.reference(i, j) = reference_.first(i, j, feature);
        v.arm(i, j) = arm_.first(i, j, feature);
      }
    for (Ratings* r : {&v.first, &v.scan, &v.object, &v.reference, &v.arm})
      r->array() -= zero_of(study_.features[feature]);  // matters to ratios alone
    return v;
  }

  /// Each lesion and arm with repositioned scans is one unit; patients stay the clusters. Without
  /// such, noise repeats are what repeats: the scan itself is one of them.
  void repeat(std::size_t feature, StabilityRow& row) const {
    std::vector<std::vector<double>> repeats;
    std::vector<std::string> patients;
    bool any_moved = false;
    for (Index i = 0; i < std::ssize(study_.lesions); ++i)
      for (Index j = 0; j < std::ssize(study_.arms); ++j) {
        const bool moved = !repositions_.at(i, j).empty();
        if (!moved && scans_.at(i, j).size() < 2) continue;
        auto& values = repeats.emplace_back();
        for (const Sample* sample : (moved ? repositions_ : scans_).at(i, j))
          values.push_back(sample->values[feature] - zero_of(study_.features[feature]));
        patients.push_back(labels_[std::size_t(i)]);
        any_moved = any_moved || moved;
      }
    row.noise_alone = !repeats.empty() && !any_moved;
    row.repeatability = repeatability(repeats, Clusters::by_label(patients), options_.confidence);
  }

  void count(std::size_t feature, StabilityRow& row) const {
    std::map<std::string, Index> reasons;
    for (const Sample& sample : study_.samples) {
      if (sample.source != Source::scan) continue;
      ++row.values;
      if (!std::isnan(sample.values[feature])) continue;
      ++row.excluded;
      const std::string reason = sample.reasons.empty() ? "" : sample.reasons[feature];
      ++reasons[reason.empty() ? "no reason given" : reason];
    }
    Index most = 0;
    for (const auto& [reason, times] : reasons)
      if (times > most) {
        most = times;
        row.exclusion = reason;
      }
  }

  const Study& study_;
  StabilityOptions options_;
  ArmEffects effects_;
  Stream stream_;
  Resamples drawn_;
  Cells scans_, repositions_, object_, reference_, arm_;
  std::vector<std::string> labels_;
  std::vector<double> volumes_;
  Clusters patients_;           ///< of the lesions
  Clusters scans_of_patients_;  ///< of lesions times arms
};

}  // namespace

double zero_of(const Feature& feature) {
  // IBSI codes of the mean, median, minimum, 10th percentile, 90th percentile and maximum.
  constexpr std::array<std::string_view, 6> levels{"Q4LE", "Y12H", "1GSF", "QG58", "8DWT", "84IY"};
  const bool level = std::find(levels.begin(), levels.end(), feature.ibsi_code) != levels.end();
  return level && feature.unit == "HU" ? -1000.0 : 0.0;
}

std::vector<StabilityRow> stability(const Study& study, const StabilityOptions& options) {
  check(study);
  const Analysis analysis(study, options);
  std::vector<StabilityRow> rows(study.features.size());
  parallel_for(std::ssize(rows),
               [&](Index i) { rows[std::size_t(i)] = analysis.row(std::size_t(i)); });
  analysis.use_reml(rows);
  analysis.cluster(rows);
  const auto adjust = [&](auto&& p_of, double StabilityRow::*to) {
    std::vector<double> p;
    for (const StabilityRow& row : rows) p.push_back(p_of(row));
    const auto q = adjusted(p, Adjustment::benjamini_hochberg);
    for (std::size_t f = 0; f < rows.size(); ++f) rows[f].*to = q[f];
  };
  adjust([](const StabilityRow& row) { return row.friedman.p; }, &StabilityRow::friedman_adjusted);
  adjust([](const StabilityRow& row) { return row.linearity.quadratic_p; },
         &StabilityRow::curve_adjusted);
  return rows;
}

}  // namespace vitrine::evaluation
