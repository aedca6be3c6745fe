#pragma once
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "vitrine/core/value.hpp"
#include "vitrine/io/file.hpp"

namespace vitrine::io {

/// A line of an audit log that is as it was written.
struct AuditLine {
  std::size_t number = 0;  ///< from 1
  std::string time, event, digest;
  Value content;  ///< all of it
};

/// Something that is not as it was written.
struct AuditProblem {
  std::size_t line = 0;  ///< from 1; 0: the file as a whole
  std::string text;
};

/// What an audit log is as a whole.
struct AuditChain {
  std::size_t lines = 0;  ///< the last of them perhaps without its newline
  std::string head;       ///< what the next line must name as its `previous`
  std::vector<AuditProblem> problems;
  /// Lines at the end that no writer finished: `{line, bytes, sha256}` each, the last of them
  /// perhaps without a newline. The next line that is appended accounts for them.
  Value::List torn;
  bool ends_in_newline = true;
};

/// Check a log's text line by line: every line's own digest, its number, the digest of the line
/// before. `each` is given those that can be read. docs/formats/audit.md has the format.
AuditChain read_audit(std::string_view text, const std::string& file,
                      const std::function<void(const AuditLine&)>& each = {});

/// Appends to the audit log of a directory; the caller holds the directory's RunLock.
///
/// Nothing in the file is ever overwritten or cut: what a killed writer left of a line stays, and
/// the next line, an event `repaired` of its own, says so.
class AuditLog {
 public:
  static constexpr std::string_view file_name = "audit.log";

  /// Reads what is there, and gives it to `each` line by line. Throws Error (io).
  explicit AuditLog(const Path& dir, const std::function<void(const AuditLine&)>& each = {});
  AuditLog(const AuditLog&) = delete;
  AuditLog& operator=(const AuditLog&) = delete;
  ~AuditLog();

  /// One line {line, time, event, members of `detail`..., previous, sha256}; durable when this
  /// returns. Throws Error (io); what then was written in part is accounted for by the next call.
  void append(std::string_view event, const Value& detail);

  /// The log as it is now; its problems are those that were found when it was opened.
  const AuditChain& chain() const { return chain_; }

 private:
  void open(const std::function<void(const AuditLine&)>& each);
  void write(std::string_view event, const Value& detail, std::string_view before);

  Path path_;
  AuditChain chain_;
  int descriptor_ = -1;
  bool unsure_ = false;  // a write failed: read the end again
};

}  // namespace vitrine::io
