#include "vitrine/physics/detail/ray.hpp"
