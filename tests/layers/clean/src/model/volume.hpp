#include <Eigen/Core>

#include "vitrine/core/units.hpp"
// std::cout, std::exp(x) and #include <fstream> in a comment are no code
/* #pragma omp parallel */
const char* text = "printf(std::exp(1))";
