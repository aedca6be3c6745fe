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

/// Entries for every pair of CT number and organ that occurs; `index` follows.
template <class Refuse>
std::vector<detail::VoxelContent> with_organs(std::vector<detail::VoxelContent> plain,
                                              const LabelImage& labels,
                                              const std::vector<ImageOrgan>& organs,
                                              std::vector<std::uint16_t>& index,
                                              const Refuse& refuse) {
  constexpr std::size_t most = 65536;
  const std::size_t numbers = plain.size();
  std::vector<std::size_t> organ_of(labels.labels.size());  // 0: none, else 1 + its position
  for (std::size_t o = 0; o < organs.size(); ++o) {
    bool any = false;
    for (std::size_t l = 0; l < labels.labels.size(); ++l) {
      const auto& wanted = organs[o].labels;
      if (std::find(wanted.begin(), wanted.end(), labels.labels[l].value) == wanted.end()) continue;
      organ_of[l] = o + 1;
      any = true;
    }
    if (!any) refuse(str("no voxel has a label of ", organs[o].organ, " (the organ is empty)."));
  }
  // Entries of an organ follow those without; each is made when it first occurs.
  std::vector<std::uint32_t> entry_of((organs.size() + 1) * numbers, 0);
  std::vector<detail::VoxelContent> entries = std::move(plain);
  for (std::size_t v = 0; v < index.size(); ++v) {
    const std::size_t o = organ_of[labels.index[v]];
    if (o == 0) continue;
    std::uint32_t& entry = entry_of[o * numbers + index[v]];
    if (entry == 0) {
      if (entries.size() == most)
        refuse(
            "there are too many pairs of CT number and organ. Name fewer organs, or clip the "
            "CT image to a smaller range.");
      entry = static_cast<std::uint32_t>(entries.size());
      entries.push_back({organs[o - 1].organ, organs[o - 1].host, entries[index[v]].content});
    }
    index[v] = static_cast<std::uint16_t>(entry);
  }
  return entries;
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

const Schema<ImageOrgan>& ImageOrgan::schema() {
  static const auto s =
      Schema<ImageOrgan>("image_organ", "An organ of a CT image, from a second image of labels")
          .required("labels", &ImageOrgan::labels, "its numbers in the second image")
          .between(-2147483648.0, 2147483647.0)
          .required("organ", &ImageOrgan::organ, "name of the organ")
          .name_of_at_most(40)
          .optional("host", &ImageOrgan::host,
                    "what lesions call it (nothing: no lesion grows there)")
          .one_of(host_organs_or_none());
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
          .optional("organs_file", &Params::organs_file,
                    "image of whole numbers on the same grid, which says where organs are")
          .optional("organs", &Params::organs, "organs by the numbers in organs_file")
          .optional("position", &Params::position,
                    "middle of the body at the isocentre, or the file's own coordinates")
          .one_of({"centred", "as_stored"})
          .optional("sex", &Params::sex, "for the record")
          .one_of({"", "female", "male"})
          .rule("organs and organs_file go together",
                [](const Params& p) { return p.organs_file.has_value() != p.organs.empty(); })
          .rule("ramp needs at least two numbers, each larger than the one before",
                [](const Params& p) {
                  return p.ramp.size() >= 2 &&
                         std::adjacent_find(p.ramp.begin(), p.ramp.end(),
                                            [](const RampNode& a, const RampNode& b) {
                                              return a.hu >= b.hu;
                                            }) == p.ramp.end();
                })
          .rule("ramp must not span more than 65000 HU", [](const Params& p) {
            return p.ramp.empty() || p.ramp.back().hu - p.ramp.front().hu <= 65000.0;
          });
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
      if (!(above <= highest - lowest)) {
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
  if (params_.organs_file) {
    const LabelImage labels = files.labels(*params_.organs_file);
    const auto refuse = [&](const std::string& why) {
      throw Error(Error::Kind::data, why, params_.organs_file->where);
    };
    if (labels.grid.size != grid.size || (labels.grid.origin - grid.origin).norm() > 0.01 ||
        (labels.grid.spacing - grid.spacing).norm() > 1e-4 ||
        (labels.grid.axes - grid.axes).norm() > 1e-4)
      refuse("the labels lie on another grid than the CT image. Resample them to it.");
    entries = with_organs(std::move(entries), labels, params_.organs, index, refuse);
  }
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
