#include "vitrine/cli/publish.hpp"

#include <algorithm>

#include "vitrine/cli/report_page.hpp"
#include "vitrine/core/hash.hpp"
#include "vitrine/io/checksums.hpp"
#include "vitrine/io/hdf5.hpp"
#include "vitrine/physics/version.hpp"

namespace vitrine::cli {
namespace {

/// Writes files of the output directory's top level and remembers their hashes.
class Shelf {
 public:
  explicit Shelf(io::Path dir) : dir_(std::move(dir)) {}
  std::vector<trial::FileRecord> files;

  void put(const std::string& name, std::span<const std::byte> bytes) {
    io::write_file(dir_ / name, bytes);
    files.push_back({name, sha256(bytes).hex(), bytes.size()});
  }
  void put(const std::string& name, const std::string& text) {
    put(name, std::as_bytes(std::span(text)));
  }

 private:
  io::Path dir_;
};

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
  table("/robustness", analysis.robustness);
  return file.bytes();
}

Value manifest(const trial::Plan& plan, const LoadedScenario& loaded, Isa isa,
               const std::vector<trial::FileRecord>& files) {
  Value inputs;
  for (const auto& [name, text] : loaded.texts) inputs.set(name, Value(sha256(text).hex()));
  for (const auto& file : plan.scenario.files) inputs.set(file.path, Value(file.sha256));
  Value::List list;
  for (const auto& file : files)
    list.push_back(Value()
                       .set("path", Value(file.path))
                       .set("bytes", Value(double(file.bytes)))
                       .set("sha256", Value(file.sha256)));
  return Value()
      .set("format", Value("vitrine manifest"))
      .set("format_version", Value(1.0))
      .set("trial", Value(plan.scenario.trial.name))
      .set("fingerprint", Value(plan.fingerprint))
      .set("seed", Value(double(plan.scenario.trial.seed)))
      .set("versions", Value()
                           .set("vitrine", Value(VITRINE_VERSION))
                           .set("physics", Value(double(physics::model_version)))
                           .set("compiler", Value(str("g++ ", __VERSION__))))
      .set("isa", Value(std::string(to_string(isa))))
      .set("inputs", std::move(inputs))
      .set("scenario", trial::Scenario::schema().write(plan.scenario))
      .set("files", Value(std::move(list)));
}

}  // namespace

void publish(const io::Path& dir, const trial::Plan& plan, const LoadedScenario& loaded,
             const trial::TrialResult& result, Isa isa,
             const std::function<void(const Digest& sums)>& before_sums) {
  const trial::Analysis analysis = trial::analyse(plan, result);
  Shelf shelf(dir);
  const auto table = [&](const char* name, const Table& rows) {
    if (!rows.columns.empty()) shelf.put(name, rows.to_csv());
  };
  table("patients.csv", result.all(&trial::CaseResult::patients));
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
  table("robustness.csv", analysis.robustness);
  Table failures;
  failures.columns = {"case", "message"};
  for (const auto& failure : result.failures) failures.add({failure.case_id, failure.message});
  table("failures.csv", failures);
  shelf.put("results.h5", results_h5(plan, result, analysis));
  if (plan.scenario.outputs.report == "html")
    shelf.put("report.html",
              report::render(report_page(dir, plan, result, analysis, shelf.files, isa)));

  std::vector<trial::FileRecord> files = shelf.files;
  for (const auto& one : result.cases)
    files.insert(files.end(), one.files.begin(), one.files.end());
  std::sort(files.begin(), files.end(),
            [](const auto& a, const auto& b) { return a.path < b.path; });
  shelf.put("manifest.json", to_json(manifest(plan, loaded, isa, files), 1) + "\n");
  files.push_back(shelf.files.back());
  std::vector<io::Checksum> sums;
  for (const auto& file : files) {
    const auto digest = digest_from_hex(file.sha256);
    require(digest.has_value(), Error::Kind::data, "'", file.path,
            "' was recorded with the digest '", file.sha256, "'. Remove .state/ and run again.");
    sums.push_back({file.path, *digest});
  }
  const std::string text = io::checksums_text(std::move(sums));
  before_sums(sha256(text));
  io::write_file(dir / "SHA256SUMS", text);
}

}  // namespace vitrine::cli
