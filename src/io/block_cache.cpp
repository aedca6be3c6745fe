#include "vitrine/io/block_cache.hpp"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstddef>
#include <optional>
#include <tuple>
#include <utility>

#include "vitrine/core/error.hpp"
#include "vitrine/core/parallel.hpp"
#include "vitrine/io/detail/posix.hpp"

namespace vitrine::io {
namespace {

/// What a file begins with: it is of this format, byte order and shape. Fills a cache line, as a
/// block's head does, so that the values of the first block are aligned.
struct Header {
  std::array<char, 16> magic{'v', 'i', 't', 'r', 'i', 'n', 'e', ' ',
                             'b', 'l', 'o', 'c', 'k', 's', '2', 0};
  double one = 1.0;  // reads as another number in another byte order
  std::int64_t steps = 0, planes = 0, values = 0;
  std::array<std::int64_t, 2> padding{};
  bool operator==(const Header&) const = default;
};
static_assert(sizeof(Header) == 64);

Header header_of(const BlockShape& shape) {
  Header header;
  header.steps = shape.steps;
  header.planes = shape.planes;
  header.values = shape.values;
  return header;
}

/// What stands before a block.
struct BlockHead {
  std::int64_t first = 0, count = 0;
  std::array<std::int64_t, 2> padding{};
  Digest digest;  ///< of all above, and of the digests of all pieces
};
static_assert(sizeof(BlockHead) == 64);

/// Pieces of a block are hashed, read and written by several threads.
constexpr std::size_t piece_floats = std::size_t(1) << 18;

struct Piece {
  std::size_t from = 0, size = 0;  ///< floats of the block
};

std::vector<Piece> pieces_of(const BlockShape& shape, std::int64_t count) {
  const auto plane = std::size_t(count * shape.values);
  std::vector<Piece> pieces;
  for (std::size_t p = 0; p < std::size_t(shape.planes); ++p)
    for (std::size_t from = 0; from < plane; from += piece_floats)
      pieces.push_back({p * plane + from, std::min(piece_floats, plane - from)});
  return pieces;
}

Digest digest_of(const BlockHead& head, std::span<const Digest> pieces) {
  Sha256 hash;
  hash.bytes(std::as_bytes(std::span(&head, 1)).first(offsetof(BlockHead, digest)));
  for (const Digest& piece : pieces) hash.bytes(std::as_bytes(std::span(piece.bytes)));
  return hash.finish();
}

/// If a block is what was written: `digest_of_piece` reads a piece, and has no digest where it
/// cannot.
template <class DigestOfPiece>
bool is_whole(const BlockHead& head, std::span<const Piece> pieces,
              const DigestOfPiece& digest_of_piece) {
  std::vector<std::optional<Digest>> read(pieces.size());
  parallel_for(std::ssize(pieces), [&](std::int64_t i) {
    read[std::size_t(i)] = digest_of_piece(pieces[std::size_t(i)]);
  });
  std::vector<Digest> digests;
  for (const std::optional<Digest>& digest : read) {
    if (!digest) return false;
    digests.push_back(*digest);
  }
  return digest_of(head, digests) == head.digest;
}

/// All of `bytes` at a place of the file; false if it ends before.
bool read_at(int fd, std::uint64_t at, std::span<std::byte> bytes) {
  while (!bytes.empty()) {
    const ssize_t n = ::pread(fd, bytes.data(), bytes.size(), off_t(at));
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) return false;
    bytes = bytes.subspan(std::size_t(n));
    at += std::uint64_t(n);
  }
  return true;
}

void write_at(int fd, const Path& path, std::uint64_t at, std::span<const std::byte> bytes) {
  while (!bytes.empty()) {
    const ssize_t n = ::pwrite(fd, bytes.data(), bytes.size(), off_t(at));
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) detail::fail("write", path, errno);
    bytes = bytes.subspan(std::size_t(n));
    at += std::uint64_t(n);
  }
}

void sync_directory(const Path& dir) {
  const detail::Descriptor directory =
      detail::open_file("open directory", dir, O_RDONLY | O_DIRECTORY);
  if (::fsync(directory.number()) != 0 && errno != EINVAL)
    detail::fail("synchronise directory", dir, errno);
}

