#include "vitrine/report/checklist.hpp"

namespace vitrine::report {

std::string_view to_string(ReportingItem::Filled filled) {
  switch (filled) {
    case ReportingItem::Filled::by_trial:
      return "reported";
    case ReportingItem::Filled::not_applicable:
      return "not applicable";
    case ReportingItem::Filled::by_author:
      break;
  }
  return "author";
}

Table checklist_table(const std::vector<Checklist>& checklists) {
  Table table{{"guideline", "item", "topic", "filled", "text"}, {}};
  for (const Checklist& list : checklists)
    for (const ReportingItem& item : list.items)
      table.add(
          {list.name, item.number, item.topic, std::string(to_string(item.filled)), item.text});
  return table;
}

}  // namespace vitrine::report
