#pragma once
#include <string>

#include "vitrine/cli/jsonl_log.hpp"
#include "vitrine/core/hash.hpp"
#include "vitrine/core/isa.hpp"
#include "vitrine/io/audit.hpp"
#include "vitrine/trial/engine.hpp"

namespace vitrine::cli {

/// Whether logs name the user, the host, the process and the command line.
enum class Identity { named, left_out };

/// Who runs this program with what, as members of an audit event: user, host, process, command,
/// versions, libraries, isa, threads. `isa` is the level in use.
Value who_and_what(Identity identity, Isa isa);

/// The event of `vitrine report` in a trial's own directory.
inline constexpr const char* report_made = "report_made";

/// Append one event to the audit log of a trial's directory, with `who_and_what`; for commands that
/// change what is there after its run. The caller holds the directory's RunLock.
void audit_event(const io::Path& dir, const std::string& event, Identity identity, Isa isa,
                 const Value& detail);

/// Keeps a run's audit log and its progress log, and passes on what the engine says to `shown`.
class RunJournal final : public trial::Progress {
 public:
  /// `kept`: cases that earlier runs had finished.
  RunJournal(const io::Path& dir, const trial::Plan& plan, std::size_t kept, Identity identity,
             Isa isa, JsonlLog& log, trial::Progress& shown);

  void step(double done, double total, const std::string& stage) override;
  void case_failed(const std::string& case_id, const Error& error) override;

  /// To be told before the record of a case is written, with the digest of that record: so no
  /// record is without a line.
  void case_finished(const trial::CaseResult& result, const Digest& record);
  /// To be told before SHA256SUMS is written, with its digest.
  void finished(const trial::TrialResult& result, const Digest& sums);
  /// The run ends by an error; an interruption is one. Throws nothing.
  void ended_by(const Error& error) noexcept;

  /// Problems of the audit log that were there before, the torn end of a killed run left out.
  std::size_t problems_before() const { return problems_before_; }

 private:
  std::string last_event_;  // of the runs before this one; the log fills it when it is opened
  io::AuditLog audit_;
  JsonlLog& log_;
  trial::Progress& shown_;
  std::size_t problems_before_ = 0;
  double case_start_ = 0.0;  // s
  std::string case_;
};

}  // namespace vitrine::cli
