#include "vitrine/core/parallel.hpp"

#include <omp.h>

#include <exception>
#include <limits>

namespace vitrine {

void parallel_for(std::int64_t n, FunctionRef<void(std::int64_t)> body) {
  std::exception_ptr error;
  std::int64_t error_at = std::numeric_limits<std::int64_t>::max();
#pragma omp parallel for schedule(dynamic) if (!omp_in_parallel())
  for (std::int64_t i = 0; i < n; ++i) {
    try {
      body(i);
    } catch (...) {
#pragma omp critical(vitrine_parallel_for)
      if (i < error_at) {
        error_at = i;
        error = std::current_exception();
      }
    }
  }
  if (error) std::rethrow_exception(error);
}

int thread_count() { return omp_get_max_threads(); }

}  // namespace vitrine
