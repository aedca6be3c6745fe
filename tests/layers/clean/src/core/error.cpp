#include <cstdio>
#include <cstdlib>
void fail() {
  std::fprintf(stderr, "x");
  std::abort();
}
