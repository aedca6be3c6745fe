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

std::optional<Unpacked> inflate(std::span<const std::byte> bytes, Wrap wrap, std::size_t most) {
  const std::unique_ptr<libdeflate_decompressor, decltype(&libdeflate_free_decompressor)>
      decompressor(libdeflate_alloc_decompressor(), &libdeflate_free_decompressor);
  require(decompressor != nullptr, Error::Kind::unsupported, "no memory for the decompressor");
  const auto decompress =
      wrap == Wrap::gzip ? &libdeflate_gzip_decompress_ex : &libdeflate_zlib_decompress_ex;
  // Deflate packs at most 1032 to 1, so a small file never makes us reserve much.
  constexpr std::size_t best_ratio = 1032, usual_ratio = 4, first_guess = 64 * mebibyte;
  most = std::min(most, bytes.size() > most / best_ratio ? most : bytes.size() * best_ratio);
  Unpacked out{
      Buffer<std::byte>(std::min(most, std::max(first_guess, usual_ratio * bytes.size())))};
  while (true) {
    std::size_t used = 0, made = 0;
    const auto result =
        decompress(decompressor.get(), bytes.data(), bytes.size(), out.room.data() + out.size,
                   out.room.size() - out.size, &used, &made);
    if (result == LIBDEFLATE_INSUFFICIENT_SPACE && out.room.size() < most) {
      Buffer<std::byte> larger(out.room.size() > most / 4 ? most : 4 * out.room.size());
      std::ranges::copy(out.bytes(), larger.data());
      out.room = std::move(larger);
      continue;
    }
    if (result != LIBDEFLATE_SUCCESS) return std::nullopt;
    out.size += made;
    bytes = bytes.subspan(used);
    if (bytes.empty()) return out;
    if (wrap != Wrap::gzip) return std::nullopt;
  }
}

}  // namespace vitrine::io::detail
