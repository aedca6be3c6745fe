#pragma once

namespace vitrine::evaluation::detail {

/// Bessel functions of the first kind, x >= 0, within 1e-7 (Abramowitz and Stegun, 9.4.1 to 9.4.6).
double bessel_j0(double x);
double bessel_j1(double x);

/// 2 J1(x) / x, 1 at 0: the transform of a disc of unit weight at x = pi f diameter.
double jinc(double x);

/// 3 (sin x - x cos x) / x^3, 1 at 0: the transform of a ball of unit weight at x = pi f diameter.
double ball_transform(double x);

}  // namespace vitrine::evaluation::detail
