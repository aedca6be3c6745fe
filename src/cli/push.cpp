#include <algorithm>
#include <charconv>
#include <cstdio>
#include <map>
#include <memory>
#include <set>

#include "vitrine/cli/commands.hpp"
#include "vitrine/cli/exit_code.hpp"
#include "vitrine/cli/jsonl_log.hpp"
#include "vitrine/io/dicom_push.hpp"
#include "vitrine/io/json.hpp"

namespace vitrine::cli {
namespace {

struct Options {
  std::string dir, address, journal;
  io::DicomServer server;
  bool quiet = false;
};

constexpr const char* event = "pushed";

io::DicomServer server_of(const Options& options) {
  io::DicomServer server = options.server;
  const auto colon = options.address.rfind(':');
  const std::string digits = colon == std::string::npos ? "" : options.address.substr(colon + 1);
  const auto [end, error] =
      std::from_chars(digits.data(), digits.data() + digits.size(), server.port);
  require(
      colon != 0 && error == std::errc() && end == digits.data() + digits.size() && server.port > 0,
      Error::Kind::input, "'", options.address,
      "' is no address of a server. Write HOST:PORT, for instance localhost:4242");
  server.host = options.address.substr(0, colon);
  for (const std::string& title : {server.title, server.own_title})
    require(!title.empty() && title.size() <= 16 && title.find('\\') == std::string::npos,
            Error::Kind::input, "'", title,
            "' is no application entity title (1 to 16 characters, no backslash)");
  return server;
}

/// Instances that the journal says the server has. A line that a killed run left unfinished says
/// nothing.
std::set<std::string> stored_before(const io::Path& journal, const std::string& server) {
  std::set<std::string> stored;
  if (!std::filesystem::exists(journal)) return stored;
  const std::string text = io::read_text(journal);
  for (std::size_t at = 0, end = 0; (end = text.find('\n', at)) != std::string::npos;
       at = end + 1) {
    Value line;
    try {
      line = io::parse_json(std::string_view(text).substr(at, end - at), journal.string());
    } catch (const Error&) {
      continue;
    }
    const auto says = [&](const char* key) -> std::string {
      const Value* found = line.find(key);
      const auto* word = found ? found->as<std::string>() : nullptr;
      return word ? *word : "";
    };
    if (says("event") == event && says("server") == server && says("outcome") == "stored")
      stored.insert(says("sop_instance"));
  }
  return stored;
}

int push(const Options& options) {
  const io::DicomServer server = server_of(options);
  const std::string name = str(server.title, '@', server.host, ':', server.port);
  const io::Path dir = io::Path(options.dir).lexically_normal();
  const io::Path journal =
      options.journal.empty()
          ? io::Path(str((dir.has_filename() ? dir : dir.parent_path()).string(), ".push.jsonl"))
          : io::Path(options.journal);
  std::vector<io::DicomInstance> instances = io::dicom_files_below(dir);
  require(!instances.empty(), Error::Kind::input, "there is no DICOM file in '", options.dir,
          "'. `vitrine export --layout dicom` makes some");
  const std::size_t all = instances.size();
  const std::set<std::string> before = stored_before(journal, name);
  std::erase_if(instances,
                [&](const io::DicomInstance& one) { return before.contains(one.sop_instance); });
  if (!options.quiet && instances.size() < all)
    std::printf("%zu of %zu instances are there already (%s)\n", all - instances.size(), all,
                journal.c_str());

  JsonlLog log;
  log.open(journal, LogLevel::info);
  std::map<io::Pushed, std::size_t> count;
  std::string why;
  io::push_dicom(server, instances, [&](std::size_t i, const io::PushOutcome& result) {
    ++count[result.outcome];
    const bool good = result.outcome == io::Pushed::stored;
    if (!good && why.empty()) why = result.message;
    log.write(good ? LogLevel::info : LogLevel::error, event,
              Value()
                  .set("server", Value(name))
                  .set("file", Value(instances[i].file.lexically_relative(dir).string()))
                  .set("sop_instance", Value(instances[i].sop_instance))
                  .set("outcome", Value(std::string(to_string(result.outcome))))
                  .set("status", Value(double(result.status)))
                  .set("message", Value(result.message)));
  });
  if (!options.quiet)
    std::printf("%zu instances stored by %s\n", count[io::Pushed::stored], name.c_str());
  const std::size_t refused = count[io::Pushed::refused], unsent = count[io::Pushed::not_sent];
  require(refused + unsent == 0, Error::Kind::io, refused + unsent, " of ", all,
          " instances are not at ", name, " (", refused, " refused, ", unsent, " not sent: ", why,
          "). '", journal.string(), "' lists them; the same command sends them again");
  return ok;
}

}  // namespace

void add_push(CLI::App& app, int& code) {
  auto* command =
      app.add_subcommand("push", "Send DICOM files to a PACS by C-STORE; the same command resumes");
  auto options = std::make_shared<Options>();
  command->add_option("dir", options->dir, "directory with DICOM files, at any depth")->required();
  command->add_option("server", options->address, "HOST:PORT")->required();
  command->add_option("--ae", options->server.title, "application entity title of the server")
      ->capture_default_str();
  command->add_option("--from", options->server.own_title, "our own title")->capture_default_str();
  command->add_option("--timeout", options->server.timeout_s, "for every answer, s")
      ->check(CLI::Range(1, 3600))
      ->capture_default_str();
  command->add_option("--journal", options->journal,
                      "lines of JSON, one an instance (default: DIR.push.jsonl)");
  command->add_flag("--quiet,-q", options->quiet, "say nothing but errors");
  command->footer(
      "Instances that the journal says the server has are not sent again. A connection that breaks "
      "is made\nanew; after three in a row that store nothing the rest stays unsent (exit code "
      "4).");
  command->callback([options, &code] { code = push(*options); });
}

}  // namespace vitrine::cli
