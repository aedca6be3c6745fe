#pragma once
#include <string>
#include <vector>

#include "vitrine/core/table.hpp"

namespace vitrine::report {

/// One item of a reporting guideline, filled in as far as a trial knows.
struct ReportingItem {
  /// Who answers it: the trial has; nobody, since it has no meaning here; the author must.
  enum class Filled { by_trial, not_applicable, by_author };

  std::string number;  ///< as the guideline counts: `16`, `50a`
  std::string topic;   ///< in a few words of our own
  Filled filled = Filled::by_author;
  std::string text;  ///< the answer, why there is none, or what the author should say
};

/// A guideline with all of its items that concern CT.
struct Checklist {
  std::string name;    ///< CLEAR
  std::string source;  ///< where it is published
  std::vector<ReportingItem> items;
};

/// `reported`, `not applicable`, `author`.
std::string_view to_string(ReportingItem::Filled filled);

/// `reporting_items.csv`: one row an item.
Table checklist_table(const std::vector<Checklist>& checklists);

}  // namespace vitrine::report
