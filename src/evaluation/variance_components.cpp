#include "vitrine/evaluation/variance_components.hpp"

#include <algorithm>
#include <cmath>
#include <map>
#include <memory>
#include <set>

#include "vitrine/core/error.hpp"
#include "vitrine/core/math.hpp"
#include "vitrine/core/parallel.hpp"
#include "vitrine/evaluation/agreement.hpp"
#include "vitrine/evaluation/detail/variance_intervals.hpp"

namespace vitrine::evaluation {
namespace {

using detail::Held;
using detail::LikelihoodPoint;
using detail::MixedDesign;
using detail::ProfiledLikelihood;

constexpr const char* residual_name = "residual";

void check(const MixedModel& model, Index rows) {
  std::set<std::string> names{residual_name};
  const auto check_one = [&](const std::string& name, std::size_t size) {
    require(names.insert(name).second, Error::Kind::data, "the mixed model names '", name,
            "' twice (each factor and covariate needs a name of its own, and '", residual_name,
            "' is taken)");
    require(Index(size) == rows, Error::Kind::data, "'", name, "' has ", size,
            " rows (the features have ", rows, ")");
  };
  for (const Factor& f : model.factors) {
    check_one(f.name, f.level.size());
    require(f.slope.empty() || std::ssize(f.slope) == rows, Error::Kind::data, "the slope of '",
            f.name, "' has ", f.slope.size(), " rows (the features have ", rows, ")");
  }
  for (const Covariate& c : model.covariates) {
    check_one(c.name, c.value.size());
    for (const double v : c.value)
      require(std::isfinite(v), Error::Kind::data, "the covariate '", c.name,
              "' has a value that is not a finite number. Leave out rows without it");
  }
  for (const std::string& subject : model.subjects)
    require(
        std::any_of(model.factors.begin(), model.factors.end(),
                    [&](const Factor& f) { return f.name == subject && f.kind == Effect::random; }),
        Error::Kind::data, "the subject '", subject, "' is no random factor of the model");
}

/// Intervals of what one design can say about one feature.
class Intervals {
 public:
  Intervals(const ProfiledLikelihood& likelihood, const LikelihoodPoint& best,
            const VarianceOptions& options, double unit)
      : likelihood_(likelihood), best_(best), options_(options), unit_(unit) {}

  /// `levels` are those of the factor with the fewest in the set; the residual has no such limit.
  Estimate operator()(Held::What what, const std::vector<bool>& set, Index levels,
                      bool of_subjects = false) const {
    const double unit = what == Held::What::variance ? unit_ : 1.0;
    Estimate e;
    e.value = unit * detail::held_value(best_, what, set);
    if (!options_.intervals || (options_.of_subjects_alone && !of_subjects)) {
      e.reason = "no interval asked for";
    } else if (levels < fewest_levels) {
      e.reason = str("no interval from ", levels, " levels: at least ", fewest_levels, " needed");
    } else if (best_.ratio.size() > 0 && best_.ratio.maxCoeff() > exact_) {
      e.reason = "no interval: the factors explain every value, nothing is left as residual";
    } else if (const auto ends =
                   detail::profile_interval(likelihood_, best_, what, set, options_.confidence)) {
      e.low = unit * std::min(ends->first, ends->second);
      e.high = unit * ends->second;
    } else {
      e.reason = "no interval: the likelihood has no end to it";
    }
    return e;
  }

 private:
  static constexpr double exact_ = 1e10;  // a ratio beyond is a residual of rounding
  const ProfiledLikelihood& likelihood_;
  const LikelihoodPoint& best_;
  const VarianceOptions& options_;
  double unit_;
};

class Fitter {
 public:
  Fitter(const MixedModel& model, const VarianceOptions& options)
      : model_(model), options_(options) {}

  VarianceComponents withheld(const std::string& why, Index rows, Index missing) const {
    VarianceComponents result;
    result.rows = rows;
    result.missing = missing;
    for (const Factor& f : model_.factors)
      if (f.kind == Effect::random)
        result.components.push_back({f.name, 0, Estimate::withheld(why), Estimate::withheld(why)});
    result.components.push_back(
        {residual_name, rows, Estimate::withheld(why), Estimate::withheld(why)});
    result.subject_share = Estimate::withheld(why);
    return result;
  }

