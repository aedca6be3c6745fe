#include "vitrine/cli/result_files.hpp"

#include <optional>

#include "vitrine/cli/report_page.hpp"
#include "vitrine/core/hash.hpp"
#include "vitrine/io/hdf5.hpp"
#include "vitrine/io/sqlite.hpp"
#include "vitrine/report/page_figures.hpp"

namespace vitrine::cli {
namespace {

io::Bytes results_h5(const trial::Plan& plan, const trial::TrialResult& result,
                     const trial::Analysis& analysis) {
  io::H5File file;
  file.attribute("/", "format", std::string("vitrine results"));
  file.attribute("/", "format_version", std::int64_t{1});
  file.attribute("/", "fingerprint", plan.fingerprint);
  const auto table = [&](const char* group, const Table& rows) {
    if (!rows.columns.empty()) io::write_table(file, group, rows);
  };
  table("/truth/patients", result.all(&trial::CaseResult::patients));
  table("/truth/sites", trial::site_table(plan.sites));
  table("/truth/lesions", result.all(&trial::CaseResult::lesions));
  table("/features", result.all(&trial::CaseResult::features));
  table("/masks", result.all(&trial::CaseResult::masks));
  table("/profiles", result.all(&trial::CaseResult::profiles));
  table("/images", result.all(&trial::CaseResult::images));
  table("/visits", result.all(&trial::CaseResult::visits));
  table("/truth/visit_lesions", result.all(&trial::CaseResult::visit_lesions));
  table("/truth/contrast", result.all(&trial::CaseResult::contrast));
  table("/image_quality", result.all(&trial::CaseResult::quality));
  table("/image_quality_curves", result.all(&trial::CaseResult::quality_curves));
  table("/stability", analysis.stability);
  table("/strata", analysis.strata);
  table("/robustness", analysis.robustness);
  table("/bland_altman", analysis.bland_altman);
  table("/variance", analysis.variance);
  table("/harmonisation", analysis.harmonisation);
  table("/verdict", analysis.verdict);
  return file.bytes();
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

void make_result_files(
    const io::Path& dir, const trial::Plan& plan, const trial::TrialResult& result, Isa isa,
    const std::string& unfinished,
    FunctionRef<void(const std::string& name, std::span<const std::byte>)> take) {
  const trial::Analysis analysis = trial::analyse(plan, result);
  std::vector<trial::FileRecord> records;
  const auto put = [&](const std::string& name, std::span<const std::byte> bytes) {
    take(name, bytes);
    records.push_back({name, sha256(bytes).hex(), bytes.size()});
  };
  const auto put_text = [&](const std::string& name, const std::string& text) {
    put(name, std::as_bytes(std::span(text)));
  };
  io::SqliteFile database;
  database.table("about", about(plan));
  const auto table = [&](const std::string& name, const Table& rows) {
    if (rows.columns.empty()) return;
    put_text(name + ".csv", rows.to_csv());
    database.table(name, rows);
  };
  table("patients", result.all(&trial::CaseResult::patients));
  table("sites", trial::site_table(plan.sites));
  table("lesions", result.all(&trial::CaseResult::lesions));
  table("features", result.all(&trial::CaseResult::features));
  table("masks", result.all(&trial::CaseResult::masks));
  table("images", result.all(&trial::CaseResult::images));
  table("visits", result.all(&trial::CaseResult::visits));
  table("visit_lesions", result.all(&trial::CaseResult::visit_lesions));
  table("contrast", result.all(&trial::CaseResult::contrast));
  table("image_quality", result.all(&trial::CaseResult::quality));
  table("image_quality_curves", result.all(&trial::CaseResult::quality_curves));
  table("stability", analysis.stability);
  table("bias", analysis.bias);
  table("bland_altman", analysis.bland_altman);
  table("strata", analysis.strata);
  table("robustness", analysis.robustness);
  table("variance", analysis.variance);
  table("harmonisation", analysis.harmonisation);
  table("verdict", analysis.verdict);
  Table failures;
  failures.columns = {"case", "message"};
  for (const auto& failure : result.failures) failures.add({failure.case_id, failure.message});
  table("failures", failures);
  std::optional<report::Page> page;
  if (plan.scenario.outputs.report == "html") {
    page = report_page(dir, plan, result, analysis, isa);
    page->unfinished = unfinished;
    table("reporting_items", report::checklist_table(page->checklists));
  }
  put("results.sqlite", database.bytes());
  put("results.h5", results_h5(plan, result, analysis));
  if (!page) return;
  for (const report::FigureFile& figure : report::figure_files(*page))
    put_text("figures/" + figure.name, figure.svg);
  page->files.columns = {"file", "SHA-256"};
  for (const auto& file : records) page->files.add({file.path, file.sha256});
  put_text("report.html", report::render(*page));
}

}  // namespace vitrine::cli
