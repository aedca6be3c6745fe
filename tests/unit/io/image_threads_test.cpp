// Several threads read images at once, as an export does.
#include <algorithm>
#include <atomic>

#include "scratch.hpp"
#include "vitrine/core/parallel.hpp"
#include "vitrine/io/image_reader.hpp"
#include "vitrine/io/nifti.hpp"
#include "vitrine/io/process.hpp"

using namespace vitrine;

// ITK's NIfTI reader keeps the name of the last file in a string of all threads, which grows where
// a name is longer than any before: there it dies without a guard, in one of some runs of a
// program.
TEST_CASE("one image is read by all threads under longer and longer names", "[.][names]") {
  const Scratch scratch;
  Image image(Grid{{5, 4, 3}});
  std::ranges::fill(image.values(), 7.0f);
  io::write_file(scratch / "image.nii.gz", io::encode_nifti(image, "test"));
  std::atomic<int> right{0};
  constexpr int rounds = 6;
  constexpr Index reads = 8;
  std::string way = (scratch / ".").string();
  for (int round = 0; round < rounds; ++round) {
    while (way.size() < std::size_t(64) << round) way += "/.";
    parallel_for(reads, [&](Index i) {
      std::string longer = way;
      for (Index more = 0; more < i; ++more) longer += "/.";
      const Image read = io::read_image(longer + "/image.nii.gz");
      if (std::ranges::all_of(read.values(), [](float v) { return v == 7.0f; })) ++right;
    });
  }
  CHECK(right == rounds * reads);
}

TEST_CASE("programs that read images by several threads at once end well", "[full]") {
  const Scratch scratch;
  constexpr int runs = 100;
  for (int run = 0; run < runs; ++run) {
    const io::ProcessEnd end = io::run_process({.arguments = {"/proc/self/exe", "[names]"},
                                                .directory = scratch / ".",
                                                .log = scratch / "log",
                                                .seconds = 60.0});
    INFO("run " << run << ": " << io::to_string(end) << '\n' << io::read_text(scratch / "log"));
    REQUIRE(end.how == io::ProcessEnd::How::exited);
    REQUIRE(end.code == 0);
  }
}