  VarianceComponents operator()(const MixedDesign& design, std::vector<double> values,
                                Index missing) const {
    const Index rows = design.rows, spare = rows - design.fixed;
    if (is_constant(values))
      return withheld("the feature has the same value in every row", rows, missing);
    if (spare < 2)
      return withheld(str(rows, " rows for ", design.fixed, " fixed effects: too few"), rows,
                      missing);
    // Unit variance about zero: the system's scale, not the feature's.
    double mean = 0.0, squares = 0.0;
    for (const double v : values) mean += v / double(rows);
    Eigen::VectorXd y(rows);
    for (Index i = 0; i < rows; ++i) y[i] = values[std::size_t(i)] - mean;
    mean += y.mean();
    y.array() -= y.mean();
    squares = y.squaredNorm();
    const double scale = std::sqrt(squares / double(rows));
    y /= scale;

    const ProfiledLikelihood likelihood(design, options_.likelihood, y);
    const LikelihoodPoint best = optimum(likelihood);
    VarianceComponents result;
    result.rows = rows;
    result.missing = missing;
    describe(design, likelihood, best, scale * scale, result);
    const Eigen::VectorXd unit_of = scale * design.effect_scale.cwiseInverse();
    result.effect_covariance = unit_of.asDiagonal() * best.effect_covariance * unit_of.asDiagonal();
    for (Index j = 0; j < design.fixed; ++j)
      result.effects.push_back({design.effect[std::size_t(j)],
                                unit_of[j] * best.effects[j] + (j == 0 ? mean : 0.0),
                                std::sqrt(result.effect_covariance(j, j))});
    const double degrees =
        options_.likelihood == Likelihood::restricted ? double(spare) : double(rows);
    result.criterion = best.deviance + 2.0 * degrees * math::log(scale);
    if (options_.likelihood == Likelihood::restricted)
      for (const double s : design.effect_scale) result.criterion += 2.0 * math::log(s);
    return result;
  }

 private:
  LikelihoodPoint optimum(const ProfiledLikelihood& likelihood) const {
    const Index groups = std::ssize(likelihood.design().groups);
    Eigen::VectorXd start(groups);
    for (Index k = 0; k < groups; ++k)
      start[k] = 1.0 / std::sqrt(likelihood.design().groups[std::size_t(k)].rows_per_level);
    constexpr double tolerance = 1e-17;
    LikelihoodPoint best = likelihood.maximise(start, {}, tolerance);
    // A component set to zero early may be wanted when the others have moved.
    for (int round = 0; round < 3; ++round) {
      Eigen::VectorXd ratio = best.ratio;
      for (Index k = 0; k < groups; ++k)
        if (ratio[k] == 0.0) ratio[k] = likelihood.negligible(k);
      const LikelihoodPoint beside = likelihood.at(ratio, {});
      bool wanted = false;
      for (Index k = 0; k < groups; ++k) {
        if (best.ratio[k] > 0.0) continue;
        if (beside.gradient[k] < 0.0) {
          wanted = true;
          ratio[k] *= 1e3;
        } else {
          ratio[k] = 0.0;
        }
      }
      if (!wanted) break;
      LikelihoodPoint again = likelihood.maximise(ratio, {}, tolerance);
      if (again.deviance >= best.deviance) break;
      best = std::move(again);
    }
    return best;
  }

