#pragma once
#include <Eigen/Core>
#include <string>
#include <vector>

#include "vitrine/evaluation/combat.hpp"
#include "vitrine/evaluation/stability.hpp"

namespace vitrine::cli {

/// What the columns of a table of features mean, as the user says; empty: found by their names.
struct ColumnRoles {
  struct FactorColumn {
    std::string name;
    evaluation::Effect kind = evaluation::Effect::fixed;
  };
  std::string subject, lesion, repeat, volume;
  std::vector<FactorColumn> factors;
  std::vector<std::string> ignore;
  std::vector<std::string> extra;  ///< columns that other options name: batch, covariates
};

/// Rows of features, one image of one lesion each, from any tool's table.
struct FeatureRows {
  std::string file;
  ColumnRoles roles;                          ///< as they were found
  std::vector<std::string> keys;              ///< columns that are no features
  std::vector<std::vector<std::string>> key;  ///< of every row
  std::vector<int> line;                      ///< of the file
  std::vector<evaluation::Feature> features;
  Eigen::MatrixXd values;          ///< rows down, features across; NaN: missing
  Eigen::MatrixXd truth;           ///< the same of a trial's object truth; 0 x 0: none
  std::vector<std::string> notes;  ///< what was left out

  /// Texts of a key column. Throws Error (data) naming the columns if there is none such.
  std::vector<std::string> column(const std::string& name) const;
};

/// Read a tidy table (columns `feature` and `value`: Vitrine's) or a wide one (a column a feature:
/// PyRadiomics', spreadsheets'). Separators `,` `;` and tab, decimal commas, byte order marks.
///
/// Throws Error with file and line: columns that nothing explains, text in the place of a number, a
/// subject that is not named, rows that say the same twice.
FeatureRows read_feature_rows(const std::string& file, const ColumnRoles& roles);

/// The rows as a study: subjects are patients, factors' levels together are arms, repeats are
/// repositioned scans. Throws Error (data) naming both lines if a lesion has two rows in an arm and
/// no column says which repeat they are.
evaluation::Study study_of(const FeatureRows& rows);

/// The rows as a mixed model: subject and lesion random, factors as declared.
evaluation::MixedModel model_of(const FeatureRows& rows);

/// The rows as cases of batches. A covariate is a number if all its cells are.
evaluation::CombatCases cases_of(const FeatureRows& rows, const std::string& batch,
                                 const std::vector<std::string>& covariates);

/// A wide table of the keys and these values.
Table wide_rows(const FeatureRows& rows, const Eigen::MatrixXd& values);

/// The arm of every row: its factors' levels.
std::vector<std::string> arms_of(const FeatureRows& rows);

/// Random if every factor is.
evaluation::Effect arms_effect(const FeatureRows& rows);

/// Fills the true values of a feature from a column of numbers, empty where unknown. Throws Error
/// (data) with the line of a text, or if there is no such feature.
void add_truth(const FeatureRows& rows, const std::string& feature, const std::string& column,
               Eigen::MatrixXd& truth);

}  // namespace vitrine::cli
