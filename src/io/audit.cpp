#include "vitrine/io/audit.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <optional>

#include "vitrine/core/hash.hpp"
#include "vitrine/io/detail/posix.hpp"
#include "vitrine/io/identity.hpp"
#include "vitrine/io/json.hpp"

namespace vitrine::io {
namespace {

const std::string no_line(64, '0');
constexpr std::string_view digest_key = ",\"sha256\":\"";
constexpr std::size_t digits = 64;
constexpr std::size_t tail_length = digest_key.size() + digits + 2;  // the quote and the brace

/// A line parted into what was digested and the digest that it names.
struct Sealed {
  std::string content, digest;
};

/// None if the text does not end as a line of a log does.
std::optional<Sealed> unseal(std::string_view text) {
  if (text.size() <= tail_length || !text.ends_with("\"}")) return {};
  const std::string_view tail = text.substr(text.size() - tail_length);
  const std::string digest(tail.substr(digest_key.size(), digits));
  if (!tail.starts_with(digest_key) || !digest_from_hex(digest)) return {};
  return Sealed{str(text.substr(0, text.size() - tail_length), '}'), digest};
}

std::string text_of(const Value& line, std::string_view key) {
  const Value* found = line.find(key);
  const auto* text = found ? found->as<std::string>() : nullptr;
  return text ? *text : std::string();
}

std::string brief(const std::string& digest) { return digest.substr(0, 12) + "..."; }

Value torn_line(std::size_t number, std::string_view text) {
  return Value()
      .set("line", Value(double(number)))
      .set("bytes", Value(double(text.size())))
      .set("sha256", Value(sha256(text).hex()));
}

class Reader {
 public:
  Reader(const std::string& file, const std::function<void(const AuditLine&)>& each)
      : file_(file), each_(each) {
    chain_.head = no_line;
  }

  AuditChain read(std::string_view text) && {
    while (!text.empty()) {
      const std::size_t end = text.find('\n');
      chain_.ends_in_newline = end != std::string_view::npos;
      const std::string_view line = text.substr(0, end);
      text.remove_prefix(chain_.ends_in_newline ? end + 1 : text.size());
      ++chain_.lines;
      take(line);
      // Whole but for its newline: it stays a line, and yet it was cut.
      if (!chain_.ends_in_newline && chain_.torn.empty())
        chain_.torn.push_back(torn_line(chain_.lines, line));
    }
    for (const Value& torn : chain_.torn)
      add(static_cast<std::size_t>(*torn.find("line")->as<double>()),
          "is cut short: the program or the machine stopped while it was written, or somebody cut "
          "it. `vitrine run` goes on behind it and records that.");
    return std::move(chain_);
  }

 private:
  void add(std::size_t line, std::string text) {
    chain_.problems.push_back({line, std::move(text)});
  }

  void take(std::string_view text) {
    const std::size_t here = chain_.lines;
    const auto sealed = unseal(text);
    if (!sealed) {
      chain_.torn.push_back(torn_line(here, text));
      chain_.head = sha256(text).hex();
      ++number_;
      return;
    }
    AuditLine line{here, {}, {}, sealed->digest, {}};
    const std::string is = sha256(sealed->content).hex();
    if (is != sealed->digest)
      add(here, str("was changed after it was written (its SHA-256 is ", brief(is),
                    ", and it says ", brief(sealed->digest), ")."));
    try {
      line.content = parse_json(text, file_);
    } catch (const Error&) {
      if (is == sealed->digest) add(here, "is no JSON.");
    }
    line.time = text_of(line.content, "time");
    line.event = text_of(line.content, "event");
    account_for_torn(line);
    follow(line);
    chain_.head = sealed->digest;
    if (each_ && !line.content.empty()) each_(line);
  }

