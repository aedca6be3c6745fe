#include "noise.hpp"  // fires
#include <vitrine/core/random.hpp>  // fires
#include "../src/core/random.hpp"  // fires
