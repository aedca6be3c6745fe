#pragma once
#include "vitrine/model/scene.hpp"

namespace vitrine::phantoms {

/// The solid, moved towards the middle of `home` until it is proven to be inside (at most 40 mm).
Solid tucked(Solid solid, const Solid& home);

}  // namespace vitrine::phantoms
