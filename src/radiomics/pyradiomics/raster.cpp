#include "vitrine/radiomics/pyradiomics/detail/raster.hpp"

#include <cmath>
#include <limits>

namespace vitrine::radiomics::pyradiomics {
namespace {

/// Sums row by row, so that millions of voxels keep their digits.
class Summing {
 public:
  void add(double x) {
    row_ += x;
    summary_.minimum = std::min(summary_.minimum, x);
    summary_.maximum = std::max(summary_.maximum, x);
    if (++count_ % 256 == 0) flush();
  }
  Summary take() {
    flush();
    summary_.mean = sum_ / double(count_);
    return summary_;
  }

 private:
  void flush() {
    sum_ += row_;
    row_ = 0;
  }
  Summary summary_{0, std::numeric_limits<double>::infinity(),
                   -std::numeric_limits<double>::infinity()};
  double sum_ = 0, row_ = 0;
  Index count_ = 0;
};

}  // namespace

void Box::include(Voxel p) {
  const bool first = empty();
  for (std::size_t a = 0; a < 3; ++a) {
    low[a] = first ? p[a] : std::min(low[a], p[a]);
    high[a] = first ? p[a] : std::max(high[a], p[a]);
  }
}

void Raster::normalise(const Settings& settings) {
  VITRINE_EXPECT(image_ && !is_normalised_);
  const double mean = summary_of(*this).mean;
  double squares = 0;
  for (Index k = 0; k < grid_.size[2]; ++k)
    for (Index j = 0; j < grid_.size[1]; ++j) {
      double row = 0;
      for (Index i = 0; i < grid_.size[0]; ++i) {
        const double d = (*this)(i, j, k) - mean;
        row += d * d;
      }
      squares += row;
    }
  const double deviation = std::sqrt(squares / double(grid_.count() - 1));
  require(std::isfinite(deviation) && deviation > 0, Error::Kind::data,
          "the image's standard deviation is ", deviation,
          " (normalize divides by it). Leave out normalize, or repair the image");
  mean_ = mean;
  deviation_ = deviation;
  cut_ = settings.remove_outliers.value_or(0);
  scale_ = settings.normalize_scale;
  is_normalised_ = true;
}

Raster Raster::cropped(const Box& box) const {
  Raster part = *this;
  part.grid_.size = box.size();
  part.grid_.origin = grid_.centre(box.low[0], box.low[1], box.low[2]);
  if (image_) {
    for (std::size_t a = 0; a < 3; ++a) part.first_[a] += box.low[a];
    return part;
  }
  part.values_.clear();
  box.for_each([&](Index i, Index j, Index k) { part.values_.push_back((*this)(i, j, k)); });
  return part;
}

Summary summary_of(const Raster& raster) {
  Summing sums;
  raster.box().for_each([&](Index i, Index j, Index k) { sums.add(raster(i, j, k)); });
  return sums.take();
}

Summary summary_of(const Raster& raster, const Roi& roi) {
  Summing sums;
  roi.box.for_each([&](Index i, Index j, Index k) {
    if (roi(i, j, k)) sums.add(raster(i, j, k));
  });
  return sums.take();
}

}  // namespace vitrine::radiomics::pyradiomics
