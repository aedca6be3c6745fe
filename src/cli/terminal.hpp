#pragma once
#include <chrono>
#include <string>

#include "vitrine/trial/sink.hpp"

namespace vitrine::cli {

/// One line that is rewritten with the time left, on a terminal; a plain line per stage otherwise.
class Terminal final : public trial::Progress {
 public:
  explicit Terminal(bool quiet);
  ~Terminal() override;
  Terminal(const Terminal&) = delete;
  Terminal& operator=(const Terminal&) = delete;

  void step(double done, double total, const std::string& stage) override;
  void case_failed(const std::string& case_id, const Error& error) override;

 private:
  using Clock = std::chrono::steady_clock;
  bool quiet_, rewrites_;
  bool open_line_ = false;
  double first_done_ = -1.0;  // what an earlier run had finished does not tell this one's speed
  Clock::time_point start_ = Clock::now();
};

}  // namespace vitrine::cli
