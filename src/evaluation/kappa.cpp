#include "vitrine/evaluation/kappa.hpp"

#include <limits>
#include <numeric>

#include "vitrine/core/error.hpp"

namespace vitrine::evaluation {

double cohens_kappa(double agreed, std::span<const double> first, std::span<const double> second) {
  VITRINE_EXPECT(first.size() == second.size());
  const double all = std::accumulate(first.begin(), first.end(), 0.0);
  const double by_chance =
      std::inner_product(first.begin(), first.end(), second.begin(), 0.0) / all;
  // Written so that no things at all have no kappa either.
  if (!(by_chance < all)) return std::numeric_limits<double>::quiet_NaN();
  return (agreed - by_chance) / (all - by_chance);
}

}  // namespace vitrine::evaluation
