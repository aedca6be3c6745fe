#include "vitrine/cli/result_files.hpp"

#include <deque>
#include <optional>

#include "vitrine/cli/report_page.hpp"
#include "vitrine/io/hdf5.hpp"
#include "vitrine/io/sqlite.hpp"
#include "vitrine/io/table_spool.hpp"
#include "vitrine/report/page_figures.hpp"

namespace vitrine::cli {
namespace {

/// A table that cases share: a file and a table of the database unless it has no name, and a
/// group of results.h5.
struct Part {
  Table trial::CaseResult::*table;
  const char* name;
  const char* group;
};
using trial::CaseResult;
constexpr Part patients{&CaseResult::patients, "patients", "/truth/patients"},
    lesions{&CaseResult::lesions, "lesions", "/truth/lesions"};
constexpr Part measured[] = {
    {&CaseResult::features, "features", "/features"},
    {&CaseResult::masks, "masks", "/masks"},
    {&CaseResult::profiles, nullptr, "/profiles"},
    {&CaseResult::images, "images", "/images"},
    {&CaseResult::visits, "visits", "/visits"},
    {&CaseResult::visit_lesions, "visit_lesions", "/truth/visit_lesions"},
    {&CaseResult::contrast, "contrast", "/truth/contrast"},
    {&CaseResult::quality, "image_quality", "/image_quality"},
    {&CaseResult::quality_curves, "image_quality_curves", "/image_quality_curves"}};

/// All cases' rows of each part.
class Rows {
 public:
  explicit Rows(const io::Path& scratch) {
    const auto part = [&](const Part& its) { parts_.emplace_back(its, scratch); };
    part(patients);
    part(lesions);
    for (const Part& its : measured) part(its);
  }
  void append(const CaseResult& one) {
    for (auto& [its, rows] : parts_) rows.append(one.*its.table);
  }
  const io::TableSpool& of(Table CaseResult::*table) const {
    for (const auto& [its, rows] : parts_)
      if (its.table == table) return rows;
    throw Error(Error::Kind::data, "a table of the cases goes to no file");
  }
  /// All rows at once.
  Table table(Table CaseResult::*table) const {
    const io::TableSpool& rows = of(table);
    Table all{rows.columns(), {}};
    rows.each_row([&](auto row) { all.rows.emplace_back(row.begin(), row.end()); });
    return all;
  }

