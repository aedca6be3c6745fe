#include "vitrine/core/math.hpp"

#include <sleef.h>

#include <cmath>
#include <limits>
#include <numbers>

namespace vitrine::math {

double exp(double x) noexcept { return Sleef_cinz_expd1_u10purec(x); }
double expm1(double x) noexcept { return Sleef_cinz_expm1d1_u10purec(x); }
double log(double x) noexcept { return Sleef_cinz_logd1_u10purec(x); }
double log1p(double x) noexcept { return Sleef_cinz_log1pd1_u10purec(x); }
double log2(double x) noexcept { return Sleef_cinz_log2d1_u10purec(x); }
double log10(double x) noexcept { return Sleef_cinz_log10d1_u10purec(x); }
double pow(double x, double y) noexcept { return Sleef_cinz_powd1_u10purec(x, y); }
double cbrt(double x) noexcept { return Sleef_cinz_cbrtd1_u10purec(x); }
double sin(double x) noexcept { return Sleef_cinz_sind1_u10purec(x); }
double cos(double x) noexcept { return Sleef_cinz_cosd1_u10purec(x); }
double tan(double x) noexcept { return Sleef_cinz_tand1_u10purec(x); }
double asin(double x) noexcept { return Sleef_cinz_asind1_u10purec(x); }
double acos(double x) noexcept { return Sleef_cinz_acosd1_u10purec(x); }
double atan(double x) noexcept { return Sleef_cinz_atand1_u10purec(x); }
double atan2(double y, double x) noexcept { return Sleef_cinz_atan2d1_u10purec(y, x); }
double tanh(double x) noexcept { return Sleef_cinz_tanhd1_u10purec(x); }
double erf(double x) noexcept { return Sleef_cinz_erfd1_u10purec(x); }
double erfc(double x) noexcept { return Sleef_cinz_erfcd1_u15purec(x); }
double lgamma(double x) noexcept { return Sleef_cinz_lgammad1_u10purec(x); }

double sinc(double x) noexcept {
  if (std::abs(x) < 1e-8) return 1.0;
  const double angle = std::numbers::pi * x;
  return sin(angle) / angle;
}

double normal_cdf(double x) noexcept { return 0.5 * erfc(-x / std::numbers::sqrt2); }

double normal_quantile(double p) noexcept {
  if (!(p > 0.0 && p < 1.0)) {
    if (p == 0.0) return -std::numeric_limits<double>::infinity();
    if (p == 1.0) return std::numeric_limits<double>::infinity();
    return std::numeric_limits<double>::quiet_NaN();
  }
  // Rational approximation in the centre and in the tails (Acklam 2003, relative error 1.15e-9) ...
  constexpr double a[] = {-3.969683028665376e+01, 2.209460984245205e+02,  -2.759285104469687e+02,
                          1.383577518672690e+02,  -3.066479806614716e+01, 2.506628277459239e+00};
  constexpr double b[] = {-5.447609879822406e+01, 1.615858368580409e+02, -1.556989798598866e+02,
                          6.680131188771972e+01, -1.328068155288572e+01};
  constexpr double c[] = {-7.784894002430293e-03, -3.223964580411365e-01, -2.400758277161838e+00,
                          -2.549732539343734e+00, 4.374664141464968e+00,  2.938163982698783e+00};
  constexpr double d[] = {7.784695709041462e-03, 3.224671290700398e-01, 2.445134137142996e+00,
                          3.754408661907416e+00};
  const auto tail = [&](double q) {
    return (((((c[0] * q + c[1]) * q + c[2]) * q + c[3]) * q + c[4]) * q + c[5]) /
           ((((d[0] * q + d[1]) * q + d[2]) * q + d[3]) * q + 1.0);
  };
  constexpr double low = 0.02425;
  double x = 0.0;
  if (p < low) {
    x = tail(std::sqrt(-2.0 * log(p)));
  } else if (p > 1.0 - low) {
    x = -tail(std::sqrt(-2.0 * log1p(-p)));
  } else {
    const double q = p - 0.5;
    const double r = q * q;
    x = (((((a[0] * r + a[1]) * r + a[2]) * r + a[3]) * r + a[4]) * r + a[5]) * q /
        (((((b[0] * r + b[1]) * r + b[2]) * r + b[3]) * r + b[4]) * r + 1.0);
  }
  // ... polished by one Halley step.
  const double error = normal_cdf(x) - p;
  const double u = error * std::sqrt(2.0 * std::numbers::pi) * exp(0.5 * x * x);
  return x - u / (1.0 + 0.5 * x * u);
}

}  // namespace vitrine::math