const Path& made(const Path& dir) {
  make_directories(dir);
  return dir;
}

}  // namespace

struct BlockCache::Reader::File {
  detail::Descriptor descriptor;
};
struct BlockCache::Writer::File {
  detail::Descriptor descriptor;
};

BlockCache::Reader::Reader(const Path& path, const BlockShape& shape)
    : path_(path),
      file_(std::make_unique<File>(
          File{detail::open_file("read", path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK)})),
      shape_(shape) {
  const int file = file_->descriptor.number();
  struct stat status {};
  if (::fstat(file, &status) != 0) detail::fail("read", path, errno);
  size_ = std::uint64_t(status.st_size);
  Header header;
  const bool whole = read_at(file, 0, std::as_writable_bytes(std::span(&header, 1)));
  // A file of another shape is as good as a damaged one, which `next` finds.
  at_ = whole && header == header_of(shape) ? sizeof header : size_;
  static_cast<void>(::futimens(file, nullptr));  // its last use
}

BlockCache::Reader::~Reader() = default;

std::int64_t BlockCache::Reader::next(Buffer<float>& block) {
  BlockHead head;
  if (done_ == shape_.steps ||
      !read_at(file_->descriptor.number(), at_, std::as_writable_bytes(std::span(&head, 1))) ||
      head.first != done_ || head.count <= 0 || head.count > shape_.steps - done_)
    return 0;
  const auto floats = std::size_t(head.count * shape_.planes * shape_.values);
  const std::uint64_t from = at_ + sizeof head;
  if (floats * sizeof(float) > size_ - std::min(size_, from)) return 0;
  if (block.size() < floats) block = Buffer<float>(floats);
  const std::vector<Piece> pieces = pieces_of(shape_, head.count);
  const bool whole = is_whole(head, pieces, [&](const Piece& piece) -> std::optional<Digest> {
    const auto bytes = std::as_writable_bytes(block.span().subspan(piece.from, piece.size));
    if (!read_at(file_->descriptor.number(), from + piece.from * sizeof(float), bytes)) return {};
    return sha256(bytes);
  });
  if (!whole) return 0;
  done_ += head.count;
  at_ = from + floats * sizeof(float);
  return head.count;
}

Floats BlockCache::Reader::map() const {
  const int file = file_->descriptor.number();
  const std::uint64_t from = sizeof(Header) + sizeof(BlockHead);
  BlockHead head;
  if (at_ != sizeof(Header) ||
      !read_at(file, sizeof(Header), std::as_writable_bytes(std::span(&head, 1))) ||
      head.first != 0 || head.count != shape_.steps || size_ != from + shape_.bytes())
    return {};
  const std::vector<Piece> pieces = pieces_of(shape_, head.count);
  // Read, not looked at in memory: there a disk that fails would be a signal.
  const bool whole = is_whole(head, pieces, [&](const Piece& piece) -> std::optional<Digest> {
    std::array<std::byte, std::size_t(1) << 16> some;
    Sha256 hash;
    const std::size_t size = piece.size * sizeof(float);
    for (std::size_t done = 0; done < size; done += some.size()) {
      const auto part = std::span(some).first(std::min(some.size(), size - done));
      if (!read_at(file, from + piece.from * sizeof(float) + done, part)) return {};
      hash.bytes(part);
    }
    return hash.finish();
  });
  if (!whole) return {};
  void* const start =
      ::mmap(nullptr, size_, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_NORESERVE, file, 0);
  if (start == MAP_FAILED) detail::fail("map", path_, errno);
  return {reinterpret_cast<float*>(static_cast<std::byte*>(start) + from),
          [start, size = size_](float*) { ::munmap(start, size); }};
}

BlockCache::Writer::Writer(Path path, const BlockShape& shape)
    : path_(std::move(path)), partial_(path_), shape_(shape) {
  partial_ += ".partial";
  file_ = std::make_unique<File>(
      File{detail::open_file("write", partial_, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW)});
  const Header header = header_of(shape);
  write_at(file_->descriptor.number(), path_, 0, std::as_bytes(std::span(&header, 1)));
  at_ = sizeof header;
}

