#include <xraylib/xraylib.h>  // fires
