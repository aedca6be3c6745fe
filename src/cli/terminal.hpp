#pragma once
#include <chrono>
#include <optional>
#include <string>

#include "vitrine/trial/sink.hpp"

namespace vitrine::cli {

enum class Verbosity { quiet, normal, verbose };

/// Progress on the error stream. On a terminal one line that is rewritten with the time left, cut
/// to the terminal's width; elsewhere, and where TERM=dumb, a plain line a second at most. Verbose:
/// a plain line for every stage. Quiet: only what failed.
class Terminal final : public trial::Progress {
 public:
  explicit Terminal(Verbosity verbosity);
  ~Terminal() override;
  Terminal(const Terminal&) = delete;
  Terminal& operator=(const Terminal&) = delete;

  /// No more progress comes: the line is left as it is.
  void end();
  void step(double done, double total, const std::string& stage) override;
  void case_failed(const std::string& case_id, const Error& error) override;

 private:
  using Clock = std::chrono::steady_clock;

  Verbosity verbosity_;
  bool rewrites_;
  bool open_line_ = false;
  double first_done_ = -1.0;  // what an earlier run had finished does not tell this one's speed
  Clock::time_point start_ = Clock::now();
  std::optional<Clock::time_point> last_;  // when something was shown
};

}  // namespace vitrine::cli
