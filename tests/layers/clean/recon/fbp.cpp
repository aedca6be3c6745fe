#include "vitrine/physics/projector.hpp"
#include "vitrine/recon/detail/ramp.hpp"