  /// Does the line stand where it was written?
  void follow(const AuditLine& line) {
    const Value* member = line.content.find("line");
    const double* number = member ? member->as<double>() : nullptr;
    const std::string before = text_of(line.content, "previous");
    const double expected = number_ + 1.0;
    number_ = number ? *number : expected;
    if (line.content.empty()) return;
    if (number && *number > expected)
      add(line.number, str("was written as line ", to_text(*number), ", where line ",
                           to_text(expected), " is due: ", to_text(*number - expected),
                           " before it were taken out, or lines changed places."));
    else if (!number || *number < expected)
      add(line.number,
          str("was written as line ", number ? to_text(*number) : "?", ", where line ",
              to_text(expected), " is due: a line was put in, or lines changed places."));
    else if (before != chain_.head)
      add(line.number, str("does not follow the line before it (it was written behind ",
                           brief(before), ", not behind ", brief(chain_.head),
                           "): the line before was changed or exchanged, with its SHA-256."));
  }

  /// Torn lines are in order if the line behind them names them.
  void account_for_torn(const AuditLine& line) {
    if (chain_.torn.empty()) return;
    const Value* named = line.event == "repaired" ? line.content.find("torn") : nullptr;
    if (!named || to_json(*named) != to_json(Value(chain_.torn))) {
      for (const Value& torn : chain_.torn)
        add(static_cast<std::size_t>(*torn.find("line")->as<double>()),
            "is no line of an audit log, and the line behind it does not say that it was cut short "
            "when it was written.");
      chain_.head = text_of(line.content, "previous");  // one mistake, said once
    }
    chain_.torn.clear();
  }

  const std::string& file_;
  const std::function<void(const AuditLine&)>& each_;
  AuditChain chain_;
  double number_ = 0.0;  // what the line before says that it is
};

}  // namespace

AuditChain read_audit(std::string_view text, const std::string& file,
                      const std::function<void(const AuditLine&)>& each) {
  return Reader(file, each).read(text);
}

AuditLog::AuditLog(const Path& dir, const std::function<void(const AuditLine&)>& each)
    : path_(dir / file_name) {
  open(each);
}

AuditLog::~AuditLog() {
  if (descriptor_ >= 0) ::close(descriptor_);
}

void AuditLog::open(const std::function<void(const AuditLine&)>& each) {
  std::error_code error;
  const bool is_new = !std::filesystem::exists(path_, error);
  detail::Descriptor file =
      detail::open_file("write", path_, O_WRONLY | O_APPEND | O_CREAT | O_NOFOLLOW);
  if (is_new) detail::sync_directory(path_.parent_path());
  chain_ = read_audit(is_new ? std::string() : read_text(path_), path_.string(), each);
  if (descriptor_ >= 0) ::close(descriptor_);
  descriptor_ = file.release();
  unsure_ = false;
}

void AuditLog::append(std::string_view event, const Value& detail) {
  if (unsure_) open({});
  if (!chain_.torn.empty()) {
    const Value torn = Value().set("torn", Value(chain_.torn));
    const std::string_view before = chain_.ends_in_newline ? "" : "\n";
    chain_.torn.clear();
    chain_.ends_in_newline = true;
    write("repaired", torn, before);
  }
  write(event, detail, "");
}

void AuditLog::write(std::string_view event, const Value& detail, std::string_view before) {
  Value line = Value()
                   .set("line", Value(double(chain_.lines + 1)))
                   .set("time", Value(utc_time()))
                   .set("event", Value(std::string(event)));
  if (const auto* members = detail.as<Value::Map>())
    for (const auto& member : *members) line.set(member.key, member.value);
  line.set("previous", Value(chain_.head));
  std::string content = to_json(line);
  const std::string digest = sha256(content).hex();
  content.pop_back();
  const std::string text = str(before, content, digest_key, digest, "\"}\n");
  unsure_ = true;
  detail::write_all(descriptor_, path_, std::as_bytes(std::span(text)));
  if (::fsync(descriptor_) != 0) detail::fail("write", path_, errno);
  unsure_ = false;
  ++chain_.lines;
  chain_.head = digest;
}

}  // namespace vitrine::io
