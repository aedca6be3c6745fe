#include "vitrine/io/png.hpp"

#include <libdeflate.h>

#include <array>
#include <cstdlib>
#include <cstring>

#include "vitrine/core/base64.hpp"
#include "vitrine/core/error.hpp"
#include "vitrine/io/detail/deflate.hpp"

namespace vitrine::io {
namespace {

void append_u32(Bytes& out, std::uint32_t value) {
  for (int shift = 24; shift >= 0; shift -= 8) out.push_back(std::byte(value >> shift & 255u));
}

void append_chunk(Bytes& out, const char (&type)[5], std::span<const std::byte> data) {
  append_u32(out, static_cast<std::uint32_t>(data.size()));
  const std::size_t start = out.size();
  const auto name = std::as_bytes(std::span(type)).first(4);
  out.insert(out.end(), name.begin(), name.end());
  out.insert(out.end(), data.begin(), data.end());
  append_u32(out, libdeflate_crc32(0, out.data() + start, out.size() - start));
}

std::uint8_t paeth(int left, int up, int up_left) {
  const int p = left + up - up_left;
  const int a = std::abs(p - left), b = std::abs(p - up), c = std::abs(p - up_left);
  return std::uint8_t(a <= b && a <= c ? left : b <= c ? up : up_left);
}

/// One row filtered by each of the five methods of the standard (clause 9); the best is kept.
class RowFilter {
 public:
  RowFilter(std::size_t row_bytes, std::size_t pixel_bytes)
      : step_(pixel_bytes), candidate_(row_bytes), best_(row_bytes) {}

  void append(Bytes& out, const std::uint8_t* row, const std::uint8_t* above) {
    std::uint64_t least = ~std::uint64_t{0};
    std::uint8_t method = 0;
    for (std::uint8_t m = 0; m < 5; ++m) {
      // The standard's advice: the least sum of absolute differences, read as signed, packs best.
      std::uint64_t sum = 0;
      for (std::size_t i = 0; i < candidate_.size(); ++i) {
        candidate_[i] = std::uint8_t(row[i] - prediction(m, row, above, i));
        sum += std::uint64_t(std::abs(int(std::int8_t(candidate_[i]))));
      }
      if (sum >= least) continue;
      least = sum;
      method = m;
      best_.swap(candidate_);
    }
    out.push_back(std::byte(method));
    const auto bytes = std::as_bytes(std::span(best_));
    out.insert(out.end(), bytes.begin(), bytes.end());
  }

 private:
  std::uint8_t prediction(int method, const std::uint8_t* row, const std::uint8_t* above,
                          std::size_t i) const {
    const int left = i >= step_ ? row[i - step_] : 0;
    const int up = above ? above[i] : 0;
    const int up_left = above && i >= step_ ? above[i - step_] : 0;
    switch (method) {
      case 1:
        return std::uint8_t(left);
      case 2:
        return std::uint8_t(up);
      case 3:
        return std::uint8_t((left + up) / 2);
      case 4:
        return paeth(left, up, up_left);
      default:
        return 0;
    }
  }

  std::size_t step_;
  std::vector<std::uint8_t> candidate_, best_;
};

}  // namespace

Bytes encode_png(int width, int height, Pixels kind, std::span<const std::uint8_t> pixels) {
  const std::size_t channels = kind == Pixels::rgb ? 3 : 1;
  const std::size_t row_bytes = channels * std::size_t(width > 0 ? width : 0);
  require(width > 0 && height > 0 && pixels.size() == row_bytes * std::size_t(height),
          Error::Kind::data, "a picture of ", width, " x ", height, " pixels needs ",
          row_bytes * std::size_t(height > 0 ? height : 0), " bytes, not ", pixels.size());

  Bytes rows;
  rows.reserve((row_bytes + 1) * std::size_t(height));
  RowFilter filter(row_bytes, channels);
  const std::uint8_t* above = nullptr;
  for (int y = 0; y < height; ++y) {
    const std::uint8_t* row = pixels.data() + std::size_t(y) * row_bytes;
    filter.append(rows, row, above);
    above = row;
  }

  constexpr std::array<std::uint8_t, 8> signature{0x89, 'P', 'N', 'G', '\r', '\n', 0x1A, '\n'};
  const auto magic = std::as_bytes(std::span(signature));
  Bytes header;
  append_u32(header, std::uint32_t(width));
  append_u32(header, std::uint32_t(height));
  // Bit depth, colour type, compression, filter method, no interlace.
  for (const int value : {8, kind == Pixels::rgb ? 2 : 0, 0, 0, 0})
    header.push_back(std::byte(value));

  Bytes png(magic.begin(), magic.end());
  append_chunk(png, "IHDR", header);
  append_chunk(png, "IDAT", detail::deflate(rows, detail::Wrap::zlib, 6));
  append_chunk(png, "IEND", {});
  return png;
}

std::string data_uri(std::string_view media_type, std::span<const std::byte> bytes) {
  return str("data:", media_type, ";base64,", base64(bytes));
}

}  // namespace vitrine::io
