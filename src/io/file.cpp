#include "vitrine/io/file.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <deque>
#include <system_error>
#include <utility>

#include "vitrine/core/error.hpp"
#include "vitrine/io/detail/posix.hpp"

namespace vitrine::io {
namespace detail {
namespace {

std::string_view way_out(int error_number) {
  switch (error_number) {
    case ENOSPC:
    case EDQUOT:
      return "Free some space there, or choose a directory on another disk.";
    case EACCES:
    case EPERM:
    case EROFS:
      return "Choose a place you have the right to, or change its permissions.";
    case ENOENT:
      return "Check the spelling of the path.";
    case ENOTDIR:
    case EISDIR:
    case EEXIST:
      return "Choose another name, or move away what is there.";
    case EMFILE:
    case ENFILE:
      return "Close other programs or raise 'ulimit -n'.";
    case EFBIG:
      return "Raise 'ulimit -f', or choose a file system that takes large files.";
    case EIO:
      return "Check the disk and its connection.";
    default:
      return "Check the path and its file system.";
  }
}

}  // namespace

void fail(std::string_view doing, const Path& path, int error_number) {
  throw Error(Error::Kind::io,
              str("cannot ", doing, " '", path.string(), "' (",
                  std::generic_category().message(error_number), "). ", way_out(error_number)));
}

Descriptor& Descriptor::operator=(Descriptor&& other) noexcept {
  if (this != &other) {
    reset();
    fd_ = other.release();
  }
  return *this;
}

int Descriptor::release() { return std::exchange(fd_, -1); }

bool Descriptor::close() { return fd_ < 0 || ::close(release()) == 0; }

void Descriptor::reset() {
  if (fd_ >= 0) ::close(release());
}

Descriptor open_file(std::string_view doing, const Path& path, int flags) {
  Descriptor file(::open(path.c_str(), flags | O_CLOEXEC, 0666));
  if (file.number() < 0) fail(doing, path, errno);
  return file;
}

void write_all(int fd, const Path& path, std::span<const std::byte> bytes) {
  while (!bytes.empty()) {
    const ssize_t n = ::write(fd, bytes.data(), bytes.size());
    if (n > 0) {
      bytes = bytes.subspan(static_cast<std::size_t>(n));
    } else if (n < 0 && errno != EINTR) {
      fail("write", path, errno);
    }
  }
}

void read_at(int fd, const Path& path, std::span<std::byte> bytes, std::uint64_t at) {
  while (!bytes.empty()) {
    const ssize_t n = ::pread(fd, bytes.data(), bytes.size(), off_t(at));
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) fail("read", path, n < 0 ? errno : EIO);
    bytes = bytes.subspan(static_cast<std::size_t>(n));
    at += static_cast<std::uint64_t>(n);
  }
}

void sync_directory(const Path& dir) {
  const Path named = dir.empty() ? Path(".") : dir;
  const Descriptor directory = open_file("open directory", named, O_RDONLY | O_DIRECTORY);
  // Some network file systems have no fsync for directories and say so with EINVAL.
  if (::fsync(directory.number()) != 0 && errno != EINVAL)
    fail("synchronise directory", named, errno);
}

}  // namespace detail

namespace {

using detail::Descriptor;
using detail::fail;
using detail::open_file;
using detail::sync_directory;

/// `path.partial` from its first byte to its rename; gone again if that is never reached.
class Partial {
 public:
  explicit Partial(Path path) : path_(std::move(path)), partial_(path_) {
    partial_ += ".partial";
    file_ = open_file("write", partial_, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW);
  }
  Partial(const Partial&) = delete;
  Partial& operator=(const Partial&) = delete;
  ~Partial() {
    if (!partial_.empty()) ::unlink(partial_.c_str());
  }

  void write(std::span<const std::byte> bytes) { detail::write_all(file_.number(), path_, bytes); }
  void start_sync() {
    static_cast<void>(::sync_file_range(file_.number(), 0, 0, SYNC_FILE_RANGE_WRITE));
  }
  /// The data are with the disk, perhaps in its cache; throws if they could not be written.
  void finish_sync() {
    constexpr unsigned wait =
        SYNC_FILE_RANGE_WAIT_BEFORE | SYNC_FILE_RANGE_WRITE | SYNC_FILE_RANGE_WAIT_AFTER;
    if (::sync_file_range(file_.number(), 0, 0, wait) != 0 && errno != ESPIPE && errno != EINVAL &&
        errno != ENOSYS)
      fail("write", path_, errno);
    close();
  }
  void sync() {
    if (::fsync(file_.number()) != 0) fail("write", path_, errno);
    close();
  }
  void rename() {
    if (::rename(partial_.c_str(), path_.c_str()) != 0) fail("write", path_, errno);
    partial_.clear();
  }

 private:
  void close() {
    if (!file_.close()) fail("write", path_, errno);
  }

