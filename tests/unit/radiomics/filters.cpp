#include <limits>
#include <set>

#include "filter_support.hpp"
#include "vitrine/core/parallel.hpp"
#include "vitrine/radiomics/filters/detail/separable.hpp"

using namespace vitrine;
using namespace vitrine::radiomics;
using namespace vitrine::radiomics::test;

namespace {

constexpr std::array<Padding, 4> paddings_to_test{Padding::zero, Padding::nearest,
                                                  Padding::periodic, Padding::mirror};

/// Three kernels without symmetry, of odd and even length.
const KernelTriple& lopsided() {
  static const KernelTriple kernels{Kernel{{1, -2, 5}, 1}, Kernel{{3, 0.5, -1, 4}, 1},
                                    Kernel{{2, -7}, 0}};
  return kernels;
}

/// The definition: a sum over the whole kernel at every voxel.
Image convolve_by_definition(const Image& image, const KernelTriple& kernels, Padding padding) {
  const auto& size = image.grid().size;
  Image out(image.grid());
  const auto tap = [](const Kernel& kernel, Index t) { return kernel.taps[std::size_t(t)]; };
  for (Index k = 0; k < size[2]; ++k)
    for (Index j = 0; j < size[1]; ++j)
      for (Index i = 0; i < size[0]; ++i) {
        double sum = 0;
        for (Index c = 0; c < std::ssize(kernels[2].taps); ++c)
          for (Index b = 0; b < std::ssize(kernels[1].taps); ++b)
            for (Index a = 0; a < std::ssize(kernels[0].taps); ++a) {
              const Index x = padded_index(i - a + kernels[0].centre, size[0], padding),
                          y = padded_index(j - b + kernels[1].centre, size[1], padding),
                          z = padded_index(k - c + kernels[2].centre, size[2], padding);
              if (x >= 0 && y >= 0 && z >= 0)
                sum += tap(kernels[0], a) * tap(kernels[1], b) * tap(kernels[2], c) *
                       double(image(x, y, z));
            }
        out(i, j, k) = float(sum);
      }
  return out;
}

Image convolve_once(const Image& image, const KernelTriple& kernels, Padding padding,
                    RotationPooling pooling = RotationPooling::none,
                    Dimensions dimensions = Dimensions::volume) {
  return convolve(image, {&kernels, 1}, dimensions, pooling, padding, Isa::portable);
}

}  // namespace

TEST_CASE("padding continues an image of three voxels as its name says, at any distance") {
  const auto line = [](Padding padding) {
    std::string text;
    for (Index i = -7; i < 10; ++i) {
      const Index source = padded_index(i, 3, padding);
      text += source < 0 ? '0' : char('a' + source);
    }
    return text;
  };
  CHECK(line(Padding::zero) == "0000000abc0000000");
  CHECK(line(Padding::nearest) == "aaaaaaaabcccccccc");
  CHECK(line(Padding::periodic) == "cabcabcabcabcabca");
  CHECK(line(Padding::mirror) == "aabccbaabccbaabcc");
}

TEST_CASE("a separable convolution is the sum over the whole kernel, in every padding") {
  // Also where the image is shorter than the kernel. Whole HU and short kernels: the sums differ
  // by the floats between the passes alone.
  for (const auto size : {std::array<Index, 3>{19, 7, 5}, std::array<Index, 3>{2, 1, 1}})
    for (const Padding padding : paddings_to_test) {
      const Image image = noise_image(size);
      CHECK(largest_difference(convolve_once(image, lopsided(), padding),
                               convolve_by_definition(image, lopsided(), padding)) <
            1e-6 * 500 * 8 * 8.5 * 9);
    }
}

TEST_CASE("the instruction-set levels' row sums agree to a rounding of the result") {
  const Image image = noise_image({45, 9, 8});
  const Image plain = convolve_once(image, lopsided(), Padding::mirror);
  if (best_isa() == Isa::v3)
    CHECK(largest_difference(plain, convolve(image, {&lopsided(), 1}, Dimensions::volume,
                                             RotationPooling::none, Padding::mirror, Isa::v3)) <
          1e-6 * 500 * 8 * 8.5 * 9);
}

