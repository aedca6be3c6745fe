#pragma once
#include "vitrine/model/volume.hpp"

namespace vitrine::evaluation {

/// What the levels of a factor, such as the arms of a study, stand for.
enum class Effect {
  fixed,   ///< themselves: chosen ones, each with an effect of its own; nothing is said of others
  random,  ///< a sample of many, such as scanners of a make: what counts is how much they vary
};

/// Fewest levels of a random factor for which an interval is given: the variance between four has
/// three degrees of freedom, and its 95 % interval spans a factor of 43.
inline constexpr Index fewest_levels = 5;

}  // namespace vitrine::evaluation
