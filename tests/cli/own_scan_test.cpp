#include <algorithm>
#include <bit>
#include <limits>

#include "own_scan.hpp"
#include "unit/recon/fixture.hpp"
#include "vitrine/core/random.hpp"
#include "vitrine/io/hdf5.hpp"
#include "vitrine/io/raw.hpp"

using namespace vitrine;
using namespace vitrine::cli;
using Catch::Matchers::Contains;
using recon::roi_mean;
using recon::weigh;

namespace {

const std::string raw_files =
    "files: [own.f32], axes: [view, column, row], quantity: line_integral";
const std::string one_slice =
    "kernel: soft, field_of_view_mm: 160, matrix: 160, slices: 1, centre_mm: [0, 0, 0]";

Solid rod() { return recon::cylinder({30, -20, 0}, 25.0); }
Solid ball() { return recon::ball({30, -20, 0}, 25.0); }

io::Path describe(const Scratch& dir, const std::string& yaml) {
  io::write_file(dir / "own.yaml", yaml);
  return dir / "own.yaml";
}

/// Writes one scan and makes its image.
Image scanned(const OwnScanner& scanner, const std::vector<float>& values, const std::string& data,
              const std::string& images, const std::string& more = "") {
  const Scratch dir;
  write_floats(dir / "own.f32", values);
  return image_of(describe(dir, scanner.yaml(data, images, more)));
}

double largest_difference(const Image& a, const Image& b) {
  double most = 0.0;
  for (std::size_t i = 0; i < a.values().size(); ++i)
    most = std::max(most, std::abs(double(a.values()[i]) - double(b.values()[i])));
  return most;
}

OwnScanner axial_fan() { return {}; }
OwnScanner flat_cone() {
  OwnScanner s;
  s.flat = true;
  s.rows = 12;
  return s;
}
OwnScanner short_scan() {
  OwnScanner s;
  s.rows = 12;
  s.views = 222;  // 221 degrees; half a turn and the fan are 199.4
  return s;
}
OwnScanner helix() {
  OwnScanner s;
  s.rows = 12;
  s.table_per_rotation = 6.0;
  s.views = 1000;
  s.table_start = -0.5 * 6.0 * 999.0 / 360.0;
  return s;
}

std::string refusal(const std::string& yaml, std::size_t floats,
                    const std::function<void(std::vector<float>&)>& spoil = {}) {
  const Scratch dir;
  std::vector<float> values(floats, 0.5f);
  if (spoil) spoil(values);
  write_floats(dir / "own.f32", values);
  const io::Path file = describe(dir, yaml);
  try {
    image_of(file);
  } catch (const Error& error) {
    return explain(error);
  }
  return {};
}

std::string replaced(std::string text, const std::string& from, const std::string& to) {
  const auto at = text.find(from);
  REQUIRE(at != std::string::npos);
  return text.replace(at, from.size(), to);
}

}  // namespace

// CT numbers: 1 HU in the mean of a ball's inner 15 mm and of air; 3 HU off the mid-plane of cones.
// Position: a twentieth of a millimetre of the centre of mass (pixels are 1 mm).
TEST_CASE("a sinogram of one's own has water at 0 HU where the water was") {
  struct Case {
    const char* name;
    OwnScanner scanner;
    Solid solid;
    const char* algorithm;
  };
  const auto cases = {Case{"axial fan", axial_fan(), rod(), "fbp"},
                      Case{"axial fan, direct", axial_fan(), rod(), "direct"},
                      Case{"flat cone", flat_cone(), ball(), "fbp"},
                      Case{"flat cone, direct", flat_cone(), ball(), "direct"},
                      Case{"short scan", short_scan(), rod(), "fbp"},
                      Case{"helix", helix(), ball(), "fbp"}};
  for (const Case& c : cases) {
    INFO(c.name);
    const Image image = scanned(c.scanner, c.scanner.project({c.solid}, own_mu), raw_files,
                                one_slice + ", algorithm: " + c.algorithm);
    CHECK(std::abs(roi_mean(image, {30, -20, 0}, 15.0)) < 1.0);
    CHECK(std::abs(roi_mean(image, {-30, 20, 0}, 15.0) + 1000.0) < 1.0);
    const Vec3 found = weigh(image, {30, -20, 0}, 35.0).centre;
    CHECK(std::abs(found.x() - 30.0) < 0.05);
    CHECK(std::abs(found.y() + 20.0) < 0.05);
  }
}

