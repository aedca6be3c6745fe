#include "vitrine/io/new_directory.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>

#include "vitrine/core/error.hpp"
#include "vitrine/io/detail/posix.hpp"

namespace vitrine::io {
namespace {

/// "a/" is "a".
Path named(const Path& path) { return path.has_filename() ? path : path.parent_path(); }

Path partial_of(const Path& path) { return named(path).string() + ".partial"; }

}  // namespace

void require_new(const Path& path) {
  const auto refuse = [](const Path& taken, const char* why) {
    require(!std::filesystem::exists(taken), Error::Kind::input, "'", taken.string(), "' is there",
            why, ". Delete it or choose another directory");
  };
  refuse(named(path), "");
  refuse(partial_of(path), ", left by a run that was cut off");
}

struct NewDirectory::State {
  Path path, partial;
  /// Open from the first file on: since Linux 5.8 it hears of what could not be written later.
  detail::Descriptor directory;
  bool published = false;
};

NewDirectory::NewDirectory(const Path& path) : state_(std::make_unique<State>()) {
  require_new(path);
  state_->path = named(path);
  state_->partial = partial_of(path);
  make_directories(state_->partial);
  state_->directory = detail::open_file("open directory", state_->partial, O_RDONLY | O_DIRECTORY);
}

NewDirectory::~NewDirectory() {
  if (state_->published) return;
  std::error_code ignored;
  std::filesystem::remove_all(state_->partial, ignored);
}

void NewDirectory::write(const std::string& name, std::span<const std::byte> bytes) {
  const Path path = state_->partial / name;
  std::error_code error;
  std::filesystem::create_directories(path.parent_path(), error);
  if (error) detail::fail("make directory", path.parent_path(), error.value());
  detail::Descriptor file = detail::open_file("write", path, O_WRONLY | O_CREAT | O_EXCL);
  detail::write_all(file.number(), path, bytes);
  static_cast<void>(::sync_file_range(file.number(), 0, 0, SYNC_FILE_RANGE_WRITE));
  if (!file.close()) detail::fail("write", path, errno);
}

void NewDirectory::write(const std::string& name, std::string_view text) {
  write(name, std::as_bytes(std::span(text)));
}

void NewDirectory::publish() {
  if (::syncfs(state_->directory.number()) != 0)
    detail::fail("synchronise the file system of", state_->partial, errno);
  if (::rename(state_->partial.c_str(), state_->path.c_str()) != 0)
    detail::fail("write", state_->path, errno);
  state_->published = true;
  detail::sync_directory(state_->path.parent_path());
}

}  // namespace vitrine::io
