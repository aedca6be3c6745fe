#include "vitrine/cli/exit_code.hpp"

#include <algorithm>
#include <catch2/catch.hpp>
#include <new>
#include <stdexcept>

using namespace vitrine;
using Kind = Error::Kind;

TEST_CASE("every way in which the program ends has its exit code") {
  const auto thrown = [](const auto& what) { return cli::guarded([&]() -> int { throw what; }); };
  CHECK(cli::guarded([] { return int(cli::ok); }) == 0);
  CHECK(cli::guarded([] { return int(cli::check_failed); }) == 1);
  CHECK(thrown(Error(Kind::input, "bad")) == 2);
  CHECK(thrown(Error(Kind::data, "bad")) == 2);
  CHECK(thrown(Error(Kind::unsupported, "bad")) == 2);
  CHECK(cli::guarded([] { return int(cli::cases_failed); }) == 3);
  CHECK(thrown(Error(Kind::io, "bad")) == 4);
  CHECK(thrown(std::bad_alloc()) == 4);
  CHECK(thrown(Error(Kind::numeric, "bad")) == 5);
  CHECK(thrown(std::logic_error("bad")) == 5);
  CHECK(thrown(Error(Kind::interrupted, "stopped")) == 130);
}

TEST_CASE("the table of exit codes has every code once, in order") {
  for (std::size_t i = 1; i < cli::exit_codes.size(); ++i)
    CHECK(cli::exit_codes[i - 1].code < cli::exit_codes[i].code);
  for (const int code : {0, 1, 2, 3, 4, 5, 130})
    CHECK(std::any_of(cli::exit_codes.begin(), cli::exit_codes.end(),
                      [&](const auto& row) { return row.code == code; }));
}
