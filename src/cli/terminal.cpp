#include "vitrine/cli/terminal.hpp"

#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <string_view>

#include "vitrine/cli/style.hpp"
#include "vitrine/core/utf8.hpp"

namespace vitrine::cli {
namespace {

// A line is rewritten as often as an eye can follow, and a file gets no more than one can read.
constexpr auto rewriting_pause = std::chrono::milliseconds(50);
constexpr auto plain_pause = std::chrono::seconds(1);

bool is_dumb() {
  const char* term = std::getenv("TERM");
  return term && std::string_view(term) == "dumb";
}

}  // namespace

Terminal::Terminal(Verbosity verbosity)
    : verbosity_(verbosity),
      rewrites_(verbosity == Verbosity::normal && isatty(STDERR_FILENO) != 0 && !is_dumb()) {}

Terminal::~Terminal() { end(); }

void Terminal::end() {
  if (open_line_) std::fputc('\n', stderr);
  open_line_ = false;
}

void Terminal::step(double done, double total, const std::string& stage) {
  if (first_done_ < 0.0) first_done_ = done;
  if (verbosity_ == Verbosity::quiet) return;
  const Clock::time_point now = Clock::now();
  const auto pause = rewrites_ ? Clock::duration(rewriting_pause) : Clock::duration(plain_pause);
  const bool is_last = done >= total;
  if (verbosity_ == Verbosity::normal && !is_last && last_ && now - *last_ < pause) return;
  last_ = now;

  const double seconds = std::chrono::duration<double>(now - start_).count();
  const double finished = done - first_done_;
  char left[32] = "";
  if (finished > 0.0 && !is_last) {
    const long wait = long(seconds * (total - done) / finished + 0.5);
    std::snprintf(left, sizeof left, ", %ld:%02ld left", wait / 60, wait % 60);
  }
  const double percent = total > 0.0 ? 100.0 * done / total : 100.0;
  char line[96];
  if (rewrites_) {
    std::snprintf(line, sizeof line, "%3.0f %%%s  ", percent, left);
    // The last column stays free: some terminals break the line when it is filled.
    const std::string text = shortened(line + stage, terminal_width(STDERR_FILENO) - 1);
    std::fprintf(stderr, "\r\033[K%s", text.c_str());
    open_line_ = true;
  } else {
    std::snprintf(line, sizeof line, "%3.0f %% %6.1f s%s  ", percent, seconds, left);
    std::fprintf(stderr, "%s%s\n", line, stage.c_str());
  }
  std::fflush(stderr);
}

void Terminal::case_failed(const std::string& case_id, const Error& error) {
  end();
  std::fprintf(stderr, "%s %s: %s\n", case_id.c_str(),
               toned(Tone::bad, "failed", STDERR_FILENO).c_str(), explain(error).c_str());
}

}  // namespace vitrine::cli
