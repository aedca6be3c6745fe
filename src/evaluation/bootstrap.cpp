#include "vitrine/evaluation/bootstrap.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <string_view>

#include "vitrine/core/error.hpp"
#include "vitrine/core/math.hpp"
#include "vitrine/evaluation/detail/ratio_evaluator.hpp"
#include "vitrine/evaluation/distributions.hpp"

namespace vitrine::evaluation {
namespace {

/// Sample quantile at probability p, linear between order statistics; moves values about.
double quantile(std::vector<double>& values, double p) {
  const double place =
      std::clamp(p * double(values.size() + 1) - 1.0, 0.0, double(values.size() - 1));
  const auto below = values.begin() + std::ptrdiff_t(place);
  std::nth_element(values.begin(), below, values.end());
  const double above =
      below + 1 == values.end() ? *below : *std::min_element(below + 1, values.end());
  return *below + (place - std::floor(place)) * (above - *below);
}

using detail::as_numbers;
using detail::Studentised;

/// Evaluates statistics for multisets of patients, given by how often each was drawn.
class Evaluator {
 public:
  Evaluator(const PatientTerms& terms, std::span<const Scale> scales, Statistics statistics)
      : sums_(terms.sums.transpose().array()),
        vectors_(terms.vectors),
        scales_(scales),
        statistics_(statistics),
        all_(1, columns()),
        without_(patients(), columns()),
        value_(1, count()),
        values_(patients(), count()),
        total_(vectors_.rows()),
        wanted_(scales.size(), true) {
    if (vectors_.cols() > 0) lengths_ = vectors_.colwise().squaredNorm().transpose().array();
  }

  Index patients() const { return sums_.rows(); }
  Index count() const { return std::ssize(scales_); }
  /// The statistics that `operator()` is asked for from now on: one flag each.
  void only(const std::vector<bool>& wanted) { wanted_ = wanted; }

  /// The statistics of all drawn, not on their scales.
  const Eigen::ArrayXXd& values(std::span<const std::uint16_t> counts) {
    times_ = as_numbers(counts);
    all_.leftCols(sums_.cols()) = (times_.transpose() * sums_.matrix()).array();
    if (vectors_.cols() > 0) {
      total_.noalias() = vectors_ * times_;
      all_(0, sums_.cols()) = total_.squaredNorm();
    }
    statistics_(all_, value_);
    return value_;
  }

  /// Jackknife over the patients drawn, with repeats.
  std::span<const Studentised> operator()(std::span<const std::uint16_t> counts) {
    values(counts);
    for (Index t = 0; t < sums_.cols(); ++t) without_.col(t) = all_(0, t) - sums_.col(t);
    if (vectors_.cols() > 0)  // |T - v|^2
      without_.col(sums_.cols()) =
          all_(0, sums_.cols()) - 2.0 * (vectors_.transpose() * total_).array() + lengths_;
    statistics_(without_, values_);
    results_.assign(std::size_t(count()), {});
    for (Index s = 0; s < count(); ++s) {
      Studentised& result = results_[std::size_t(s)];
      const Scale& scale = scales_[std::size_t(s)];
      if (!wanted_[std::size_t(s)]) continue;
      result.value = scale.to(value_(0, s));
      if (std::isnan(result.value)) continue;
      double n = 0.0, mean = 0.0, squares = 0.0;
      for (Index p = 0; p < patients(); ++p) {
        const double times = times_[p];
        double& v = values_(p, s);
        if (times == 0.0 || std::isnan(v)) continue;
        v = scale.difference(v, value_(0, s));
        n += times;
        mean += times * v;
      }
      if (n < 2.0) continue;
      mean /= n;
      for (Index p = 0; p < patients(); ++p) {
        const double times = times_[p], v = values_(p, s);
        if (times > 0.0 && !std::isnan(v)) squares += times * (v - mean) * (v - mean);
      }
      result.error = std::sqrt(squares * (n - 1.0) / n);
    }
    return results_;
  }

 private:
  Index columns() const { return sums_.cols() + (vectors_.cols() > 0 ? 1 : 0); }

