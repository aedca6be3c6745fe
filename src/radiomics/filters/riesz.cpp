#include "vitrine/radiomics/filters/detail/riesz.hpp"

#include <cmath>

namespace vitrine::radiomics {
namespace {

double factorial(int n) {
  double product = 1;
  for (int i = 2; i <= n; ++i) product *= i;
  return product;
}

double power(double x, int n) {
  double product = 1;
  for (int i = 0; i < n; ++i) product *= x;
  return product;
}

}  // namespace

Riesz::Riesz(std::array<int, 3> order)
    : order_(order),
      factor_(std::sqrt(factorial(order[0] + order[1] + order[2]) /
                        (factorial(order[0]) * factorial(order[1]) * factorial(order[2])))) {}

void Riesz::gains(std::span<const double> x, double y, double z, std::span<double> gain) const {
  const double across = factor_ * power(y, order_[1]) * power(z, order_[2]);
  for (std::size_t i = 0; i < x.size(); ++i) {
    const double length = std::sqrt(x[i] * x[i] + y * y + z * z);
    gain[i] = length > 0 ? across * power(x[i], order_[0]) / power(length, order()) : 0;
  }
}

void check_riesz_order(const std::vector<std::int64_t>& list, Dimensions dimensions,
                       const Value& node, Diagnostics& problems) {
  const Value* at = node.find("riesz");
  if (!at || list.empty()) return;
  const std::size_t axes = dimensions == Dimensions::slice ? 2 : 3;
  std::string text;
  std::int64_t sum = 0;
  bool in_range = true;
  for (const std::int64_t n : list) {
    text += (text.empty() ? "" : ", ") + std::to_string(n);
    in_range = in_range && n >= 0 && n <= highest_riesz_order;
    if (in_range) sum += n;
  }
  const auto refuse = [&](const std::string& why) {
    problems.error(at->where, str("'riesz' is [", text, "] ", why));
  };
  if (list.size() != axes) {
    refuse(str("(the filter acts along ", axes, " axes). Use ", axes, " numbers."));
  } else if (!in_range || sum > highest_riesz_order) {
    refuse(str("(an order has numbers from 0, whose sum is at most ", highest_riesz_order, ")."));
  } else if (sum == 0) {
    refuse("(the order 0 transforms nothing). Use a sum of at least 1, as in [1, 0, 0].");
  }
}

std::array<int, 3> riesz_order(const std::vector<std::int64_t>& list) {
  std::array<int, 3> order{};
  for (std::size_t a = 0; a < list.size(); ++a) order[a] = int(list[a]);
  return order;
}

}  // namespace vitrine::radiomics
