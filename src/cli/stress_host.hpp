#pragma once
#include <span>
#include <string>

#include "vitrine/io/process.hpp"
#include "vitrine/readers/reader.hpp"

namespace vitrine::cli {

/// The command as it will be run: arguments that name files below the current directory are made
/// absolute, since it runs elsewhere, and a network's program is found (`with_runtime`).
readers::Command resolved(const readers::Command& command);

/// SHA-256 of the arguments, the program's file and every file that an argument names. Throws Error
/// (io) if the program is not there.
Digest digest_of(const readers::Command& command);

/// The lesions that a command is told of, as `{boxes}` has them.
std::string boxes_csv(std::span<const readers::LesionBox> lesions);

/// Runs one command on one image in a new directory below `scratch`, which is removed afterwards.
class CommandHost final : public readers::Host {
 public:
  /// `image`: the file's bytes; `log` takes what the program says.
  CommandHost(io::Path scratch, const io::Bytes& image, io::Path log)
      : scratch_(std::move(scratch)), image_(image), log_(std::move(log)) {}

  readers::Reading run(const readers::Command& command, const readers::Request& request) override;

  /// Of the last run; none if there was none.
  const std::optional<io::ProcessEnd>& end() const { return end_; }

 private:
  io::Path scratch_;
  const io::Bytes& image_;
  io::Path log_;
  std::optional<io::ProcessEnd> end_;
};

/// Asks whether programs may be run, once for each digest.
class Consent {
 public:
  /// `file` keeps what was agreed to; empty: `vitrine/consent` in the user's configuration.
  Consent(const std::string& file, bool yes);
  /// Throws Error (input) that says what to do if there is no consent.
  void require_for(const std::string& model, const readers::Command& command, const Digest& digest);

 private:
  io::Path file_;
  bool yes_;
};

}  // namespace vitrine::cli
