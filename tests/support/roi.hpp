#pragma once
#include "vitrine/model/volume.hpp"

namespace vitrine::test {

/// HU of the first slice's pixels within `radius` mm of a place on the x axis.
inline double mean_about(const Image& image, double x, double radius) {
  double sum = 0.0, n = 0.0;
  for (Index j = 0; j < image.grid().size[1]; ++j)
    for (Index i = 0; i < image.grid().size[0]; ++i) {
      const Vec3 p = image.grid().centre(i, j, 0);
      if ((p.x() - x) * (p.x() - x) + p.y() * p.y() > radius * radius) continue;
      sum += double(image(i, j, 0));
      n += 1.0;
    }
  return sum / n;
}

}  // namespace vitrine::test
