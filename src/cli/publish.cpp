#include "vitrine/cli/publish.hpp"

#include <algorithm>

#include "vitrine/cli/result_files.hpp"
#include "vitrine/cli/version.hpp"
#include "vitrine/core/hash.hpp"
#include "vitrine/io/checksums.hpp"

namespace vitrine::cli {
namespace {

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
      .set("versions", program_versions())
      .set("isa", Value(std::string(to_string(isa))))
      .set("inputs", std::move(inputs))
      .set("scenario", plan.written)
      .set("files", Value(std::move(list)));
}

}  // namespace

void publish(const io::Path& dir, const trial::Plan& plan, const LoadedScenario& loaded,
             const trial::TrialResult& result, Isa isa,
             const std::function<void(const Digest& sums)>& before_sums) {
  std::vector<trial::FileRecord> files;
  const auto put = [&](const std::string& name, Pieces pieces) {
    io::make_directories((dir / name).parent_path());
    io::FileInPieces file(dir / name);
    pieces([&](std::span<const std::byte> piece) { file.write(piece); });
    const io::SealedFile sealed = file.finish();
    files.push_back({name, sealed.sha256.hex(), sealed.bytes});
    return files.back();
  };
  make_result_files(dir, dir, plan, result, isa, {}, put);
  result.cases.each([&](const trial::CaseResult& one) {
    files.insert(files.end(), one.files.begin(), one.files.end());
  });
  std::sort(files.begin(), files.end(),
            [](const auto& a, const auto& b) { return a.path < b.path; });
  const std::string record = to_json(manifest(plan, loaded, isa, files), 1) + "\n";
  put("manifest.json", [&](FunctionRef<void(std::span<const std::byte>)> piece) {
    piece(std::as_bytes(std::span(record)));
  });
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
