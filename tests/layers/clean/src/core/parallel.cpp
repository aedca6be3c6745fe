#include "vitrine/core/parallel.hpp"

#include <omp.h>

#include <thread>
#pragma omp parallel