TEST_CASE("an iterative image of one's own sinogram has the same CT numbers", "[full]") {
  OwnScanner scanner = axial_fan();
  const Image image =
      scanned(scanner, scanner.project({rod()}, own_mu), raw_files,
              "kernel: soft, field_of_view_mm: 160, matrix: 100, algorithm: iterative",
              "noise: {quanta: 20000}\n");
  CHECK(std::abs(roi_mean(image, {30, -20, 0}, 15.0)) < 2.0);
  CHECK(std::abs(roi_mean(image, {-30, 20, 0}, 15.0) + 1000.0) < 3.0);
}

TEST_CASE("a source that turns the other way does not mirror the image") {
  for (const double feed : {0.0, 6.0, -6.0}) {
    OwnScanner scanner = feed == 0.0 ? short_scan() : helix();
    scanner.decreasing = true;
    scanner.table_per_rotation = feed;
    if (feed < 0.0) scanner.table_start = -scanner.table_start;
    INFO("feed " << feed);
    // The ball's middle is where the table would not be if z were turned about.
    const Image image = scanned(scanner, scanner.project({recon::ball({30, -20, 3}, 25.0)}, own_mu),
                                raw_files, replaced(one_slice, "[0, 0, 0]", "[0, 0, 3]"));
    const recon::Weighed found = weigh(image, {30, -20, 3}, 35.0);
    CHECK(std::abs(found.centre.x() - 30.0) < 0.05);
    CHECK(std::abs(found.centre.y() + 20.0) < 0.05);
    CHECK(found.mass == Approx(1000.0 * std::numbers::pi * 25.0 * 25.0).epsilon(0.02));
    CHECK(std::abs(roi_mean(image, {30, -20, 3}, 10.0)) < 3.0);
  }
}

TEST_CASE("every way of storing the same values makes the same image, to the bit") {
  const Scratch dir;
  OwnScanner scanner = helix();
  scanner.views = 800;
  scanner.table_start = -0.5 * 6.0 * 799.0 / 360.0;
  const std::vector<float> values = scanner.project({ball()}, own_mu);
  const Index cells = scanner.columns * scanner.rows;
  write_floats(dir / "own.f32", values);
  const Image image = image_of(describe(dir, scanner.yaml(raw_files, one_slice)));
  const auto same = [&](const std::string& data) {
    INFO(data);
    const Image other = image_of(describe(dir, scanner.yaml(data, one_slice)));
    CHECK(std::ranges::equal(image.values(), other.values()));
  };
  const std::array<Index, 3> size{scanner.views, scanner.columns, scanner.rows};
  const std::array<Index, 3> stride{cells, scanner.rows, 1};
  const char* names[] = {"view", "column", "row"};
  std::array<int, 3> order{0, 1, 2};
  do {  // all six orders of the axes, big-endian behind a header, columns from the last
    std::vector<float> stored;
    for (Index a = 0; a < size[order[0]]; ++a)
      for (Index b = 0; b < size[order[1]]; ++b)
        for (Index c = 0; c < size[order[2]]; ++c) {
          const std::array<Index, 3> at{a, b, c};
          Index from = 0;
          for (int d = 0; d < 3; ++d)
            from += stride[order[d]] *
                    (order[d] == 1 ? size[1] - 1 - at[std::size_t(d)] : at[std::size_t(d)]);
          const auto bits = std::bit_cast<std::uint32_t>(values[std::size_t(from)]);
          stored.push_back(std::bit_cast<float>(__builtin_bswap32(bits)));
        }
    stored.insert(stored.begin(), 25, 1e30f);
    write_floats(dir / "swapped.f32", stored);
    same(str("files: [swapped.f32], axes: [", names[order[0]], ", ", names[order[1]], ", ",
             names[order[2]], "], reversed: [column], byte_order: big, offset_bytes: 100, ",
             "quantity: line_integral"));
  } while (std::ranges::next_permutation(order).found);

  const auto half = values.begin() + std::ptrdiff_t(400 * cells);
  write_floats(dir / "a.f32", {values.begin(), half});
  write_floats(dir / "b.f32", {half, values.end()});
  same("files: [a.f32, b.f32], axes: [view, column, row], quantity: line_integral");

  io::H5File file;
  const std::vector<std::size_t> dims{800, std::size_t(scanner.columns), std::size_t(scanner.rows)};
  file.dataset("/scan/values", values, dims);
  file.dataset("/scan/doubles", std::vector<double>(values.begin(), values.end()), dims);
  io::write_file(dir / "own.h5", file.bytes());
  for (const char* dataset : {"/scan/values", "/scan/doubles"})
    same(str("files: [own.h5], dataset: ", dataset,
             ", axes: [view, column, row], quantity: line_integral"));
}

