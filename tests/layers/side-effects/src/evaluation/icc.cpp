#include <iostream>  // fires
void f() { std::cout << 1; }  // fires
