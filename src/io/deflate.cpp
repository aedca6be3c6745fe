#include <libdeflate.h>

#include <algorithm>
#include <memory>

#include "vitrine/core/error.hpp"
#include "vitrine/io/detail/deflate.hpp"

namespace vitrine::io::detail {

Bytes deflate(std::span<const std::byte> bytes, Wrap wrap, int level) {
  const std::unique_ptr<libdeflate_compressor, decltype(&libdeflate_free_compressor)> compressor(
      libdeflate_alloc_compressor(level), &libdeflate_free_compressor);
  require(compressor != nullptr, Error::Kind::unsupported, "no memory for the compressor");
  const bool gzip = wrap == Wrap::gzip;
  const std::size_t bound = gzip ? libdeflate_gzip_compress_bound(compressor.get(), bytes.size())
                                 : libdeflate_zlib_compress_bound(compressor.get(), bytes.size());
  Bytes out(bound);
  const auto compress = gzip ? &libdeflate_gzip_compress : &libdeflate_zlib_compress;
  const std::size_t size =
      compress(compressor.get(), bytes.data(), bytes.size(), out.data(), out.size());
  VITRINE_EXPECT(size > 0);
  out.resize(size);
  return out;
}

namespace {

/// The first stream of `bytes`; `used` becomes its length.
std::optional<Bytes> inflate_one(std::span<const std::byte> bytes, Wrap wrap, std::size_t most,
                                 std::size_t& used) {
  const std::unique_ptr<libdeflate_decompressor, decltype(&libdeflate_free_decompressor)>
      decompressor(libdeflate_alloc_decompressor(), &libdeflate_free_decompressor);
  require(decompressor != nullptr, Error::Kind::unsupported, "no memory for the decompressor");
  const auto decompress =
      wrap == Wrap::gzip ? &libdeflate_gzip_decompress_ex : &libdeflate_zlib_decompress_ex;
  // Deflate packs at most 1032 to 1, so a small file never makes us reserve much.
  constexpr std::size_t best_ratio = 1032;
  most = std::min(most, bytes.size() > most / best_ratio ? most : bytes.size() * best_ratio);
  Bytes out;
  constexpr std::size_t first_guess = 8 * mebibyte;
  for (std::size_t room =
           std::min(most, std::clamp<std::size_t>(4 * bytes.size(), 64 * kibibyte, first_guess));
       ; room = std::min(most, room > most / 4 ? most : 4 * room)) {
    out.resize(room);
    std::size_t made = 0;
    const auto result = decompress(decompressor.get(), bytes.data(), bytes.size(), out.data(),
                                   out.size(), &used, &made);
    if (result == LIBDEFLATE_INSUFFICIENT_SPACE && room < most) continue;
    if (result != LIBDEFLATE_SUCCESS) return std::nullopt;
    out.resize(made);
    return out;
  }
}

}  // namespace

std::optional<Bytes> inflate(std::span<const std::byte> bytes, Wrap wrap, std::size_t most) {
  std::size_t used = 0;
  auto all = inflate_one(bytes, wrap, most, used);
  while (all && wrap == Wrap::gzip && used < bytes.size()) {
    bytes = bytes.subspan(used);
    const auto next = inflate_one(bytes, wrap, most - all->size(), used);
    if (!next || next->size() > most - all->size()) return std::nullopt;
    all->insert(all->end(), next->begin(), next->end());
  }
  if (used != bytes.size()) return std::nullopt;
  return all;
}

}  // namespace vitrine::io::detail
