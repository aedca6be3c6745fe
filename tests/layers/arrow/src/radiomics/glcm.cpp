#include "vitrine/evaluation/icc.hpp"  // fires
