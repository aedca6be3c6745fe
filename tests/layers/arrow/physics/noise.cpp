#include "vitrine/nowhere/x.hpp"  // fires
