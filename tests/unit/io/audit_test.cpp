#include <sys/resource.h>

#include <csignal>

#include "scratch.hpp"
#include "vitrine/core/hash.hpp"
#include "vitrine/io/audit.hpp"

using namespace vitrine;
using Catch::Matchers::Contains;

namespace {

/// A log of five lines, as a trial would write it.
std::string five_lines(const io::Path& dir) {
  io::AuditLog log(dir);
  log.append("run_started", Value().set("user", Value("ada")));
  for (const char* id : {"case001", "case002", "case003"})
    log.append("case_finished", Value().set("case", Value(id)).set("text", Value("a \"b\"\n")));
  log.append("finished", Value().set("cases", Value(3.0)));
  return io::read_text(dir / io::AuditLog::file_name);
}

std::vector<std::string> lines_of(const std::string& text) {
  std::vector<std::string> lines;
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t end = text.find('\n', at) + 1;
    lines.push_back(text.substr(at, end - at));
    at = end;
  }
  return lines;
}

std::string joined(const std::vector<std::string>& lines) {
  std::string text;
  for (const std::string& line : lines) text += line;
  return text;
}

io::AuditChain read(const std::string& text) { return io::read_audit(text, "audit.log"); }

}  // namespace

TEST_CASE(
    "an audit log reads back line by line, and each line holds the digest of the one before") {
  const Scratch scratch;
  const std::string text = five_lines(scratch.path());
  std::vector<io::AuditLine> seen;
  const auto chain =
      io::read_audit(text, "audit.log", [&](const io::AuditLine& line) { seen.push_back(line); });
  CHECK(chain.problems.empty());
  REQUIRE(chain.lines == 5);
  REQUIRE(seen.size() == 5);
  const auto lines = lines_of(text);
  for (std::size_t i = 0; i < 5; ++i) {
    // The rule of docs/formats/audit.md, worked out by hand.
    const std::string content = lines[i].substr(0, lines[i].rfind(",\"sha256\":")) + "}";
    CHECK(seen[i].digest == sha256(content).hex());
    CHECK(*seen[i].content.find("previous")->as<std::string>() ==
          (i == 0 ? std::string(64, '0') : seen[i - 1].digest));
  }
  CHECK(chain.head == seen.back().digest);
  CHECK(seen[1].event == "case_finished");
  CHECK(seen[1].time.size() == std::string("2026-03-01T12:00:00Z").size());
}

TEST_CASE("no byte of an audit log can change unseen") {
  const Scratch scratch;
  const std::string text = five_lines(scratch.path());
  std::size_t line = 1;
  for (std::size_t i = 0; i < text.size(); ++i) {
    for (const int flip : {1, 32}) {
      std::string changed = text;
      changed[i] = char(changed[i] ^ flip);
      const auto chain = read(changed);
      INFO("byte " << i << " of line " << line << ", bit " << flip);
      REQUIRE_FALSE(chain.problems.empty());
      REQUIRE(chain.problems.front().line == line);
    }
    if (text[i] == '\n') ++line;
  }
}

TEST_CASE("a line that is taken out, put in or moved is found and named") {
  const Scratch scratch;
  const auto lines = lines_of(five_lines(scratch.path()));
  for (std::size_t k = 0; k + 1 < lines.size(); ++k) {  // without the last: see the head
    auto without = lines;
    without.erase(without.begin() + std::ptrdiff_t(k));
    const auto chain = read(joined(without));
    REQUIRE(chain.problems.size() == 1);
    CHECK(chain.problems[0].line == k + 1);
    CHECK_THAT(chain.problems[0].text, Contains("1 before it were taken out"));
  }
  for (std::size_t k = 0; k < lines.size(); ++k) {
    auto doubled = lines;
    doubled.insert(doubled.begin() + std::ptrdiff_t(k), lines[k]);
    const auto chain = read(joined(doubled));
    REQUIRE(chain.problems.size() == 1);
    CHECK(chain.problems[0].line == k + 2);
    CHECK_THAT(chain.problems[0].text, Contains("a line was put in"));
    if (k == 0) continue;
    auto swapped = lines;
    std::swap(swapped[k - 1], swapped[k]);
    REQUIRE_FALSE(read(joined(swapped)).problems.empty());
    CHECK(read(joined(swapped)).problems[0].line == k);
    CHECK_THAT(read(joined(swapped)).problems[0].text, Contains("changed places"));
  }
}

