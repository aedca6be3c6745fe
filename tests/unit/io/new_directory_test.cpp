#include <sys/mount.h>

#include <iterator>

#include "scratch.hpp"
#include "vitrine/core/parallel.hpp"
#include "vitrine/io/new_directory.hpp"

using namespace vitrine;
using Catch::Matchers::Contains;
using Kind = Error::Kind;

TEST_CASE("a new directory appears with all its files when it is published") {
  const Scratch scratch;
  const auto text_of = [](std::int64_t i) { return std::string(std::size_t(1000 * i), 'x'); };
  io::NewDirectory made(scratch / "a/new/");
  parallel_for(40, [&](std::int64_t i) { made.write(str("sub/", i % 4, '/', i), text_of(i)); });
  CHECK(std::filesystem::exists(scratch / "a/new.partial/sub"));
  CHECK_FALSE(std::filesystem::exists(scratch / "a/new"));
  CHECK_THAT(complaint(Kind::io, [&] { made.write("sub/1/5", "again"); }), Contains("sub/1/5"));
  made.publish();
  CHECK_FALSE(std::filesystem::exists(scratch / "a/new.partial"));
  for (std::int64_t i = 0; i < 40; ++i)
    REQUIRE(io::read_text(scratch / str("a/new/sub/", i % 4, '/', i)) == text_of(i));
}

TEST_CASE("a new directory that is not published leaves nothing") {
  const Scratch scratch;
  {
    io::NewDirectory made(scratch / "new");
    made.write("sub/file", "half");
  }
  CHECK(std::filesystem::is_empty(scratch.path()));
}

TEST_CASE("a new directory takes no place that is taken") {
  const Scratch scratch;
  io::make_directories(scratch / "there");
  io::make_directories(scratch / "cut.partial");
  const auto make = [&](const char* name) { const io::NewDirectory made(scratch / name); };
  CHECK_THAT(complaint(Kind::input, [&] { make("there/"); }),
             Contains("there' is there. Delete it"));
  CHECK_THAT(complaint(Kind::input, [&] { make("cut"); }),
             Contains("cut.partial' is there, left by a run that was cut off"));
  CHECK(std::distance(std::filesystem::directory_iterator(scratch.path()), {}) == 2);
}

TEST_CASE("a new directory on a full disk is an error that names the file, and leaves nothing") {
  const Scratch scratch;
  const io::Path disk = scratch / "disk";
  io::make_directories(disk);
  if (::mount("tmpfs", disk.c_str(), "tmpfs", 0, "size=256k") != 0) {
    WARN("skipped: a full disk needs the right to mount a tmpfs");
    return;
  }
  const std::string problem = complaint(Kind::io, [&] {
    io::NewDirectory made(disk / "new");
    made.write("small", "fits");
    made.write("large", std::string(1 << 20, 'x'));
  });
  const bool left = !std::filesystem::is_empty(disk);
  ::umount(disk.c_str());
  CHECK_THAT(problem, Contains("new.partial/large'") && Contains("No space left"));
  CHECK_FALSE(left);
}
