#pragma once
#include "vitrine/model/scene.hpp"

namespace vitrine::phantoms {

/// The scene without the terms, patches and maps that no point of low <= z <= high
/// mm meets. Solids, organs and lesions stay, with their indices.
Scene cropped(const Scene& scene, double low, double high);

}  // namespace vitrine::phantoms
