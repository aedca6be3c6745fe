#include "vitrine/core/parallel_start.hpp"

#include <atomic>
#include <cstdint>
#include <system_error>
#include <thread>
#include <vector>

#include "vitrine/core/error.hpp"
#include "vitrine/core/parallel.hpp"

namespace vitrine {

void start_threads() {
  std::atomic<bool> all_there = false;
  std::vector<std::thread> asked;
  const auto end = [&] {
    all_there = true;
    all_there.notify_all();
    for (std::thread& thread : asked) thread.join();
  };
  const int threads = thread_count();
  try {
    for (int i = 1; i < threads; ++i) asked.emplace_back([&] { all_there.wait(false); });
  } catch (const std::system_error&) {
    end();
    throw Error(Error::Kind::io, str("there is no room for ", threads,
                                     " threads. Set OMP_NUM_THREADS to fewer, or raise the limit "
                                     "on memory (ulimit -v) or processes (ulimit -u)"));
  }
  end();
  parallel_for(threads, [](std::int64_t) {});  // they stay
}

}  // namespace vitrine
