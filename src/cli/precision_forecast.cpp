#include "vitrine/cli/precision_forecast.hpp"

#include <cmath>
#include <cstdio>

#include "vitrine/trial/expected_precision.hpp"

namespace vitrine::cli {
namespace {

using Expected = trial::ExpectedPrecision;

std::string percent(double fraction) {
  char text[32];
  std::snprintf(text, sizeof text, fraction < 0.1 ? "%.1f" : "%.0f", 100.0 * fraction);
  return text;
}

/// Items of a list for people: "5, 10, 20".
template <class List, class Show>
std::string joined(const List& list, Show&& show) {
  std::string text;
  for (const auto& item : list) text += str(text.empty() ? "" : ", ", show(item));
  return text;
}

std::string patients(const std::optional<Index>& count) {
  return count ? str(*count) : "none are enough";
}

Value count(const std::optional<Index>& n) { return n ? Value(double(*n)) : Value(); }

}  // namespace

void show_expected_precision(const trial::Plan& plan) {
  const auto expected = trial::expected_precision(plan);
  if (!expected) return;
  const Expected& e = *expected;
  std::printf("\nexpected 95 %% intervals, if lesions of one patient correlate by %s\n",
              to_text(e.correlation).c_str());
  if (e.bias.empty()) {
    std::printf("  none: an interval takes 4 patients (there are %td)\n", e.patients);
    return;
  }
  std::printf("  from %td patients with %.3g lesions each\n", e.patients, e.lesions_per_patient);
  const auto spread = [](const Expected::OfBias& b) { return to_text(100.0 * b.sd); };
  std::printf("  relative bias  +-%s %% where the biases of lesions spread by %s %%\n",
              joined(e.bias, [](const auto& b) { return percent(b.half_width); }).c_str(),
              joined(e.bias, spread).c_str());
  if (!e.icc.empty())
    std::printf("  ICC            %s\n", joined(e.icc, [](const auto& a) {
                                           char text[32];
                                           std::snprintf(text, sizeof text, "%.2f +-%.2f", a.icc,
                                                         a.half_width);
                                           return std::string(text);
                                         }).c_str());
  if (e.repeat_degrees > 0.0)
    std::printf("  wSD, wCV       %.2f to %.2f of the value\n", e.wcv_low, e.wcv_high);
  std::printf(
      "patients that decide a bias within %s %% (80 %% power), spreads as above\n"
      "  no true bias   %s\n  a true bias of %s %%  %s\n",
      to_text(100.0 * e.limit).c_str(),
      joined(e.bias, [](const auto& b) { return patients(b.patients_without_bias); }).c_str(),
      to_text(50.0 * e.limit).c_str(),
      joined(e.bias, [](const auto& b) { return patients(b.patients_with_bias); }).c_str());
}

Value expected_precision_json(const trial::Plan& plan) {
  const auto expected = trial::expected_precision(plan);
  if (!expected) return {};
  const Expected& e = *expected;
  Value::List bias, icc;
  for (const auto& b : e.bias)
    bias.push_back(Value()
                       .set("lesion_sd_percent", Value(100.0 * b.sd))
                       .set("half_width_percent", Value(100.0 * b.half_width))
                       .set("patients_without_bias", count(b.patients_without_bias))
                       .set("patients_with_half_the_limit", count(b.patients_with_bias)));
  for (const auto& a : e.icc)
    icc.push_back(Value().set("icc", Value(a.icc)).set("half_width", Value(a.half_width)));
  Value value = Value()
                    .set("confidence", Value(0.95))
                    .set("patients", Value(double(e.patients)))
                    .set("lesions_per_patient", Value(e.lesions_per_patient))
                    .set("lesion_correlation", Value(e.correlation))
                    .set("design_effect", Value(e.design_effect))
                    .set("acceptable_bias_percent", Value(100.0 * e.limit))
                    .set("relative_bias", Value(std::move(bias)))
                    .set("icc", Value(std::move(icc)));
  if (e.repeat_degrees > 0.0)
    value.set("within_sd_ratio", Value(Value::List{Value(e.wcv_low), Value(e.wcv_high)}));
  return value;
}

}  // namespace vitrine::cli
