#include "filter_support.hpp"
#include "ibsi_data.hpp"
