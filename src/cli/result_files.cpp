#include "vitrine/cli/result_files.hpp"

#include <deque>

#include "vitrine/cli/report_page.hpp"
#include "vitrine/io/hdf5.hpp"
#include "vitrine/io/table_spool.hpp"

namespace vitrine::cli {
namespace {

/// A table that cases share: a file of its own unless that has no name, and a group of results.h5.
struct Part {
  Table trial::CaseResult::*table;
  const char* csv;
  const char* group;
};
using trial::CaseResult;
constexpr Part patients{&CaseResult::patients, "patients.csv", "/truth/patients"},
    lesions{&CaseResult::lesions, "lesions.csv", "/truth/lesions"};
constexpr Part measured[] = {
    {&CaseResult::features, "features.csv", "/features"},
    {&CaseResult::masks, "masks.csv", "/masks"},
    {&CaseResult::profiles, nullptr, "/profiles"},
    {&CaseResult::images, "images.csv", "/images"},
    {&CaseResult::visits, "visits.csv", "/visits"},
    {&CaseResult::visit_lesions, "visit_lesions.csv", "/truth/visit_lesions"},
    {&CaseResult::contrast, "contrast.csv", "/truth/contrast"},
    {&CaseResult::quality, "image_quality.csv", "/image_quality"},
    {&CaseResult::quality_curves, "image_quality_curves.csv", "/image_quality_curves"}};

/// All cases' rows of each part, read from the cases once.
class Rows {
 public:
  Rows(const trial::TrialResult& result, const io::Path& scratch) {
    const auto part = [&](const Part& its) { parts_.emplace_back(its, scratch); };
    part(patients);
    part(lesions);
    for (const Part& its : measured) part(its);
    result.cases.each([&](const CaseResult& one) {
      for (auto& [its, rows] : parts_) rows.append(one.*its.table);
    });
  }
  const io::TableSpool& of(const Part& part) const {
    for (const auto& [its, rows] : parts_)
      if (its.table == part.table) return rows;
    throw Error(Error::Kind::data, str("no table goes to ", part.group));
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
  const auto of_cases = [&](const Part& part) { io::write_table(file, part.group, rows.of(part)); };
  of_cases(patients);
  table("/truth/sites", trial::site_table(plan.sites));
  of_cases(lesions);
  for (const Part& part : measured) of_cases(part);
  table("/stability", analysis.stability);
  table("/strata", analysis.strata);
  table("/robustness", analysis.robustness);
  table("/verdict", analysis.verdict);
  return file.bytes();
}

}  // namespace

void make_result_files(const io::Path& dir, const io::Path& scratch, const trial::Plan& plan,
                       const trial::TrialResult& result, Isa isa, const std::string& unfinished,
                       FunctionRef<trial::FileRecord(const std::string& name, Pieces)> take) {
  const trial::Analysis analysis = trial::analyse(plan, result);
  const Rows rows(result, scratch);
  std::vector<trial::FileRecord> records;
  const auto put = [&](const char* name, std::span<const std::byte> bytes) {
    records.push_back(
        take(name, [&](FunctionRef<void(std::span<const std::byte>)> piece) { piece(bytes); }));
  };
  const auto put_text = [&](const char* name, const std::string& text) {
    put(name, std::as_bytes(std::span(text)));
  };
  const auto table = [&](const char* name, const Table& its) {
    if (!its.columns.empty()) put_text(name, its.to_csv());
  };
  const auto of_cases = [&](const Part& part) {
    const io::TableSpool& its = rows.of(part);
    if (part.csv != nullptr && !its.columns().empty())
      records.push_back(take(
          part.csv, [&](FunctionRef<void(std::span<const std::byte>)> piece) { its.csv(piece); }));
  };
  of_cases(patients);
  table("sites.csv", trial::site_table(plan.sites));
  of_cases(lesions);
  for (const Part& part : measured) of_cases(part);
  table("stability.csv", analysis.stability);
  table("bias.csv", analysis.bias);
  table("bland_altman.csv", analysis.bland_altman);
  table("strata.csv", analysis.strata);
  table("robustness.csv", analysis.robustness);
  table("verdict.csv", analysis.verdict);
  Table failures;
  failures.columns = {"case", "message"};
  for (const auto& failure : result.failures) failures.add({failure.case_id, failure.message});
  table("failures.csv", failures);
  put("results.h5", results_h5(plan, rows, analysis));
  if (plan.scenario.outputs.report != "html") return;
  report::Page page = report_page(dir, plan, result, analysis, records, isa);
  page.unfinished = unfinished;
  put_text("report.html", report::render(page));
}

}  // namespace vitrine::cli
