#include "vitrine/cli/run_journal.hpp"

#include <sys/utsname.h>
#include <unistd.h>

#include <algorithm>
#include <cmath>

#include "vitrine/cli/version.hpp"
#include "vitrine/core/parallel.hpp"
#include "vitrine/core/utf8.hpp"
#include "vitrine/io/identity.hpp"

namespace vitrine::cli {
namespace {

Value list_of(const std::vector<std::string>& texts) {
  return Value(Value::List(texts.begin(), texts.end()));
}

void append_members(Value& value, const Value& more) {
  if (const auto* members = more.as<Value::Map>())
    for (const auto& member : *members) value.set(member.key, member.value);
}

/// How the run before this one ended, by the last thing that it told.
const char* end_of_run(const std::string& last_event) {
  if (last_event.empty()) return "none";
  if (last_event == "finished") return "finished";
  if (last_event == "interrupted") return "interrupted";
  return last_event == "stopped" ? "stopped by an error" : "cut off";
}

/// "glibc 2.36"
std::string c_library() {
  char text[64] = "";
  return ::confstr(_CS_GNU_LIBC_VERSION, text, sizeof text) > 0 ? text : "unknown";
}

double milliseconds(double seconds) { return std::round(seconds * 1e3) / 1e3; }

}  // namespace

Value who_and_what(Identity identity, Isa isa) {
  Value value;
  if (identity == Identity::named)
    value.set("user", Value(io::user_name()))
        .set("host", Value(io::host_name()))
        .set("process", Value(double(::getpid())))
        .set("command", list_of(io::command_line()));
  utsname system{};
  ::uname(&system);
  return value
      .set("versions", program_versions()
                           .set("libc", Value(c_library()))
                           .set("system", Value(str(system.sysname, ' ', system.release))))
      .set("libraries", list_of(loaded_libraries()))
      .set("isa", Value(std::string(to_string(isa))))
      .set("threads", Value(double(thread_count())));
}

void audit_event(const io::Path& dir, const std::string& event, Identity identity, Isa isa,
                 const Value& detail) {
  Value value = detail;
  append_members(value, who_and_what(identity, isa));
  io::AuditLog(dir).append(event, value);
}

RunJournal::RunJournal(const io::Path& dir, const trial::Plan& plan, std::size_t kept,
                       Identity identity, Isa isa, JsonlLog& log, trial::Progress& shown)
    : audit_(dir,
             [&](const io::AuditLine& line) {
               if (line.event != report_made) last_event_ = line.event;
             }),
      log_(log),
      shown_(shown) {
  constexpr std::size_t most_told = 20;
  const io::AuditChain& before = audit_.chain();
  problems_before_ = before.problems.size() - before.torn.size();
  Value start = Value()
                    .set("trial", Value(plan.scenario.trial.name))
                    .set("fingerprint", Value(plan.fingerprint))
                    .set("cases", Value(double(plan.cases.size())))
                    .set("kept", Value(double(kept)))
                    .set("previous_run", Value(end_of_run(last_event_)));
  const std::string event = before.lines > 0 || kept > 0 ? "run_resumed" : "run_started";
  log_.write(LogLevel::info, event,
             Value(start)
                 .set("version", Value(VITRINE_VERSION))
                 .set("isa", Value(std::string(to_string(isa))))
                 .set("threads", Value(double(thread_count()))));
  if (problems_before_ > 0) {
    Value::List told;
    for (std::size_t i = 0; i < std::min(problems_before_, most_told); ++i)
      told.push_back(Value()
                         .set("line", Value(double(before.problems[i].line)))
                         .set("text", Value(before.problems[i].text)));
    const Value found = Value()
                            .set("problems", Value(double(problems_before_)))
                            .set("first", Value(std::move(told)));
    log_.write(LogLevel::warning, "audit_log_changed", found);
    audit_.append("found_changed", found);
  }
  append_members(start, who_and_what(identity, isa));
  audit_.append(event, start);
}

void RunJournal::step(double done, double total, const std::string& stage) {
  // The engine says "CASE: STAGE", and "done" at the end.
  const auto colon = stage.find(": ");
  const std::string id = colon == std::string::npos ? "" : stage.substr(0, colon);
  if (id != case_) {
    case_ = id;
    case_start_ = log_.seconds();
  }
  if (!id.empty())
    log_.write(LogLevel::debug, "stage",
               Value()
                   .set("case", Value(clean_utf8(id)))
                   .set("stage", Value(clean_utf8(stage.substr(colon + 2))))
                   .set("done_percent",
                        Value(total > 0.0 ? std::round(1e3 * done / total) / 10.0 : 100.0)));
  shown_.step(done, total, stage);
}

void RunJournal::case_failed(const std::string& case_id, const Error& error) {
  const Value detail =
      Value().set("case", Value(case_id)).set("message", Value(clean_utf8(explain(error))));
  log_.write(LogLevel::error, "case_failed", detail);
  audit_.append("case_failed", detail);
  shown_.case_failed(case_id, error);
}

void RunJournal::case_finished(const trial::CaseResult& result, const Digest& record) {
  double bytes = 0.0;
  for (const trial::FileRecord& file : result.files) bytes += double(file.bytes);
  const Value detail = Value()
                           .set("case", Value(result.id))
                           .set("files", Value(double(result.files.size())))
                           .set("bytes", Value(bytes));
  audit_.append("case_finished", Value(detail).set("record", Value(record.hex())));
  log_.write(LogLevel::info, "case_finished",
             Value(detail).set("case_seconds", Value(milliseconds(log_.seconds() - case_start_))));
}

void RunJournal::finished(const trial::TrialResult& result, const Digest& sums) {
  audit_.append("finished", Value()
                                .set("cases", Value(double(result.cases.size())))
                                .set("failed_cases", Value(double(result.failures.size())))
                                .set("sha256sums", Value(sums.hex())));
}

void RunJournal::ended_by(const Error& error) noexcept {
  const bool asked = error.kind() == Error::Kind::interrupted;
  try {
    const Value detail = Value().set("message", Value(clean_utf8(explain(error))));
    log_.write(asked ? LogLevel::warning : LogLevel::error, asked ? "interrupted" : "stopped",
               detail);
    audit_.append(asked ? "interrupted" : "stopped", detail);
  } catch (...) {
    // The error that ended the run is the one to tell; the next run says `cut off`.
    return;
  }
}

}  // namespace vitrine::cli
