#pragma once
#include <Eigen/Core>
#include <span>
#include <string>
#include <vector>

#include "vitrine/model/volume.hpp"

namespace vitrine::evaluation {

/// Features that say the same, by the ranks they give the lesions.
struct FeatureClusters {
  static constexpr Index none = -1;

  struct Feature {
    Index cluster = none;         ///< from 0 in the order of the first member; none: left out
    bool representative = false;  ///< of its cluster
    double correlation = 0.0;     ///< |Spearman| with the representative; NaN where left out
    std::string reason;           ///< why it is left out
  };
  std::vector<Feature> features;  ///< one per column, in order
  Index clusters = 0;
};

/// Average-linkage clustering of the distance 1 - |Spearman| (Sokal & Michener 1958), cut where
/// clusters are farther apart than `distance` on average.
///
/// `values` holds lesions down and features across; a pair of features is compared in the lesions
/// where both have a value, and a pair without a correlation there counts as uncorrelated. Features
/// that are constant or have fewer than three values are left out, with the reason. The
/// representative has the largest `scores` (NaN last); without scores it is the member with the
/// largest mean |Spearman| to the others. Of equals the first one counts, in merges too: the pair
/// of clusters whose first members come first.
FeatureClusters cluster_features(const Eigen::MatrixXd& values, double distance,
                                 std::span<const double> scores = {});

}  // namespace vitrine::evaluation
