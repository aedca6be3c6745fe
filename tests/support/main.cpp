// The one translation unit that carries Catch2's main: it takes ten times as long to compile as a test.
#define CATCH_CONFIG_MAIN
#include <catch2/catch.hpp>
