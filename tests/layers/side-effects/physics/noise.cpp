#include <random>  // fires
#include <unistd.h>  // fires
void f() {
  const char* home = getenv("HOME");  // fires
  auto now = std::chrono::steady_clock::now();  // fires
}
