#pragma once
#include <array>
#include <span>
#include <string_view>

#include "vitrine/radiomics/detail/word_codec.hpp"
#include "vitrine/radiomics/filters/filter.hpp"

namespace vitrine {
namespace radiomics {

/// Which frequencies the n coefficients of a discrete Fourier transform are taken for.
enum class FrequencyGrid {
  /// n numbers from -pi to pi, both included, the one at n / 2 for the mean: what IBSI's reference
  /// values were made with. Wider apart than the true ones, and of an even n half a step off, so
  /// that a response depends a little on the image's size and on the direction of its axes.
  ibsi,
  exact  ///< those they have: 2 pi k / n
};
inline constexpr std::array frequency_grids{Word<FrequencyGrid>{FrequencyGrid::ibsi, "ibsi"},
                                            Word<FrequencyGrid>{FrequencyGrid::exact, "exact"}};
inline constexpr const char* frequencies_doc =
    "which frequencies a discrete Fourier transform's coefficients are taken for: exact, or as "
    "IBSI's reference values have them";

/// What an image's spectrum is multiplied with: (-i)^order times a real gain, even in frequency for
/// an even order and odd for an odd one, so that responses are real.
class TransferFunction {
 public:
  virtual ~TransferFunction() = default;
  virtual int order() const { return 0; }
  /// gain[n] at the frequency (x[n], y, z), in rad per voxel.
  virtual void gains(std::span<const double> x, double y, double z,
                     std::span<double> gain) const = 0;
};

/// Voxels added to both sides of an axis, no more than half its length: a mirrored image then
/// repeats itself, and what a filter still sees is the mirrored image without end.
struct Margin {
  Index low = 0, high = 0;
};
/// `width` voxels along the axes that a filter acts on; none for periodic padding, which a Fourier
/// transform does by itself.
std::array<Margin, 3> margins(Index width, const Grid& image, Dimensions dimensions,
                              Padding padding);

/// The image with margins, and without them; its place in space is not kept.
Image extended(const Image& image, const std::array<Margin, 3>& margin, Padding padding);
Image cropped(const Image& image, const std::array<Margin, 3>& margin, const Grid& grid);

/// Response to a transfer function of an image that repeats itself without end; in its place.
///
/// Transforms of the image's own size, of any length, in double: 8 bytes a voxel beside the image;
/// slice by slice in 2D, as many at once as there are threads.
Image filter_spectrum(Image image, const TransferFunction& transfer, FrequencyGrid grid,
                      Dimensions dimensions);

}  // namespace radiomics

template <>
struct Codec<radiomics::FrequencyGrid>
    : radiomics::WordCodec<radiomics::FrequencyGrid, radiomics::frequency_grids> {};

}  // namespace vitrine
