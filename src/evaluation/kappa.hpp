#pragma once
#include <span>

namespace vitrine::evaluation {

/// Agreement of two raters beyond what chance gives (Cohen, Educ Psychol Meas 20 (1960) 37): (p_o -
/// p_e) / (1 - p_e), 1 where they agree on all.
///
/// `agreed`: how many things both put into the same category; `first`, `second`: how many each
/// rater put into each category, of as many things in all. NaN of no things, and where both raters
/// know one category alone.
double cohens_kappa(double agreed, std::span<const double> first, std::span<const double> second);

}  // namespace vitrine::evaluation
