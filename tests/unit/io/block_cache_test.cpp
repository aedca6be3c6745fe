// Arrays by content key on disk: whole or thrown away, and no more of them than there is room for.
#include "vitrine/io/block_cache.hpp"

#include <array>
#include <catch2/catch.hpp>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <numeric>

#include "scratch.hpp"

using namespace vitrine;
using io::BlockCache;
using io::BlockShape;

namespace {

constexpr BlockShape shape{.steps = 7, .planes = 3, .values = 50};

/// What step s has in plane p at v.
float value_of(std::int64_t s, std::int64_t p, std::int64_t v) {
  return float(s) + 0.01f * float(p) + 0.0001f * float(v);
}

/// Some steps, [plane][step][value].
std::vector<float> steps_of(std::int64_t first, std::int64_t count) {
  std::vector<float> all;
  for (std::int64_t p = 0; p < shape.planes; ++p)
    for (std::int64_t s = first; s < first + count; ++s)
      for (std::int64_t v = 0; v < shape.values; ++v) all.push_back(value_of(s, p, v));
  return all;
}

void keep(BlockCache& cache, const std::string& key) {
  const auto writer = cache.write(key, shape);
  REQUIRE(writer);
  for (const auto& [first, count] : {std::pair(0, 4), {4, 2}, {6, 1}}) {
    const std::vector<float> values = steps_of(first, count);
    const std::span<const float> all(values);
    const std::size_t plane = all.size() / 3;
    const std::array<std::span<const float>, 3> parts{all.first(plane), all.subspan(plane),
                                                      std::span<const float>{}};
    writer->steps(count, parts);
  }
  writer->finish();
}

/// Steps that are read back as they were written, until one is not, or the end.
std::int64_t steps_back(const BlockCache& cache, const std::string& key) {
  const auto reader = cache.read(key, shape);
  if (!reader) return -1;
  Buffer<float> block;
  std::int64_t done = 0;
  while (const std::int64_t count = reader->next(block)) {
    const std::vector<float> expected = steps_of(done, count);
    REQUIRE(std::ranges::equal(expected, block.span().first(expected.size())));
    done += count;
  }
  return done;
}

}  // namespace

TEST_CASE("an array comes back by its key and shape, in the blocks that it was written in") {
  const Scratch scratch;
  BlockCache cache(scratch / "kept", io::mebibyte);
  CHECK(steps_back(cache, "a") == -1);
  keep(cache, "a");
  CHECK(steps_back(cache, "a") == shape.steps);
  CHECK(steps_back(cache, "b") == -1);
  BlockShape other = shape;
  other.values = 25;
  other.steps = 14;
  Buffer<float> block;
  CHECK(cache.read("a", other)->next(block) == 0);
  cache.remove("a");
  CHECK(steps_back(cache, "a") == -1);
}

TEST_CASE("a changed byte anywhere is found, and so is a shorter file") {
  const Scratch scratch;
  BlockCache cache(scratch / "kept", io::mebibyte);
  keep(cache, "a");
  const io::Path path = scratch / "kept/a.block";
  const io::Bytes whole = io::read_file(path);
  for (std::size_t at = 0; at < whole.size(); at += 11) {
    io::Bytes damaged = whole;
    damaged[at] ^= std::byte{0x10};
    io::write_file(path, damaged);
    INFO("byte " << at);
    const std::int64_t back = steps_back(cache, "a");
    CHECK(back < shape.steps);
    CHECK((back == 0 || back == 4 || back == 6));
  }
  for (const std::size_t size :
       {std::size_t{0}, std::size_t{40}, std::size_t{60}, whole.size() - 1}) {
    io::write_file(path, std::span(whole).first(size));
    CHECK(steps_back(cache, "a") < shape.steps);
  }
}

