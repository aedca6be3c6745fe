#include "vitrine/phantoms/import/hu_volume.hpp"

#include <algorithm>
#include <cmath>

#include "vitrine/phantoms/import/detail/attenuation.hpp"
#include "vitrine/phantoms/import/detail/voxel_body.hpp"

namespace vitrine::phantoms {
namespace {

/// A node with its material found.
struct Step {
  double hu;
  const Material* material;
  double density;  // g/mm^3, that gives `hu`
};

std::vector<Step> steps_of(const std::vector<RampNode>& ramp) {
  std::vector<Step> steps;
  for (const RampNode& node : ramp) {
    try {
      const Material& found = material(node.material.text);
      steps.push_back(
          {node.hu, &found, detail::attenuation_of_hu(node.hu) / detail::mass_attenuation(found)});
    } catch (const Error& error) {
      throw Error(Error::Kind::input, error.what(), node.material.where);
    }
    if (!(steps.back().density > 0.0))
      throw Error(Error::Kind::input,
                  str("a CT number of ", node.hu, " has no density (vacuum has ",
                      to_text(std::round(10.0 * detail::hu_of(0.0)) / 10.0), "). Raise it."),
                  node.material.where);
  }
  return steps;
}

/// What has this CT number, and the name of most of it.
detail::VoxelContent content_at(const std::vector<Step>& steps, double hu) {
  const auto above = std::find_if(steps.begin() + 1, steps.end() - 1,
                                  [&](const Step& step) { return step.hu >= hu; });
  const Step &low = *(above - 1), &high = *above;
  const double share = std::clamp((hu - low.hu) / (high.hu - low.hu), 0.0, 1.0);
  detail::VoxelContent voxel;
  voxel.organ = (share < 0.5 ? low : high).material->name;
  const double a = (1.0 - share) * low.density, b = share * high.density;
  if (low.material == high.material) {
    voxel.content = {{low.material->name, a + b}};
  } else {
    if (a > 0.0) voxel.content.push_back({low.material->name, a});
    if (b > 0.0) voxel.content.push_back({high.material->name, b});
  }
  return voxel;
}

}  // namespace

const Schema<RampNode>& RampNode::schema() {
  static const auto s =
      Schema<RampNode>("ramp", "A CT number and the material that has it")
          .required("at", &RampNode::hu, unit::hu, "CT number at 70 keV")
          .between(-1000, 60000)
          .required("material", &RampNode::material, "material, at the density that gives it");
  return s;
}

std::vector<RampNode> default_ramp() {
  const auto node = [](double hu, const char* name) { return RampNode{hu, {name, {}}}; };
  // Adipose, muscle, cortical bone and titanium stand where they have their usual density.
  return {node(-1000, "air"),          node(-950, "lung"),          node(-120, "lung"),
          node(-77, "adipose"),        node(43, "muscle"),          node(100, "muscle"),
          node(1560, "cortical_bone"), node(3071, "cortical_bone"), node(11634, "titanium")};
}

const Schema<ImportedCt::Params>& ImportedCt::schema() {
  static const auto s =
      Schema<Params>("hu_volume", "Patient from a CT image, through a ramp of materials")
          .required("file", &Params::file,
                    "CT image in HU: NIfTI, MetaImage, NRRD or a directory with one DICOM series, "
                    "relative to the scenario")
          .optional("ramp", &Params::ramp,
                    "what has which CT number; mixtures lie between. Lower numbers count as the "
                    "first, higher ones are refused")
          .optional("position", &Params::position,
                    "middle of the body at the isocentre, or the file's own coordinates")
          .one_of({"centred", "as_stored"})
          .optional("sex", &Params::sex, "for the record")
          .one_of({"", "female", "male"})
          .rule("ramp needs at least two numbers, each larger than the one before",
                [](const Params& p) {
                  return p.ramp.size() >= 2 &&
                         std::adjacent_find(p.ramp.begin(), p.ramp.end(),
                                            [](const RampNode& a, const RampNode& b) {
                                              return a.hu >= b.hu;
                                            }) == p.ramp.end();
                })
          .rule("ramp must not span more than 65000 HU",
                [](const Params& p) { return p.ramp.back().hu - p.ramp.front().hu <= 65000.0; });
  return s;
}

std::shared_ptr<const Anatomy> ImportedCt::supplied(Resources& files) const {
  const std::vector<Step> steps = steps_of(params_.ramp);
  const double lowest = steps.front().hu, highest = steps.back().hu;
  Grid grid;
  std::vector<std::uint16_t> index;
  std::uint16_t largest = 0;
  {
    const Image image = files.image(params_.file);
    grid = image.grid();
    index.reserve(image.values().size());
    std::size_t beyond = 0;
    float most = 0.0f;
    for (const float hu : image.values()) {
      const double above = std::round(std::max(double(hu) - lowest, 0.0));
      if (above > highest - lowest) {
        ++beyond;
        most = std::max(most, hu);
        continue;
      }
      index.push_back(static_cast<std::uint16_t>(above));
      largest = std::max(largest, index.back());
    }
    if (beyond > 0)
      throw Error(Error::Kind::data,
                  str(beyond, " voxels have more than ", to_text(highest), " HU (up to ",
                      to_text(double(most)),
                      "; the ramp ends there). Clip the image, or give "
                      "'ramp' a higher end."),
                  params_.file.where);
  }
  std::vector<detail::VoxelContent> entries;
  for (std::size_t i = 0; i <= largest; ++i)
    entries.push_back(content_at(steps, lowest + double(i)));
  auto copy = std::make_shared<ImportedCt>(params_);
  try {
    copy->body_ = std::make_shared<const detail::VoxelBody>(
        std::move(grid), std::move(index), std::move(entries),
        detail::position_named(params_.position));
  } catch (const Error& error) {
    throw Error(error.kind(), error.what(), params_.file.where);
  }
  return copy;
}

AnatomyRecord ImportedCt::build(SceneBuilder& scene, Rng, const PatientState&) const {
  require(body_ != nullptr, Error::Kind::input, "the file of the CT image was not read");
  return body_->place(scene, params_.sex);
}

}  // namespace vitrine::phantoms
