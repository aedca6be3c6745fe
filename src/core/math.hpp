#pragma once

/// Elementary functions with the same bits on every x86-64 machine.
///
/// libm picks its code by CPU, so whatever reaches an output goes through these (SLEEF's
/// deterministic, FMA-free scalar functions; at most 1.0 ulp). sqrt, floor, fabs and the four
/// operations are exact by IEEE 754 and need no wrapper.
namespace vitrine::math {

double exp(double x) noexcept;
double expm1(double x) noexcept;
double log(double x) noexcept;
double log1p(double x) noexcept;
double log2(double x) noexcept;
double log10(double x) noexcept;
double pow(double x, double y) noexcept;
double cbrt(double x) noexcept;
double sin(double x) noexcept;
double cos(double x) noexcept;
double tan(double x) noexcept;
double asin(double x) noexcept;
double acos(double x) noexcept;
double atan(double x) noexcept;
double atan2(double y, double x) noexcept;
double tanh(double x) noexcept;
double erf(double x) noexcept;
double erfc(double x) noexcept;
double lgamma(double x) noexcept;

/// sin(pi x)/(pi x), 1 at 0.
double sinc(double x) noexcept;
/// Probability that a standard normal is below `x`.
double normal_cdf(double x) noexcept;
/// Inverse of `normal_cdf` on (0, 1); relative error below 1e-9 (Acklam 2003, one Halley step).
double normal_quantile(double p) noexcept;

}  // namespace vitrine::math
