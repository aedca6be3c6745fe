#pragma once

namespace vitrine::bench {

/// What this machine can do right now: the yardstick beside every figure.
struct Machine {
  int threads = 1;
  double gflops = 0.0;  ///< single-precision multiply-add, all threads, 1e9 operations a second
  double triad = 0.0;   ///< a = b + s c on arrays far beyond the caches, GB/s, all threads
};

Machine measure_machine();

}  // namespace vitrine::bench
