#pragma once
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "vitrine/phantoms/anatomy.hpp"

namespace vitrine::phantoms {

namespace detail {
class VoxelBody;
}

/// What a material of a fraction phantom is here.
struct FractionMeaning {
  std::string name;               ///< in the file
  LocatedText material;           ///< ours
  std::optional<double> density;  ///< g/mm^3 where the fraction is 1
  std::string organ, host;
  static const Schema<FractionMeaning>& schema();
};

/// A patient from a voxelised phantom of XCIST (CatSim): a JSON file that names one raw volume for
/// every material, each voxel the share of its space that the material takes.
class ImportedFractions : public Anatomy {
 public:
  struct Params {
    LocatedText file;
    std::vector<FractionMeaning> materials;
    std::vector<std::string> flip;
    std::string position = "centred";
    std::string sex;
  };
  static const Schema<Params>& schema();
  explicit ImportedFractions(Params params) : params_(std::move(params)) {}

  std::shared_ptr<const Anatomy> supplied(Resources& files) const override;
  AnatomyRecord build(SceneBuilder& scene, Rng rng, const PatientState& state) const override;

 private:
  Params params_;
  std::shared_ptr<const detail::VoxelBody> body_;  // shared by the copies that scenarios make
};

}  // namespace vitrine::phantoms
