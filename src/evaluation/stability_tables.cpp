#include <algorithm>
#include <cmath>

#include "vitrine/core/error.hpp"
#include "vitrine/evaluation/detail/row_writer.hpp"
#include "vitrine/evaluation/preprocessing.hpp"
#include "vitrine/evaluation/robustness.hpp"
#include "vitrine/evaluation/stability.hpp"

namespace vitrine::evaluation {
namespace {

using detail::RowWriter;

void describe(RowWriter& out, const Feature& feature) {
  out.cell("feature", feature.id);
  out.cell("family", feature.family);
  out.cell("ibsi_code", feature.ibsi_code);
  out.cell("unit", feature.unit);
}

void biases(RowWriter& out, const Biases& b) {
  out.bias("total_bias_t0", b.total);
  out.bias("bias_t1", b.reference);
  out.bias("noise_bias_t2", b.noise);
  out.bias("arm_bias_t2_t1", b.arm);
}

}  // namespace

Table stability_table(std::span<const StabilityRow> rows) {
  Table table;
  for (const StabilityRow& row : rows) {
    RowWriter out(table);
    describe(out, row.feature);
    out.cell("patients", double(row.patients));
    out.cell("lesions", double(row.lesions));
    out.cell("values", double(row.values));
    out.cell("excluded", double(row.excluded));
    out.interval("icc_a1", row.icc);
    out.cell("icc_method", row.icc.has_value() ? row.icc_method : "");
    out.interval("icc_c1", row.consistency);
    out.interval("occc", row.overall_concordance);
    const Repeatability& r = row.repeatability;
    out.cell("repeated_lesions", double(r.lesions));
    out.interval("wsd", r.within_sd);
    out.interval("rc", r.coefficient);
    out.interval("wcv_rms", r.within_cv_rms);
    out.interval("wcv_log", r.within_cv_log);
    out.interval("rc_relative_down", r.relative_down);
    out.interval("rc_relative_up", r.relative_up);
    const Reproducibility& arms = row.reproducibility;
    out.interval("rdc", arms.coefficient);
    out.interval("rdc_relative_down", arms.relative_down);
    out.interval("rdc_relative_up", arms.relative_up);
    out.interval("qcd", arms.dispersion);
    out.test("friedman_q", row.friedman.statistic, row.friedman.reason);
    out.cell("friedman_p", row.friedman.p);
    out.cell("friedman_p_bh", row.friedman_adjusted);
    biases(out, row.bias);
    out.interval("linearity_slope", row.linearity.slope);
    out.interval("linearity_intercept", row.linearity.intercept);
    out.interval("linearity_r2", row.linearity.r_squared);
    out.interval("linearity_quadratic", row.linearity.quadratic);
    out.cell("linearity_quadratic_p", row.linearity.quadratic_p);
    out.cell("linearity_quadratic_p_bh", row.curve_adjusted);
    out.interval("ccc_t0", row.concordance);
    out.interval("spearman_volume", row.spearman_volume);
    out.interval("pearson_volume", row.pearson_volume);
    const FeatureClusters::Feature& cluster = row.cluster;
    const bool member = cluster.cluster != FeatureClusters::none;
    out.test("cluster", member ? double(cluster.cluster + 1) : double(NAN), cluster.reason);
    out.cell("cluster_speaker", double(cluster.representative));
    out.cell("cluster_correlation", cluster.correlation);
    std::string remark;
    if (row.excluded > 0) remark = str(row.excluded, " value(s) excluded: ", row.exclusion);
    if (row.same_in_all_arms)
      remark += (remark.empty() ? "" : "; ") + std::string("the same in every arm");
    if (row.noise_alone)
      remark += (remark.empty() ? "" : "; ") + std::string("repeatability of noise alone");
    out.finish(remark);
  }
  return table;
}

Table arm_bias_table(std::span<const StabilityRow> rows, std::span<const std::string> arms) {
  Table table;
  for (const StabilityRow& row : rows)
    for (std::size_t arm = 0; arm < row.arm_bias.size(); ++arm) {
      RowWriter out(table);
      describe(out, row.feature);
      out.cell("arm", arms[arm]);
      biases(out, row.arm_bias[arm]);
      out.finish();
    }
  return table;
}

Table bland_altman_table(std::span<const StabilityRow> rows, std::span<const std::string> arms) {
  Table table;
  const auto differences = [](RowWriter& out, const std::string& after, const Differences& d) {
    out.interval("bias" + after, d.bias);
    out.interval("sd" + after, d.sd);
    out.interval("lower_limit" + after, d.lower);
    out.interval("upper_limit" + after, d.upper);
  };
  for (const StabilityRow& row : rows)
    for (std::size_t i = 0; i < row.differences.size(); ++i) {
      RowWriter out(table);
      describe(out, row.feature);
      out.cell("arm", arms[i + 1]);
      out.cell("against", arms.front());
      out.cell("lesions", double(row.differences[i].pairs));
      differences(out, "", row.differences[i].absolute);
      differences(out, "_relative", row.differences[i].relative);
      out.interval("slope", row.differences[i].slope);
      out.finish();
    }
  return table;
}

Table robustness_table(std::span<const RobustnessRow> rows) {
  Table table;
  for (const RobustnessRow& row : rows) {
    RowWriter out(table);
    describe(out, row.feature);
    out.cell("arm", row.arm);
    out.cell("perturbations", double(row.perturbations));
    out.cell("patients", double(row.patients));
    out.cell("lesions", double(row.lesions));
    out.interval("icc_perturbation", row.icc);
    out.cell("values", double(row.values));
    out.cell("excluded", double(row.excluded));
    out.finish();
  }
  return table;
}

PreprocessedFeature::Side side_of(const StabilityRow& row) {
  return {row.icc, row.repeatability.within_cv_rms, row.bias.total.relative, row.concordance};
}

Table preprocessing_table(std::span<const PreprocessedFeature> rows) {
  Table table;
  for (const PreprocessedFeature& row : rows) {
    RowWriter out(table);
    out.cell("preprocessing", row.preprocessing);
    describe(out, row.feature);
    out.cell("unit_after", row.unit_after);
    out.cell("patients", double(row.patients));
    out.cell("lesions", double(row.lesions));
    const auto both = [&](const std::string& name, const Estimate& before, const Estimate& after) {
      out.interval(name + "_before", before);
      out.interval(name + "_after", after);
    };
    both("icc_a1", row.before.icc, row.after.icc);
    both("wcv_rms", row.before.within_cv, row.after.within_cv);
    both("total_bias_t0_relative", row.before.bias, row.after.bias);
    both("ccc_t0", row.before.concordance, row.after.concordance);
    both("rms_error", row.error.before, row.error.after);
    out.interval("rms_error_ratio", row.error.ratio);
    out.interval("object_error_after", row.object_error.after);
    out.interval("object_error_ratio", row.object_error.ratio);
    out.finish();
  }
  return table;
}

}  // namespace vitrine::evaluation
