#include "vitrine/physics/projector.hpp"  // fires
