#include <cstdlib>
void f() { std::exit(4); }  // fires
