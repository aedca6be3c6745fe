#pragma once
#include <string>
#include <vector>

#include "vitrine/evaluation/reader_study.hpp"
#include "vitrine/report/bar_charts.hpp"
#include "vitrine/report/page.hpp"

namespace vitrine::report {

/// What a model's sizes mean for the response of patients who come back.
struct StressedResponse {
  std::string name;  ///< the model's
  std::vector<evaluation::GroupScore> scores;
  LineChart progression_free;  ///< over the planned days
};

/// What a model under stress came to.
struct StressedModel {
  std::string name, about;  ///< about: its reader in words
  /// Worst group of a metric, as a card.
  struct Worst {
    std::string metric, group;
    evaluation::Estimate all, worst;
  };
  std::vector<Worst> worst;
  std::vector<evaluation::GroupScore> scores;
  std::vector<std::string> metrics;   ///< in the order of the table
  std::vector<IntervalChart> charts;  ///< its main metric in all groups
  std::vector<LineChart> curves;      ///< metrics over a factor that is a number, FROC
  Sheet failures;                     ///< the lesions that it did worst on
};

/// The page of a stress test. Plain data; texts are escaped.
struct StressPage {
  std::string title, question;
  std::string answer;  ///< in a sentence: which limits are kept
  std::vector<Fact> facts;
  Table limits;  ///< acceptance; empty: none are declared
  std::vector<StressedModel> models;
  std::vector<StressedResponse> responses;  ///< none: nobody comes back
  Table failed;                             ///< images on which a model failed
  std::vector<std::string> remarks;
};

/// The page as HTML without scripts: styles and images are inside, nothing is fetched. The same
/// page gives the same bytes.
std::string render(const StressPage& page);

}  // namespace vitrine::report
