// Catch2's main, compiled once: it takes ten times as long as a test.
#define CATCH_CONFIG_MAIN
#include <catch2/catch.hpp>
