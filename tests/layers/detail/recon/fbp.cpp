#include "vitrine/physics/detail/ray.hpp"  // fires