TEST_CASE("raw data of our own format and a sinogram make the same image, to the bit") {
  for (OwnScanner scanner : {axial_fan(), flat_cone(), short_scan(), helix()}) {
    const Scratch dir;
    const std::vector<float> values = scanner.project({ball()}, own_mu);
    write_floats(dir / "own.f32", values);
    const io::Path own = describe(dir, scanner.yaml(raw_files, one_slice));
    RawScan raw = open_scan(own.string())->scan();
    raw.beam.tube_voltage = 120.0;
    raw.beam.detected_energy.assign(std::size_t(scanner.columns), 60.0);
    io::RawWriter writer(dir / "own.h5", raw, false);
    writer.views(values);
    writer.finish();
    const Image one = image_of(own), other = image_of(dir / "own.h5");
    CHECK(std::ranges::equal(one.values(), other.values()));
  }
}

// A float's logarithm and back: 0.05 HU.
TEST_CASE("counts and transmission become the line integrals that they are") {
  const OwnScanner scanner = flat_cone();
  const std::vector<float> lines = scanner.project({ball()}, own_mu);
  const Index cells = scanner.columns * scanner.rows;
  const Image image = scanned(scanner, lines, raw_files, one_slice);
  std::vector<float> transmission, counts, air, dark;
  Rng rng(make_stream(3, "own", Draw::test), 0);
  for (Index c = 0; c < cells; ++c) {
    dark.push_back(float(40.0 + 20.0 * rng.uniform()));
    air.push_back(float(8e4 + 4e4 * rng.uniform()));
  }
  for (std::size_t i = 0; i < lines.size(); ++i) {
    const double open = air[i % std::size_t(cells)], shut = dark[i % std::size_t(cells)];
    transmission.push_back(float(std::exp(-double(lines[i]))));
    counts.push_back(float(shut + (open - shut) * std::exp(-double(lines[i]))));
  }
  const std::string file = "files: [own.f32], axes: [view, column, row], quantity: ";
  CHECK(largest_difference(
            image, scanned(scanner, transmission, file + "transmission", one_slice)) < 0.05);
  const Scratch dir;
  write_floats(dir / "own.f32", counts);
  write_floats(dir / "dark.f32", dark);
  std::vector<float> twice;  // the mean of two views is the reading
  for (const double share : {0.9, 1.1})
    for (const float x : air) twice.push_back(float(share * double(x)));
  write_floats(dir / "air.f32", twice);
  const Image counted =
      image_of(describe(dir, scanner.yaml(file + "counts, air: {files: [air.f32], views: 2}, "
                                                 "dark: {files: [dark.f32]}",
                                          one_slice)));
  CHECK(largest_difference(image, counted) < 0.05);
}

