#pragma once
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "vitrine/core/catalogue.hpp"
#include "vitrine/core/isa.hpp"
#include "vitrine/radiomics/extract.hpp"

namespace vitrine::radiomics {

/// A lesion and the image around it: what preprocessing works on.
struct Piece {
  Image image;
  Mask mask;    ///< on the image's grid
  PartOf part;  ///< where both lie in the whole image
};

/// What is done to an image before it is measured: a step of a preprocessing under test.
///
/// Lengths are in mm and mean the same on any grid. Beyond the image its edge repeats. Same bits at
/// any thread count for equal `isa`.
class PreprocessingStep {
 public:
  virtual ~PreprocessingStep() = default;

  /// The piece after the step. Throws Error (input) where `refusal` says why.
  virtual Piece apply(Piece piece, Isa isa) const = 0;
  /// How far along each axis a voxel is changed by what is around it [mm], on voxels of this
  /// spacing [mm].
  virtual Vec3 reach(const Vec3& spacing) const = 0;
  /// Seconds of one core for a voxel of that spacing: for plans.
  virtual double seconds_per_voxel(const Vec3& spacing) const = 0;
  /// The spacing afterwards.
  virtual Vec3 spacing_after(const Vec3& spacing) const { return spacing; }
  /// Why it cannot be done on voxels of this spacing, and the way out; empty: it can.
  virtual std::string refusal(const Vec3&) const { return {}; }
  /// The unit of intensities afterwards; empty: that of before.
  virtual std::string_view unit() const { return {}; }
  /// Whether it chooses the grid, so that the settings interpolate nothing.
  virtual bool resamples() const { return false; }
};

/// The built-in steps.
const Catalogue<PreprocessingStep>& preprocessing_steps();
const Catalogue<PreprocessingStep>& catalogue_for(const PreprocessingStep*);

/// A preprocessing under test: steps in their order, under a name.
struct Preprocessing {
  std::string name = std::string(unprocessed);
  std::vector<Pick<PreprocessingStep>> steps;

  /// The name of what is measured without any.
  static constexpr std::string_view unprocessed = "none";
  static const Schema<Preprocessing>& schema();

  /// The unit of intensities afterwards; empty: that of the image.
  std::string_view unit() const;
  bool resamples() const;
  /// Beyond the mask's box this much of the image is preprocessed [mm along each axis]:
  /// `neighbourhood`, and as far as the steps look.
  Vec3 margin(Vec3 spacing) const;
};

/// How far about a mask noise and the like are estimated [mm]: some ten thousand voxels, few enough
/// to be of one organ.
inline constexpr double neighbourhood = 15.0;

/// Reports names that are given twice or mean the image as it is; `node` says where they stand.
void check_preprocessing(const std::vector<Preprocessing>& all, const Value& node,
                         Diagnostics& problems);
/// Reports steps that voxels of this spacing [mm] refuse, `where` the spacing is of.
void check_spacing(const std::vector<Preprocessing>& all, const Vec3& spacing,
                   std::string_view where, const Value& node, Diagnostics& problems);

/// What of an image lies within `margin` mm of the mask's box. The mask must not be empty.
Piece piece_about(const Image& image, const Mask& mask, const Vec3& margin);

/// All steps, one after the other.
Piece preprocessed(Piece piece, const Preprocessing& how, Isa isa);

/// How what was preprocessed is measured: on a grid of its own it is not interpolated again, and
/// intensities on a scale of their own are discretised as response maps are (`response_settings`).
Settings settings_after(const Preprocessing& how, const Settings& settings);

/// The features of the mask's region in the image after preprocessing (see `extract`).
///
/// Each mask is preprocessed in a piece of its own (`Preprocessing::margin`), which gives what the
/// whole image would give but for what is estimated: noise and normalisation are those of the
/// piece. A mask that a common grid loses is a reason and no error.
std::vector<FeatureValue> extract(const Image& image, const Mask& mask, const Settings& settings,
                                  const Preprocessing& how, std::span<const std::string> wanted,
                                  Isa isa);

}  // namespace vitrine::radiomics