TEST_CASE("an array that was written at once is mapped, and changing it changes no file") {
  const Scratch scratch;
  BlockCache cache(scratch / "kept", 64 * io::mebibyte);
  // Two pieces and a part of each of three planes.
  constexpr BlockShape large{.steps = 7, .planes = 3, .values = 100'003};
  std::vector<float> values(std::size_t(large.bytes() / sizeof(float)));
  std::iota(values.begin(), values.end(), 1.0f);
  {
    const auto writer = cache.write("a", large);
    REQUIRE(writer);
    writer->steps(large.steps, std::array{std::span<const float>(values)});
    writer->finish();
  }
  const auto mapped = [&] { return cache.read("a", large)->map(); };
  {
    const Floats all = mapped();
    REQUIRE(all);
    CHECK(std::uintptr_t(all.get()) % 64 == 0);
    CHECK(std::ranges::equal(values, std::span(all.get(), values.size())));
    all[5] = -1.0f;
  }
  {
    const Floats all = mapped();
    CHECK(all[5] == 6.0f);
    cache.remove("a");  // who has it keeps it
    CHECK(std::ranges::equal(values, std::span(all.get(), values.size())));
  }
  CHECK(cache.read("a", large) == nullptr);
  keep(cache, "a");
  CHECK_FALSE(cache.read("a", shape)->map());  // of several blocks
}

TEST_CASE("no array is mapped of which a byte was changed, or that is shorter or longer") {
  const Scratch scratch;
  BlockCache cache(scratch / "kept", io::mebibyte);
  {
    const std::vector<float> values = steps_of(0, shape.steps);
    const auto writer = cache.write("a", shape);
    writer->steps(shape.steps, std::array{std::span<const float>(values)});
    writer->finish();
  }
  const io::Path path = scratch / "kept/a.block";
  io::Bytes bytes = io::read_file(path);
  const auto is_mapped = [&] {
    io::write_file(path, bytes);
    return bool(cache.read("a", shape)->map());
  };
  CHECK(is_mapped());
  const auto expected = steps_of(0, shape.steps);
  Buffer<float> block;
  CHECK(cache.read("a", shape)->next(block) == shape.steps);  // or read
  CHECK(std::ranges::equal(expected, block.span()));
  for (std::size_t at = 0; at < bytes.size(); at += 11) {
    bytes[at] ^= std::byte{0x10};
    INFO("byte " << at);
    CHECK_FALSE(is_mapped());
    bytes[at] ^= std::byte{0x10};
  }
  bytes.push_back(std::byte{0});
  CHECK_FALSE(is_mapped());
  for (const std::size_t size : {bytes.size() - 2, std::size_t{130}, std::size_t{70}}) {
    bytes.resize(size);
    CHECK_FALSE(is_mapped());
  }
}

TEST_CASE("what was used longest ago goes when room is needed, and what is too large stays out") {
  const Scratch scratch;
  const auto used = [&](const char* key, int hours) {
    std::filesystem::last_write_time(
        scratch / str("kept/", key, ".block"),
        std::filesystem::file_time_type::clock::now() - std::chrono::hours(hours));
  };
  const std::uint64_t one = shape.bytes() + 1000;
  BlockCache cache(scratch / "kept", 3 * one);
  for (const char* key : {"a", "b", "c"}) keep(cache, key);
  used("a", 3), used("b", 2), used("c", 1);
  CHECK(steps_back(cache, "a") == shape.steps);  // a is used now
  keep(cache, "d");
  CHECK(steps_back(cache, "b") == -1);
  for (const char* key : {"a", "c", "d"}) CHECK(steps_back(cache, key) == shape.steps);
  CHECK(cache.bytes() <= 3 * one);
  BlockShape large = shape;
  large.values *= 4;
  CHECK(cache.write("e", large) == nullptr);
  CHECK(steps_back(cache, "a") == shape.steps);
}

TEST_CASE("what is not finished is not kept, and one process has the directory") {
  const Scratch scratch;
  {
    BlockCache cache(scratch / "kept", io::mebibyte);
    {
      const auto writer = cache.write("a", shape);
      const std::vector<float> values = steps_of(0, 4);
      const std::array<std::span<const float>, 1> parts{values};
      writer->steps(4, parts);
    }
    CHECK(steps_back(cache, "a") == -1);
    CHECK(cache.bytes() == 0);
    CHECK(complaint(Error::Kind::io, [&] {
            BlockCache again(scratch / "kept", io::mebibyte);
          }).find("is in use") != std::string::npos);
  }
  io::write_file(scratch / "kept/b.block.partial", std::string_view("half"));
  BlockCache later(scratch / "kept", io::mebibyte);
  CHECK_FALSE(std::filesystem::exists(scratch / "kept/b.block.partial"));
}
