#include <algorithm>
#include <tuple>

#include "vitrine/core/parallel.hpp"
#include "vitrine/radiomics/filters/detail/separable.hpp"

namespace vitrine::radiomics {
namespace {

/// Kernels in the order of the passes: i, j, k of the first triple, of the second, ...
using Passes = std::vector<Kernel>;

bool before(const Kernel& a, const Kernel& b) {
  return std::tie(a.taps, a.centre) < std::tie(b.taps, b.centre);
}

/// Makes the first tap that is not zero positive; true if that changed the kernel's sign.
bool make_positive(Kernel& kernel) {
  const auto first =
      std::find_if(kernel.taps.begin(), kernel.taps.end(), [](double tap) { return tap != 0; });
  if (first == kernel.taps.end() || *first > 0) return false;
  for (double& tap : kernel.taps) tap = tap == 0 ? 0 : -tap;
  return true;
}

/// Rotations whose responses are equal or opposite.
struct Variant {
  Passes passes;
  int same = 0, opposite = 0;  ///< rotations with this response, and with its negative
};

std::vector<Variant> variants_of(std::span<const KernelTriple> stages,
                                 std::span<const Rotation> rotations) {
  std::vector<Variant> variants;
  for (const Rotation& rotation : rotations) {
    Passes passes;
    bool negative = false;
    for (const KernelTriple& stage : stages)
      for (Kernel& kernel : rotated(stage, rotation)) {
        negative ^= make_positive(kernel);
        passes.push_back(std::move(kernel));
      }
    auto known = std::find_if(variants.begin(), variants.end(),
                              [&](const Variant& v) { return v.passes == passes; });
    if (known == variants.end()) known = variants.insert(known, Variant{std::move(passes)});
    ++(negative ? known->opposite : known->same);
  }
  // Neighbours share their first passes.
  std::sort(variants.begin(), variants.end(), [](const Variant& a, const Variant& b) {
    return std::lexicographical_compare(a.passes.begin(), a.passes.end(), b.passes.begin(),
                                        b.passes.end(), before);
  });
  return variants;
}

/// Responses pooled at each voxel, one variant after the other.
class Pool {
 public:
  Pool(const Grid& grid, RotationPooling pooling, int rotations)
      : pooled_(grid), pooling_(pooling), rotations_(rotations) {}

  void add(const Image& response, const Variant& variant) {
    const auto from = response.values();
    const auto to = pooled_.values();
    const bool first = std::exchange(is_empty_, false);
    if (pooling_ == RotationPooling::max) {
      for_each_slice([&](std::size_t v) {
        float largest = variant.same > 0 ? from[v] : -from[v];
        if (variant.opposite > 0) largest = std::max(largest, -from[v]);
        to[v] = first ? largest : std::max(to[v], largest);
      });
    } else {
      const float weight = float(variant.same - variant.opposite) / float(rotations_);
      for_each_slice(
          [&](std::size_t v) { to[v] = first ? weight * from[v] : to[v] + weight * from[v]; });
    }
  }
  Image take() { return std::move(pooled_); }

 private:
  template <class Body>
  void for_each_slice(Body body) {
    const Index slice = pooled_.grid().size[0] * pooled_.grid().size[1];
    parallel_for(pooled_.grid().size[2], [&](Index k) {
      for (Index v = k * slice; v < (k + 1) * slice; ++v) body(std::size_t(v));
    });
  }

  Image pooled_;
  RotationPooling pooling_;
  int rotations_;
  bool is_empty_ = true;
};

/// Walks the passes of all variants, each pass that several begin with once.
class Walk {
 public:
  Walk(Padding padding, Isa isa, Pool& pool) : padding_(padding), isa_(isa), pool_(pool) {}

