#include <omp.h>  // fires
