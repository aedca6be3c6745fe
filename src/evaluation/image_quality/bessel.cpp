#include <cmath>

#include "vitrine/core/math.hpp"
#include "vitrine/evaluation/image_quality/detail/bessel.hpp"

namespace vitrine::evaluation::detail {
namespace {

/// c[0] + c[1] x + ... by Horner's rule.
template <std::size_t n>
double polynomial(const double (&c)[n], double x) {
  double sum = 0.0;
  for (std::size_t i = n; i-- > 0;) sum = sum * x + c[i];
  return sum;
}

constexpr double change = 3.0;  // from the power series' fit to the asymptotic form's

}  // namespace

// Coefficients: Abramowitz and Stegun 1964, equations 9.4.1, 9.4.3, 9.4.4 and 9.4.6.
double bessel_j0(double x) {
  if (x <= change) {
    const double t = (x / change) * (x / change);
    return polynomial({1.0, -2.2499997, 1.2656208, -0.3163866, 0.0444479, -0.0039444, 0.0002100},
                      t);
  }
  const double t = change / x;
  const double size = polynomial(
      {0.79788456, -0.00000077, -0.00552740, -0.00009512, 0.00137237, -0.00072805, 0.00014476}, t);
  const double phase = polynomial(
      {-0.78539816, -0.04166397, -0.00003954, 0.00262573, -0.00054125, -0.00029333, 0.00013558}, t);
  return size * math::cos(x + phase) / std::sqrt(x);
}

double bessel_j1(double x) {
  if (x <= change) {
    const double t = (x / change) * (x / change);
    return x *
           polynomial(
               {0.5, -0.56249985, 0.21093573, -0.03954289, 0.00443319, -0.00031761, 0.00001109}, t);
  }
  const double t = change / x;
  const double size = polynomial(
      {0.79788456, 0.00000156, 0.01659667, 0.00017105, -0.00249511, 0.00113653, -0.00020033}, t);
  const double phase = polynomial(
      {-2.35619449, 0.12499612, 0.00005650, -0.00637879, 0.00074348, 0.00079824, -0.00029166}, t);
  return size * math::cos(x + phase) / std::sqrt(x);
}

double jinc(double x) { return x > 0.0 ? 2.0 * bessel_j1(x) / x : 1.0; }

double ball_transform(double x) {
  constexpr double series = 0.05;  // below it 1 - x^2 / 10 is exact to 1e-8
  if (x < series) return 1.0 - 0.1 * x * x;
  return 3.0 * (math::sin(x) - x * math::cos(x)) / (x * x * x);
}

}  // namespace vitrine::evaluation::detail
