#include "vitrine/cli/result_files.hpp"

#include "vitrine/cli/report_page.hpp"
#include "vitrine/core/hash.hpp"
#include "vitrine/io/hdf5.hpp"

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

}  // namespace

void make_result_files(
    const io::Path& dir, const trial::Plan& plan, const trial::TrialResult& result, Isa isa,
    const std::string& unfinished,
    FunctionRef<void(const std::string& name, std::span<const std::byte>)> take) {
  const trial::Analysis analysis = trial::analyse(plan, result);
  std::vector<trial::FileRecord> records;
  const auto put = [&](const char* name, std::span<const std::byte> bytes) {
    take(name, bytes);
    records.push_back({name, sha256(bytes).hex(), bytes.size()});
  };
  const auto put_text = [&](const char* name, const std::string& text) {
    put(name, std::as_bytes(std::span(text)));
  };
  const auto table = [&](const char* name, const Table& rows) {
    if (!rows.columns.empty()) put_text(name, rows.to_csv());
  };
  table("patients.csv", result.all(&trial::CaseResult::patients));
  table("sites.csv", trial::site_table(plan.sites));
  table("lesions.csv", result.all(&trial::CaseResult::lesions));
  table("features.csv", result.all(&trial::CaseResult::features));
  table("masks.csv", result.all(&trial::CaseResult::masks));
  table("images.csv", result.all(&trial::CaseResult::images));
  table("visits.csv", result.all(&trial::CaseResult::visits));
  table("visit_lesions.csv", result.all(&trial::CaseResult::visit_lesions));
  table("contrast.csv", result.all(&trial::CaseResult::contrast));
  table("image_quality.csv", result.all(&trial::CaseResult::quality));
  table("image_quality_curves.csv", result.all(&trial::CaseResult::quality_curves));
  table("stability.csv", analysis.stability);
  table("bias.csv", analysis.bias);
  table("bland_altman.csv", analysis.bland_altman);
  table("strata.csv", analysis.strata);
  table("robustness.csv", analysis.robustness);
  table("variance.csv", analysis.variance);
  table("harmonisation.csv", analysis.harmonisation);
  table("verdict.csv", analysis.verdict);
  Table failures;
  failures.columns = {"case", "message"};
  for (const auto& failure : result.failures) failures.add({failure.case_id, failure.message});
  table("failures.csv", failures);
  put("results.h5", results_h5(plan, result, analysis));
  if (plan.scenario.outputs.report != "html") return;
  report::Page page = report_page(dir, plan, result, analysis, records, isa);
  page.unfinished = unfinished;
  put_text("report.html", report::render(page));
}

}  // namespace vitrine::cli
