#include "vitrine/radiomics/preprocessing/preprocessing.hpp"

#include <algorithm>
#include <cmath>
#include <set>

#include "vitrine/radiomics/detail/box.hpp"
#include "vitrine/radiomics/feature.hpp"
#include "vitrine/radiomics/filters/response.hpp"
#include "vitrine/radiomics/preprocessing/detail/known.hpp"

namespace vitrine::radiomics {

const Catalogue<PreprocessingStep>& preprocessing_steps() {
  static const Catalogue<PreprocessingStep> all = [] {
    Catalogue<PreprocessingStep> steps("preprocessing_step",
                                       "What is done to images before they are measured");
    add_resample(steps);
    add_gaussian(steps);
    add_anisotropic_diffusion(steps);
    add_wavelet_denoising(steps);
    add_normalisation(steps);
    return steps;
  }();
  return all;
}

const Catalogue<PreprocessingStep>& catalogue_for(const PreprocessingStep*) {
  return preprocessing_steps();
}

const Schema<Preprocessing>& Preprocessing::schema() {
  static const auto s =
      Schema<Preprocessing>("preprocessing",
                            "What is done to images before features are measured once more, "
                            "beside those of the images as they are")
          .required("name", &Preprocessing::name, "name of the preprocessing in tables")
          .name_of_at_most(40)
          .required("steps", &Preprocessing::steps, "done one after the other")
          .rule("steps must list at least one (the image as it is is always measured)",
                [](const Preprocessing& p) { return !p.steps.empty(); });
  return s;
}

std::string_view Preprocessing::unit() const {
  std::string_view last;
  for (const auto& step : steps)
    if (!step->unit().empty()) last = step->unit();
  return last;
}

bool Preprocessing::resamples() const {
  return std::ranges::any_of(steps, [](const auto& step) { return step->resamples(); });
}

Vec3 Preprocessing::margin(Vec3 spacing) const {
  Vec3 sum = Vec3::Constant(neighbourhood);
  for (const auto& step : steps) {
    sum += step->reach(spacing);
    spacing = step->spacing_after(spacing);
  }
  return sum;
}

void check_preprocessing(const std::vector<Preprocessing>& all, const Value& node,
                         Diagnostics& problems) {
  const auto* items = node.as<Value::List>();
  std::set<std::string> names;
  for (std::size_t i = 0; i < all.size(); ++i) {
    const std::string& name = all[i].name;
    const Location& where = items && i < items->size() ? (*items)[i].where : node.where;
    if (name == Preprocessing::unprocessed)
      problems.error(where, str("a preprocessing cannot be called '", name,
                                "' (tables name the image as it is so, which is always measured). "
                                "Choose another name"));
    else if (!names.insert(name).second)
      problems.error(where, str("two preprocessings are called '", name,
                                "' (rows of tables are told apart by it). Rename one"));
  }
}

void check_spacing(const std::vector<Preprocessing>& all, const Vec3& spacing,
                   std::string_view where, const Value& node, Diagnostics& problems) {
  const auto* items = node.as<Value::List>();
  for (std::size_t i = 0; i < all.size(); ++i) {
    const Location& at = items && i < items->size() ? (*items)[i].where : node.where;
    Vec3 now = spacing;
    for (const auto& step : all[i].steps) {
      if (const std::string why = step->refusal(now); !why.empty())
        problems.error(at, str("preprocessing '", all[i].name, "': ", why, where));
      now = step->spacing_after(now);
    }
  }
}

Piece piece_about(const Image& image, const Mask& mask, const Vec3& margin) {
  Box box = bounding_box(mask);
  VITRINE_EXPECT(!box.empty());
  const Grid& all = image.grid();
  for (std::size_t a = 0; a < 3; ++a) {
    const auto more = Index(std::ceil(margin[Index(a)] / all.spacing[Index(a)]));
    box.low[a] = std::max<Index>(0, box.low[a] - more);
    box.high[a] = std::min(all.size[a] - 1, box.high[a] + more);
  }
  const Grid grid = part_of(all, box);
  const auto [i0, j0, k0] = box.low;
  Piece piece{Image(grid), Mask(grid), {box.low, all.size}};
  for (Index k = 0; k < grid.size[2]; ++k)
    for (Index j = 0; j < grid.size[1]; ++j) {
      const auto from = std::size_t(all.offset(i0, j0 + j, k0 + k));
      const auto length = std::size_t(grid.size[0]);
      const auto to = grid.offset(0, j, k);
      std::ranges::copy(image.values().subspan(from, length), piece.image.values().begin() + to);
      std::ranges::transform(mask.values().subspan(from, length), piece.mask.values().begin() + to,
                             [](std::uint8_t v) { return std::uint8_t(v != 0); });
    }
  return piece;
}

Piece preprocessed(Piece piece, const Preprocessing& how, Isa isa) {
  for (const auto& step : how.steps) {
    const std::string why = step->refusal(piece.image.grid().spacing);
    require(why.empty(), Error::Kind::input, "preprocessing '", how.name, "': ", why);
    piece = step->apply(std::move(piece), isa);
  }
  return piece;
}

Settings settings_after(const Preprocessing& how, const Settings& settings) {
  Settings after = how.unit().empty() ? settings : response_settings(settings);
  if (how.resamples()) after.spacing_mm = 0;
  return after;
}

std::vector<FeatureValue> extract(const Image& image, const Mask& mask, const Settings& settings,
                                  const Preprocessing& how, std::span<const std::string> wanted,
                                  Isa isa) {
  const Settings after = settings_after(how, settings);
  if (bounding_box(mask).empty()) return extract(image, mask, after, wanted);
  const Vec3 margin = how.margin(image.grid().spacing);
  const Piece piece = preprocessed(piece_about(image, mask, margin), how, isa);
  Region region = prepare(piece.image, piece.mask, after, kept_for(wanted), piece.part);
  if (region.no_shape == reason::empty_mask)
    region.no_shape = region.no_intensity = reason::lost_in_resampling;
  return extract(region, after, wanted);
}

}  // namespace vitrine::radiomics
