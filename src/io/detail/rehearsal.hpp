#pragma once
#include "vitrine/core/parallel.hpp"
#include "vitrine/io/file.hpp"

namespace vitrine::io::detail {

/// Files of up to this size are rehearsed with all their values, larger ones without.
inline constexpr std::uint64_t rehearsed_whole = 64 * mebibyte;

/// Runs `read` in a process of its own, which may break: HDF5 1.10 reads beyond its buffers where
/// a file's metadata are damaged. Throws Error (data) naming `path` if it did. What `read` throws
/// is no matter: it will throw again when it is run in earnest.
///
/// `read` must make the calls of HDF5 that will follow, and use one thread only.
void rehearse(const Path& path, FunctionRef<void()> read);

}  // namespace vitrine::io::detail
