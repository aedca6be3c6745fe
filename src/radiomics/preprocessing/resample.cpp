#include <algorithm>
#include <cmath>

#include "vitrine/radiomics/detail/resample.hpp"
#include "vitrine/radiomics/preprocessing/detail/known.hpp"

namespace vitrine::radiomics {
namespace {

/// Samples of one axis: whole multiples of a spacing in the patient's coordinates.
struct Samples {
  Index first = 0, last = 0;              ///< multiples within the piece
  Index whole_first = 0, whole_last = 0;  ///< within the image
};

/// Rounding of coordinates must not lose a sample at an edge.
constexpr double slack = 1e-6;

/// The multiples of `spacing` in [low, high] mm; the one in the middle if there is none.
std::array<Index, 2> multiples(double low, double high, double spacing) {
  const auto first = Index(std::ceil(low / spacing - slack));
  const auto last = Index(std::floor(high / spacing + slack));
  if (first <= last) return {first, last};
  const auto middle = Index(std::floor(0.5 * (low + high) / spacing + 0.5));
  return {middle, middle};
}

/// Resampling to a grid that all images of a patient share, whatever their own.
class Resample final : public PreprocessingStep {
 public:
  struct Params {
    std::array<double, 3> spacing{1, 1, 1};  // mm
    std::string interpolation = "linear";
  };
  static const Schema<Params>& schema() {
    static const auto s =
        Schema<Params>("resample",
                       "Interpolation to voxels of this size, which lie at the same places of the "
                       "patient in every image; takes the place of settings.spacing_mm")
            .required("spacing", &Params::spacing, unit::mm,
                      "of voxels along rows, columns and across slices")
            .between(0.1, 20)
            .optional("interpolation", &Params::interpolation,
                      "of intensities (masks: linear, cut at 0.5)")
            .one_of({"nearest", "linear", "cubic"});
    return s;
  }
  explicit Resample(Params params) : params_(std::move(params)) {}

  Piece apply(Piece piece, Isa) const override {
    const Grid& from = piece.image.grid();
    Grid grid = from;
    PartOf part;
    std::array<std::vector<double>, 3> places;  // of the samples, in voxels of the piece
    Vec3 origin;
    for (std::size_t a = 0; a < 3; ++a) {
      const Samples samples = samples_along(a, from, piece.part);
      const auto axis = Index(a);
      const double start = from.axes.col(axis).dot(from.origin);
      for (Index m = samples.first; m <= samples.last; ++m)
        places[a].push_back(snapped((double(m) * params_.spacing[a] - start) / from.spacing[axis]));
      origin[axis] = double(samples.first) * params_.spacing[a];
      grid.size[a] = samples.last - samples.first + 1;
      grid.spacing[axis] = params_.spacing[a];
      part.first[a] = samples.first - samples.whole_first;
      part.whole[a] = samples.whole_last - samples.whole_first + 1;
    }
    grid.origin = from.axes * origin;
    Piece out{Image(grid), Mask(grid), part};
    sample(piece.image, kind(), places,
           [&](Index at, double x) { out.image.values()[std::size_t(at)] = float(x); });
    sample(piece.mask, Interpolation::linear, places,
           [&](Index at, double x) { out.mask.values()[std::size_t(at)] = x >= mask_threshold; });
    return out;
  }
  Vec3 reach(const Vec3& spacing) const override {
    const double voxels = kind() == Interpolation::cubic ? 24.0 : 1.0;  // as far as a spline looks
    return voxels * spacing + spacing_after({});
  }
  Vec3 spacing_after(const Vec3&) const override {
    return {params_.spacing[0], params_.spacing[1], params_.spacing[2]};
  }
  double seconds_per_voxel(const Vec3& spacing) const override {
    const double more = (spacing.array() / spacing_after({}).array()).prod();
    return 10e-9 + 20e-9 * more;
  }
  bool resamples() const override { return true; }

 private:
  Interpolation kind() const {
    return params_.interpolation == "cubic"    ? Interpolation::cubic
           : params_.interpolation == "linear" ? Interpolation::linear
                                               : Interpolation::nearest;
  }

  /// A place within 1e-9 of a voxel is that voxel.
  static double snapped(double voxels) {
    const double whole = std::floor(voxels + 0.5);
    return std::abs(voxels - whole) < 1e-9 ? whole : voxels;
  }

  /// Where the image ends, samples reach to the outer faces of its voxels; where only the piece
  /// ends, to the centres, so that none looks beyond.
  Samples samples_along(std::size_t a, const Grid& grid, const PartOf& part) const {
    const auto axis = Index(a);
    const double h = grid.spacing[axis], start = grid.axes.col(axis).dot(grid.origin);
    const double low = start - (double(part.first[a]) + 0.5) * h;
    const double high = low + double(part.whole[a]) * h;
    const bool at_low = part.first[a] == 0, at_high = part.first[a] + grid.size[a] == part.whole[a];
    const double end = start + double(grid.size[a] - 1) * h;
    const auto [whole_first, whole_last] = multiples(low, high, params_.spacing[a]);
    const auto [first, last] =
        multiples(at_low ? low : start, at_high ? high : end, params_.spacing[a]);
    return {first, last, std::min(first, whole_first), std::max(last, whole_last)};
  }

  template <class Quantity, class Use>
  static void sample(const Volume<Quantity>& from, Interpolation how,
                     const std::array<std::vector<double>, 3>& places, Use&& use) {
    const auto& size = from.grid().size;
    std::array<Taps, 3> taps;
    for (std::size_t a = 0; a < 3; ++a)
      for (const double place : places[a]) {
        const PointTaps at = taps_at(place, size[a], how);
        taps[a].per_sample = at.count;
        taps[a].index.insert(taps[a].index.end(), at.index.begin(), at.index.begin() + at.count);
        taps[a].weight.insert(taps[a].weight.end(), at.weight.begin(),
                              at.weight.begin() + at.count);
      }
    Index at = 0;
    const auto visit = [&](auto row_at) {
      for (Index k = 0; k < taps[2].size(); ++k)
        for (Index j = 0; j < taps[1].size(); ++j)
          for (const double x : row_at(j, k)) use(at++, x);
    };
    if constexpr (std::same_as<Quantity, quantity::Hounsfield>)
      if (how == Interpolation::cubic) {
        const Spline spline = cubic_spline(from, {}, {size[0] - 1, size[1] - 1, size[2] - 1});
        return visit(RowSampler<double>(spline.coefficients.data(), spline.low, spline.size, taps));
      }
    visit(RowSampler<typename Quantity::value_type>(from.values().data(), {}, size, taps));
  }

  Params params_;
};

}  // namespace

void add_resample(Catalogue<PreprocessingStep>& steps) { steps.add<Resample>(); }

}  // namespace vitrine::radiomics
