#include <algorithm>
#include <cmath>
#include <functional>
#include <vector>

#include "vitrine/core/parallel.hpp"
#include "vitrine/io/detail/raw_layout.hpp"
#include "vitrine/io/detail/rehearsal.hpp"
#include "vitrine/io/h5_reader.hpp"
#include "vitrine/io/raw.hpp"

namespace vitrine::io {
namespace {

constexpr std::size_t digest_width = sizeof(Digest::bytes);

/// Takes what `describe` lists out of a file.
class Read {
 public:
  explicit Read(const H5Reader& file) : file_(file) {}

  void text(const char* name, std::string& text) {
    text = file_.text("/", name);
    for (const char c : text)
      check(static_cast<unsigned char>(c) >= 0x20, name, " has control characters");
  }
  void whole(const char* path, const char*, std::int64_t& number, std::int64_t low,
             std::int64_t high) {
    number = file_.integers(path, {}).front();
    check(number >= low && number <= high, path, " is ", number, ", out of range: ", low, " to ",
          high);
  }
  void number(const char* path, const char*, double& number, double low, double high) {
    number = file_.doubles(path, {}).front();
    in_range(path, number, low, high);
  }
  void list(const char* path, const char*, std::vector<double>& numbers, std::int64_t count,
            double low, double high) {
    numbers = file_.doubles(path, {std::size_t(count)});
    for (const double x : numbers) in_range(path, x, low, high);
  }
  void list(const char* path, const char*, std::vector<float>& numbers, std::int64_t count,
            double low, double high) {
    numbers = file_.floats(path, {std::size_t(count)});
    for (const float x : numbers) in_range(path, double(x), low, high);
  }
  void texts(const char* path, std::vector<std::string>& texts, std::int64_t count) {
    texts = file_.strings(path, std::size_t(count));
  }
  bool holds(const char* path, bool) { return file_.has(path); }

  template <class... Why>
  void check(bool ok, const Why&... why) const {
    require(ok, Error::Kind::data, "'", file_.path().string(), "' cannot be used (", why...,
            "). Make the file again, or fetch a whole copy.");
  }

 private:
  void in_range(const char* path, double number, double low, double high) const {
    check(number >= low && number <= high, path, " has ", number, ", out of range: ", low, " to ",
          high);
  }

  const H5Reader& file_;
};

}  // namespace

struct RawReader::State {
  H5Reader file;
  RawScan scan;
  std::vector<std::uint8_t> digests;  ///< once values were asked for

  explicit State(const Path& path) : file(path) {}
  void load();
  void expect_values();
  void skim();
};

RawReader::RawReader(const Path& path) {
  detail::rehearse(path, [&] {
    State rehearsal(path);
    rehearsal.load();
    rehearsal.skim();
  });
  state_ = std::make_unique<State>(path);
  state_->load();
}

/// All but the values.
void RawReader::State::load() {
  Read read(file);
  read.check(file.has_attribute("/", "format") && file.has_attribute("/", "format_version") &&
                 file.text("/", "format") == detail::raw_format,
             "it holds no raw data of ours");
  const std::int64_t version = file.integer("/", "format_version");
  require(version == detail::raw_version, Error::Kind::unsupported, "'", file.path().string(),
          "' has version ", version, " of the raw-data format (this program reads ",
          detail::raw_version, "). Use the program that wrote it.");
  const std::string quantity = file.text("/", "quantity");
  bool known = false;
  for (const auto each :
       {RawScan::Quantity::signal, RawScan::Quantity::line_integral, RawScan::Quantity::counts})
    if (quantity == detail::name_of(each)) {
      scan.quantity = each;
      known = true;
    }
  read.check(known, "its quantity is '", quantity, "', not signal, line_integral or counts");
  detail::describe(read, scan);
  const auto& thresholds = scan.counting.thresholds;
  read.check(std::ranges::is_sorted(thresholds, std::less_equal<>()),
             "/counting/threshold does not ascend");
  read.check(scan.quantity != RawScan::Quantity::counts || !thresholds.empty(),
             "it holds counts of bins and no /counting");
  const ScanGeometry& g = scan.geometry;
  for (const std::int64_t some : {std::ssize(g.view_times), std::ssize(g.focal_shifts)})
    read.check(some == 0 || some == g.views(), "it has times or focal shifts for ", some, " of ",
               g.views(), " views");
  if (const auto& axes = scan.box.axes)
    read.check((axes->transpose() * *axes - Mat3::Identity()).cwiseAbs().maxCoeff() < 1e-6 &&
                   axes->determinant() > 0.0,
               "/images/axes are no three perpendicular directions of length 1");
  read.check(file.text("/", detail::raw_header_digest) == detail::header_digest(scan),
             "its header is not what was written: the SHA-256 differs");
}
RawReader::~RawReader() = default;

const RawScan& RawReader::scan() const { return state_->scan; }

void RawReader::State::expect_values() {
  if (!digests.empty()) return;
  digests = file.bytes(detail::raw_digests, {std::size_t(scan.geometry.views()), digest_width});
  file.rows(detail::raw_values, detail::value_sizes(scan), 0,
            {});  // is all there, before memory is taken
}

/// The values, or of a large file the first view's, for nobody to see.
void RawReader::State::skim() {
  expect_values();
  const std::size_t cells = scan.values_per_view();
  const bool whole = file.file_size() <= detail::rehearsed_whole;
  std::vector<float> view(cells);
  for (Index v = 0; v < (whole ? scan.geometry.views() : 1); ++v)
    file.rows(detail::raw_values, detail::value_sizes(scan), std::size_t(v), view);
}

void RawReader::views(Index first, std::span<float> out) const {
  state_->expect_values();
  const Read read(state_->file);
  const std::size_t cells = state_->scan.values_per_view();
  VITRINE_EXPECT(out.size() % cells == 0);
  constexpr std::size_t batch = 64;  // views
  auto view = std::size_t(first);
  for (; !out.empty(); out = out.subspan(std::min(out.size(), batch * cells)), view += batch) {
    const auto part = out.first(std::min(out.size(), batch * cells));
    state_->file.rows(detail::raw_values, detail::value_sizes(state_->scan), view, part);
    parallel_for(Index(part.size() / cells), [&](Index v) {
      const std::size_t here = view + std::size_t(v);
      const auto values = part.subspan(std::size_t(v) * cells, cells);
      const Digest digest = sha256(std::as_bytes(values));
      read.check(std::equal(digest.bytes.begin(), digest.bytes.end(),
                            state_->digests.begin() + std::ptrdiff_t(here * digest_width)),
                 "view ", here, " is not what was written: its SHA-256 differs");
      for (const float x : values)
        read.check(std::isfinite(x), "view ", here, " holds a value that is no number");
    });
  }
}

Buffer<float> RawReader::values() const {
  state_->expect_values();
  const RawScan& scan = state_->scan;
  Buffer<float> out(std::size_t(scan.geometry.views()) * scan.values_per_view());
  views(0, out.span());
  return out;
}

}  // namespace vitrine::io
