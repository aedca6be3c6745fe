#include <CLI/CLI.hpp>

#include <chrono>

#include "vitrine/report/html.hpp"
int main() { std::exit(1); }
