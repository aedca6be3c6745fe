#include "vitrine/cli/terminal.hpp"

#include <unistd.h>

#include <cstdio>

namespace vitrine::cli {

Terminal::Terminal(bool quiet) : quiet_(quiet), rewrites_(isatty(STDERR_FILENO) != 0) {}

Terminal::~Terminal() {
  if (open_line_) std::fputc('\n', stderr);
}

void Terminal::step(double done, double total, const std::string& stage) {
  if (first_done_ < 0.0) first_done_ = done;
  if (quiet_) return;
  const double seconds = std::chrono::duration<double>(Clock::now() - start_).count();
  const double finished = done - first_done_;
  char left[32] = "";
  if (finished > 0.0 && done < total) {
    const int wait = int(seconds * (total - done) / finished + 0.5);
    std::snprintf(left, sizeof left, ", %d:%02d left", wait / 60, wait % 60);
  }
  const double percent = total > 0.0 ? 100.0 * done / total : 100.0;
  if (rewrites_) {
    std::fprintf(stderr, "\r\033[K%3.0f %%%s  %s", percent, left, stage.c_str());
    open_line_ = true;
  } else {
    std::fprintf(stderr, "%3.0f %% %6.1f s%s  %s\n", percent, seconds, left, stage.c_str());
  }
  std::fflush(stderr);
}

void Terminal::case_failed(const std::string& case_id, const Error& error) {
  std::fprintf(stderr, "%s%s failed: %s\n", open_line_ ? "\n" : "", case_id.c_str(),
               explain(error).c_str());
  open_line_ = false;
}

}  // namespace vitrine::cli
