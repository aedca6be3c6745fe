#include <catch2/catch.hpp>
#include <limits>

#include "vitrine/io/memory.hpp"

using namespace vitrine::io;

TEST_CASE(
    "available memory is the kernel's figure or the control group's limit, the less of them") {
  const std::string info = "MemTotal:       16384 kB\nMemAvailable:    4096 kB\nBuffers: 1 kB\n";
  CHECK(available_memory(info, "") == 4096u * 1024u);
  CHECK(available_memory(info, "max\n") == 4096u * 1024u);
  CHECK(available_memory(info, "1000000\n") == 1000000u);
  CHECK(available_memory(info, "99999999999\n") == 4096u * 1024u);
  CHECK(available_memory("nonsense", "") == std::numeric_limits<std::uint64_t>::max());
  CHECK(available_memory("MemAvailable: many kB", "5") == 5u);
  CHECK(available_memory() > 0u);
}
