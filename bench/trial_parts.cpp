#include "trial_parts.hpp"

#include <unistd.h>

#include <chrono>
#include <filesystem>

#include "chest.hpp"
#include "vitrine/core/error.hpp"
#include "vitrine/core/parallel.hpp"

namespace vitrine::bench {

Scratch::Scratch(const std::string& what)
    : dir_(std::filesystem::temp_directory_path() / str("vitrine-bench-", what, '-', ::getpid())) {
  std::filesystem::create_directories(dir_);
}

Scratch::~Scratch() {
  std::error_code ignored;
  std::filesystem::remove_all(dir_, ignored);
}

void timed(Parts& parts, double units, const std::function<void()>& work) {
  using Clock = std::chrono::steady_clock;
  const double before = processor_time();
  const auto start = Clock::now();
  work();
  const double wall = std::chrono::duration<double>(Clock::now() - start).count();
  const double cpu = processor_time() - before;
  parts = {{"rate_per_s", units / wall},
           {"cpu_s", cpu},
           {"busy_percent", 100.0 * cpu / (wall * double(thread_count()))}};
}

}  // namespace vitrine::bench
