#include "vitrine/recon/calibration.hpp"

#include "vitrine/core/parallel.hpp"
#include "vitrine/recon/fbp.hpp"

namespace vitrine::recon {

void miscalibrate(Image& image, double scale, double offset) {
  if (scale == 0.0 && offset == 0.0) return;
  const Grid& grid = image.grid();
  const auto slice = std::size_t(grid.size[0] * grid.size[1]);
  parallel_for(grid.size[2], [&](Index k) {
    for (float& value : image.values().subspan(std::size_t(k) * slice, slice))
      if (value != outside_field_of_view) value = float((1.0 + scale) * double(value) + offset);
  });
}

}  // namespace vitrine::recon
