#pragma once
#include <span>

#include "vitrine/evaluation/roc.hpp"

namespace vitrine::evaluation {

/// The mean area under the ROC curve of readers of the same patients, for readers and patients like
/// these: both are samples.
///
/// Obuchowski & Rockette, Commun Stat Simul Comput 24 (1995) 285, with the degrees of freedom of
/// Hillis, Stat Med 26 (2007) 596: of r readers the variance is MS / r + max(Cov, 0), where MS is
/// the variance of their areas and Cov the mean covariance of two of them, from DeLong's and
/// Obuchowski's components; Student's t with (r - 1) ((MS + r max(Cov, 0)) / MS)^2 degrees. No
/// interval below two readers, or where `area_interval` gives none for one of them.
Estimate mean_over_readers(std::span<const RocArea> readers, double confidence = 0.95);

/// The mean of the differences `a` less `b` of each reader, paired: the same with the differences
/// in place of the areas, which is the method's test of two modalities.
Estimate difference_over_readers(std::span<const RocArea> a, std::span<const RocArea> b,
                                 double confidence = 0.95);

}  // namespace vitrine::evaluation
