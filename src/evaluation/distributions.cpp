#include "vitrine/evaluation/distributions.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

#include "vitrine/core/error.hpp"
#include "vitrine/core/math.hpp"
#include "vitrine/core/parallel.hpp"

namespace vitrine::evaluation {
namespace {

constexpr double epsilon = std::numeric_limits<double>::epsilon();
constexpr double tiny = 1e-300;  // keeps Lentz's denominators away from zero
constexpr int most_terms = 100000;

/// Continued fraction of the incomplete beta function (DLMF 8.17.22) by Lentz's method.
double beta_fraction(double a, double b, double x) {
  const auto away_from_zero = [](double v) { return std::fabs(v) < tiny ? tiny : v; };
  double c = 1.0;
  double d = 1.0 / away_from_zero(1.0 - (a + b) * x / (a + 1.0));
  double fraction = d;
  for (int m = 1; m < most_terms; ++m) {
    const double even = m * (b - m) * x / ((a + 2 * m - 1.0) * (a + 2.0 * m));
    d = 1.0 / away_from_zero(1.0 + even * d);
    c = away_from_zero(1.0 + even / c);
    fraction *= d * c;
    const double odd = -(a + m) * (a + b + m) * x / ((a + 2.0 * m) * (a + 2 * m + 1.0));
    d = 1.0 / away_from_zero(1.0 + odd * d);
    c = away_from_zero(1.0 + odd / c);
    fraction *= d * c;
    if (std::fabs(d * c - 1.0) < epsilon) break;
  }
  return fraction;
}

/// The part of the gamma function that is computed without cancellation, and which one it is.
struct GammaPart {
  double value;
  bool upper;
};

GammaPart gamma_part(double a, double x) {
  VITRINE_EXPECT(a > 0.0 && x >= 0.0);
  if (x == 0.0) return {0.0, false};
  const double scale = math::exp(a * math::log(x) - x - math::lgamma(a));
  if (x < a + 1.0) {  // power series (DLMF 8.11.4)
    double term = 1.0 / a, sum = term;
    for (int n = 1; n < most_terms && term > sum * epsilon; ++n) {
      term *= x / (a + n);
      sum += term;
    }
    return {scale * sum, false};
  }
  double b = x + 1.0 - a, c = 1.0 / tiny, d = 1.0 / b, fraction = d;  // DLMF 8.9.2, Lentz's method
  for (int n = 1; n < most_terms; ++n) {
    const double numerator = -n * (n - a);
    b += 2.0;
    d = 1.0 / (numerator * d + b);
    c = b + numerator / c;
    fraction *= d * c;
    if (std::fabs(d * c - 1.0) < epsilon) break;
  }
  return {scale * fraction, true};
}

/// The x in [low, high] where the increasing function `f` crosses `level`, to the last bit or two.
double solve(FunctionRef<double(double)> f, double level, double low, double high) {
  while (high - low > 2.0 * epsilon * high) {
    const double middle = 0.5 * (low + high);
    if (middle <= low || middle >= high) break;
    (f(middle) < level ? low : high) = middle;
  }
  return 0.5 * (low + high);
}

}  // namespace

double incomplete_gamma(double a, double x) {
  const auto [part, upper] = gamma_part(a, x);
  return upper ? std::max(0.0, 1.0 - part) : std::min(1.0, part);
}

double incomplete_gamma_upper(double a, double x) {
  const auto [part, upper] = gamma_part(a, x);
  return upper ? std::min(1.0, part) : std::max(0.0, 1.0 - part);
}

double incomplete_beta(double a, double b, double x) {
  VITRINE_EXPECT(a > 0.0 && b > 0.0 && x >= 0.0 && x <= 1.0);
  if (x <= 0.0) return 0.0;
  if (x >= 1.0) return 1.0;
  const double scale = math::exp(math::lgamma(a + b) - math::lgamma(a) - math::lgamma(b) +
                                 a * math::log(x) + b * math::log1p(-x));
  // The fraction converges fast below the mean; above it the mirrored one does.
  if (x < (a + 1.0) / (a + b + 2.0)) return std::min(1.0, scale * beta_fraction(a, b, x) / a);
  return std::max(0.0, 1.0 - scale * beta_fraction(b, a, 1.0 - x) / b);
}

double chi_square_survival(double x, double degrees) {
  VITRINE_EXPECT(x >= 0.0 && degrees > 0.0);
  return incomplete_gamma_upper(0.5 * degrees, 0.5 * x);
}

double f_survival(double x, double numerator, double denominator) {
  VITRINE_EXPECT(x >= 0.0 && numerator > 0.0 && denominator > 0.0);
  return incomplete_beta(0.5 * denominator, 0.5 * numerator,
                         denominator / (denominator + numerator * x));
}

double student_t_two_sided(double t, double degrees) { return f_survival(t * t, 1.0, degrees); }

double chi_square_quantile(double p, double degrees) {
  VITRINE_EXPECT(p > 0.0 && p < 1.0 && degrees > 0.0);
  const auto cdf = [&](double x) { return incomplete_gamma(0.5 * degrees, 0.5 * x); };
  double high = degrees + 10.0;
  while (cdf(high) < p) high *= 2.0;
  return solve(cdf, p, 0.0, high);
}

double f_quantile(double p, double numerator, double denominator) {
  VITRINE_EXPECT(p > 0.0 && p < 1.0 && numerator > 0.0 && denominator > 0.0);
  const double a = 0.5 * numerator, b = 0.5 * denominator;
  // F = (b x) / (a (1 - x)) with x from Beta(a, b); the smaller of x and 1 - x is solved for, since
  // the other one would lose its digits.
  if (p < incomplete_beta(a, b, 0.5)) {
    const double x = solve([&](double t) { return incomplete_beta(a, b, t); }, p, 0.0, 0.5);
    return b * x / (a * (1.0 - x));
  }
  const double y = solve([&](double t) { return incomplete_beta(b, a, t); }, 1.0 - p, 0.0, 0.5);
  return b * (1.0 - y) / (a * y);
}

double student_t_quantile(double p, double degrees) {
  VITRINE_EXPECT(p > 0.0 && p < 1.0 && degrees > 0.0);
  if (p == 0.5) return 0.0;
  const double t = std::sqrt(f_quantile(std::fabs(2.0 * p - 1.0), 1.0, degrees));
  return p < 0.5 ? -t : t;
}

}  // namespace vitrine::evaluation
