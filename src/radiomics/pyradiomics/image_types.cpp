#include "vitrine/radiomics/pyradiomics/detail/image_types.hpp"

#include <algorithm>
#include <cmath>

#include "vitrine/core/math.hpp"

namespace vitrine::radiomics::pyradiomics {
namespace {

/// Values on a part of a grid, as an image of its own.
Raster placed(const Grid& grid, const Box& part, const std::vector<double>& values) {
  Grid small = grid;
  small.size = part.size();
  small.origin = grid.centre(part.low[0], part.low[1], part.low[2]);
  return {small, values};
}

std::vector<double> mapped(const Raster& image, const Box& part, auto function) {
  std::vector<double> values;
  values.reserve(part.count());
  part.for_each([&](Index i, Index j, Index k) { values.push_back(function(image(i, j, k))); });
  return values;
}

double largest_magnitude(const Raster& image) {
  const Summary s = summary_of(image);
  return std::max(std::abs(s.minimum), std::abs(s.maximum));
}

/// Length of the gradient, by differences of the voxels before and behind; the image's edge
/// repeats.
std::vector<double> gradient(const Raster& image, const Box& part, bool per_mm) {
  std::vector<double> values;
  values.reserve(part.count());
  const auto& size = image.grid().size;
  part.for_each([&](Index i, Index j, Index k) {
    double squares = 0;
    for (std::size_t a = 0; a < 3; ++a) {
      Voxel before{i, j, k}, behind{i, j, k};
      before[a] = std::max<Index>(before[a] - 1, 0);
      behind[a] = std::min(behind[a] + 1, size[a] - 1);
      const double step = per_mm ? image.grid().spacing[Index(a)] : 1.0;
      const double slope =
          0.5 / step *
          (image(behind[0], behind[1], behind[2]) - image(before[0], before[1], before[2]));
      squares += slope * slope;
    }
    values.push_back(double(float(std::sqrt(squares))));
  });
  return values;
}

void log_images(const Raster& image, const ImageType& type, const Box& seen,
                std::vector<std::string>& notes,
                FunctionRef<void(const std::string&, const Raster&)> use) {
  const auto& size = image.grid().size;
  if (*std::min_element(size.begin(), size.end()) < 4) {
    notes.emplace_back("LoG: the image has fewer than 4 voxels along an axis, so it gives none");
    return;
  }
  for (const Sigma& sigma : type.settings.sigma) {
    bool fits = true;
    for (std::size_t a = 0; a < 3; ++a)
      fits = fits && double(size[a]) >= std::ceil(sigma.mm / image.grid().spacing[Index(a)]) + 1;
    if (!fits) {
      notes.push_back(str("LoG: the image is too small for sigma ", sigma.text(), " mm"));
      continue;
    }
    std::string name = sigma.text();
    std::replace(name.begin(), name.end(), '.', '-');
    use("log-sigma-" + name + "-mm-3D",
        placed(image.grid(), seen, laplacian_of_gaussian(image, seen, sigma.mm)));
  }
}

}  // namespace

void for_each_image(const Raster& image, const ImageType& type, const Box& seen,
                    std::vector<std::string>& notes,
                    FunctionRef<void(const std::string&, const Raster&)> use) {
  const auto use_part = [&](const std::string& name, const std::vector<double>& values) {
    use(name, placed(image.grid(), seen, values));
  };
  const std::string& kind = type.kind;
  if (kind == "Original") return use("original", image.cropped(seen));
  if (kind == "LoG") return log_images(image, type, seen, notes, use);
  if (kind == "Gradient")
    return use_part("gradient", gradient(image, seen, type.settings.gradient_use_spacing));
  if (kind == "Wavelet") {
    for (const Band& band : wavelet_bands(image, seen, type.settings))
      use_part(band.name, band.values);
    return;
  }
  const double most = largest_magnitude(image);
  if (!(most > 0)) {
    notes.push_back(kind + ": the image is zero everywhere, so it gives none");
    return;
  }
  if (kind == "Square") {
    const double c = 1 / std::sqrt(most);
    return use_part("square", mapped(image, seen, [c](double x) { return c * x * (c * x); }));
  }
  if (kind == "SquareRoot")
    return use_part("squareroot", mapped(image, seen, [most](double x) {
                      return std::copysign(std::sqrt(std::abs(x) * most), x);
                    }));
  if (kind == "Logarithm") {
    const double scale = most / math::log(most + 1);
    return use_part("logarithm", mapped(image, seen, [scale](double x) {
                      return scale * std::copysign(math::log(std::abs(x) + 1), x);
                    }));
  }
  VITRINE_EXPECT(kind == "Exponential");
  const double c = math::log(most) / most;
  use_part("exponential", mapped(image, seen, [c](double x) { return math::exp(c * x); }));
}

}  // namespace vitrine::radiomics::pyradiomics
