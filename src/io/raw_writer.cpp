#include <algorithm>
#include <vector>

#include "vitrine/core/parallel.hpp"
#include "vitrine/io/detail/raw_layout.hpp"
#include "vitrine/io/hdf5.hpp"
#include "vitrine/io/raw.hpp"

namespace vitrine::io {
namespace {

/// Puts what `describe` lists into a file.
class Write {
 public:
  explicit Write(H5File& file) : file_(file) {}

  void text(const char* name, const std::string& text) { file_.attribute("/", name, text); }
  void whole(const char* path, const char* unit, std::int64_t number, std::int64_t, std::int64_t) {
    file_.dataset(path, std::span<const std::int64_t>(&number, 1), {});
    file_.attribute(path, "unit", std::string(unit));
  }
  void number(const char* path, const char* unit, double number, double, double) {
    file_.dataset(path, std::span<const double>(&number, 1), {});
    file_.attribute(path, "unit", std::string(unit));
  }
  template <class T>
  void list(const char* path, const char* unit, const std::vector<T>& numbers, std::int64_t count,
            double, double) {
    require(std::ssize(numbers) == count, Error::Kind::data, "raw data need ", count,
            " numbers for ", path, " (there are ", numbers.size(), ")");
    file_.dataset(path, std::span<const T>(numbers), {numbers.size()});
    file_.attribute(path, "unit", std::string(unit));
  }
  void texts(const char* path, const std::vector<std::string>& texts, std::int64_t) {
    file_.strings(path, texts);
  }
  bool holds(const char*, bool there) { return there; }

 private:
  H5File& file_;
};

}  // namespace

struct RawWriter::State {
  Path path, partial;
  std::size_t cells = 0, left = 0;
  std::vector<std::uint8_t> digests;
  std::unique_ptr<H5File> file;
};

RawWriter::RawWriter(const Path& path, const RawScan& scan, bool packed)
    : state_(std::make_unique<State>()) {
  state_->path = state_->partial = path;
  state_->partial += ".partial";
  const ScanGeometry& g = scan.geometry;
  state_->cells = scan.values_per_view();
  state_->left = std::size_t(g.views());
  state_->file = std::make_unique<H5File>(state_->partial);
  H5File& file = *state_->file;
  file.attribute("/", "format", std::string(detail::raw_format));
  file.attribute("/", "format_version", detail::raw_version);
  file.attribute("/", "quantity", std::string(detail::name_of(scan.quantity)));
  file.attribute("/", detail::raw_header_digest, detail::header_digest(scan));
  Write write(file);
  RawScan copy = scan;
  detail::describe(write, copy);
  file.rows(detail::raw_values, detail::value_sizes(scan), packed);
  file.attribute(detail::raw_values, "unit", std::string("1"));
}

RawWriter::~RawWriter() {
  if (!state_->file) return;
  state_->file.reset();
  std::error_code ignored;
  std::filesystem::remove(state_->partial, ignored);
}

void RawWriter::views(std::span<const float> values) {
  VITRINE_EXPECT(values.size() % state_->cells == 0 &&
                 values.size() / state_->cells <= state_->left);
  constexpr std::size_t batch = 64;  // views that are packed at once
  while (!values.empty()) {
    const std::size_t count = std::min(values.size(), batch * state_->cells);
    const auto part = values.first(count);
    state_->file->append(part);
    const std::size_t n = count / state_->cells, before = state_->digests.size();
    state_->digests.resize(before + n * sizeof(Digest::bytes));
    parallel_for(std::ssize(part) / Index(state_->cells), [&](Index v) {
      const auto view = part.subspan(std::size_t(v) * state_->cells, state_->cells);
      const Digest digest = sha256(std::as_bytes(view));
      std::copy(digest.bytes.begin(), digest.bytes.end(),
                state_->digests.begin() +
                    std::ptrdiff_t(before + std::size_t(v) * sizeof(Digest::bytes)));
    });
    state_->left -= n;
    values = values.subspan(count);
  }
}

SealedFile RawWriter::finish() {
  VITRINE_EXPECT(state_->left == 0);
  constexpr std::size_t width = sizeof(Digest::bytes);
  state_->file->dataset(detail::raw_digests, std::span<const std::uint8_t>(state_->digests),
                        {state_->digests.size() / width, width});
  state_->file->close();
  const SealedFile sealed = seal_partial(state_->path);
  state_->file.reset();
  return sealed;
}

}  // namespace vitrine::io
