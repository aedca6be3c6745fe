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

/// What some labels of an image stand for.
struct LabelMeaning {
  std::vector<std::int64_t> labels;
  std::string organ;
  LocatedText material;
  std::optional<double> density;  ///< g/mm^3; that of the material where it is not given
  std::string host;               ///< what lesions call the organ
  static const Schema<LabelMeaning>& schema();
};

/// A patient from a segmented image: every label is an organ of one material and density.
class ImportedLabels : public Anatomy {
 public:
  struct Params {
    LocatedText file;
    std::vector<LabelMeaning> labels;
    std::string absent_labels = "refuse";
    std::string position = "centred";
    std::string sex;
  };
  static const Schema<Params>& schema();
  explicit ImportedLabels(Params params) : params_(std::move(params)) {}

  std::shared_ptr<const Anatomy> supplied(Resources& files) const override;
  AnatomyRecord build(SceneBuilder& scene, Rng rng, const PatientState& state) const override;

 private:
  Params params_;
  std::shared_ptr<const detail::VoxelBody> body_;  // shared by the copies that scenarios make
};

}  // namespace vitrine::phantoms
