#include "machine.hpp"

#include <algorithm>
#include <chrono>
#include <vector>

#include "vitrine/core/buffer.hpp"
#include "vitrine/core/isa.hpp"
#include "vitrine/core/parallel.hpp"

namespace vitrine::bench {

namespace portable {
float multiply_add(long n, float seed);
}
namespace v3 {
float multiply_add(long n, float seed);
}

namespace {

template <class Work>
double seconds(const Work& work) {
  const auto start = std::chrono::steady_clock::now();
  work();
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

}  // namespace

Machine measure_machine() {
  Machine machine;
  machine.threads = thread_count();
  const auto multiply_add = best_isa() == Isa::v3 ? v3::multiply_add : portable::multiply_add;
  constexpr long rounds = 4'000'000;
  std::vector<float> kept(std::size_t(machine.threads));
  const auto flops = [&] {
    parallel_for(machine.threads,
                 [&](std::int64_t t) { kept[std::size_t(t)] = multiply_add(rounds, float(t)); });
  };
  constexpr std::size_t n = 16u << 20;
  Buffer<float> a(n), b(n), c(n);
  constexpr std::int64_t blocks = 64;
  const auto each_block = [&](auto&& body) {
    parallel_for(blocks, [&](std::int64_t block) {
      const std::size_t length = n / blocks;
      for (std::size_t i = std::size_t(block) * length; i < (std::size_t(block) + 1) * length; ++i)
        body(i);
    });
  };
  each_block([&](std::size_t i) { a[i] = b[i] = c[i] = float(i % 7); });
  double fastest_flops = 1e9, fastest_triad = 1e9;
  for (int repeat = 0; repeat < 5; ++repeat) {
    fastest_flops = std::min(fastest_flops, seconds(flops));
    fastest_triad =
        std::min(fastest_triad,
                 seconds([&] { each_block([&](std::size_t i) { a[i] = b[i] + 3.0f * c[i]; }); }));
  }
  machine.gflops = 192.0 * double(rounds) * machine.threads / fastest_flops * 1e-9;
  machine.triad = 3.0 * sizeof(float) * double(n) / fastest_triad * 1e-9;
  return machine;
}

}  // namespace vitrine::bench
