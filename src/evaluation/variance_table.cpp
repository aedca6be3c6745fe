#include "vitrine/core/error.hpp"
#include "vitrine/evaluation/variance_components.hpp"

namespace vitrine::evaluation {

std::string reasons(const Estimate& variance, const Estimate& share) {
  if (variance.reason.empty() || variance.reason == share.reason) return share.reason;
  return variance.reason + (share.reason.empty() ? "" : "; share: " + share.reason);
}

Table variance_table(std::span<const std::string> features,
                     std::span<const VarianceComponents> results) {
  VITRINE_EXPECT(features.size() == results.size());
  Table table;
  table.columns = {"feature",   "component",    "levels",        "rows",
                   "variance",  "variance_low", "variance_high", "share",
                   "share_low", "share_high",   "notes"};
  for (std::size_t f = 0; f < features.size(); ++f) {
    const VarianceComponents& v = results[f];
    for (const VarianceComponent& c : v.components)
      table.add({features[f], c.factor, double(c.levels), double(v.rows), c.variance.value,
                 c.variance.low, c.variance.high, c.share.value, c.share.low, c.share.high,
                 reasons(c.variance, c.share)});
    const Estimate& s = v.subject_share;
    const double none = std::numeric_limits<double>::quiet_NaN();
    table.add({features[f], "subjects", none, double(v.rows), none, none, none, s.value, s.low,
               s.high, s.reason});
  }
  return table;
}

}  // namespace vitrine::evaluation
