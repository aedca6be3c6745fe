#pragma once

namespace vitrine::physics {

/// Version of what the physics makes of a scenario: raise it when defaults or models change, so
/// that the same scenario has other readings than before. Part of every scan's key and of the
/// manifest.
inline constexpr int model_version = 2;

}  // namespace vitrine::physics