TEST_CASE("a water polynomial undoes the hardening that it was made of") {
  const OwnScanner scanner = axial_fan();
  std::vector<float> lines = scanner.project({rod()}, own_mu), hardened, transmission;
  constexpr double a1 = 1.05, a2 = 0.08;  // p = a1 q + a2 q^2
  for (const float p : lines) {
    const double q = (std::sqrt(a1 * a1 + 4.0 * a2 * double(p)) - a1) / (2.0 * a2);
    hardened.push_back(float(q));
    transmission.push_back(float(std::exp(-q)));
  }
  const Image image = scanned(scanner, lines, raw_files, one_slice);
  const std::string water = "water: {attenuation_per_mm: 0.0193, polynomial: [1.05, 0.08]}\n";
  CHECK(largest_difference(image, scanned(scanner, hardened, raw_files, one_slice)) > 20.0);
  CHECK(largest_difference(image, scanned(scanner, hardened, raw_files, one_slice, water)) < 0.05);
  const std::string file = "files: [own.f32], axes: [view, column, row], quantity: transmission";
  CHECK(largest_difference(image, scanned(scanner, transmission, file, one_slice, water)) < 0.05);
}

TEST_CASE("a sinogram file says what does not fit, with numbers and a way out") {
  OwnScanner scanner = flat_cone();
  scanner.columns = 320;
  scanner.column_pitch = 1.0;
  scanner.rows = 24;
  const auto floats = std::size_t(360 * 320 * 24);
  const std::string yaml = scanner.yaml(raw_files, one_slice);
  CHECK(refusal(yaml, floats).empty());
  CHECK_THAT(refusal(yaml, floats - 320 * 24), Contains("has 11028480 bytes") &&
                                                   Contains("are 11059200") &&
                                                   Contains("It would hold 359 views"));
  CHECK_THAT(refusal(yaml, floats, [](auto& v) { v[3 * 320 * 24 + 5 * 24 + 7] = std::nanf(""); }),
             Contains("view 3, column 5, row 7 is nan") && Contains("offset_bytes") &&
                 Contains("own.yaml"));
  CHECK_THAT(refusal(yaml, floats, [](auto& v) { v[24] = 1e20f; }),
             Contains("view 0, column 1, row 0 is 1e+20 (a line integral"));
  const std::string counts =
      replaced(yaml, "quantity: line_integral", "quantity: counts, air: {counts: 1000}");
  const auto negative = [](auto& v) { v[1] = -3.0f; };
  CHECK_THAT(refusal(counts, floats, negative),
             Contains("view 0, column 0, row 1 is -3") && Contains("negative: floor"));
  CHECK(refusal(replaced(counts, "air:", "negative: floor, air:"), floats, negative).empty());
  CHECK_THAT(refusal(replaced(counts, "air: {", "dark: {counts: 2000}, air: {"), floats),
             Contains("reads 1000 without object and 2000 without beam"));
  CHECK_THAT(refusal(replaced(yaml, "line_integral", "transmission"), floats,
                     [](auto& v) { v[0] = 5000.0f; }),
             Contains("is 5000 (transmission is 1 without object)") && Contains("counts"));
  struct Case {
    const char *from, *to, *says;
  };
  const std::initializer_list<Case> cases = {
      {"field_of_view_mm: 160", "field_of_view_mm: 240",
       "own.yaml:10:42 (images.field_of_view_mm): images: the image reaches 120 mm from the axis "
       "(every view sees 89.53 mm). Use 179 mm or less"},
      {"matrix: 160", "matrix: 160, slice_thickness_mm: 0.4",
       "slices are 0.4 mm thick (a detector row is 0.6271 mm high at the isocentre)"},
      {"slices: 1", "slices: 40",
       "slices lie at -12.23 to 12.23 mm (the views see the axis from "
       "-7.52 to 7.52 mm)"},
      {"count: 360", "count: 150",
       "150 views cover 149 degrees from the first to the last (half a turn and the fan"},
      {"count: 360", "count: 361", "361 views at one table position are no whole number of turns"},
      {"table_per_rotation_mm: 0", "table_per_rotation_mm: 30", "views leave gaps beyond"},
      {"per_rotation: 360", "angle_step_deg: 0.7", "0.7 degrees apart are 514.29 a turn"},
      {"per_rotation: 360", "angle_step_deg: 1, per_rotation: 360", "give one of per_rotation"},
      {"column_offset: 0.25", "column_offset: 400", "it must have the axis within it"},
      {"source_to_detector_mm: 949", "source_to_detector_mm: 500", "must stand behind the axis"},
      {"kernel: soft", "kernel: softt", "Did you mean 'soft'?"},
      {"name: own", "nmae: own", "own.yaml:2:1 (nmae): sinogram: unknown key 'nmae'"},
      {"axes: [view, column, row]", "axes: [view, row, row]", "each once"},
      {"quantity: line_integral", "quantity: counts", "air goes with quantity: counts"},
      {"images: {", "water: {attenuation_per_mm: 0.02, polynomial: [1, -0.2]}\nimages: {", "twice"},
      {"kernel: soft", "kernel: soft, corrections: {bone: {}}", "corrections.bone needs"},
      {"own.f32", "none.f32", "cannot read"}};
  for (const Case& c : cases) {
    INFO(c.to);
    CHECK_THAT(refusal(replaced(yaml, c.from, c.to), floats), Contains(c.says));
  }
}

