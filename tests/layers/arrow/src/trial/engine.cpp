#include "vitrine/io/nifti.hpp"  // fires