 private:
  std::deque<std::pair<Part, io::TableSpool>> parts_;
};

io::Bytes results_h5(const trial::Plan& plan, const Rows& rows, const trial::Analysis& analysis) {
  io::H5File file;
  file.attribute("/", "format", std::string("vitrine results"));
  file.attribute("/", "format_version", std::int64_t{1});
  file.attribute("/", "fingerprint", plan.fingerprint);
  const auto table = [&](const char* group, const Table& its) {
    if (!its.columns.empty()) io::write_table(file, group, its);
  };
  const auto of_cases = [&](const Part& part) {
    io::write_table(file, part.group, rows.of(part.table));
  };
  of_cases(patients);
  table("/truth/sites", trial::site_table(plan.sites));
  of_cases(lesions);
  for (const Part& part : measured) of_cases(part);
  table("/stability", analysis.stability);
  table("/strata", analysis.strata);
  table("/robustness", analysis.robustness);
  table("/bland_altman", analysis.bland_altman);
  table("/preprocessing", analysis.preprocessing);
  table("/variance", analysis.variance);
  table("/harmonisation", analysis.harmonisation);
  table("/known_signal", analysis.known_signal);
  table("/verdict", analysis.verdict);
  return file.bytes();
}

std::vector<io::SqliteFile::Column> columns_of(const io::TableSpool& rows) {
  std::vector<io::SqliteFile::Column> columns;
  for (std::size_t c = 0; c < rows.columns().size(); ++c)
    columns.push_back({rows.columns()[c], rows.is_numeric(c)});
  return columns;
}

ShownTables shown(const Rows& rows) {
  return {.images = rows.table(&CaseResult::images),
          .lesions = rows.table(&CaseResult::lesions),
          .visits = rows.table(&CaseResult::visits),
          .contrast = rows.table(&CaseResult::contrast),
          .quality = rows.table(&CaseResult::quality),
          .quality_curves = rows.table(&CaseResult::quality_curves),
          .masks = rows.table(&CaseResult::masks)};
}

/// What the database says of itself.
Table about(const trial::Plan& plan) {
  Table table{{"name", "value"}, {}};
  table.add({"format", "vitrine results"});
  table.add({"format_version", "1"});
  table.add({"trial", plan.scenario.trial.name});
  table.add({"fingerprint", plan.fingerprint});
  return table;
}

}  // namespace

void make_result_files(const io::Path& dir, const io::Path& scratch, const trial::Plan& plan,
                       const trial::TrialResult& result, Isa isa, const std::string& unfinished,
                       FunctionRef<trial::FileRecord(const std::string& name, Pieces)> take) {
  Rows rows(scratch);
  const trial::Analysis analysis =
      trial::analyse(plan, result, [&](const CaseResult& one) { rows.append(one); });
  std::vector<trial::FileRecord> records;
  const auto put = [&](const std::string& name, std::span<const std::byte> bytes) {
    records.push_back(
        take(name, [&](FunctionRef<void(std::span<const std::byte>)> piece) { piece(bytes); }));
  };
  const auto put_text = [&](const std::string& name, const std::string& text) {
    put(name, std::as_bytes(std::span(text)));
  };
  std::optional<report::Page> page;
  const auto write_tables = [&] {
    io::SqliteFile database(scratch);
    database.table("about", about(plan));
    const auto table = [&](const std::string& name, const Table& its) {
      if (its.columns.empty()) return;
      put_text(name + ".csv", its.to_csv());
      database.table(name, its);
    };
    const auto of_cases = [&](const Part& part) {
      const io::TableSpool& its = rows.of(part.table);
      if (part.name == nullptr || its.columns().empty()) return;
      records.push_back(take(str(part.name, ".csv"), [&](auto piece) { its.csv(piece); }));
      database.table(part.name, columns_of(its), [&](auto row) { its.each_row(row); });
    };
    of_cases(patients);
    table("sites", trial::site_table(plan.sites));
    of_cases(lesions);
    for (const Part& part : measured) of_cases(part);
    table("stability", analysis.stability);
    table("bias", analysis.bias);
    table("bland_altman", analysis.bland_altman);
    table("strata", analysis.strata);
    table("robustness", analysis.robustness);
    table("preprocessing", analysis.preprocessing);
    table("variance", analysis.variance);
    table("harmonisation", analysis.harmonisation);
    table("known_signal", analysis.known_signal);
    table("verdict", analysis.verdict);
    Table failures;
    failures.columns = {"case", "message"};
    for (const auto& failure : result.failures) failures.add({failure.case_id, failure.message});
    table("failures", failures);
    if (plan.scenario.outputs.report == "html") {
      page = report_page(dir, plan, result, shown(rows), analysis, isa);
      page->unfinished = unfinished;
      table("reporting_items", report::checklist_table(page->checklists));
    }
    records.push_back(take("results.sqlite", [&](auto piece) { database.bytes(piece); }));
  };
  io::Bytes packed;  // while the other tables are written: it takes as long
  parallel_for(2, [&](std::int64_t i) {
    if (i == 0)
      write_tables();
    else
      packed = results_h5(plan, rows, analysis);
  });
  put("results.h5", packed);
  if (!page) return;
  for (const report::FigureFile& figure : report::figure_files(*page))
    put_text("figures/" + figure.name, figure.svg);
  page->files.columns = {"file", "SHA-256"};
  for (const auto& file : records) page->files.add({file.path, file.sha256});
  put_text("report.html", report::render(*page));
}

}  // namespace vitrine::cli
