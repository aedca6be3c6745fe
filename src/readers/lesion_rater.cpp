#include "vitrine/readers/lesion_rater.hpp"

#include <cmath>

#include "vitrine/core/math.hpp"

namespace vitrine::readers {
namespace {

/// The voxels of the ellipsoid in a box, its half axes `share` of the box's.
std::vector<double> inner_voxels(const Image& image, const VoxelBox& box, double share) {
  std::vector<double> values;
  for (Index k = box.first[2]; k <= box.last[2]; ++k)
    for (Index j = box.first[1]; j <= box.last[1]; ++j)
      for (Index i = box.first[0]; i <= box.last[0]; ++i) {
        const std::array<Index, 3> at{i, j, k};
        double away = 0.0;
        for (std::size_t a = 0; a < 3; ++a) {
          const double half = 0.5 * share * double(box.last[a] - box.first[a] + 1);
          const double d = double(at[a]) - 0.5 * double(box.first[a] + box.last[a]);
          away += d * d / (half * half);
        }
        if (away <= 1.0) values.push_back(double(image(i, j, k)));
      }
  if (values.empty())
    values.push_back(
        double(image((box.first[0] + box.last[0]) / 2, (box.first[1] + box.last[1]) / 2,
                     (box.first[2] + box.last[2]) / 2)));
  return values;
}

double mean_of(const std::vector<double>& values) {
  double sum = 0.0;
  for (const double x : values) sum += x;
  return sum / double(values.size());
}

double deviation_of(const std::vector<double>& values) {
  const double mean = mean_of(values);
  double squares = 0.0;
  for (const double x : values) squares += (x - mean) * (x - mean);
  return std::sqrt(squares / double(values.size()));
}

}  // namespace

const Schema<LesionRater::Params>& LesionRater::schema() {
  static const auto s =
      Schema<Params>(
          "lesion_rater",
          "Built-in classifier: rates each lesion, of which it is told where it lies, by "
          "one number")
          .optional("by", &Params::by,
                    "heterogeneity: standard deviation of the HU inside; density: their mean; "
                    "diameter: geometric mean of the box's edges")
          .one_of({"heterogeneity", "density", "diameter"})
          .optional("share", &Params::share,
                    "of the half axes of the ellipsoid in the box, whose voxels count")
          .between(0.1, 1);
  return s;
}

Reading LesionRater::read(const Request& request, Host&) const {
  Reading reading;
  for (const LesionBox& one : request.lesions)
    reading.ratings.push_back({one.lesion, rate(request.image, one.box)});
  return reading;
}

double LesionRater::rate(const Image& image, const VoxelBox& box) const {
  if (params_.by == "diameter") {
    double product = 1.0;
    for (std::size_t a = 0; a < 3; ++a)
      product *= image.grid().spacing[Index(a)] * double(box.last[a] - box.first[a] + 1);
    return math::cbrt(product);
  }
  const std::vector<double> values = inner_voxels(image, box, params_.share);
  return params_.by == "density" ? mean_of(values) : deviation_of(values);
}

}  // namespace vitrine::readers
