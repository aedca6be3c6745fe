#include "vitrine/cli/feature_reference.hpp"

#include <algorithm>

#include "vitrine/radiomics/extract.hpp"

namespace vitrine::cli {
namespace {

/// Text for a cell of a Markdown table.
std::string cell(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (c == '|') out += '\\';
    out += c;
  }
  return out;
}

/// What `settings` may say for a family; none if the family has one way only.
std::vector<std::string> aggregations_of(std::string_view family) {
  for (const FieldInfo& field : radiomics::Settings::schema().fields())
    if (field.key == family) return field.options;
  return {};
}

}  // namespace

std::string feature_reference() {
  std::string text =
      "# Features\n\nWritten by `vitrine explain feature --markdown`. What they are measured on, "
      "and "
      "where IBSI leaves a choice: [methods](../methods/radiomics.md).\n";
  for (const radiomics::FamilyInfo& family : radiomics::families()) {
    const auto features = radiomics::feature_table(family.id);
    text += str("\n## ", family.id, "\n\nIBSI code ", family.ibsi_code, ", ", features.size(),
                " features: ", family.summary, '.');
    if (const auto choices = aggregations_of(family.id); !choices.empty()) {
      text += str(" Aggregations (`settings.", family.id, "`):");
      for (const std::string& choice : choices)
        text += str(choice == choices.front() ? " " : ", ", '`', choice, "` (",
                    radiomics::aggregation_code(choice), ')');
      text += '.';
    }
    text += "\n\n| feature | IBSI code | unit | formula |\n|---|---|---|---|\n";
    for (const radiomics::FeatureInfo* info : features)
      text += str("| `", info->id, "` | ", info->ibsi_code, " | ", info->unit, " | ",
                  cell(info->formula), " |\n");
  }
  return text;
}

}  // namespace vitrine::cli