  void operator()(const Image& image, std::span<const Variant> variants, std::size_t pass) const {
    if (pass == variants.front().passes.size()) return pool_.add(image, variants.front());
    for (std::size_t begin = 0, end = 0; begin < variants.size(); begin = end) {
      const Kernel& kernel = variants[begin].passes[pass];
      while (end < variants.size() && variants[end].passes[pass] == kernel) ++end;
      const auto group = variants.subspan(begin, end - begin);
      if (kernel == Kernel{}) {
        (*this)(image, group, pass + 1);
      } else {
        const Term term{&image, &kernel};
        (*this)(convolve({&term, 1}, pass % 3, padding_, isa_), group, pass + 1);
      }
    }
  }

 private:
  Padding padding_;
  Isa isa_;
  Pool& pool_;
};

}  // namespace

std::vector<Rotation> right_angle_rotations(Dimensions dimensions) {
  std::vector<Rotation> rotations;
  std::array<std::size_t, 3> axis{0, 1, 2};
  do {
    // An odd permutation of the axes mirrors, unless an odd number of them is flipped.
    const bool odd = (axis[0] > axis[1]) ^ (axis[0] > axis[2]) ^ (axis[1] > axis[2]);
    for (unsigned flips = 0; flips < 8; ++flips) {
      const std::array<bool, 3> flipped{(flips & 1) != 0, (flips & 2) != 0, (flips & 4) != 0};
      const bool mirrors = flipped[0] ^ flipped[1] ^ flipped[2];
      const bool about_k = axis[2] == 2 && !flipped[2];
      if (mirrors == odd && (dimensions == Dimensions::volume || about_k))
        rotations.push_back({axis, flipped});
    }
  } while (std::next_permutation(axis.begin(), axis.end()));
  return rotations;
}

KernelTriple rotated(const KernelTriple& kernels, const Rotation& rotation) {
  KernelTriple turned;
  for (std::size_t a = 0; a < 3; ++a)
    turned[rotation.axis[a]] = rotation.flipped[a] ? reversed(kernels[a]) : kernels[a];
  return turned;
}

Image rotated(const Image& image, const Rotation& rotation) {
  const Grid& from = image.grid();
  Grid grid = from;
  for (std::size_t a = 0; a < 3; ++a) {
    grid.size[rotation.axis[a]] = from.size[a];
    grid.spacing[Index(rotation.axis[a])] = from.spacing[Index(a)];
  }
  Image turned(grid);
  parallel_for(grid.size[2], [&](Index k) {
    std::array<Index, 3> to{0, 0, k}, source{};
    for (to[1] = 0; to[1] < grid.size[1]; ++to[1])
      for (to[0] = 0; to[0] < grid.size[0]; ++to[0]) {
        for (std::size_t a = 0; a < 3; ++a) {
          const Index along = to[rotation.axis[a]];
          source[a] = rotation.flipped[a] ? from.size[a] - 1 - along : along;
        }
        turned(to[0], to[1], k) = image(source[0], source[1], source[2]);
      }
  });
  return turned;
}

Rotation inverse(const Rotation& rotation) {
  Rotation back{};
  for (std::size_t a = 0; a < 3; ++a) {
    back.axis[rotation.axis[a]] = a;
    back.flipped[rotation.axis[a]] = rotation.flipped[a];
  }
  return back;
}

Image convolve(const Image& image, std::span<const KernelTriple> stages, Dimensions dimensions,
               RotationPooling pooling, Padding padding, Isa isa) {
  VITRINE_EXPECT(!stages.empty());
  std::vector<Rotation> rotations = right_angle_rotations(dimensions);
  if (pooling == RotationPooling::none) rotations.resize(1);
  const std::vector<Variant> variants = variants_of(stages, rotations);
  Pool pool(image.grid(), pooling, int(rotations.size()));
  Walk(padding, isa, pool)(image, variants, 0);
  return pool.take();
}

Image box_mean(const Image& image, Index support, Dimensions dimensions, Padding padding, Isa isa) {
  const Kernel side = centred(std::vector<double>(std::size_t(support), 1.0 / double(support)));
  const KernelTriple box{side, side, dimensions == Dimensions::slice ? Kernel{} : side};
  return convolve(image, {&box, 1}, dimensions, RotationPooling::none, padding, isa);
}

}  // namespace vitrine::radiomics