  void describe(const MixedDesign& design, const ProfiledLikelihood& likelihood,
                const LikelihoodPoint& best, double unit, VarianceComponents& result) const {
    const Intervals interval(likelihood, best, options_, unit);
    const std::size_t groups = design.groups.size();
    const auto set_of = [&](std::size_t k) {
      std::vector<bool> set(groups + 1, false);
      set[k] = true;
      return set;
    };
    const auto group_named = [&](const std::string& name) {
      std::size_t k = 0;
      while (k < groups && design.groups[k].name != name) ++k;
      return k;
    };
    const auto why_not = [&](const std::string& name) -> const MixedDesign::LeftOut* {
      for (const auto& out : design.left_out)
        if (out.factor == name) return &out;
      return nullptr;
    };
    for (const auto& out : design.left_out) result.notes.push_back(str(out.factor, ": ", out.why));
    for (const Factor& f : model_.factors) {
      if (f.kind != Effect::random) continue;
      if (const auto* out = why_not(f.name)) {
        result.components.push_back(
            {f.name, out->levels, Estimate::withheld(out->why), Estimate::withheld(out->why)});
        continue;
      }
      const std::size_t k = group_named(f.name);
      const Index levels = design.groups[k].levels;
      VarianceComponent component{f.name, levels, {}, {}};
      if (const std::string& partner = design.confounded_partner[k]; !partner.empty()) {
        component.variance = component.share = Estimate::withheld(
            str("confounded with ", partner, ": the design cannot tell them apart"));
      } else {
        component.variance = interval(Held::What::variance, set_of(k), levels);
        component.share = interval(Held::What::share, set_of(k), levels);
      }
      result.components.push_back(std::move(component));
    }
    VarianceComponent residual{residual_name, design.rows, {}, {}};
    residual.variance = interval(Held::What::variance, set_of(groups), design.rows);
    if (groups > 0)
      residual.share = interval(Held::What::share, set_of(groups), design.rows);
    else
      residual.share = Estimate::withheld("no random factor is left to share with");
    if (design.residual_shared) residual.variance.reason = "holds what is confounded with it";
    result.components.push_back(std::move(residual));

    if (model_.subjects.empty()) {
      result.subject_share = Estimate::withheld("no factor was named as the subject");
      return;
    }
    std::vector<bool> subjects(groups + 1, false);
    Index levels = design.rows;
    for (const std::string& name : model_.subjects) {
      const std::size_t k = group_named(name);
      if (k == groups) {
        const auto* out = why_not(name);
        result.subject_share = Estimate::withheld(str(name, ": ", out ? out->why : "left out"));
        return;
      }
      subjects[k] = true;
      levels = std::min(levels, design.groups[k].levels);
    }
    result.subject_share = interval(Held::What::share, subjects, levels, true);
  }

  const MixedModel& model_;
  VarianceOptions options_;
};

}  // namespace

Factor combined(const Factor& outer, const Factor& inner, std::string name) {
  require(outer.level.size() == inner.level.size(), Error::Kind::data, "'", outer.name, "' has ",
          outer.level.size(), " rows and '", inner.name, "' ", inner.level.size());
  Factor result{std::move(name), {}, inner.kind, {}};
  for (std::size_t i = 0; i < outer.level.size(); ++i)
    result.level.push_back(str(outer.level[i].size(), ':', outer.level[i], '/', inner.level[i]));
  return result;
}

std::vector<VarianceComponents> variance_components(const MixedModel& model,
                                                    const Eigen::MatrixXd& values,
                                                    const VarianceOptions& options) {
  check(model, values.rows());
  // Features with values in the same rows share a design.
  std::map<std::vector<bool>, std::unique_ptr<MixedDesign>> designs;
  std::vector<const MixedDesign*> design_of(std::size_t(values.cols()));
  std::vector<std::vector<Index>> rows_of(std::size_t(values.cols()));
  for (Index f = 0; f < values.cols(); ++f) {
    std::vector<bool> present(std::size_t(values.rows()));
    auto& rows = rows_of[std::size_t(f)];
    for (Index i = 0; i < values.rows(); ++i)
      if ((present[std::size_t(i)] = std::isfinite(values(i, f)))) rows.push_back(i);
    if (rows.size() < 3) continue;
    auto& design = designs[present];
    if (!design) design = std::make_unique<MixedDesign>(model, rows);
    design_of[std::size_t(f)] = design.get();
  }
  const Fitter fit(model, options);
  std::vector<VarianceComponents> results(std::size_t(values.cols()));
  parallel_for(values.cols(), [&](Index f) {
    const auto& rows = rows_of[std::size_t(f)];
    const Index missing = values.rows() - std::ssize(rows);
    auto& result = results[std::size_t(f)];
    if (!design_of[std::size_t(f)]) {
      result = fit.withheld(str(rows.size(), " value(s): too few"), std::ssize(rows), missing);
      return;
    }
    std::vector<double> y;
    for (const Index row : rows) y.push_back(values(row, f));
    result = fit(*design_of[std::size_t(f)], std::move(y), missing);
  });
  return results;
}

}  // namespace vitrine::evaluation
