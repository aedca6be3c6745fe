#include "vitrine/evaluation/detection.hpp"

#include <algorithm>
#include <cmath>
#include <functional>
#include <limits>

namespace vitrine::evaluation {
namespace {

constexpr std::size_t most_thresholds = 128;

/// Scores of lesions that were found, each once, surest first: between two of them nothing more is
/// found.
std::vector<double> thresholds_of(std::span<const ReadImage> images) {
  std::vector<double> all;
  for (const ReadImage& image : images)
    for (const double score : image.best)
      if (!std::isnan(score)) all.push_back(score);
  std::ranges::sort(all, std::greater{});
  all.erase(std::unique(all.begin(), all.end()), all.end());
  return all;
}

std::vector<double> thinned(const std::vector<double>& all) {
  if (all.size() <= most_thresholds) return all;
  std::vector<double> some;
  for (std::size_t i = 0; i < most_thresholds; ++i)
    some.push_back(all[i * (all.size() - 1) / (most_thresholds - 1)]);
  return some;
}

/// Terms of an image: lesions, images, then of each threshold what is found and what is false.
void add_image(const ReadImage& image, std::span<const double> thresholds, std::span<double> sums) {
  sums[0] += double(image.best.size());
  sums[1] += 1.0;
  for (std::size_t t = 0; t < thresholds.size(); ++t) {
    const auto passes = [&](double score) { return score >= thresholds[t]; };
    sums[2 + 2 * t] += double(std::ranges::count_if(image.best, passes));
    sums[3 + 2 * t] += double(std::ranges::count_if(image.false_ones, passes));
  }
}

/// `sums`: the terms of one set of images; `at(i)` gives term i.
template <class At>
double sensitivity_at(double rate, std::size_t thresholds, const At& at) {
  if (at(0) == 0.0) return std::numeric_limits<double>::quiet_NaN();
  double found = 0.0;
  for (std::size_t t = 0; t < thresholds && at(3 + 2 * t) <= rate * at(1); ++t)
    found = at(2 + 2 * t);
  return found / at(0);
}

template <class At>
double cpm_of(std::size_t thresholds, const At& at) {
  double sum = 0.0;
  for (const double rate : cpm_rates) sum += sensitivity_at(rate, thresholds, at);
  return sum / double(std::size(cpm_rates));
}

PatientSums sums_of(std::span<const ReadImage> images, const Clusters& patients,
                    std::span<const double> thresholds) {
  return sum_by_patient(patients, Index(2 + 2 * thresholds.size()),
                        [&](Index row, std::span<double> sums) {
                          add_image(images[std::size_t(row)], thresholds, sums);
                        });
}

}  // namespace

ReadImage match(std::span<const Mark> findings, std::span<const Target> lesions) {
  ReadImage read;
  read.best.assign(lesions.size(), std::numeric_limits<double>::quiet_NaN());
  for (const Mark& finding : findings) {
    std::size_t nearest = lesions.size();
    double least = std::numeric_limits<double>::infinity();
    for (std::size_t l = 0; l < lesions.size(); ++l) {
      const double distance = (finding.centre - lesions[l].centre).norm();
      if (distance <= lesions[l].radius && distance < least) {
        least = distance;
        nearest = l;
      }
    }
    if (nearest == lesions.size())
      read.false_ones.push_back(finding.score);
    else if (!(read.best[nearest] >= finding.score))
      read.best[nearest] = finding.score;
  }
  return read;
}

Froc froc(std::span<const ReadImage> images) {
  Froc curve;
  curve.threshold = thresholds_of(images);
  std::vector<double> sums(2 + 2 * curve.threshold.size(), 0.0);
  for (const ReadImage& image : images) add_image(image, curve.threshold, sums);
  curve.lesions = Index(sums[0]);
  curve.images = Index(sums[1]);
  for (std::size_t t = 0; t < curve.threshold.size(); ++t) {
    curve.sensitivity.push_back(sums[2 + 2 * t] / sums[0]);
    curve.false_per_image.push_back(sums[3 + 2 * t] / sums[1]);
  }
  return curve;
}

DetectionScore score_detection(std::span<const ReadImage> images, const Clusters& patients,
                               std::span<const double> rates, const Resampling& resampling) {
  DetectionScore score;
  if (std::ranges::all_of(images, [](const ReadImage& image) { return image.best.empty(); })) {
    score.at.assign(rates.size(), Estimate::withheld("there are no lesions"));
    score.cpm = Estimate::withheld("there are no lesions");
    return score;
  }
  const std::vector<double> thresholds = thinned(thresholds_of(images));
  const std::vector<Scale> scales(rates.size() + 1, Scale::plain());
  score.at = patient_bootstrap(
      {sums_of(images, patients, thresholds)}, resampling, scales,
      [&](const Eigen::ArrayXXd& totals, Eigen::ArrayXXd& values) {
        for (Index set = 0; set < totals.rows(); ++set) {
          const auto at = [&](std::size_t term) { return totals(set, Index(term)); };
          for (std::size_t r = 0; r < rates.size(); ++r)
            values(set, Index(r)) = sensitivity_at(rates[r], thresholds.size(), at);
          values(set, Index(rates.size())) = cpm_of(thresholds.size(), at);
        }
      });
  score.cpm = score.at.back();
  score.at.pop_back();
  return score;
}

Estimate cpm_difference(std::span<const ReadImage> first, const Clusters& of_first,
                        std::span<const ReadImage> second, const Clusters& of_second,
                        const Resampling& resampling) {
  VITRINE_EXPECT(of_first.count() == of_second.count());
  const std::vector<double> a = thinned(thresholds_of(first)), b = thinned(thresholds_of(second));
  const PatientSums left = sums_of(first, of_first, a), right = sums_of(second, of_second, b);
  PatientSums both(left.rows() + right.rows(), left.cols());
  both << left, right;
  const auto split = std::size_t(left.rows());
  return patient_bootstrap(both, resampling, Scale::plain(), [&](std::span<const double> total) {
    return cpm_of(a.size(), [&](std::size_t term) { return total[term]; }) -
           cpm_of(b.size(), [&](std::size_t term) { return total[split + term]; });
  });
}

}  // namespace vitrine::evaluation
