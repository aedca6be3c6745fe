#include "vitrine/evaluation/combat.hpp"

#include <Eigen/QR>
#include <algorithm>
#include <cmath>
#include <numbers>

#include "vitrine/core/error.hpp"
#include "vitrine/core/math.hpp"
#include "vitrine/core/parallel.hpp"
#include "vitrine/evaluation/agreement.hpp"
#include "vitrine/evaluation/detail/independent_columns.hpp"

namespace vitrine::evaluation {
namespace {

std::vector<std::string> levels_of(const std::vector<std::string>& labels) {
  std::vector<std::string> levels;
  for (const std::string& label : labels)
    if (std::find(levels.begin(), levels.end(), label) == levels.end()) levels.push_back(label);
  return levels;
}

Index place(const std::vector<std::string>& levels, const std::string& label) {
  return std::find(levels.begin(), levels.end(), label) - levels.begin();
}

std::string join(const std::vector<std::string>& names) {
  std::string text;
  for (const std::string& name : names) text += (text.empty() ? "" : ", ") + name;
  return text;
}

/// Mean and variance (over n - 1) of a row of estimates, one per feature.
struct Moments {
  double mean = 0.0, variance = 0.0;

  explicit Moments(const Eigen::VectorXd& values) {
    mean = values.mean();
    variance = (values.array() - mean).square().sum() / double(values.size() - 1);
  }
};

/// Least-squares offsets and variances of one batch, features down; `standard` holds its rows.
struct BatchEstimates {
  Eigen::MatrixXd standard;  ///< cases down, features across
  Eigen::VectorXd offset, variance;
};

double posterior_offset(double offset, double prior, double n, double spread, double variance) {
  return (spread * n * offset + variance * prior) / (spread * n + variance);
}

/// Johnson, Li & Rabinovic (2007), 3.2: posterior means given each other, in turn until all change
/// by less than 1e-4 of their value. The change is over the signed old value, as in the authors'
/// program and all that equal its numbers: offsets below zero never hold the end up.
void parametric(BatchEstimates& batch) {
  const Moments offsets(batch.offset), variances(batch.variance);
  const double m = variances.mean, s2 = variances.variance, n = double(batch.standard.rows());
  const double shape = (2.0 * s2 + m * m) / s2, rate = (m * s2 + m * m * m) / s2;
  const Eigen::VectorXd least_squares = batch.offset;
  constexpr double enough = 1e-4;
  constexpr int most = 10000;
  for (int i = 0; i < most; ++i) {
    double change = 0.0;
    for (Index f = 0; f < least_squares.size(); ++f) {
      const double offset =
          posterior_offset(least_squares[f], offsets.mean, n, offsets.variance, batch.variance[f]);
      const double squares = (batch.standard.col(f).array() - offset).square().sum();
      const double variance = (0.5 * squares + rate) / (0.5 * n + shape - 1.0);
      change = std::max({change, std::fabs(offset - batch.offset[f]) / batch.offset[f],
                         std::fabs(variance - batch.variance[f]) / batch.variance[f]});
      batch.offset[f] = offset;
      batch.variance[f] = variance;
    }
    if (!(change > enough)) return;
  }
}

/// Johnson, Li & Rabinovic (2007), supplement: the other features' estimates are the prior.
void nonparametric(BatchEstimates& batch) {
  const Index features = batch.offset.size();
  const double n = double(batch.standard.rows());
  Eigen::VectorXd offset(features), variance(features);
  parallel_for(features, [&](Index f) {
    std::vector<double> log_weight(std::size_t(features), 0.0);
    double largest = -INFINITY;
    for (Index other = 0; other < features; ++other) {
      if (other == f) continue;
      const double v = batch.variance[other];
      const double squares = (batch.standard.col(f).array() - batch.offset[other]).square().sum();
      const double w = -0.5 * n * math::log(2.0 * std::numbers::pi * v) - squares / (2.0 * v);
      log_weight[std::size_t(other)] = w;
      largest = std::max(largest, w);
    }
    double weights = 0.0, offsets = 0.0, variances = 0.0;
    for (Index other = 0; other < features; ++other) {
      if (other == f) continue;
      const double w = math::exp(log_weight[std::size_t(other)] - largest);
      weights += w;
      offsets += w * batch.offset[other];
      variances += w * batch.variance[other];
    }
    offset[f] = offsets / weights;
    variance[f] = variances / weights;
  });
  batch.offset = offset;
  batch.variance = variance;
}

}  // namespace

void Combat::check(const CombatCases& cases, const CombatOptions& options) const {
  const auto rows = std::size_t(cases.values.rows());
  require(cases.batch.size() == rows, Error::Kind::data, cases.batch.size(), " batches for ", rows,
          " cases");
  for (const Covariate& c : cases.covariates)
    require(c.value.size() == rows && std::all_of(c.value.begin(), c.value.end(),
                                                  [](double v) { return std::isfinite(v); }),
            Error::Kind::data, "the covariate '", c.name,
            "' needs a finite number for every case. Leave out cases without it");
  for (const Factor& g : cases.groups)
    require(g.level.size() == rows, Error::Kind::data, "the label '", g.name, "' has ",
            g.level.size(), " rows for ", rows, " cases");
  require(batches_.size() >= 2, Error::Kind::data,
          "nothing to harmonise: all cases are of one batch (", join(batches_),
          "). Name a column that tells scanners or sites apart");
  std::vector<std::string> small;
  for (const std::string& batch : batches_) {
    const auto count = std::count(cases.batch.begin(), cases.batch.end(), batch);
    if (count < options.smallest_batch) small.push_back(str(batch, " (", count, ")"));
  }
  require(
      small.empty(), Error::Kind::data, "too few cases in batch ", join(small), ": ComBat needs ",
      options.smallest_batch,
      " of each (with fewer, what it takes out is noise). Join batches that belong together, or "
      "leave these out");
  require(!options.reference || reference_ < std::ssize(batches_), Error::Kind::data,
          "the reference batch '", options.reference.value_or(""), "' has no cases (there are ",
          join(batches_), ")");
}

std::vector<Index> Combat::batch_of(const CombatCases& cases) const {
  std::vector<Index> result;
  for (const std::string& label : cases.batch) {
    result.push_back(place(batches_, label));
    require(result.back() < std::ssize(batches_), Error::Kind::data, "the batch '", label,
            "' was not among those fitted (", join(batches_),
            "), so its effect is not known. Fit with cases of it");
  }
  return result;
}

Eigen::MatrixXd Combat::kept_columns(const CombatCases& cases) const {
  Index count = std::ssize(covariates_);
  for (const Label& label : labels_) count += std::ssize(label.levels) - 1;
  Eigen::MatrixXd columns = Eigen::MatrixXd::Zero(cases.values.rows(), count);
  Index at = 0;
  for (const std::string& name : covariates_) {
    const auto given = std::find_if(cases.covariates.begin(), cases.covariates.end(),
                                    [&](const Covariate& c) { return c.name == name; });
    require(given != cases.covariates.end() && std::ssize(given->value) == cases.values.rows(),
            Error::Kind::data, "the covariate '", name, "' was fitted and is not given");
    for (Index i = 0; i < columns.rows(); ++i) columns(i, at) = given->value[std::size_t(i)];
    ++at;
  }
  for (const Label& label : labels_) {
    const auto given = std::find_if(cases.groups.begin(), cases.groups.end(),
                                    [&](const Factor& g) { return g.name == label.name; });
    require(given != cases.groups.end() && std::ssize(given->level) == cases.values.rows(),
            Error::Kind::data, "the label '", label.name, "' was fitted and is not given");
    for (Index i = 0; i < columns.rows(); ++i) {
      const std::string& level = given->level[std::size_t(i)];
      const Index l = place(label.levels, level);
      require(l < std::ssize(label.levels), Error::Kind::data, "'", level, "' of the label '",
              label.name, "' was not among those fitted (", join(label.levels), ")");
      if (l > 0) columns(i, at + l - 1) = 1.0;
    }
    at += std::ssize(label.levels) - 1;
  }
  return columns;
}

void Combat::choose_features(const Eigen::MatrixXd& values, const std::vector<Index>& batch) {
  left_alone_.assign(std::size_t(features_), "");
  for (Index f = 0; f < features_; ++f) {
    auto& why = left_alone_[std::size_t(f)];
    Index missing = 0;
    for (Index i = 0; i < values.rows(); ++i) missing += !std::isfinite(values(i, f));
    if (missing > 0) {
      why = str("left as it is: ", missing, " of ", values.rows(), " values are missing");
      continue;
    }
    for (Index b = 0; b < std::ssize(batches_) && why.empty(); ++b) {
      std::vector<double> of_batch;
      for (Index i = 0; i < values.rows(); ++i)
        if (batch[std::size_t(i)] == b) of_batch.push_back(values(i, f));
      if (is_constant(of_batch))
        why = str("left as it is: it does not vary within batch ", batches_[std::size_t(b)]);
    }
  }
}

Combat::Combat(const CombatCases& cases, const CombatOptions& options)
    : batches_(levels_of(cases.batch)), features_(cases.values.cols()) {
  if (options.reference) reference_ = place(batches_, *options.reference);
  check(cases, options);
  for (const Covariate& c : cases.covariates) covariates_.push_back(c.name);
  for (const Factor& g : cases.groups) labels_.push_back({g.name, levels_of(g.level)});
  const std::vector<Index> batch = batch_of(cases);
  const Index rows = cases.values.rows(), count = std::ssize(batches_);
  const Eigen::MatrixXd kept = kept_columns(cases);

  Eigen::MatrixXd design = Eigen::MatrixXd::Zero(rows, count + kept.cols());
  for (Index i = 0; i < rows; ++i) design(i, batch[std::size_t(i)]) = 1.0;
  design.rightCols(kept.cols()) = kept;
  detail::IndependentColumns independent;
  Index at = 0;
  const auto add = [&](Index columns, const std::string& name) {
    for (Index j = 0; j < columns; ++j)
      require(independent.add(design.col(at++)), Error::Kind::data, "'", name,
              "' is confounded with the batches or what was named before it (it is constant within "
              "batches, or follows from the others), so that its effect and theirs cannot be told "
              "apart: harmonising would take it away, too. Leave it out only if it has no effect");
  };
  add(count, "batch");
  for (const std::string& name : covariates_) add(1, name);
  for (const Label& label : labels_) add(std::ssize(label.levels) - 1, label.name);
  require(rows > design.cols(), Error::Kind::data, rows, " cases for ", design.cols(),
          " effects: too few");

  choose_features(cases.values, batch);
  const auto used = std::count(left_alone_.begin(), left_alone_.end(), std::string());
  const auto first = std::find_if(left_alone_.begin(), left_alone_.end(),
                                  [](const std::string& why) { return !why.empty(); });
  const std::string others =
      first == left_alone_.end() ? "" : str(" (the first of the others is ", *first, ")");
  require(used >= 1 || others.empty(), Error::Kind::data, "no feature can be harmonised", others,
          ". Leave out the rows without values, or the features that do not vary");
  require(used >= 2 || options.prior == CombatPrior::none, Error::Kind::data,
          "empirical Bayes learns from many features, and ", used, " can be harmonised", others,
          ". Use ComBat without it (prior none)");

  const Eigen::MatrixXd coefficients = design.householderQr().solve(cases.values);
  kept_ = coefficients.bottomRows(kept.cols());
  const Eigen::MatrixXd fitted = design * coefficients;
  mean_ = Eigen::RowVectorXd::Zero(features_);
  scale_ = Eigen::RowVectorXd::Zero(features_);
  double weight = 0.0;  // cases that the mean and the common variance are of
  for (Index i = 0; i < rows; ++i) {
    const Index b = batch[std::size_t(i)];
    if (reference_ >= 0 && b != reference_) continue;
    weight += 1.0;
    mean_ += coefficients.row(b);
    scale_ += (cases.values.row(i) - fitted.row(i)).cwiseAbs2();
  }
  mean_ /= weight;
  scale_ = (scale_ / weight).cwiseSqrt();
  Eigen::MatrixXd standard = cases.values - kept * kept_;
  standard.rowwise() -= mean_;
  shrink((standard.array().rowwise() / scale_.array()).matrix(), batch, options);
}

void Combat::shrink(const Eigen::MatrixXd& standard, const std::vector<Index>& batch,
                    const CombatOptions& options) {
  const Index count = std::ssize(batches_);
  offset_ = Eigen::MatrixXd::Zero(count, features_);
  variance_ = Eigen::MatrixXd::Ones(count, features_);
  std::vector<Index> used;
  for (Index f = 0; f < features_; ++f)
    if (left_alone_[std::size_t(f)].empty()) used.push_back(f);
  for (Index b = 0; b < count; ++b) {
    if (b == reference_ || used.empty()) continue;
    const Index n = std::count(batch.begin(), batch.end(), b), size = std::ssize(used);
    BatchEstimates estimates{Eigen::MatrixXd(n, size), Eigen::VectorXd(size),
                             Eigen::VectorXd::Ones(size)};
    Index row = 0;
    for (Index i = 0; i < standard.rows(); ++i) {
      if (batch[std::size_t(i)] != b) continue;
      for (Index f = 0; f < size; ++f)
        estimates.standard(row, f) = standard(i, used[std::size_t(f)]);
      ++row;
    }
    for (Index f = 0; f < size; ++f) {
      const Moments moments(estimates.standard.col(f));
      estimates.offset[f] = moments.mean;
      if (!options.mean_only) estimates.variance[f] = moments.variance;
    }
    if (options.prior == CombatPrior::parametric && options.mean_only) {
      const Moments offsets(estimates.offset);
      for (double& offset : estimates.offset)
        offset = posterior_offset(offset, offsets.mean, 1.0, offsets.variance, 1.0);
    } else if (options.prior == CombatPrior::parametric) {
      parametric(estimates);
    } else if (options.prior == CombatPrior::nonparametric) {
      nonparametric(estimates);
      if (options.mean_only) estimates.variance.setOnes();
    }
    for (Index f = 0; f < size; ++f) {
      offset_(b, used[std::size_t(f)]) = estimates.offset[f];
      variance_(b, used[std::size_t(f)]) = estimates.variance[f];
    }
  }
}

Eigen::MatrixXd Combat::transform(const CombatCases& cases) const {
  require(cases.values.cols() == features_ && std::ssize(cases.batch) == cases.values.rows(),
          Error::Kind::data, "ComBat was fitted to ", features_, " features and is given ",
          cases.values.cols(), ", with ", cases.batch.size(), " batches for ", cases.values.rows(),
          " cases");
  const std::vector<Index> batch = batch_of(cases);
  const Eigen::MatrixXd expected = kept_columns(cases) * kept_;
  Eigen::MatrixXd result = cases.values;
  for (Index f = 0; f < features_; ++f) {
    if (!left_alone_[std::size_t(f)].empty()) continue;
    for (Index i = 0; i < result.rows(); ++i) {
      const Index b = batch[std::size_t(i)];
      if (b == reference_) continue;  // nothing is done to it, not even rounding
      const double kept = mean_[f] + expected(i, f);
      const double standard = (result(i, f) - kept) / scale_[f];
      result(i, f) = kept + scale_[f] * (standard - offset_(b, f)) / std::sqrt(variance_(b, f));
    }
  }
  return result;
}

}  // namespace vitrine::evaluation
