#pragma once
#include "vitrine/model/scanner.hpp"
#include "vitrine/recon/kernel.hpp"

namespace vitrine::recon {

/// What a kernel is on a scanner: one that is written by its kind alone (all parameters at their
/// defaults) and that the scanner's profile knows by that name is a roll_off with the profile's
/// MTF, fitted with the first focal spot of the console; any other is what it was.
/// Throws Error (input) where the scanner's cells and focal spot do not pass that MTF.
Pick<Kernel> own_kernel(const Pick<Kernel>& kernel, const Scanner& scanner);

}  // namespace vitrine::recon
