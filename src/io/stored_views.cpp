#include "vitrine/io/stored_views.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <bit>
#include <cerrno>
#include <optional>
#include <utility>

#include "vitrine/core/buffer.hpp"
#include "vitrine/core/parallel.hpp"
#include "vitrine/io/detail/posix.hpp"
#include "vitrine/io/detail/rehearsal.hpp"
#include "vitrine/io/h5_reader.hpp"

namespace vitrine::io {
namespace {

float swapped(float x) {
  const auto u = std::bit_cast<std::uint32_t>(x);
  return std::bit_cast<float>((u >> 24) | ((u >> 8) & 0xff00u) | ((u << 8) & 0xff0000u) |
                              (u << 24));
}

void read_at(const detail::Descriptor& file, const Path& path, std::uint64_t at,
             std::span<float> out) {
  auto bytes = std::as_writable_bytes(out);
  while (!bytes.empty()) {
    const ssize_t n = ::pread(file.number(), bytes.data(), bytes.size(), off_t(at));
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) detail::fail("read", path, errno);
    require(n > 0, Error::Kind::data, "'", path.string(),
            "' became shorter while it was read. Let the program that writes it finish first.");
    at += std::uint64_t(n);
    bytes = bytes.subspan(std::size_t(n));
  }
}

}  // namespace

struct StoredViews::State {
  ViewLayout layout;
  Index per_file = 0;

  /// Values of a file along an axis.
  std::size_t length(ViewLayout::Axis axis) const {
    return std::size_t(axis == ViewLayout::view ? per_file : layout.size[axis]);
  }
  std::vector<std::size_t> dims() const {
    std::vector<std::size_t> all;
    for (const auto axis : layout.axes) all.push_back(length(axis));
    return all;
  }
  bool native() const { return layout.big_endian == (std::endian::native == std::endian::big); }

  void check(const Path& path) const;
  void read(Index file, Index first, Index count, std::span<float> box) const;
  void place(std::span<const float> box, Index count, std::span<float> out) const;
};

void StoredViews::State::check(const Path& path) const {
  if (!layout.dataset.empty()) {
    const auto all = dims();
    const std::vector<std::size_t> none{0, 0, 0};
    detail::rehearse(path, [&] {
      const H5Reader file(path);
      file.box(layout.dataset, all, none, none, {});
      const bool whole = file.file_size() <= detail::rehearsed_whole;
      const auto some = whole ? all : std::vector<std::size_t>{1, 1, 1};
      std::vector<float> values(some[0] * some[1] * some[2]);
      file.box(layout.dataset, all, none, some, values);
    });
    H5Reader(path).box(layout.dataset, all, none, none, {});
    return;
  }
  const auto opened = detail::open_file("read", path, O_RDONLY | O_NONBLOCK);
  struct stat about {};
  if (::fstat(opened.number(), &about) != 0) detail::fail("read", path, errno);
  require(S_ISREG(about.st_mode), Error::Kind::io, "cannot read '", path.string(),
          "' (it is no regular file). Name a file of raw float32.");
  const auto found = std::uint64_t(about.st_size);
  const std::uint64_t values =
      std::uint64_t(per_file) * std::uint64_t(layout.size[1]) * std::uint64_t(layout.size[2]);
  const std::uint64_t wanted = layout.offset + values * sizeof(float);
  if (found == wanted) return;
  const std::uint64_t view_bytes =
      std::uint64_t(layout.size[1]) * std::uint64_t(layout.size[2]) * sizeof(float);
  const std::uint64_t body = found > layout.offset ? found - layout.offset : 0;
  throw Error(
      Error::Kind::data,
      str("'", path.string(), "' has ", found, " bytes (", per_file, " views x ", layout.size[1],
          " columns x ", layout.size[2], " rows of 4 bytes after ", layout.offset,
          " of a header are ", wanted, "). ",
          body > 0 && body % view_bytes == 0 ? str("It would hold ", body / view_bytes, " views. ")
                                             : std::string(),
          "Check the number of views, columns and rows, and offset_bytes, or fetch a "
          "whole copy."));
}

