#include "vitrine/cli/conformance_reference.hpp"

#include <algorithm>
#include <cmath>
#include <optional>
#include <set>
#include <tuple>

#include "vitrine/io/csv.hpp"

namespace vitrine::cli {
namespace {

constexpr std::string_view diagnostics_prefix = "Diagnostics: ";
constexpr std::size_t most_shown = 20;

std::string text_of(const Table::Cell& cell) {
  if (const auto* text = std::get_if<std::string>(&cell)) return *text;
  const double number = std::get<double>(cell);
  return std::isnan(number) ? std::string() : to_text(number);
}

bool is_code(const std::string& text) {
  return text.size() == 4 && std::all_of(text.begin(), text.end(), [](char c) {
           return (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
         });
}

/// Rows of one file, and what is wrong with them.
class Reader {
 public:
  explicit Reader(const io::Path& file) : file_(file.string()), table_(io::read_csv(file)) {
    for (std::size_t c = 0; c < table_.columns.size(); ++c)
      if (table_.columns[c] == "aggregation") aggregation_ = c;
    family_ = table_.column("family");
    feature_ = table_.column("feature");
    code_ = table_.column("ibsi_code");
    aggregation_code_ = table_.column("aggregation_code");
    value_ = table_.column("reference_value");
    tolerance_ = table_.column("tolerance");
  }

  std::vector<IbsiReference> read() {
    std::vector<IbsiReference> references;
    std::set<std::tuple<std::string, std::string, radiomics::ibsi::Key>> seen;
    for (std::size_t r = 0; r < table_.rows.size(); ++r) {
      line_ = r + 2;  // the header is line 1
      IbsiReference reference;
      if (!read_row(table_.rows[r], reference)) continue;
      const auto identity = std::tuple(
          reference.stage, reference.stage.empty() ? "" : reference.feature, reference.key);
      if (!seen.insert(identity).second)
        problem("the value of ", reference.feature, " occurs twice");
      references.push_back(std::move(reference));
    }
    if (references.empty() && problems_.empty()) problem("there is no reference value");
    require(problems_.empty(), Error::Kind::data, "'", file_,
            "' is not a table of IBSI's reference values:", listing());
    return references;
  }

 private:
  /// False if there is nothing to compare with.
  bool read_row(const std::vector<Table::Cell>& row, IbsiReference& out) {
    out.family = text_of(row[family_]);
    out.feature = text_of(row[feature_]);
    out.key.feature = text_of(row[code_]);
    out.key.aggregation = text_of(row[aggregation_code_]);
    if (aggregation_) out.aggregation = text_of(row[*aggregation_]);
    if (out.family.empty() || out.feature.empty()) problem("family or feature is missing");

    const std::string value = text_of(row[value_]), tolerance = text_of(row[tolerance_]);
    if (value.empty() && tolerance.empty()) return false;  // no consensus
    out.value = number(row[value_], "reference_value");
    out.tolerance = number(row[tolerance_], "tolerance");
    if (out.tolerance < 0) problem("tolerance is ", out.tolerance, " (below 0)");

    if (out.family.starts_with(diagnostics_prefix)) {
      out.stage = out.family.substr(diagnostics_prefix.size());
      out.key = {};
      return true;
    }
    if (!is_code(out.key.feature))
      problem("ibsi_code is '", out.key.feature, "' (four capital letters or digits)");
    if (!is_code(out.key.aggregation))
      problem("aggregation_code is '", out.key.aggregation, "' (four capital letters or digits)");
    if (out.key.feature == "BC2M" || out.key.feature == "GBPN") {
      const auto says = [&](const char* what) {
        return out.feature.find(what) != std::string::npos;
      };
      out.key.percent = says("10%") ? 10 : says("90%") ? 90 : 0;
      if (out.key.percent == 0)
        problem("feature is '", out.feature, "' (", out.key.feature,
                " stands for two; the name must have 10% or 90%)");
    }
    return true;
  }

  double number(const Table::Cell& cell, const char* column) {
    const double* value = std::get_if<double>(&cell);
    if (value && std::isfinite(*value)) return *value;
    problem(column, " is '", text_of(cell), "' (a finite number is expected)");
    return 0;
  }

  template <class... Args>
  void problem(const Args&... what) {
    problems_.push_back(str("line ", line_, ": ", what...));
  }

  std::string listing() const {
    std::string text;
    for (std::size_t i = 0; i < std::min(problems_.size(), most_shown); ++i)
      text += "\n  " + problems_[i];
    if (problems_.size() > most_shown)
      text += str("\n  and ", problems_.size() - most_shown, " more");
    return text;
  }

  std::string file_;
  Table table_;
  std::optional<std::size_t> aggregation_;
  std::size_t family_ = 0, feature_ = 0, code_ = 0, aggregation_code_ = 0, value_ = 0,
              tolerance_ = 0, line_ = 0;
  std::vector<std::string> problems_;
};

}  // namespace

std::vector<IbsiReference> read_ibsi_reference(const io::Path& file) { return Reader(file).read(); }

}  // namespace vitrine::cli
