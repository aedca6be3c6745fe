#pragma once

/// Distribution functions and quantiles with the same bits on every x86-64 machine.
///
/// Quantiles end up in result tables, so they are built on core/math instead of a library that
/// calls libm, whose last bits depend on the processor. Relative accuracy is about 1e-12 for up to
/// a thousand degrees of freedom; degrees of freedom are positive and need not be whole.
namespace vitrine::evaluation {

/// Regularised lower incomplete gamma function P(a, x), a > 0, x >= 0.
double incomplete_gamma(double a, double x);
/// Regularised incomplete beta function I_x(a, b), a, b > 0, x in [0, 1].
double incomplete_beta(double a, double b, double x);

/// Upper part 1 - P(a, x) of the incomplete gamma function, with all its digits where it is small.
double incomplete_gamma_upper(double a, double x);

/// Probability that a chi-square variable exceeds `x` >= 0.
double chi_square_survival(double x, double degrees);
/// Probability that an F variable exceeds `x` >= 0.
double f_survival(double x, double numerator, double denominator);
/// Probability that the magnitude of Student's t exceeds that of `t`.
double student_t_two_sided(double t, double degrees);

/// The x below which a chi-square variable lies with probability `p` in (0, 1).
double chi_square_quantile(double p, double degrees);
/// The same for an F variable with `numerator` and `denominator` degrees of freedom.
double f_quantile(double p, double numerator, double denominator);
/// The same for Student's t.
double student_t_quantile(double p, double degrees);

}  // namespace vitrine::evaluation