TEST_CASE("the right-angle rotations are 4 in 2D and 24 in 3D, proper and all different") {
  for (const Dimensions dimensions : {Dimensions::slice, Dimensions::volume}) {
    const auto rotations = right_angle_rotations(dimensions);
    CHECK(rotations.size() == (dimensions == Dimensions::slice ? 4 : 24));
    std::set<std::string> seen;
    for (const Rotation& rotation : rotations) {
      Mat3 matrix = Mat3::Zero();
      for (std::size_t a = 0; a < 3; ++a)
        matrix(Index(rotation.axis[a]), Index(a)) = rotation.flipped[a] ? -1 : 1;
      CHECK(matrix.determinant() == Approx(1));
      if (dimensions == Dimensions::slice) CHECK(matrix(2, 2) == 1);
      std::string text;
      for (const double x : matrix.reshaped()) text += to_text(x) + ' ';
      seen.insert(text);
      const Image image = noise_image({4, 3, 2});
      CHECK(largest_difference(rotated(rotated(image, rotation), inverse(rotation)), image) == 0);
    }
    CHECK(seen.size() == rotations.size());
  }
}

TEST_CASE("turning a kernel is turning the image back, filtering and turning it again") {
  const Image image = noise_image({7, 6, 5});
  for (const Rotation& rotation : right_angle_rotations(Dimensions::volume)) {
    const Image direct = convolve_once(image, rotated(lopsided(), rotation), Padding::mirror);
    const Image around = rotated(
        convolve_once(rotated(image, inverse(rotation)), lopsided(), Padding::mirror), rotation);
    CHECK(largest_difference(direct, around) < 1e-6 * 500 * 8 * 8.5 * 9);
  }
}

TEST_CASE("pooled responses are those of each rotation, pooled, and turn with the image") {
  // An antisymmetric kernel among them: its opposite responses are computed once.
  const KernelTriple edge{Kernel{{-1, 0, 1}, 1}, Kernel{{1, 2, 1}, 1}, Kernel{{1, 3, 2}, 1}};
  const Image image = noise_image({7, 6, 5});
  for (const KernelTriple& kernels : {lopsided(), edge})
    for (const Dimensions dimensions : {Dimensions::slice, Dimensions::volume}) {
      const auto rotations = right_angle_rotations(dimensions);
      Image largest(image.grid(), -std::numeric_limits<float>::infinity()), mean(image.grid());
      for (const Rotation& rotation : rotations) {
        const Image one = convolve_once(image, rotated(kernels, rotation), Padding::nearest);
        for (std::size_t v = 0; v < one.values().size(); ++v) {
          largest.values()[v] = std::max(largest.values()[v], one.values()[v]);
          mean.values()[v] += one.values()[v] / float(rotations.size());
        }
      }
      const auto pool = [&](const Image& of, RotationPooling pooling) {
        return convolve_once(of, kernels, Padding::nearest, pooling, dimensions);
      };
      const double tolerance = 1e-6 * 24 * 500 * 8 * 8.5 * 9;
      CHECK(largest_difference(pool(image, RotationPooling::max), largest) < tolerance);
      CHECK(largest_difference(pool(image, RotationPooling::average), mean) < tolerance);
      for (const Rotation& rotation : rotations)
        for (const RotationPooling pooling : {RotationPooling::max, RotationPooling::average})
          CHECK(largest_difference(pool(rotated(image, rotation), pooling),
                                   rotated(pool(image, pooling), rotation)) < tolerance);
    }
}

TEST_CASE("a mean filter keeps constants, and with periodic padding the sum of an image") {
  const auto filter = make_filter({{"kind", "mean"}, {"support", 5.0}, {"padding", "periodic"}});
  CHECK(filter_name(filter) == "mean_support_5_padding_periodic");
  const Image image = noise_image({13, 11, 9});
  const Image response = filter->apply(image, Isa::portable);
  double before = 0, after = 0;
  for (const float x : image.values()) before += x;
  for (const float x : response.values()) after += x;
  CHECK(after == Approx(before).margin(1e-6 * 500 * double(image.values().size())));
  const Image flat(image.grid(), -997.0f);
  CHECK(largest_difference(filter->apply(flat, Isa::portable), flat) < 1e-6 * 997);
}

TEST_CASE("an image that is not finite is refused, with the voxel") {
  Image image = noise_image({5, 4, 3});
  image(3, 2, 1) = std::numeric_limits<float>::quiet_NaN();
  const auto filter = make_filter({{"kind", "mean"}, {"support", 3.0}});
  CHECK_THROWS_WITH(filter->apply(image, Isa::portable), Catch::Contains("nan at voxel (3, 2, 1)"));
}
