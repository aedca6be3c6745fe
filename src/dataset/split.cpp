#include "vitrine/dataset/split.hpp"

#include <algorithm>
#include <cstdint>
#include <numeric>
#include <tuple>

#include "vitrine/core/error.hpp"

namespace vitrine::dataset {
namespace {

/// Strata together, their patients in random order.
std::vector<std::size_t> order_of(std::span<const std::string> strata, const Stream& stream) {
  std::vector<std::uint32_t> ticket(strata.size());
  for (std::size_t i = 0; i < strata.size(); ++i) ticket[i] = Rng(stream, i)();
  std::vector<std::size_t> order(strata.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::ranges::sort(order, [&](std::size_t a, std::size_t b) {
    return std::tie(strata[a], ticket[a], a) < std::tie(strata[b], ticket[b], b);
  });
  return order;
}

}  // namespace

std::vector<std::size_t> deal(std::span<const std::string> strata, std::span<const double> shares,
                              const Stream& stream) {
  VITRINE_EXPECT(!shares.empty() && std::ranges::all_of(shares, [](double s) { return s > 0.0; }));
  std::vector<std::size_t> part(strata.size(), 0);
  const std::size_t parts = shares.size();
  if (parts == 1) return part;
  const double sum = std::accumulate(shares.begin(), shares.end(), 0.0);
  const double slack = 1.0 / double(2 * parts - 2);
  std::vector<double> dealt(parts, 0.0);
  double turn = 0.0;
  for (const std::size_t patient : order_of(strata, stream)) {
    turn += 1.0;
    std::size_t next = parts;
    double soonest = 0.0;
    for (std::size_t i = 0; i < parts; ++i) {
      const double share = shares[i] / sum, due = share * turn - dealt[i];
      const double deadline = (1.0 - slack - due) / share;  // turns until it has too few
      if (due >= slack - 1e-9 && (next == parts || deadline < soonest)) {
        next = i;
        soonest = deadline;
      }
    }
    VITRINE_EXPECT(next < parts);
    dealt[next] += 1.0;
    part[patient] = next;
  }
  return part;
}

}  // namespace vitrine::dataset