TEST_CASE("a line exchanged together with its digest breaks the chain at the next one") {
  const Scratch scratch;
  auto lines = lines_of(five_lines(scratch.path()));
  std::string content = lines[2].substr(0, lines[2].rfind(",\"sha256\":")) + "}";
  content.replace(content.find("case002"), 7, "case009");
  const std::string digest = sha256(content).hex();
  content.pop_back();
  lines[2] = content + ",\"sha256\":\"" + digest + "\"}\n";
  const auto chain = read(joined(lines));
  REQUIRE(chain.problems.size() == 1);
  CHECK(chain.problems[0].line == 4);
  CHECK_THAT(chain.problems[0].text, Contains("does not follow the line before it"));
}

TEST_CASE("a log cut at any byte is healed by the next line, which says so") {
  const Scratch scratch;
  const std::string text = five_lines(scratch.path());
  const io::Path path = scratch / "audit.log";
  for (std::size_t kept = 0; kept <= text.size(); ++kept) {
    const std::string cut = text.substr(0, kept);
    INFO("the first " << kept << " bytes");
    const bool torn = !cut.empty() && cut.back() != '\n';
    REQUIRE(read(cut).problems.size() == (torn ? 1 : 0));
    if (torn) REQUIRE_THAT(read(cut).problems[0].text, Contains("is cut short"));
    io::write_file(path, cut);
    io::AuditLog(scratch.path()).append("run_resumed", Value());
    const std::string healed = io::read_text(path);
    REQUIRE(healed.starts_with(cut));  // append-only
    std::vector<std::string> events;
    const auto chain = io::read_audit(
        healed, "audit.log", [&](const io::AuditLine& line) { events.push_back(line.event); });
    REQUIRE(chain.problems.empty());
    REQUIRE(events.back() == "run_resumed");
    REQUIRE((events.size() > 1 && events[events.size() - 2] == "repaired") == torn);
  }
}

TEST_CASE("the line that heals a log may itself be cut short") {
  const Scratch scratch;
  const io::Path path = scratch / "audit.log";
  const std::string text = five_lines(scratch.path());
  const std::string torn = text.substr(0, text.size() - 30);
  io::write_file(path, torn);
  io::AuditLog(scratch.path()).append("run_resumed", Value());
  const std::string healed = io::read_text(path);
  for (std::size_t kept = torn.size(); kept < healed.size(); kept += 7) {
    io::write_file(path, healed.substr(0, kept));
    io::AuditLog(scratch.path()).append("run_resumed", Value());
    INFO("the first " << kept << " bytes");
    REQUIRE(read(io::read_text(path)).problems.empty());
  }
}

TEST_CASE("garbage that somebody adds is no line, unless the next one accounts for it") {
  const Scratch scratch;
  const std::string text = five_lines(scratch.path());
  const auto lines = lines_of(text);
  CHECK(read(text + "hello\n").problems.size() == 1);
  auto between = lines;
  between.insert(between.begin() + 2, "hello\n");
  const auto chain = read(joined(between));
  REQUIRE_FALSE(chain.problems.empty());
  CHECK(std::any_of(chain.problems.begin(), chain.problems.end(), [](const auto& problem) {
    return problem.line == 3 &&
           problem.text.find("is no line of an audit log") != std::string::npos;
  }));
}

TEST_CASE("a line that does not fit on the disk is an error, and the next one heals the log") {
  const Scratch scratch;
  const std::string text = five_lines(scratch.path());
  io::AuditLog log(scratch.path());
  const auto old_handler = std::signal(SIGXFSZ, SIG_IGN);
  rlimit before{};
  REQUIRE(::getrlimit(RLIMIT_FSIZE, &before) == 0);
  rlimit tight = before;
  tight.rlim_cur = text.size() + 40;
  REQUIRE(::setrlimit(RLIMIT_FSIZE, &tight) == 0);
  const std::string said =
      complaint(Error::Kind::io, [&] { log.append("case_finished", Value()); });
  REQUIRE(::setrlimit(RLIMIT_FSIZE, &before) == 0);
  std::signal(SIGXFSZ, old_handler);
  CHECK_THAT(said, Contains("audit.log"));
  CHECK(io::read_text(scratch / "audit.log").size() == text.size() + 40);
  log.append("stopped", Value());
  const auto chain = read(io::read_text(scratch / "audit.log"));
  CHECK(chain.problems.empty());
  CHECK(chain.lines == 8);  // the torn one, `repaired`, `stopped`
}
