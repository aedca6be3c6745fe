#include <cmath>
#include <limits>

#include "raw_scans.hpp"
#include "scratch.hpp"
#include "vitrine/core/random.hpp"
#include "vitrine/io/hdf5.hpp"
#include "vitrine/io/raw.hpp"

// HDF5 1.10 itself loses a few hundred bytes where it gives up on some damaged files.
extern "C" const char* __lsan_default_suppressions();
extern "C" const char* __lsan_default_suppressions() { return "leak:libhdf5_serial\n"; }

using namespace vitrine;
using Catch::Matchers::Contains;
using Kind = Error::Kind;

namespace {

std::vector<float> noise(const RawScan& raw) {
  std::vector<float> values(std::size_t(raw.geometry.views()) * raw.values_per_view());
  Rng rng(make_stream(1, "raw", Draw::test), 0);
  for (float& x : values) x = float(rng.uniform());
  return values;
}

io::SealedFile write(const io::Path& path, const RawScan& raw, std::span<const float> values,
                     bool packed) {
  io::RawWriter writer(path, raw, packed);
  const std::size_t view = raw.values_per_view();
  writer.views(values.first(view));  // as they come
  writer.views(values.subspan(view));
  return writer.finish();
}

std::string refusal(const io::Path& path) {
  return complaint(Kind::data, [&] { (void)io::RawReader(path).values(); });
}

}  // namespace

TEST_CASE("raw data come back as they were written, packed or not") {
  const Scratch dir;
  RawScan raw = small_scan();
  raw.images[1].algorithm = "{\"kind\": \"direct\"}";
  const std::vector<float> values = noise(raw);
  for (const bool packed : {true, false}) {
    const io::SealedFile sealed = write(dir / "a.h5", raw, values, packed);
    CHECK(io::read_file(dir / "a.h5").size() == sealed.bytes);
    CHECK(sha256(io::read_file(dir / "a.h5")) == sealed.sha256);
    CHECK(write(dir / "b.h5", raw, values, packed).sha256 == sealed.sha256);
    CHECK_FALSE(std::filesystem::exists(dir / "a.h5.partial"));
    const io::RawReader file(dir / "a.h5");
    const auto read = file.values();
    REQUIRE(read.size() == values.size());
    CHECK(std::equal(values.begin(), values.end(), read.data()));
    const auto cells = std::size_t(raw.geometry.columns * raw.geometry.rows);
    std::vector<float> some(2 * cells);
    file.views(1, some);
    CHECK(std::equal(some.begin(), some.end(), values.begin() + std::ptrdiff_t(cells)));
    const RawScan& back = file.scan();
    CHECK(back.geometry.view_angles == raw.geometry.view_angles);
    CHECK(back.geometry.table_positions == raw.geometry.table_positions);
    CHECK(back.geometry.view_times == raw.geometry.view_times);
    CHECK(back.geometry.column_angle == raw.geometry.column_angle);
    CHECK(back.geometry.focal_shifts == raw.geometry.focal_shifts);
    CHECK(back.geometry.axis_offset == raw.geometry.axis_offset);
    CHECK(back.geometry.shape == DetectorShape::flat);
    CHECK(back.geometry.tilt == raw.geometry.tilt);
    CHECK(back.water.coefficients == raw.water.coefficients);
    CHECK(back.beam.fluence == raw.beam.fluence);
    CHECK(back.box.centre == raw.box.centre);
    REQUIRE(back.images.size() == 2);
    CHECK(back.images[1].kernel == raw.images[1].kernel);
    CHECK(back.origin.body_part == "CHEST");
    CHECK(back.origin.seed == 7);
    CHECK(back.images[0].algorithm.empty());
    CHECK(back.images[1].algorithm == raw.images[1].algorithm);
  }
}

