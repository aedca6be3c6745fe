#include "vitrine/cli/feature_tables.hpp"

#include <algorithm>
#include <limits>
#include <map>

#include "vitrine/core/value.hpp"

namespace vitrine::cli {
namespace {

constexpr double no_value = std::numeric_limits<double>::quiet_NaN();

std::vector<Table::Cell> keys_of(const PairResult& result) {
  std::vector<Table::Cell> cells(result.pair.extras.begin(), result.pair.extras.end());
  cells.insert(cells.end(), {result.pair.image, result.pair.mask});
  return cells;
}

std::vector<std::string> key_columns(const std::vector<std::string>& extra_columns) {
  std::vector<std::string> columns = extra_columns;
  columns.insert(columns.end(), {"image", "mask"});
  return columns;
}

bool any_perturbed(const std::vector<PairResult>& results) {
  return std::any_of(results.begin(), results.end(),
                     [](const PairResult& r) { return !r.perturbation.empty(); });
}

std::string code_of(const radiomics::FeatureValue& value) {
  return std::string(radiomics::aggregation_code(value.aggregation));
}

}  // namespace

Table tidy_table(const std::vector<std::string>& extra_columns,
                 const std::vector<PairResult>& results) {
  Table table;
  table.columns = key_columns(extra_columns);
  table.columns.insert(table.columns.end(), {"feature", "ibsi_code", "unit", "value", "aggregation",
                                             "reason", "aggregation_code", "label", "filter"});
  const bool perturbed = any_perturbed(results);
  if (perturbed) table.columns.emplace_back("perturbation");
  const auto add = [&](const PairResult& result, std::vector<Table::Cell> cells,
                       const std::string& filter = {}) {
    std::vector<Table::Cell> row = keys_of(result);
    row.insert(row.end(), cells.begin(), cells.end());
    row.emplace_back(result.pair.label);
    row.emplace_back(filter);
    if (perturbed) row.emplace_back(result.perturbation);
    table.add(std::move(row));
  };
  for (const PairResult& result : results) {
    if (!result.error.empty()) add(result, {"", "", "", no_value, "", result.error, ""});
    for (const auto& d : result.diagnostics) add(result, {d.id, "", d.unit, d.value, "", "", ""});
    for (const auto& [filter, values] : result.features)
      for (const auto& f : values)
        add(result,
            {std::string(f.info->id), std::string(f.info->ibsi_code), std::string(f.info->unit),
             f.value, std::string(f.aggregation), std::string(f.reason), code_of(f)},
            filter);
  }
  return table;
}

Table wide_table(const std::vector<std::string>& extra_columns,
                 const std::vector<PairResult>& results) {
  Table table;
  table.columns = key_columns(extra_columns);
  table.columns.emplace_back("label");
  const bool perturbed = any_perturbed(results);
  if (perturbed) table.columns.emplace_back("perturbation");
  const std::size_t first = table.columns.size();
  std::map<std::string, std::size_t> column_of;
  const auto column = [&](const std::string& name) {
    const auto [entry, is_new] = column_of.try_emplace(name, table.columns.size());
    if (is_new) table.columns.push_back(name);
    return entry->second;
  };
  std::vector<std::vector<Table::Cell>> rows;
  for (const PairResult& result : results) {
    std::vector<Table::Cell> row = keys_of(result);
    row.emplace_back(result.pair.label);
    if (perturbed) row.emplace_back(result.perturbation);
    const auto set = [&](const std::string& name, double value) {
      const std::size_t at = column(name);
      if (row.size() <= at) row.resize(at + 1, no_value);
      row[at] = value;
    };
    for (const auto& d : result.diagnostics) set(d.id, d.value);
    for (const auto& [filter, values] : result.features)
      for (const auto& f : values) {
        std::string name = str(f.info->id, ':', f.info->ibsi_code);
        if (!f.aggregation.empty()) name += ":" + code_of(f);
        set(filter == radiomics::original_filter ? name : str(filter, ':', name), f.value);
      }
    rows.push_back(std::move(row));
  }
  table.columns.emplace_back("error");
  for (std::size_t r = 0; r < rows.size(); ++r) {
    rows[r].resize(std::max(table.columns.size() - 1, first), no_value);
    rows[r].emplace_back(results[r].error);
    table.add(std::move(rows[r]));
  }
  return table;
}

std::string rows_as_json(const Table& table) {
  Value::List rows;
  for (const auto& row : table.rows) {
    Value object;
    for (std::size_t i = 0; i < row.size(); ++i) {
      const double* number = std::get_if<double>(&row[i]);
      object.set(table.columns[i], number ? Value(*number) : Value(std::get<std::string>(row[i])));
    }
    rows.push_back(std::move(object));
  }
  return to_json(Value(std::move(rows)), 2) + "\n";
}

}  // namespace vitrine::cli
