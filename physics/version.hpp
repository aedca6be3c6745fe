#pragma once

namespace vitrine::physics {

/// Version of what the physics makes of a scenario. Raise it by one in the commit that changes a
/// model, a default or an address of random numbers, so that some scenario has other readings than
/// before by more than rounding; one step will do for all changes of a merge. It is part of every
/// scan's key, so that scans of two versions share no noise, and stands in the manifest.
inline constexpr int model_version = 4;

}  // namespace vitrine::physics