TEST_CASE("raw data tell how slices lie, and a reader takes nothing else for directions") {
  const Scratch dir;
  RawScan raw = small_scan();
  const std::vector<float> values = noise(raw);
  write(dir / "parallel.h5", raw, values, true);
  CHECK_FALSE(io::RawReader(dir / "parallel.h5").scan().box.axes);
  Mat3 coronal;
  coronal << 1, 0, 0, 0, 0, 1, 0, -1, 0;
  raw.box.axes = coronal;
  write(dir / "coronal.h5", raw, values, true);
  CHECK(io::RawReader(dir / "coronal.h5").scan().box.axes == coronal);
  for (const Mat3& wrong : {Mat3(0.5 * coronal), Mat3(-coronal)}) {
    raw.box.axes = wrong;
    write(dir / "wrong.h5", raw, values, true);
    CHECK_THAT(refusal(dir / "wrong.h5"), Catch::Contains("/images/axes"));
  }
}

TEST_CASE("the tube load of every view is kept where it differs, and nowhere else") {
  const Scratch dir;
  RawScan raw = small_scan();
  const std::vector<float> values = noise(raw);
  write(dir / "constant.h5", raw, values, true);
  CHECK(io::RawReader(dir / "constant.h5").scan().beam.view_tube_load.empty());
  raw.beam.view_tube_load = {60.0, 70.0, 80.0, 90.0, 100.0};
  write(dir / "modulated.h5", raw, values, true);
  CHECK(io::RawReader(dir / "modulated.h5").scan().beam.view_tube_load == raw.beam.view_tube_load);
  raw.beam.view_tube_load.pop_back();
  CHECK_THROWS_AS(write(dir / "short.h5", raw, values, true), Error);
}

TEST_CASE("counts of bins come back with thresholds, windows and the basis' calibration") {
  const Scratch dir;
  const RawScan raw = counted_scan();
  const std::vector<float> values = noise(raw);
  REQUIRE(values.size() == 5 * 2 * 21);
  write(dir / "a.h5", raw, values, true);
  const io::RawReader file(dir / "a.h5");
  const auto read = file.values();
  REQUIRE(read.size() == values.size());
  CHECK(std::equal(values.begin(), values.end(), read.data()));
  const RawScan& back = file.scan();
  CHECK(back.quantity == RawScan::Quantity::counts);
  CHECK(back.counting.thresholds == raw.counting.thresholds);
  CHECK(back.counting.air == raw.counting.air);
  CHECK(back.counting.view_load == raw.counting.view_load);
  CHECK(back.counting.pile_up == "paralysable");
  CHECK(back.counting.dead_time == raw.counting.dead_time);
  CHECK(back.counting.pile_up_correction == raw.counting.pile_up_correction);
  CHECK(back.counting.rate_of_count == raw.counting.rate_of_count);
  REQUIRE(back.counting.windows.size() == 2);
  CHECK(back.counting.windows[1].first == 1);
  CHECK(back.counting.windows[1].last == 2);
  CHECK(back.counting.windows[1].energy == 80.0);
  CHECK(back.counting.windows[1].mu_water == 0.018);
  CHECK(back.counting.windows[1].water.coefficients == raw.counting.windows[1].water.coefficients);
  CHECK(back.spectral.material == "iodine");
  CHECK(back.spectral.nodes == 3);
  CHECK(back.spectral.exponents == raw.spectral.exponents);
  CHECK(back.spectral.weights == raw.spectral.weights);
  CHECK(back.spectral.whitening == raw.spectral.whitening);
  CHECK(back.spectral.water_per_log == raw.spectral.water_per_log);
  CHECK(back.images[0].bins == "total");
  CHECK(back.images[1].bins == "iodine_map");
}