TEST_CASE("views that are listed must be even, as far as their digits go") {
  OwnScanner scanner = axial_fan();
  scanner.start_deg = 0.0;
  const std::vector<float> values = scanner.project({rod()}, own_mu);
  const Image image = scanned(scanner, values, raw_files, one_slice);
  const auto listed = [&](const std::function<double(int)>& angle, const std::string& table = "") {
    std::string list;
    for (int v = 0; v < 360; ++v) list += str(v > 0 ? ", " : "", angle(v));
    const std::string yaml = scanner.yaml(raw_files, one_slice);
    const auto from = yaml.find("views: {"), to = yaml.find('\n', from);
    return yaml.substr(0, from) + "views: {angles_deg: [" + list + "]" + table + "}" +
           yaml.substr(to);
  };
  const Scratch dir;
  write_floats(dir / "own.f32", values);
  const auto rough = [](int v) { return double(v) + 0.008 * (v * 37 % 3); };
  CHECK(std::ranges::equal(image_of(describe(dir, listed(rough))).values(), image.values()));
  CHECK_THAT(refusal(listed([](int v) { return v < 40 ? v : v + 1.0; }), values.size()),
             Contains("view 40 is at 41 degrees where 40 belongs (even steps of 1)"));
  std::string table = ", table_positions_mm: [0, 1, 2]";
  CHECK_THAT(refusal(listed([](int v) { return v; }, table), values.size()),
             Contains("view 120 is at 120 degrees where 0 belongs"));
  table = ", table_positions_mm: [0, 1, 2, 3, 4, 5, 6]";
  CHECK_THAT(refusal(listed([](int v) { return v; }, table), values.size()),
             Contains("7 table positions for 360 views"));
}

TEST_CASE("options of recon ask for another image of one's own sinogram") {
  const Scratch dir;
  const OwnScanner scanner = flat_cone();
  write_floats(dir / "own.f32", scanner.project({ball()}, own_mu));
  const io::Path file = describe(dir, scanner.yaml(raw_files, one_slice));
  ReconOptions options;
  options.field_of_view = 60.0;
  options.centre = {30.0, -20.0, 2.0};
  options.thickness = 2.0;
  const Image zoom = image_of(file, options);
  CHECK(zoom.grid().spacing.x() == Approx(60.0 / 160.0));
  CHECK(std::abs(roi_mean(zoom, {30, -20, 2}, 15.0)) < 2.0);
  options.field_of_view = 170.0;
  CHECK_THAT(complaint(Error::Kind::input, [&] { image_of(file, options); }),
             Contains("--fov") && Contains("every view sees 89.29 mm"));
}
