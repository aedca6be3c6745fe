#include <cstdio>
#include <memory>

#include "vitrine/cli/audit_check.hpp"
#include "vitrine/cli/commands.hpp"
#include "vitrine/cli/exit_code.hpp"
#include "vitrine/core/hash.hpp"
#include "vitrine/io/json.hpp"

namespace vitrine::cli {
namespace {

struct Options {
  std::string dir, head;
  bool json = false;
};

Value as_json(const io::AuditChain& chain) {
  Value::List problems;
  for (const io::AuditProblem& problem : chain.problems)
    problems.push_back(Value()
                           .set("line", problem.line > 0 ? Value(double(problem.line)) : Value())
                           .set("text", Value(problem.text)));
  return Value()
      .set("passed", Value(chain.problems.empty()))
      .set("lines", Value(double(chain.lines)))
      .set("head", Value(chain.head))
      .set("problems", Value(std::move(problems)));
}

int verify(const Options& options) {
  require(options.head.empty() || digest_from_hex(options.head), Error::Kind::input, "--head is '",
          options.head,
          "' (no SHA-256 digest: 64 of the digits 0-9 a-f). `vitrine audit head DIR` "
          "prints one.");
  std::size_t noted = 0;  // the line that --head names
  io::AuditChain chain = check_audit(options.dir, [&](const io::AuditLine& line) {
    if (line.digest == options.head) noted = line.number;
  });
  if (!options.head.empty() && noted == 0)
    chain.problems.push_back(
        {0,
         "has no line with the digest that --head names: what was there when it was noted has "
         "been cut off or written anew, or it is of another trial."});
  const bool passed = chain.problems.empty();
  if (options.json) {
    std::printf("%s\n", to_json(as_json(chain), 2).c_str());
    return passed ? ok : check_failed;
  }
  for (const io::AuditProblem& problem : chain.problems)
    std::fprintf(stderr, "vitrine: %s\n", to_sentence(problem).c_str());
  if (passed) {
    std::printf("%zu lines are as they were written\nhead %s\n", chain.lines, chain.head.c_str());
    if (noted > 0) std::printf("--head is line %zu of %zu\n", noted, chain.lines);
  } else {
    std::fprintf(stderr, "vitrine: %zu %s in %zu lines\n", chain.problems.size(),
                 chain.problems.size() == 1 ? "problem" : "problems", chain.lines);
  }
  return passed ? ok : check_failed;
}

/// A member of an event for people: texts as they are, everything else as JSON.
std::string shown(const Value& value) {
  if (const auto* text = value.as<std::string>()) return *text;
  if (const auto* list = value.as<Value::List>()) {
    std::string text;
    for (const Value& one : *list) text += (text.empty() ? "" : " ") + shown(one);
    return text;
  }
  return to_json(value);
}

void print(const io::AuditLine& line) {
  std::printf("%4zu  %s  %s\n", line.number, line.time.c_str(), line.event.c_str());
  for (const auto& [key, value, where] : *line.content.as<Value::Map>()) {
    const bool said =
        key == "line" || key == "time" || key == "event" || key == "previous" || key == "sha256";
    if (!said) std::printf("      %-13s %s\n", key.c_str(), shown(value).c_str());
  }
}

int show(const Options& options) {
  Value::List lines;
  const io::AuditChain chain = check_audit(options.dir, [&](const io::AuditLine& line) {
    if (options.json)
      lines.push_back(line.content);
    else
      print(line);
  });
  if (options.json) std::printf("%s\n", to_json(Value(std::move(lines)), 2).c_str());
  if (!chain.problems.empty())
    std::fprintf(stderr, "vitrine: this log was changed: `vitrine audit verify` says where\n");
  return chain.problems.empty() ? ok : check_failed;
}

int head(const Options& options) {
  const io::AuditChain chain = check_audit(options.dir);
  require(chain.lines > 0, Error::Kind::data, "'", options.dir,
          "' has no audit log, or an empty one. `vitrine audit verify` says more.");
  if (options.json)
    std::printf(
        "%s\n",
        to_json(Value().set("lines", Value(double(chain.lines))).set("head", Value(chain.head)))
            .c_str());
  else
    std::printf("%s\n", chain.head.c_str());
  return ok;
}

}  // namespace

void add_audit(CLI::App& app, int& code) {
  auto* audit = app.add_subcommand(
      "audit", "Who ran a trial, when and with what, in a log that shows every later change");
  audit->require_subcommand(1);
  const auto add = [&](const char* name, const char* summary, int (*run)(const Options&)) {
    auto* command = audit->add_subcommand(name, summary);
    auto options = std::make_shared<Options>();
    command->add_option("dir", options->dir, "output directory of `vitrine run`")->required();
    command->add_flag("--json", options->json, "machine-readable");
    if (run == &verify)
      command->add_option("--head", options->head,
                          "a digest that `vitrine audit head` printed earlier: it must be there");
    command->callback([options, run, &code] { code = run(*options); });
  };
  add("verify", "Check every line of the log, and what it says against the directory", &verify);
  add("show", "Print the log", &show);
  add("head", "Print the digest of the last line, to be noted elsewhere", &head);
  audit->footer(
      "\nWhoever can write the directory can write the whole log anew. A head noted elsewhere\n"
      "proves that what was there then is there still: vitrine audit verify DIR --head DIGEST");
}

}  // namespace vitrine::cli
