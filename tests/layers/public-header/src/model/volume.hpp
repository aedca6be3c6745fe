#include <fmt/format.h>  // fires
