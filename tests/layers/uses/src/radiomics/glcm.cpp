#include "vitrine/model/volume.hpp"  // fires