/// `count` views of a file as they lie there.
void StoredViews::State::read(Index file, Index first, Index count, std::span<float> box) const {
  const Path& path = layout.files[std::size_t(file)];
  const auto all = dims();
  const auto at =
      std::size_t(std::ranges::find(layout.axes, ViewLayout::view) - layout.axes.begin());
  if (!layout.dataset.empty()) {
    std::vector<std::size_t> start(3, 0), size = all;
    start[at] = std::size_t(first);
    size[at] = std::size_t(count);
    H5Reader(path).box(layout.dataset, all, start, size, box);
    return;
  }
  std::size_t before = 1, after = 1;
  for (std::size_t a = 0; a < 3; ++a) (a < at ? before : after) *= a == at ? 1 : all[a];
  const auto opened = detail::open_file("read", path, O_RDONLY | O_NONBLOCK);
  const std::size_t run = std::size_t(count) * after;
  for (std::size_t b = 0; b < before; ++b)
    read_at(opened, path,
            layout.offset + (b * all[at] + std::size_t(first)) * after * sizeof(float),
            box.subspan(b * run, run));
  if (!native()) std::ranges::transform(box, box.begin(), swapped);
}

/// From the file's order to views of columns of rows.
void StoredViews::State::place(std::span<const float> box, Index count,
                               std::span<float> out) const {
  std::array<Index, 3> stride{};
  Index step = 1;
  for (std::size_t a = 3; a-- > 0;) {
    stride[layout.axes[a]] = step;
    step *= layout.axes[a] == ViewLayout::view ? count : layout.size[layout.axes[a]];
  }
  const auto [views, columns, rows] = layout.size;
  parallel_for(count, [&, columns = columns, rows = rows](Index v) {
    const Index from = (layout.reversed[0] ? count - 1 - v : v) * stride[0];
    float* to = out.data() + v * columns * rows;
    for (Index c = 0; c < columns; ++c) {
      const Index at = from + (layout.reversed[1] ? columns - 1 - c : c) * stride[1];
      for (Index r = 0; r < rows; ++r)
        to[c * rows + r] =
            box[std::size_t(at + (layout.reversed[2] ? rows - 1 - r : r) * stride[2])];
    }
  });
}

StoredViews::StoredViews(ViewLayout layout) : state_(std::make_unique<State>()) {
  state_->layout = std::move(layout);
  const ViewLayout& l = state_->layout;
  const Index files = std::ssize(l.files), views = l.size[0];
  VITRINE_EXPECT(files > 0);
  require(views % files == 0, Error::Kind::data, views, " views are in ", files,
          " files (each must hold equally many). Check the list of files and the number of views.");
  state_->per_file = views / files;
  for (const Path& path : l.files) state_->check(path);
}
StoredViews::~StoredViews() = default;

void StoredViews::views(Index first, std::span<float> out) const {
  const ViewLayout& l = state_->layout;
  const Index cells = l.size[1] * l.size[2], count = std::ssize(out) / cells;
  VITRINE_EXPECT(std::ssize(out) % cells == 0 && first + count <= l.size[0]);
  Buffer<float> box(out.size());
  // Part by part: those of one file.
  for (Index done = 0; done < count;) {
    const Index next = first + done, per_file = state_->per_file;
    // Reversed, the part's last view is the first that is stored.
    const Index stored = l.reversed[0] ? l.size[0] - 1 - next : next;
    const Index file = stored / per_file, within = stored % per_file;
    const Index here = std::min(count - done, l.reversed[0] ? within + 1 : per_file - within);
    const auto part = box.span().first(std::size_t(here * cells));
    state_->read(file, l.reversed[0] ? within - here + 1 : within, here, part);
    state_->place(part, here, out.subspan(std::size_t(done * cells), std::size_t(here * cells)));
    done += here;
  }
}

}  // namespace vitrine::io
