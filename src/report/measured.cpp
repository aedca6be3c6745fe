#include "vitrine/report/measured.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>

namespace vitrine::report {

Measured measured(const evaluation::Study& study) {
  constexpr double none = std::numeric_limits<double>::quiet_NaN();
  const std::size_t lesions = study.lesions.size(), arms = study.arms.size();
  Measured all;
  all.arms = arms;
  for (const evaluation::Lesion& lesion : study.lesions)
    all.lesions.push_back(lesion.patient + ", " + lesion.id);
  all.scans.assign(study.features.size(), std::vector<double>(lesions * arms, 0.0));
  all.truth.assign(study.features.size(), std::vector<double>(lesions, none));
  std::vector<double> scans(lesions * arms, 0.0);  // of each place
  for (const evaluation::Sample& sample : study.samples) {
    const auto lesion = std::size_t(sample.lesion);
    if (sample.source == evaluation::Source::object_truth && sample.arm <= 0)
      for (std::size_t f = 0; f < all.truth.size(); ++f) all.truth[f][lesion] = sample.values[f];
    if (sample.source != evaluation::Source::scan || sample.arm < 0) continue;
    const std::size_t place = lesion * arms + std::size_t(sample.arm);
    scans[place] += 1.0;
    for (std::size_t f = 0; f < all.scans.size(); ++f) all.scans[f][place] += sample.values[f];
  }
  for (auto& feature : all.scans)
    for (std::size_t i = 0; i < feature.size(); ++i)
      feature[i] = scans[i] > 0.0 ? feature[i] / scans[i] : none;
  return all;
}

double level_difference(const evaluation::StabilityRow& row, const evaluation::ArmFactor& factor) {
  struct Mean {
    double sum = 0.0, n = 0.0;
  };
  std::map<std::string, Mean> levels;
  for (std::size_t a = 0; a < std::min(row.arm_bias.size(), factor.level.size()); ++a) {
    Mean& level = levels[factor.level[a]];
    level.sum += row.arm_bias[a].reference.relative.value;
    level.n += 1.0;
  }
  double low = std::numeric_limits<double>::infinity(), high = -low;
  for (const auto& [name, level] : levels) {
    const double mean = level.sum / level.n;
    if (std::isnan(mean)) return mean;
    low = std::min(low, mean);
    high = std::max(high, mean);
  }
  return levels.empty() ? std::numeric_limits<double>::quiet_NaN() : high - low;
}

}  // namespace vitrine::report
