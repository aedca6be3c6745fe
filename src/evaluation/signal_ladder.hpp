#pragma once
#include <Eigen/Core>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "vitrine/core/table.hpp"
#include "vitrine/evaluation/calibration.hpp"
#include "vitrine/evaluation/combat.hpp"
#include "vitrine/evaluation/estimate.hpp"

namespace vitrine::evaluation {

/// Lesions whose label is known because it was given to them, measured in all images of all arms:
/// an arm stands for a site. One entry, or row, a lesion.
struct SignalCases {
  std::vector<std::string> features;  ///< columns of the matrices
  std::vector<std::string> arms;
  std::vector<std::string> patient;  ///< lesions of one have one label
  std::vector<bool> label;
  Eigen::MatrixXd object;                           ///< T0
  std::vector<Eigen::MatrixXd> noiseless, scanned;  ///< of each arm: T2, and the scan
  std::vector<double> latent = {};                  ///< what carries the label; empty: not known
  std::optional<double> population = std::nullopt;  ///< area under the latent's ROC curve there
};

struct SignalOptions {
  double mixing = 0.0;       ///< of the penalty: 0 ridge, 1 lasso
  Index folds = 5;           ///< of patients, outer and inner
  Index repeats = 10;        ///< with other folds, and other patients at each site
  double confounding = 0.8;  ///< share of the label's patients at the first half of the sites
  double threshold = 0.5;    ///< probability from which on a lesion is called
  CombatOptions combat = {};
  std::uint64_t seed = 0;
  double confidence = 0.95;
};

/// What is left of the signal after one more thing went wrong.
struct SignalRung {
  std::string name;
  std::string against;   ///< the rung that `change` compares with; empty: none
  Estimate area;         ///< under the ROC curve
  Estimate change;       ///< area less that of `against`, paired
  Estimate from_oracle;  ///< area less that of the latent itself, paired
  Calibration calibration;
  double strength = 0.0;  ///< of the penalty: median of the chosen ones
};

struct SignalLadder {
  std::string refused;  ///< why nothing was learnt, or ""; then there are no rungs
  Index with = 0, without = 0, lesions = 0;  ///< patients of either class, lesions of both
  std::vector<std::string> features;         ///< that were used: with a value everywhere
  std::vector<SignalRung> rungs;
};

/// Fewest patients of either class that a ladder is made from.
inline constexpr Index fewest_of_a_class = 10;

/// How much of a known signal a radiomics classifier finds, from the latent itself down to pooled
/// and unseen sites.
///
/// | rung | images of | |
/// |---|---|---|
/// | population | | the latent's area in the population |
/// | oracle | | the latent in these patients |
/// | t0 | the object | a classifier, from here on |
/// | noiseless | one site, without noise | mean over the sites |
/// | one_site | one site | mean over the sites |
/// | sites | every patient at one of all sites | drawn at random |
/// | held_out_site | the same | learnt at the others; areas within sites |
/// | harmonised | the same | ComBat by site, fitted to what is learnt from |
/// | confounded | sites go with the label | |
/// | confounded_harmonised | the same | |
/// | null | as sites | labels shuffled over patients |
/// | null_confounded | as confounded | labels shuffled, sites go with these |
///
/// The classifier is `cross_validate`'s; areas are those of rows of the same fold, their means over
/// the repeats with paired errors by DeLong's and Obuchowski's components (`roc_area`). Without a
/// signal these errors are too small, since all models learn from the same chance: areas of
/// shuffled labels have Student's interval of their mean over the repeats, each another shuffle.
/// Same bits for every thread count. What cannot be computed is withheld with its reason.
SignalLadder signal_ladder(const SignalCases& cases, const SignalOptions& options);

/// `known_signal.csv`: one row a rung. A refused ladder has one row, which says why.
Table signal_table(const SignalLadder& ladder);

}  // namespace vitrine::evaluation
