#include "vitrine/cli/conformance_reference.hpp"

#include <set>
#include <tuple>

#include "vitrine/cli/reference_table.hpp"

namespace vitrine::cli {
namespace {

constexpr std::string_view diagnostics_prefix = "Diagnostics: ";

/// False if there is nothing to compare with: the row has neither value nor tolerance.
bool read_value(ReferenceTable& table, double& value, double& tolerance) {
  if (table.text("reference_value").empty() && table.text("tolerance").empty()) return false;
  value = table.number("reference_value");
  tolerance = table.number("tolerance");
  if (tolerance < 0) table.problem(str("tolerance is ", tolerance, " (below 0)"));
  return true;
}

/// False if there is nothing to compare with.
bool read_row(ReferenceTable& table, IbsiReference& out) {
  out.family = table.text("family");
  out.feature = table.text("feature");
  out.key.feature = table.text("ibsi_code");
  out.key.aggregation = table.text("aggregation_code");
  if (table.has("aggregation")) out.aggregation = table.text("aggregation");
  if (out.family.empty() || out.feature.empty()) table.problem("family or feature is missing");
  if (!read_value(table, out.value, out.tolerance)) return false;

  if (out.family.starts_with(diagnostics_prefix)) {
    out.stage = out.family.substr(diagnostics_prefix.size());
    out.key = {};
    return true;
  }
  table.code("ibsi_code");
  table.code("aggregation_code");
  if (out.key.feature == "BC2M" || out.key.feature == "GBPN") {
    const auto says = [&](const char* what) { return out.feature.find(what) != std::string::npos; };
    out.key.percent = says("10%") ? 10 : says("90%") ? 90 : 0;
    if (out.key.percent == 0)
      table.problem(str("feature is '", out.feature, "' (", out.key.feature,
                        " stands for two; the name must have 10% or 90%)"));
  }
  return true;
}

}  // namespace

std::vector<IbsiReference> read_ibsi_reference(const io::Path& file) {
  ReferenceTable table(file);
  std::vector<IbsiReference> references;
  std::set<std::tuple<std::string, std::string, radiomics::ibsi::Key>> seen;
  for (std::size_t row = 0; row < table.rows(); ++row) {
    table.go_to(row);
    IbsiReference reference;
    if (!read_row(table, reference)) continue;
    const auto identity = std::tuple(
        reference.stage, reference.stage.empty() ? "" : reference.feature, reference.key);
    if (!seen.insert(identity).second)
      table.problem(str("the value of ", reference.feature, " occurs twice"));
    references.push_back(std::move(reference));
  }
  if (references.empty() && table.ok()) table.problem("there is no reference value");
  table.throw_if_any();
  return references;
}

std::vector<ResponseReference> read_response_references(const io::Path& file) {
  ReferenceTable table(file);
  std::vector<ResponseReference> references;
  std::set<std::string> seen;
  for (std::size_t row = 0; row < table.rows(); ++row) {
    table.go_to(row);
    if (table.text("standardised") != "yes") continue;
    ResponseReference r{table.text("test_id"), table.text("filter"), table.text("phantom"),
                        table.text("reference_map")};
    for (const std::string& name : {r.phantom, r.map})
      if (name.empty() || name.find_first_of("/\\") != std::string::npos || name.front() == '.')
        table.problem(str("'", name, "' is no name of a phantom or map"));
    if (r.id.empty() || r.filter.empty()) table.problem("test_id or filter is missing");
    if (!seen.insert(r.id).second) table.problem(str("the test ", r.id, " occurs twice"));
    references.push_back(std::move(r));
  }
  if (references.empty() && table.ok()) table.problem("no test is standardised");
  table.throw_if_any();
  return references;
}

std::vector<FilteredReference> read_filtered_references(const io::Path& file) {
  ReferenceTable table(file);
  std::vector<FilteredReference> references;
  std::set<std::pair<std::string, std::string>> seen;
  for (std::size_t row = 0; row < table.rows(); ++row) {
    table.go_to(row);
    FilteredReference r;
    if (!read_value(table, r.value, r.tolerance)) continue;
    r.benchmark = table.text("filter_id");
    r.feature = table.text("feature");
    r.code = table.code("ibsi_code");
    if (r.benchmark.empty() || r.feature.empty()) table.problem("filter_id or feature is missing");
    if (!seen.insert({r.benchmark, r.code}).second)
      table.problem(str("the value of ", r.feature, " of ", r.benchmark, " occurs twice"));
    references.push_back(std::move(r));
  }
  if (references.empty() && table.ok()) table.problem("there is no reference value");
  table.throw_if_any();
  return references;
}

}  // namespace vitrine::cli
