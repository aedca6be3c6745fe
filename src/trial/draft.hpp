#pragma once
#include "vitrine/trial/scenario.hpp"

namespace vitrine::trial {

/// The same trial, sampled so coarsely that it can be tried out in a minute: at most two patients,
/// images of 256 x 256, at most 300 views a rotation where they can be halved so often, one ray per
/// detector cell.
///
/// Every arm, visit and measurement stays; the numbers are not to be believed. Changes nothing
/// where `simulation.quality` is full, and nothing in what is a draft already.
Scenario drafted(Scenario scenario);

}  // namespace vitrine::trial