  Path path_, partial_;
  Descriptor file_;
};

template <class Container>
Container read_whole(const Path& path, std::uint64_t limit) {
  // Not blocking: opening a pipe without a writer would wait for ever.
  const Descriptor file = open_file("read", path, O_RDONLY | O_NONBLOCK);
  struct stat status {};
  if (::fstat(file.number(), &status) != 0) fail("read", path, errno);
  require(!S_ISDIR(status.st_mode), Error::Kind::io, "cannot read '", path.string(),
          "' (it is a directory). Name a file.");
  require(S_ISREG(status.st_mode), Error::Kind::io, "cannot read '", path.string(),
          "' (it is a device or a pipe). Name a regular file.");
  const auto size = static_cast<std::uint64_t>(status.st_size);
  require(size <= limit, Error::Kind::data, "'", path.string(), "' has ", size,
          " bytes (more than the ", limit,
          " allowed for such a file). Check that it is the right file.");

  Container content(static_cast<std::size_t>(size), {});
  std::size_t done = 0;
  while (done < content.size()) {
    const ssize_t n = ::read(file.number(), content.data() + done, content.size() - done);
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) fail("read", path, errno);
    require(n > 0, Error::Kind::io, "cannot read '", path.string(),
            "' (it became shorter than its ", size,
            " bytes while it was read). Try again when nothing writes to it.");
    done += static_cast<std::size_t>(n);
  }
  return content;
}

}  // namespace

void make_directories(const Path& dir) {
  std::error_code error;
  const Path parent = dir.parent_path();
  if (dir.empty() || std::filesystem::is_directory(dir, error)) return;
  if (dir.has_filename()) {
    make_directories(parent);
    // Another process may make it between the question above and here.
    if (::mkdir(dir.c_str(), 0777) != 0 && !std::filesystem::is_directory(dir, error))
      fail("make directory", dir, errno);
    sync_directory(parent);
  } else {
    make_directories(parent);  // "a/b/" names the same directory as "a/b"
  }
}

void write_file(const Path& path, std::span<const std::byte> bytes) {
  Partial file(path);
  file.write(bytes);
  file.sync();
  file.rename();
  sync_directory(path.parent_path());
}

void write_file(const Path& path, std::string_view text) {
  write_file(path, std::as_bytes(std::span(text)));
}

void write_files(const Path& dir, std::span<const NamedBytes> files) {
  constexpr std::size_t batch =
      64;  // descriptors open at once; 1024 is the usual limit of a process
  const Descriptor directory = open_file("open directory", dir, O_RDONLY | O_DIRECTORY);
  for (std::size_t first = 0; first < files.size(); first += batch) {
    const auto part = files.subspan(first, std::min(batch, files.size() - first));
    std::deque<Partial> open;
    for (const NamedBytes& file : part) {
      open.emplace_back(dir / file.name).write(file.bytes);
      open.back().start_sync();
    }
    for (Partial& file : open) file.finish_sync();
    // Once for the whole batch: an fsync of each file would empty the disk's cache each time (8 ms
    // on a common virtual disk). Since Linux 5.8 this too reports what could not be written.
    if (::syncfs(directory.number()) != 0) fail("synchronise the file system of", dir, errno);
    for (Partial& file : open) file.rename();
  }
  sync_directory(dir);
}

struct FileInPieces::State {
  explicit State(const Path& path) : dir(path.parent_path()), file(path) {}
  Path dir;
  Partial file;
  Sha256 hash;
  std::uint64_t bytes = 0;
};

FileInPieces::FileInPieces(const Path& path) : state_(std::make_unique<State>(path)) {}
FileInPieces::~FileInPieces() = default;

void FileInPieces::write(std::span<const std::byte> bytes) {
  state_->file.write(bytes);
  state_->hash.bytes(bytes);
  state_->bytes += bytes.size();
}

SealedFile FileInPieces::finish() {
  state_->file.sync();
  state_->file.rename();
  sync_directory(state_->dir);
  return {state_->hash.finish(), state_->bytes};
}

SealedFile seal_partial(const Path& path) {
  Path partial = path;
  partial += ".partial";
  Descriptor file = open_file("read", partial, O_RDONLY);
  if (::fsync(file.number()) != 0) fail("write", path, errno);
  Sha256 hash;
  SealedFile sealed;
  Bytes block(mebibyte);
  for (;;) {
    const ssize_t n = ::read(file.number(), block.data(), block.size());
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) fail("read", partial, errno);
    if (n == 0) break;
    hash.bytes(std::span(block).first(static_cast<std::size_t>(n)));
    sealed.bytes += static_cast<std::uint64_t>(n);
  }
  if (::rename(partial.c_str(), path.c_str()) != 0) fail("write", path, errno);
  sync_directory(path.parent_path());
  sealed.sha256 = hash.finish();
  return sealed;
}

Bytes read_file(const Path& path, std::uint64_t limit) { return read_whole<Bytes>(path, limit); }

std::string read_text(const Path& path, std::uint64_t limit) {
  return read_whole<std::string>(path, limit);
}

std::uint64_t free_space(const Path& path) {
  Path there = std::filesystem::absolute(path);
  struct statvfs status {};
  while (::statvfs(there.c_str(), &status) != 0) {
    if ((errno != ENOENT && errno != ENOTDIR) || !there.has_relative_path())
      fail("ask for the free space of", path, errno);
    there = there.parent_path();
  }
  return std::uint64_t{status.f_bavail} * status.f_frsize;
}

std::vector<Path> remove_partials(const Path& dir) {
  std::vector<Path> stale;
  try {
    for (const auto& entry : std::filesystem::recursive_directory_iterator(dir))
      if (entry.path().extension() == ".partial" && entry.is_regular_file() && !entry.is_symlink())
        stale.push_back(entry.path());
  } catch (const std::filesystem::filesystem_error& error) {
    fail("list directory", error.path1().empty() ? dir : error.path1(), error.code().value());
  }
  std::sort(stale.begin(), stale.end());
  for (const Path& file : stale)
    if (::unlink(file.c_str()) != 0 && errno != ENOENT) fail("delete", file, errno);
  return stale;
}

}  // namespace vitrine::io
