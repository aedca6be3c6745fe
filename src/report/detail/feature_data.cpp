#include "vitrine/report/detail/feature_data.hpp"

#include <algorithm>
#include <cmath>
#include <cstdio>

#include "vitrine/core/base64.hpp"
#include "vitrine/core/error.hpp"
#include "vitrine/report/detail/sections.hpp"
#include "vitrine/report/figures.hpp"

namespace vitrine::report {
namespace {

using evaluation::Estimate;
using evaluation::StabilityRow;

/// A number to so many significant digits: more cannot be seen in a drawing.
std::string short_number(double number, int digits = 5) {
  if (!std::isfinite(number)) return "null";
  if (number == 0.0) return "0";
  char text[32];
  const int length = std::snprintf(text, sizeof text, "%.*g", digits, number);
  return {text, std::size_t(length)};
}

/// [value, low, high] or, where there is none, the reason.
std::string json(const Estimate& e) {
  if (!e.has_value()) return json_text(e.reason);
  return str('[', short_number(e.value), ',', short_number(e.low), ',', short_number(e.high), ']');
}

template <class Range, class Show>
std::string json_list(const Range& range, Show&& show) {
  std::string text = "[";
  for (const auto& item : range) text += (text.size() > 1 ? "," : "") + show(item);
  return text + "]";
}

std::string json_names(const std::vector<std::string>& names) {
  return json_list(names, [](const std::string& name) { return json_text(name); });
}

const evaluation::FeatureVerdict* verdict_of(const Page& page, const std::string& id) {
  const auto found = std::ranges::find_if(
      page.verdicts, [&](const auto& verdict) { return verdict.feature.id == id; });
  return found == page.verdicts.end() ? nullptr : &*found;
}

std::string row_data(const Page& page, const StabilityRow& row) {
  const auto* verdict = verdict_of(page, row.feature.id);
  return "{\"id\":" + json_text(row.feature.id) + ",\"family\":" + json_text(row.feature.family) +
         ",\"icc\":" + short_number(row.icc.value) + ",\"low\":" + short_number(row.icc.low) +
         ",\"high\":" + short_number(row.icc.high) +
         ",\"grade\":" + json_text(to_string(grade(row.icc))) +
         ",\"volume\":" + short_number(row.spearman_volume.value) +
         ",\"bias\":" + short_number(row.bias.total.relative.value) +
         ",\"wcv\":" + short_number(row.repeatability.within_cv_rms.value) + ",\"verdict\":" +
         json_text(verdict ? evaluation::to_string(verdict->overall.verdict) : "") + "}";
}

/// `[name, kind, estimate]`; kind says how report.js writes the number: c coefficient, p percent,
/// n number.
std::string fact(std::string_view name, char kind, const Estimate& e) {
  return str('[', json_text(name), ",\"", kind, "\",", json(e), ']');
}

std::string facts_of(const StabilityRow& row) {
  const auto& r = row.repeatability;
  std::string text = "[" + fact("ICC(A,1) over the arms", 'c', row.icc);
  for (const auto& one : {fact("ICC(C,1), offsets between arms aside", 'c', row.consistency),
                          fact("OCCC over the arms", 'c', row.overall_concordance),
                          fact("CCC with the object (T0)", 'c', row.concordance),
                          fact("\u03c1 with volume (Spearman)", 'c', row.spearman_volume),
                          fact("wSD of repeats", 'n', r.within_sd),
                          fact("repeatability coefficient", 'n', r.coefficient),
                          fact("wCV of repeats", 'p', r.within_cv_rms),
                          fact("bias against the object (T0)", 'p', row.bias.total.relative),
                          fact("slope against the truth", 'n', row.linearity.slope),
                          fact("R\u00b2 of that line", 'c', row.linearity.r_squared)})
    text += "," + one;
  return text + "]";
}

/// Relative where that is defined for every arm that has a bias, else in the unit.
std::string biases_of(const StabilityRow& row) {
  const bool relative = std::ranges::all_of(row.arm_bias, [](const auto& arm) {
    return arm.total.relative.has_value() || !arm.total.difference.has_value();
  });
  return str("\"biasUnit\":", json_text(relative ? "%" : row.feature.unit),
             ",\"bias\":", json_list(row.arm_bias, [&](const auto& arm) {
               return json(relative ? arm.total.relative : arm.total.difference);
             }));
}

std::string differences_of(const StabilityRow& row) {
  return json_list(row.differences, [](const auto& pair) {
    const auto& d = pair.absolute;
    return str('[', json(d.bias), ',', json(d.lower), ',', json(d.upper), ']');
  });
}

/// Numbers as 16-bit steps between their least and largest: finer than a pixel. 65535: none.
std::string packed(const std::vector<double>& values) {
  double low = INFINITY, high = -INFINITY;
  for (const double v : values)
    if (std::isfinite(v)) low = std::min(low, v), high = std::max(high, v);
  if (low > high) return "null";
  constexpr double steps = 65534.0;
  const double range = high - low;
  std::vector<std::byte> bytes;
  for (const double v : values) {
    const unsigned code = !std::isfinite(v) ? 65535u
                          : range > 0.0     ? unsigned(std::floor((v - low) / range * steps + 0.5))
                                            : 0u;
    bytes.push_back(std::byte(code & 255u));
    bytes.push_back(std::byte(code >> 8));
  }
  return str("{\"low\":", short_number(low, 12), ",\"high\":", short_number(high, 12),
             ",\"codes\":\"", base64(bytes), "\"}");
}

std::string variance_of(const Page& page, const std::string& id) {
  const auto found = std::ranges::find(page.variances, id, &evaluation::FeatureVariance::feature);
  if (found == page.variances.end()) return "null";
  return json_list(found->shares, [](const auto& part) {
    return str('[', json_text(part.source), ',', json(part.share), ']');
  });
}

std::string harmonised_of(const Page& page, const std::string& id) {
  std::string text = "[";
  for (const Harmonised& run : page.harmonised) {
    const auto found = std::ranges::find(run.features, id, &evaluation::HarmonisedFeature::feature);
    if (found == run.features.end()) continue;
    text +=
        str(text.size() > 1 ? "," : "", '[', json_text(run.method), ',', json_text(run.truth), ',',
            json(found->icc_before), ',', json(found->icc_after), ',', json(found->error.before),
            ',', json(found->error.after), ',', json(found->error.ratio), ']');
  }
  return text + "]";
}

std::string verdict_data(const Page& page, const std::string& id) {
  const auto* verdict = verdict_of(page, id);
  if (!verdict) return "null";
  const auto& finding = verdict->findings[verdict->deciding];
  return str("{\"verdict\":", json_text(evaluation::to_string(verdict->overall.verdict)),
             ",\"reason\":", json_text(verdict->overall.reason),
             ",\"criterion\":", json_text(finding.criterion), ",\"arm\":", json_text(finding.arm),
             ",\"value\":", json(finding.estimate), '}');
}

std::string feature_line(const Page& page, std::size_t f) {
  const StabilityRow& row = page.stability[f];
  std::string line =
      str("{\"unit\":", json_text(row.feature.unit), ",\"code\":", json_text(row.feature.ibsi_code),
          ",\"facts\":", facts_of(row), ",\"verdict\":", verdict_data(page, row.feature.id), ',',
          biases_of(row), ",\"differences\":", differences_of(row),
          ",\"variance\":", variance_of(page, row.feature.id),
          ",\"harmonised\":", harmonised_of(page, row.feature.id));
  line += str(",\"lesions\":", row.lesions, ",\"patients\":", row.patients,
              ",\"excluded\":", row.excluded, ",\"values\":", row.values,
              ",\"exclusion\":", json_text(row.exclusion));
  if (f < page.measured.scans.size())
    line += ",\"scans\":" + packed(page.measured.scans[f]) +
            ",\"truth\":" + packed(page.measured.truth[f]);
  return line + "}";
}

}  // namespace

std::string page_data(const Page& page) {
  std::string json = "{\"arms\":" + json_names(page.arm_names);
  json += ",\"lesions\":" + json_names(page.measured.lesions);
  if (page.measured.left_out > 0) json += str(",\"leftOut\":", page.measured.left_out);
  json +=
      ",\"levels\":" + json_list(stack_levels(), [](int level) { return std::to_string(level); });
  json += ",\"variance\":" + json_list(page.variances, [&](const auto& feature) {
            return json_list(feature.shares, [](const auto& part) {
              return str('[', json_text(part.source), ',', short_number(part.share.value, 4), ']');
            });
          });
  json += ",\"varianceRows\":" + json_list(page.variances, [&](const auto& feature) {
            return std::to_string(feature_index(page, feature.feature));
          });
  json += ",\"rows\":[";
  for (std::size_t f = 0; f < page.stability.size(); ++f)
    json += (f > 0 ? ",\n" : "") + row_data(page, page.stability[f]);
  return json + "]}";
}

std::string feature_lines(const Page& page) {
  std::string text;
  for (std::size_t f = 0; f < page.stability.size(); ++f)
    text += (f > 0 ? "\n" : "") + feature_line(page, f);
  return text;
}

}  // namespace vitrine::report