  Eigen::ArrayXXd sums_;  ///< patients down
  const PatientSums& vectors_;
  Eigen::ArrayXd lengths_;
  std::span<const Scale> scales_;
  Statistics statistics_;
  Eigen::ArrayXXd all_, without_, value_, values_;
  Eigen::VectorXd times_, total_;
  std::vector<bool> wanted_;
  std::vector<Studentised> results_;
};

/// What both kinds of interval start from: value and standard error of all patients.
struct Start {
  Estimate result;
  Studentised all;
  bool finished = false;  ///< `result` is all that can be said
};

template <class Evaluate>
std::vector<Start> start(Evaluate& evaluate) {
  const Index n = evaluate.patients();
  const std::vector<std::uint16_t> once(std::size_t(n), 1);
  std::vector<Start> starts(std::size_t(evaluate.count()));
  const Eigen::ArrayXXd values = evaluate.values(once);
  const auto all = n < fewest_patients ? std::span<const Studentised>() : evaluate(once);
  for (std::size_t i = 0; i < starts.size(); ++i) {
    Start& s = starts[i];
    s.finished = true;
    s.result.value = values(0, Index(i));
    if (!s.result.has_value()) {
      s.result.reason = "not defined for these values";
      continue;
    }
    if (n < fewest_patients) {
      s.result.reason =
          str("no interval from ", n, " patient(s): at least ", fewest_patients, " needed");
      continue;
    }
    s.all = all[i];
    if (!(s.all.error > 1e-12 * std::fabs(s.all.value))) {  // no patient makes a difference
      s.result.low = s.result.high = s.result.value;
      continue;
    }
    s.finished = false;
  }
  return starts;
}

/// One statistic of one set of patients at a time, as many.
auto one_by_one(FunctionRef<double(std::span<const double>)> statistic) {
  return [statistic, total = std::vector<double>()](const Eigen::ArrayXXd& totals,
                                                    Eigen::ArrayXXd& values) mutable {
    total.resize(std::size_t(totals.cols()));
    for (Index i = 0; i < totals.rows(); ++i) {
      for (Index t = 0; t < totals.cols(); ++t) total[std::size_t(t)] = totals(i, t);
      values(i, 0) = statistic(total);
    }
  };
}

/// The studentised bootstrap of what `evaluate` evaluates.
template <class Evaluate>
std::vector<Estimate> bootstrap(Evaluate evaluate, const Resampling& resampling,
                                std::span<const Scale> scales) {
  std::vector<Start> starts = start(evaluate);
  std::vector<Estimate> results;
  std::vector<bool> wanted;
  for (Start& s : starts) {
    results.push_back(std::move(s.result));
    wanted.push_back(!s.finished);
  }
  if (std::ranges::find(wanted, true) == wanted.end()) return results;
  evaluate.only(wanted);

  const Resamples own(resampling.stream, resampling.replicates);
  const auto& counts = (resampling.drawn ? *resampling.drawn : own).of(evaluate.patients());
  std::vector<std::vector<double>> pivots(starts.size());
  for (Index b = 0; b < counts.cols(); ++b) {
    const auto ones = evaluate({counts.col(b).data(), std::size_t(counts.rows())});
    for (std::size_t i = 0; i < starts.size(); ++i) {
      const Studentised &one = ones[i], &all = starts[i].all;
      if (one.error > 1e-9 * all.error) pivots[i].push_back((one.value - all.value) / one.error);
    }
  }
  const double tail = 0.5 * (1.0 - resampling.confidence);
  for (std::size_t i = 0; i < starts.size(); ++i) {
    if (starts[i].finished) continue;
    if (5 * pivots[i].size() < 4 * std::size_t(resampling.replicates)) {
      results[i].reason =
          "no interval: the statistic is not defined in more than 20 % of the resamples";
      continue;
    }
    const auto end = [&](double p) {
      return scales[i].from(starts[i].all.value - quantile(pivots[i], p) * starts[i].all.error);
    };
    results[i].low = end(1.0 - tail);
    results[i].high = end(tail);
  }
  return results;
}

}  // namespace

const Resamples::Counts& Resamples::of(Index patients) const {
  const std::lock_guard lock(mutex_);
  auto& drawn = drawn_[patients];
  if (!drawn) {
    require(patients < std::numeric_limits<std::uint16_t>::max(), Error::Kind::data, patients,
            " patients: more than a bootstrap counts");
    Counts counts = Counts::Zero(patients, replicates_);
    for (int b = 0; b < replicates_; ++b) {
      Rng rng(stream_, std::uint64_t(b));
      for (Index draw = 0; draw < patients; ++draw)
        ++counts(Index(rng.below(std::uint64_t(patients))), b);
    }
    drawn = std::make_unique<const Counts>(std::move(counts));
  }
  return *drawn;
}

Clusters Clusters::by_label(std::span<const std::string> labels) {
  Clusters clusters;
  std::map<std::string_view, std::size_t> index_of;
  for (std::size_t row = 0; row < labels.size(); ++row) {
    const auto [at, fresh] = index_of.try_emplace(labels[row], clusters.rows.size());
    if (fresh) clusters.rows.emplace_back();
    clusters.rows[at->second].push_back(Index(row));
  }
  return clusters;
}

Clusters Clusters::only(std::span<const Index> kept) const {
  const Index size = kept.empty() ? 0 : *std::max_element(kept.begin(), kept.end()) + 1;
  std::vector<Index> renumbered(std::size_t(size), -1);
  for (std::size_t i = 0; i < kept.size(); ++i)
    if (Index& place = renumbered[std::size_t(kept[i])]; place < 0) place = Index(i);
  Clusters clusters;
  for (const auto& members : rows) {
    std::vector<Index> left;
    for (const Index row : members)
      if (row < size && renumbered[std::size_t(row)] >= 0)
        left.push_back(renumbered[std::size_t(row)]);
    if (!left.empty()) clusters.rows.push_back(std::move(left));
  }
  return clusters;
}

namespace {

constexpr double closest = 1e-12;  // to an end of a scale's range, as a fraction of it

}  // namespace

double Scale::to(double x) const {
  if (kind_ == Kind::plain || std::isnan(x)) return x;
  const double share = std::clamp((x - low_) / (high_ - low_), closest, 1.0 - closest);
  return math::log(share / (1.0 - share));
}

double Scale::difference(double x, double y) const {
  if (kind_ == Kind::plain) return x - y;
  // The odds of x are 1 + d times those of y; log(1 + d) is 2 artanh(d / (2 + d)).
  constexpr double near = 0.05;  // where the next term is below 1e-16 of the sum
  const double range = high_ - low_, moved = (x - y) * range;
  const double s = moved / (2.0 * (high_ - x) * (y - low_) + moved), ss = s * s;
  const double room = std::min(std::min(x - low_, high_ - x), std::min(y - low_, high_ - y));
  if (!(std::fabs(s) < near && room > closest * range)) return to(x) - to(y);
  return 2.0 * s *
         (1.0 + ss * (1.0 / 3 + ss * (1.0 / 5 + ss * (1.0 / 7 + ss * (1.0 / 9 + ss / 11.0)))));
}

double Scale::from(double z) const {
  return kind_ == Kind::plain ? z : low_ + (high_ - low_) / (1.0 + math::exp(-z));
}

PatientSums sum_by_patient(const Clusters& patients, Index terms,
                           FunctionRef<void(Index, std::span<double>)> add) {
  PatientSums sums = PatientSums::Zero(terms, patients.count());
  for (Index p = 0; p < patients.count(); ++p)
    for (const Index row : patients.rows[std::size_t(p)])
      add(row, {sums.col(p).data(), std::size_t(terms)});
  return sums;
}

std::vector<Estimate> patient_bootstrap(const PatientTerms& terms, const Resampling& resampling,
                                        std::span<const Scale> scales, Statistics statistics) {
  return bootstrap(Evaluator(terms, scales, statistics), resampling, scales);
}

std::vector<Estimate> patient_ratios(std::span<const PatientSums> sets,
                                     const Resampling& resampling) {
  detail::RatioEvaluator evaluate(sets);
  const std::vector<Scale> plain(std::size_t(evaluate.count()), Scale::plain());
  return bootstrap(std::move(evaluate), resampling, plain);
}

Estimate patient_bootstrap(const PatientSums& sums, const Resampling& resampling,
                           const Scale& scale,
                           FunctionRef<double(std::span<const double>)> statistic) {
  return patient_bootstrap(PatientTerms{sums}, resampling, {&scale, 1}, one_by_one(statistic))
      .front();
}

Estimate patient_jackknife(const PatientSums& sums, double confidence, const Scale& scale,
                           FunctionRef<double(std::span<const double>)> statistic) {
  const PatientTerms terms{sums};
  auto one = one_by_one(statistic);
  Evaluator evaluate(terms, {&scale, 1}, one);
  auto [result, all, finished] = start(evaluate).front();
  if (finished) return result;
  const double half =
      student_t_quantile(0.5 + 0.5 * confidence, double(sums.cols() - 1)) * all.error;
  result.low = scale.from(all.value - half);
  result.high = scale.from(all.value + half);
  return result;
}

double patient_standard_error(const PatientSums& sums,
                              FunctionRef<double(std::span<const double>)> statistic) {
  const PatientTerms terms{sums};
  const Scale plain = Scale::plain();
  auto one = one_by_one(statistic);
  Evaluator evaluate(terms, {&plain, 1}, one);
  return evaluate(std::vector<std::uint16_t>(std::size_t(sums.cols()), 1)).front().error;
}

}  // namespace vitrine::evaluation