BlockCache::Writer::~Writer() {
  if (!partial_.empty()) ::unlink(partial_.c_str());
}

void BlockCache::Writer::steps(std::int64_t count, std::span<const std::span<const float>> parts) {
  BlockHead head;
  head.first = done_;
  head.count = count;
  const std::vector<Piece> pieces = pieces_of(shape_, count);
  const std::uint64_t from = at_ + sizeof head;
  std::vector<Digest> digests(pieces.size());
  parallel_for(std::ssize(pieces), [&](std::int64_t i) {
    const Piece& piece = pieces[std::size_t(i)];
    std::size_t before = 0, part = 0;
    while (piece.from >= before + parts[part].size()) before += parts[part++].size();
    const auto bytes = std::as_bytes(parts[part].subspan(piece.from - before, piece.size));
    write_at(file_->descriptor.number(), path_, from + piece.from * sizeof(float), bytes);
    digests[std::size_t(i)] = sha256(bytes);
  });
  head.digest = digest_of(head, digests);
  write_at(file_->descriptor.number(), path_, at_, std::as_bytes(std::span(&head, 1)));
  const std::uint64_t end =
      from + sizeof(float) * std::uint64_t(count * shape_.planes * shape_.values);
  // On its way to the disk while the next block is made.
  static_cast<void>(::sync_file_range(file_->descriptor.number(), off_t(at_), off_t(end - at_),
                                      SYNC_FILE_RANGE_WRITE));
  at_ = end;
  done_ += count;
}

void BlockCache::Writer::finish() {
  VITRINE_EXPECT(done_ == shape_.steps);
  if (::fsync(file_->descriptor.number()) != 0 || !file_->descriptor.close())
    detail::fail("write", path_, errno);
  if (::rename(partial_.c_str(), path_.c_str()) != 0) detail::fail("write", path_, errno);
  partial_.clear();
  sync_directory(path_.parent_path());
}

BlockCache::BlockCache(Path dir, std::uint64_t limit)
    : dir_(std::move(dir)), limit_(limit), lock_(made(dir_)) {
  remove_partials(dir_);
}

Path BlockCache::path_of(const std::string& key) const { return dir_ / (key + ".block"); }

std::unique_ptr<BlockCache::Reader> BlockCache::read(const std::string& key,
                                                     const BlockShape& shape) const {
  const Path path = path_of(key);
  std::error_code ignored;
  if (!std::filesystem::is_regular_file(path, ignored)) return nullptr;
  return std::make_unique<Reader>(path, shape);
}

std::unique_ptr<BlockCache::Writer> BlockCache::write(const std::string& key,
                                                      const BlockShape& shape) {
  // Beside the numbers: a head for each block, of which none is smaller than a step.
  const std::uint64_t need =
      shape.bytes() + sizeof(Header) + sizeof(BlockHead) * std::uint64_t(shape.steps);
  if (need > limit_) return nullptr;
  std::uint64_t there = bytes();
  for (const Entry& entry : entries()) {
    if (there + need <= limit_) break;
    std::filesystem::remove(entry.path);
    there -= entry.bytes;
  }
  return std::make_unique<Writer>(path_of(key), shape);
}

void BlockCache::remove(const std::string& key) {
  std::error_code ignored;
  std::filesystem::remove(path_of(key), ignored);
}

std::vector<BlockCache::Entry> BlockCache::entries() const {
  std::vector<Entry> all;
  for (const auto& entry : std::filesystem::directory_iterator(dir_))
    if (entry.path().extension() == ".block" && entry.is_regular_file())
      all.push_back({entry.path(), entry.file_size(), entry.last_write_time()});
  std::ranges::sort(all, [](const Entry& a, const Entry& b) {
    return std::tie(a.used, a.path) < std::tie(b.used, b.path);
  });
  return all;
}

std::uint64_t BlockCache::bytes() const {
  std::uint64_t sum = 0;
  for (const Entry& entry : entries()) sum += entry.bytes;
  return sum;
}

}  // namespace vitrine::io
