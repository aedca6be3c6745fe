#pragma once
#include <cstddef>

namespace vitrine::detail {

/// What the butterflies of one transform length need. `twiddles[s]` serves the passes over blocks
/// of `length >> (2 s)` elements: for every k of a quarter block the real and imaginary parts of
/// w^k, w^2k and w^3k, w = exp(-2 pi i / block).
struct FftTables {
  std::size_t length = 0;
  const float* const* twiddles = nullptr;
};

}  // namespace vitrine::detail

/// Eight complex sequences, element k at data + 16 k: eight real parts, then eight imaginary ones.
namespace vitrine::portable {
void fft_forward(float* data, const detail::FftTables& tables);
void fft_inverse(float* data, const detail::FftTables& tables);
}  // namespace vitrine::portable
namespace vitrine::v3 {
void fft_forward(float* data, const detail::FftTables& tables);
void fft_inverse(float* data, const detail::FftTables& tables);
}  // namespace vitrine::v3
