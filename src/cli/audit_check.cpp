#include "vitrine/cli/audit_check.hpp"

#include <map>

#include "vitrine/cli/case_store.hpp"
#include "vitrine/io/checksums.hpp"

namespace vitrine::cli {
namespace {

/// What a line says of a file: where it says it, and the file's digest.
struct Claim {
  std::size_t line = 0;
  std::string digest;
};

std::optional<Claim> claim_of(const io::AuditLine& line, std::string_view key) {
  const Value* found = line.content.find(key);
  const auto* digest = found ? found->as<std::string>() : nullptr;
  if (!digest) return {};
  return Claim{line.number, *digest};
}

constexpr const char* end_cut_off =
    "The end of the log was cut off, or the file was made by something else.";

}  // namespace

io::AuditChain check_audit(const io::Path& dir,
                           const std::function<void(const io::AuditLine&)>& each) {
  const io::Path path = dir / io::AuditLog::file_name, sums = dir / "SHA256SUMS";
  const bool is_trial = std::filesystem::exists(dir / ".state" / "trial.json");
  const bool is_logged = std::filesystem::exists(path);
  require(is_trial || is_logged, Error::Kind::input, "'", dir.string(),
          "' holds no trial (there is neither audit.log nor .state/trial.json). Give the directory "
          "that `vitrine run --out` was given.");
  io::AuditChain chain;
  if (!is_logged) {
    chain.problems.push_back({0, "is missing: it was removed, or an older version ran the trial."});
    return chain;
  }

  std::map<std::string, Claim> records;
  std::map<std::string, std::size_t> published;  // digests of SHA256SUMS and their last line
  Claim last_published;
  chain = io::read_audit(io::read_text(path), path.string(), [&](const io::AuditLine& line) {
    if (each) each(line);
    const Value* id = line.content.find("case");
    const auto* name = id ? id->as<std::string>() : nullptr;
    if (const auto record = claim_of(line, "record"); record && name) records[*name] = *record;
    if (const auto claim = claim_of(line, "sha256sums")) {
      last_published = *claim;
      published[claim->digest] = claim->line;
    }
  });

  if (is_trial) {
    for (const std::string& id : CaseStore(dir).ids()) {
      const auto record = records.find(id);
      if (record == records.end())
        chain.problems.push_back(
            {0, str("does not know that case '", id, "' was finished. ", end_cut_off)});
      else if (io::hash_file(dir / ".state" / (id + ".json")).hex() != record->second.digest)
        chain.problems.push_back(
            {record->second.line, str("names another record of case '", id,
                                      "' than there is in .state/: that was changed since.")});
    }
  }
  if (std::filesystem::exists(sums)) {
    const std::string digest = io::hash_file(sums).hex();
    if (digest == last_published.digest) return chain;
    const auto known = published.find(digest);
    if (known != published.end())
      chain.problems.push_back(
          {last_published.line, str("tells of a later SHA256SUMS than is there, which is that of "
                                    "line ",
                                    known->second, ". `vitrine run` makes the later one again.")});
    else
      chain.problems.push_back(
          {last_published.line, str(last_published.line > 0 ? "names another" : "does not name the",
                                    " SHA256SUMS that is there. ", end_cut_off)});
  } else if (last_published.line > 0) {
    chain.problems.push_back(
        {last_published.line,
         "says that the trial ended, and SHA256SUMS is not there: it was removed, or the run was "
         "ended in that instant. `vitrine run` makes it again."});
  }
  return chain;
}

std::string to_sentence(const io::AuditProblem& problem) {
  return problem.line > 0 ? str("audit.log, line ", problem.line, ": ", problem.text)
                          : str("audit.log ", problem.text);
}

}  // namespace vitrine::cli
