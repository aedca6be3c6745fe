#include <algorithm>
#include <set>

#include "vitrine/core/error.hpp"
#include "vitrine/report/detail/sections.hpp"

namespace vitrine::report {
namespace {

using evaluation::FeatureVerdict;
using evaluation::Finding;
using evaluation::Tolerance;
using Features = std::vector<const FeatureVerdict*>;

std::string share(double x) { return percent(x); }
std::string icc_text(double x) { return coefficient(x); }

/// "10 %": markup.
std::string limit_text(double fraction) { return plain(100.0 * fraction) + " %"; }

std::string truth_name(const Tolerance& tolerance) {
  return tolerance.against == Tolerance::Against::object ? "the object (T0)"
                                                         : "the reference arm (T1)";
}

std::size_t arms_of(const Page& page) {
  return std::size_t(
      std::ranges::count(page.verdicts.front().findings, "bias", &Finding::criterion));
}

/// What must hold of a feature that is fit.
std::string demands(const Page& page) {
  const std::size_t arms = arms_of(page);
  const Tolerance& t = page.tolerance;
  std::string text = arms == 1 ? std::string("the whole 95 % interval of the bias against ")
                               : str("in each of the ", arms,
                                     " arms the whole 95 % interval of the bias against ");
  text += str(truth_name(t), " lies within \u00b1 ", limit_text(t.bias));
  if (t.icc)
    text += str(t.within_cv ? ", " : " and ", "that of ICC(A,1) at or above ", plain(*t.icc));
  if (t.within_cv) text += str(" and that of wCV at or below ", limit_text(*t.within_cv));
  return text;
}

/// How many more patients the undecided take.
std::string outlook(const Features& undecided) {
  std::vector<Index> further;
  for (const auto* feature : undecided)
    if (feature->overall.further_patients) further.push_back(*feature->overall.further_patients);
  std::ranges::sort(further);
  std::string text;
  if (!further.empty()) {
    text = str(" With the bias and the spread seen here, about ", further.front(), " more patient",
               further.front() == 1 ? "" : "s", " would probably decide ");
    const Index half = further[(further.size() - 1) / 2];
    if (further.size() == 1)
      text += "one of them";
    else
      text += str("the first of them", further.front() == half ? "" : str(", and ", half),
                  further.front() == half ? " and half" : " half", " of the ", further.size(),
                  " that patients can decide");
    text += '.';
  }
  if (const std::size_t rest = undecided.size() - further.size(); rest > 0)
    text +=
        str(" For ", rest, further.empty() ? "" : " others",
            " no number of patients would: what was seen lies at the limit or beyond it, or too "
            "close to it.");
  return text;
}

std::string are(std::size_t n) { return n == 1 ? " is " : " are "; }

/// Those that arms can change come first.
void write_names(Html& html, std::string_view heading, Features features) {
  if (features.empty()) return;
  std::stable_partition(features.begin(), features.end(),
                        [](const auto* f) { return !f->same_in_all_arms; });
  constexpr std::size_t shown = 40;  // more are folded
  html.raw(features.size() <= shown ? "<details class=\"passing\" open><summary>"
                                    : "<details class=\"passing\"><summary>");
  html.text(heading).raw("</summary><p>");
  for (const auto* feature : features) {
    html.raw("<code>").raw(breakable(feature->feature.id)).raw("</code>");
    if (feature->same_in_all_arms) html.raw("<small> (same in every arm)</small>");
    html.raw(feature == features.back() ? "" : ", ");
  }
  html.raw("</p></details>\n");
}

void write_reasons(Html& html, std::string_view heading, const Features& features,
                   std::string_view last_column = {}) {
  if (features.empty()) return;
  html.raw("<details class=\"passing\"><summary>").text(heading);
  html.raw("</summary><div class=\"scroll\"><table class=\"sortable\"><thead><tr>");
  for (const std::string_view column :
       {std::string_view("feature"), std::string_view("decided by")})
    html.raw("<th scope=\"col\">").text(column).raw("</th>");
  html.raw("<th scope=\"col\" class=\"number\">value (95 % interval)</th>");
  if (!last_column.empty()) html.raw("<th scope=\"col\">").text(last_column).raw("</th>");
  html.raw("</tr></thead><tbody>\n");
  for (const auto* feature : features) {
    const Finding& finding = feature->findings[feature->deciding];
    html.raw("<tr><th scope=\"row\">").raw(breakable(feature->feature.id)).raw("</th><td>");
    html.text(finding.criterion == "icc"   ? "ICC(A,1)"
              : finding.criterion == "wcv" ? "wCV"
                                           : "bias");
    if (!finding.arm.empty()) html.raw(" <small>").raw(breakable(finding.arm)).raw("</small>");
    html.raw("</td>").estimate_cell(finding.estimate,
                                    finding.criterion == "icc" ? icc_text : share);
    const auto& further = feature->overall.further_patients;
    if (!last_column.empty())
      html.raw("<td>")
          .text(further ? str("about ", *further) : feature->overall.reason)
          .raw("</td>");
    html.raw("</tr>\n");
  }
  html.raw("</tbody></table></div></details>\n");
}

}  // namespace

void write_verdict(Html& html, const Page& page, const Answer& answer) {
  if (page.verdicts.empty()) return;
  const std::size_t all = page.verdicts.size();
  html.raw("<p class=\"lead\"><strong>");
  html.text(str(answer.fit.size(), " of ", all, all == 1 ? " feature" : " features",
                are(answer.fit.size()), "fit for the decision"));
  html.raw("</strong>: ").raw(demands(page)).text(". ");
  if (const auto same = std::ranges::count_if(
          answer.fit, [](const auto* feature) { return feature->same_in_all_arms; }))
    html.text(str(same, " of them cannot be changed by any arm. "));
  html.text(str(answer.unfit.size(), are(answer.unfit.size()), "unfit, ", answer.undecided.size(),
                are(answer.undecided.size()), "undecided"));
  if (!answer.not_judged.empty())
    html.text(str(", and ", answer.not_judged.size(), " could not be judged"));
  html.text(".");
  if (!answer.undecided.empty()) html.text(outlook(answer.undecided));
  html.raw("</p>\n");
}

void write_judged_features(Html& html, const Page& page, const Answer& answer) {
  if (page.verdicts.empty()) return;
  write_names(html, str("Fit: ", answer.fit.size()), answer.fit);
  write_reasons(html, str("Undecided: ", answer.undecided.size()), answer.undecided,
                "more patients");
  write_reasons(html, str("Unfit: ", answer.unfit.size()), answer.unfit);
  write_reasons(html, str("Not judged: ", answer.not_judged.size()), answer.not_judged, "why");
  html.element(
      "p",
      "Fit: the whole 95 % interval is inside the limits (two one-sided tests at 2.5 %); unfit: it "
      "is outside in some arm. A feature must be fit in every arm, so arms need no correction. "
      "Features are judged one by one: of those whose true bias is at the limit, one in forty is "
      "called fit by chance.",
      "note");
}

}  // namespace vitrine::report
