#include "vitrine/radiomics/filters/detail/separable.hpp"

#include <algorithm>

#include "vitrine/core/parallel.hpp"
#include "vitrine/core/value.hpp"
#include "vitrine/radiomics/filters/detail/hot.hpp"

namespace vitrine::radiomics {
namespace {

/// Rows of the image that the taps of one output row see, and their weights.
class Rows {
 public:
  Rows(std::span<const Term> terms, std::size_t axis, Padding padding)
      : terms_(terms), axis_(axis), padding_(padding) {}

  /// Row (j, k) of the convolution along j or k.
  void gather(std::array<Index, 3> at) {
    clear();
    const Index here = at[axis_];
    for (const Term& term : terms_) {
      const Grid& grid = term.image->grid();
      for (Index t = 0; t < std::ssize(term.kernel->taps); ++t) {
        at[axis_] = padded_index(here - (t - term.kernel->centre), grid.size[axis_], padding_);
        if (at[axis_] >= 0)
          add(term.kernel->taps[std::size_t(t)],
              term.image->values().data() + grid.offset(0, at[1], at[2]));
      }
    }
  }

  /// Row (j, k) of the convolution along i: shifted views of the padded row.
  void shift(std::array<Index, 3> at) {
    clear();
    lines_.resize(terms_.size());
    for (std::size_t n = 0; n < terms_.size(); ++n) {
      const auto& [image, kernel] = terms_[n];
      const Index size = image->grid().size[0], taps = std::ssize(kernel->taps);
      const Index before = taps - 1 - kernel->centre;  // samples left of the first voxel
      const float* row = image->values().data() + image->grid().offset(0, at[1], at[2]);
      std::vector<float>& line = lines_[n];
      line.resize(std::size_t(size + taps - 1));
      for (Index i = 0; i < std::ssize(line); ++i) {
        const Index source = padded_index(i - before, size, padding_);
        line[std::size_t(i)] = source < 0 ? 0.0f : row[source];
      }
      for (Index t = 0; t < taps; ++t)
        add(kernel->taps[std::size_t(t)], line.data() + (taps - 1 - t));
    }
  }

  void sum_to(float* out, Index count, Isa isa) const {
    const detail::RowSum job{row_.data(), weight_.data(), std::ssize(row_), out, count};
    isa == Isa::v3 ? v3::sum_rows(job) : portable::sum_rows(job);
  }

 private:
  void clear() {
    row_.clear();
    weight_.clear();
  }
  void add(double weight, const float* row) {
    if (weight == 0) return;
    row_.push_back(row);
    weight_.push_back(weight);
  }

  std::span<const Term> terms_;
  std::size_t axis_;
  Padding padding_;
  std::vector<const float*> row_;
  std::vector<double> weight_;
  std::vector<std::vector<float>> lines_;  ///< padded rows along i, one a term
};

}  // namespace

Index padded_index(Index i, Index size, Padding padding) {
  if (i >= 0 && i < size) return i;
  const auto modulo = [](Index a, Index n) { return (a % n + n) % n; };
  switch (padding) {
    case Padding::nearest:
      return std::clamp<Index>(i, 0, size - 1);
    case Padding::periodic:
      return modulo(i, size);
    case Padding::mirror: {
      const Index turn = modulo(i, 2 * size);
      return turn < size ? turn : 2 * size - 1 - turn;
    }
    case Padding::zero:
      break;
  }
  return -1;
}

Kernel reversed(Kernel kernel) {
  std::reverse(kernel.taps.begin(), kernel.taps.end());
  kernel.centre = std::ssize(kernel.taps) - 1 - kernel.centre;
  return kernel;
}

Kernel centred(std::vector<double> taps) {
  VITRINE_EXPECT(taps.size() % 2 == 1);
  const Index centre = std::ssize(taps) / 2;
  return {std::move(taps), centre};
}

Index kernel_half_width(double voxels, Index most) {
  require(voxels <= double(most), Error::Kind::unsupported, "a filter's kernel would reach over ",
          to_text(voxels), " voxels to either side (the limit is ", most,
          "). Give its size in mm, or interpolate to a larger spacing_mm.");
  return Index(voxels);
}

Image convolve(std::span<const Term> terms, std::size_t axis, Padding padding, Isa isa) {
  VITRINE_EXPECT(!terms.empty() && axis < 3);
  const Grid& grid = terms.front().image->grid();
  for (const Term& term : terms) VITRINE_EXPECT(term.image->grid().size == grid.size);
  Image out(grid);
  // A task keeps to one slice, or to one row of every slice: what its taps see stays in cache.
  const std::size_t outer = axis == 2 ? 1 : 2, inner = 3 - outer;
  parallel_for(grid.size[outer], [&](Index task) {
    Rows rows(terms, axis, padding);
    std::array<Index, 3> at{};
    at[outer] = task;
    for (at[inner] = 0; at[inner] < grid.size[inner]; ++at[inner]) {
      if (axis == 0) {
        rows.shift(at);
      } else {
        rows.gather(at);
      }
      rows.sum_to(out.values().data() + grid.offset(0, at[1], at[2]), grid.size[0], isa);
    }
  });
  return out;
}

}  // namespace vitrine::radiomics
