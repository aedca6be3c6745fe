#include "vitrine/radiomics/perturbation.hpp"

#include <limits>
#include <set>

namespace vitrine::radiomics {
namespace {

double ratio(double numerator, double denominator) {
  return denominator == 0 ? std::numeric_limits<double>::quiet_NaN() : numerator / denominator;
}

}  // namespace

const Schema<Perturbation>& Perturbation::schema() {
  static const Schema<Perturbation> schema =
      Schema<Perturbation>("perturbation",
                           "A change of image and mask, or of the mask, under which features are "
                           "measured again; made in this order")
          .required("id", &Perturbation::id, "name of the perturbation in tables")
          .name_of_at_most(40)
          .optional("rotation", &Perturbation::rotation, unit::deg,
                    "turns the resampling grid about the centre of the mask: image and mask turn "
                    "together")
          .between(-360, 360)
          .unless_default()
          .optional("rotation_axis", &Perturbation::rotation_axis,
                    "axis of the rotation, of the image: z across its slices, x along its rows, y "
                    "along its columns")
          .one_of({"x", "y", "z"})
          .unless_default()
          .optional("blur", &Perturbation::blur, unit::mm,
                    "blurs the image by a Gaussian of these full widths at half maximum along its "
                    "rows, its columns and across its slices")
          .between(0, 50)
          .unless_default()
          .optional("noise", &Perturbation::noise, unit::hu,
                    "standard deviation of white noise added to the image's voxels")
          .between(0, 1000)
          .unless_default()
          .optional("translation", &Perturbation::translation,
                    "shifts the resampling grid along its axes x, y and z by these fractions of "
                    "its voxels: image and mask move together")
          .between(-1, 1)
          .unless_default()
          .optional("volume", &Perturbation::volume, unit::percent,
                    "grows or shrinks the mask by this share of its voxels")
          .between(-99, 400)
          .unless_default()
          .optional("contour_sd", &Perturbation::contour_sd, unit::mm,
                    "draws a new contour: standard deviation of its distance to the given one")
          .between(0, 20)
          .unless_default()
          .optional("contour_correlation", &Perturbation::contour_correlation, unit::mm,
                    "distance along the new contour at which its displacements still correlate by "
                    "exp(-1/2) = 0.61")
          .between(0.1, 50)
          .unless_default();
  return schema;
}

void check_perturbations(const std::vector<Perturbation>& perturbations, const Value& node,
                         Diagnostics& problems) {
  std::set<std::string> ids;
  for (const Perturbation& p : perturbations) {
    if (p.id == Perturbation::unperturbed)
      problems.error(node.where, str("a perturbation cannot be called '", p.id,
                                     "' (tables name the unperturbed mask so, which is always "
                                     "measured). Choose another id"));
    else if (!ids.insert(p.id).second)
      problems.error(node.where, str("two perturbations are called '", p.id,
                                     "' (rows of tables are told apart by it). Rename one"));
  }
}

void check_slices(const Perturbation& p, const Settings& settings) {
  require(
      !settings.in_plane_only ||
          ((p.rotation == 0 || p.rotation_axis == "z") && p.translation[2] == 0 && p.blur[2] == 0),
      Error::Kind::input, "perturbation '", p.id,
      "' leaves the slices (in_plane_only keeps them). Turn about z, shift and blur along x and "
      "y, or take in_plane_only out of the settings");
}

const Schema<PerturbationFile>& PerturbationFile::schema() {
  static const Schema<PerturbationFile> schema =
      Schema<PerturbationFile>("perturbations", "Changes of masks and images for vitrine features")
          .optional("seed", &PerturbationFile::seed, "what noise and contours are drawn from")
          .between(0, 9007199254740992.0)
          .required("perturbations", &PerturbationFile::perturbations,
                    "each is measured beside the unperturbed mask, which is called none")
          .checked([](const PerturbationFile& file, const Value& node, Diagnostics& problems) {
            const Value* list = node.find("perturbations");
            check_perturbations(file.perturbations, list ? *list : node, problems);
          });
  return schema;
}

double MaskChange::volume_change() const { return ratio(double(voxels - given), double(given)); }
double MaskChange::dice() const { return ratio(2.0 * double(common), double(given + voxels)); }
double MaskChange::inclusion_fraction() const { return ratio(double(common), double(voxels)); }

MaskChange change_of(const PerturbedMask& perturbed) {
  MaskChange change;
  const auto given = perturbed.given.values(), mask = perturbed.mask.values();
  for (std::size_t v = 0; v < mask.size(); ++v) {
    change.given += given[v] != 0;
    change.voxels += mask[v] != 0;
    change.common += given[v] != 0 && mask[v] != 0;
  }
  change.voxel_volume = perturbed.mask.grid().voxel_volume();
  change.partial_volume_fraction = partial_volume_fraction(perturbed.mask, perturbed.share);
  return change;
}

double partial_volume_fraction(const Mask& mask, const Volume<quantity::Fraction>& share) {
  VITRINE_EXPECT(mask.values().size() == share.values().size());
  constexpr float whole = 1e-6f;
  Index voxels = 0, partial = 0;
  for (std::size_t v = 0; v < mask.values().size(); ++v) {
    if (mask.values()[v] == 0) continue;
    ++voxels;
    partial += share.values()[v] > whole && share.values()[v] < 1 - whole;
  }
  return ratio(double(partial), double(voxels));
}

}  // namespace vitrine::radiomics
