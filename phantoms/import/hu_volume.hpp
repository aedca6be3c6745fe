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

/// A CT number and what has it: the material at the density that gives it this number at 70 keV.
struct RampNode {
  double hu = 0.0;
  LocatedText material;
  static const Schema<RampNode>& schema();
};

/// Which labels of a second image are an organ that lesions grow in.
struct ImageOrgan {
  std::vector<std::int64_t> labels;
  std::string organ, host;
  static const Schema<ImageOrgan>& schema();
};

/// Air, lung from -950 HU (inflated) to -120, adipose, muscle, and bone as muscle with more and
/// more cortical bone; above what bone reaches, denser bone, then titanium. Between two nodes lies
/// a mixture whose CT number is linear. (The intervals of lung, fat, soft tissue and bone are those
/// of Schneider et al., Phys Med Biol 45 (2000) 459.)
std::vector<RampNode> default_ramp();

/// A patient from a CT image: every voxel is the material mixture that has its CT number at 70 keV.
class ImportedCt : public Anatomy {
 public:
  struct Params {
    LocatedText file;
    std::vector<RampNode> ramp = default_ramp();
    std::optional<LocatedText> organs_file;  ///< labels on the grid of the image
    std::vector<ImageOrgan> organs;
    std::string position = "centred";
    std::string sex;
  };
  static const Schema<Params>& schema();
  explicit ImportedCt(Params params) : params_(std::move(params)) {}

  std::shared_ptr<const Anatomy> supplied(Resources& files) const override;
  AnatomyRecord build(SceneBuilder& scene, Rng rng, const PatientState& state) const override;

 private:
  Params params_;
  std::shared_ptr<const detail::VoxelBody> body_;  // shared by the copies that scenarios make
};

}  // namespace vitrine::phantoms
