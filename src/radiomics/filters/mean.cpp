#include "vitrine/radiomics/filters/detail/known.hpp"
#include "vitrine/radiomics/filters/detail/separable.hpp"
#include "vitrine/radiomics/filters/detail/words.hpp"

namespace vitrine::radiomics {
namespace {

class Mean final : public ImageFilter {
 public:
  struct Params {
    std::int64_t support = 0;  ///< voxels, odd
    Dimensions dimensions = Dimensions::volume;
    Padding padding = Padding::mirror;
  };
  static const Schema<Params>& schema() {
    static const auto s =
        Schema<Params>("mean", "Mean of the voxels in a square or cube around each voxel")
            .required("support", &Params::support, "voxels along each side; odd")
            .between(1, 1001)
            .optional("dimensions", &Params::dimensions, dimensions_doc)
            .unless_default()
            .optional("padding", &Params::padding, padding_doc)
            .unless_default()
            .rule("support must be odd (the square has a voxel in its middle)",
                  [](const Params& p) { return p.support % 2 == 1; });
    return s;
  }
  explicit Mean(Params params) : params_(params) {}

 private:
  Image response(const Image& image, Isa isa) const override {
    return box_mean(image, params_.support, params_.dimensions, params_.padding, isa);
  }

  Params params_;
};

}  // namespace

void add_mean(Catalogue<ImageFilter>& filters) { filters.add<Mean>(); }

}  // namespace vitrine::radiomics