TEST_CASE("counts that cannot be are refused by what is wrong with them") {
  const Scratch dir;
  RawScan raw = counted_scan();
  std::string why;
  SECTION("thresholds that descend") {
    raw.counting.thresholds = {65.0, 25.0};
    why = "/counting/threshold does not ascend";
  }
  SECTION("thresholds that are one") {
    raw.counting.thresholds = {65.0, 65.0};
    why = "/counting/threshold does not ascend";
  }
  SECTION("a bin that counts nothing in air") {
    raw.counting.air[3] = 0.0;
    why = "/counting/air has 0, out of range";
  }
  SECTION("a reading without load") {
    raw.counting.view_load[2] = 0.0;
    why = "/counting/view_load has 0, out of range";
  }
  SECTION("a window of bins that are not there") {
    raw.counting.windows[1].last = 3;
    why = "/counting/window2/end_bin is 3, out of range";
  }
  SECTION("a window of nothing") {
    raw.counting.windows[1].last = 1;
    why = "/counting/window2/end_bin is 1, out of range";
  }
  SECTION("a calibration that is no number") {
    raw.spectral.weights[5] = std::numeric_limits<float>::quiet_NaN();
    why = "/spectral/weights has nan";
  }
  SECTION("a dead time that is none") {
    raw.counting.dead_time = -1.0;
    why = "/counting/dead_time has -1, out of range";
  }
  write(dir / "a.h5", raw, noise(raw), false);
  CHECK_THAT(refusal(dir / "a.h5"), Contains(why));
}

TEST_CASE("a raw file that is not finished leaves nothing behind") {
  const Scratch dir;
  const RawScan raw = small_scan();
  { const io::RawWriter writer(dir / "a.h5", raw, true); }
  CHECK(std::filesystem::is_empty(dir.path()));
}

TEST_CASE("a damaged raw file is refused, or reads as it was written") {
  const Scratch dir;
  const RawScan raw = GENERATE(small_scan(40), counted_scan());
  const std::vector<float> values = noise(raw);
  write(dir / "a.h5", raw, values, true);
  const io::Bytes whole = io::read_file(dir / "a.h5");
  Rng rng(make_stream(2, "raw", Draw::test), 0);
  int refused = 0;
  for (int trial = 0; trial < 120; ++trial) {
    io::Bytes bytes = whole;
    const std::size_t at = rng.below(bytes.size());
    if (trial % 3 == 0) {
      bytes.resize(at);
    } else {
      bytes[at] ^= std::byte(1 + rng.below(255));
    }
    io::write_file(dir / "b.h5", bytes);
    INFO("trial " << trial << ", byte " << at);
    try {
      const io::RawReader file(dir / "b.h5");
      const auto read = file.values();
      CHECK(std::equal(values.begin(), values.end(), read.data()));
      CHECK(file.scan().beam.mu_water == raw.beam.mu_water);
    } catch (const Error&) {
      ++refused;
    }
  }
  CHECK(refused > 60);
}

TEST_CASE("a raw file says what is wrong with it") {
  const Scratch dir;
  RawScan raw = small_scan();
  std::vector<float> values = noise(raw);
  SECTION("a value that is no number") {
    values[50] = std::numeric_limits<float>::quiet_NaN();
    write(dir / "a.h5", raw, values, true);
    CHECK_THAT(refusal(dir / "a.h5"), Contains("view 2 holds a value that is no number"));
  }
  SECTION("a header out of range") {
    raw.beam.mu_water = -1.0;
    write(dir / "a.h5", raw, values, true);
    CHECK_THAT(refusal(dir / "a.h5"), Contains("/beam/mu_water has -1, out of range"));
  }
  SECTION("a header that is no number") {
    raw.geometry.source_to_iso = std::numeric_limits<double>::quiet_NaN();
    write(dir / "a.h5", raw, values, true);
    CHECK_THAT(refusal(dir / "a.h5"), Contains("/geometry/source_to_isocentre has nan"));
  }
  SECTION("another version") {
    io::H5File file;
    file.attribute("/", "format", std::string("vitrine raw"));
    file.attribute("/", "format_version", std::int64_t{2});
    io::write_file(dir / "a.h5", file.bytes());
    CHECK_THAT(complaint(Kind::unsupported, [&] { const io::RawReader reader(dir / "a.h5"); }),
               Contains("has version 2 of the raw-data format (this program reads 1)"));
  }
  SECTION("something else") {
    io::H5File file;
    io::write_file(dir / "a.h5", file.bytes());
    CHECK_THAT(refusal(dir / "a.h5"), Contains("it holds no raw data of ours"));
    io::write_file(dir / "a.h5", "view, column, row, value");
    CHECK_THAT(refusal(dir / "a.h5"), Contains("no HDF5 file"));
  }
}
