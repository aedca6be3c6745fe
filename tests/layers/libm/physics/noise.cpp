#include <cmath>
double f(double x) { return std::exp(x) + std::sqrt(x); }  // fires
