#include "vitrine/phantoms/import/material_fractions.hpp"

#include <algorithm>
#include <bit>
#include <cmath>
#include <unordered_map>

#include "vitrine/core/units.hpp"
#include "vitrine/phantoms/import/detail/fraction_file.hpp"
#include "vitrine/phantoms/import/detail/voxel_body.hpp"

namespace vitrine::phantoms {
namespace {

/// A material of the file, found: what a whole voxel of it holds.
struct Substance {
  std::string organ, host;
  std::vector<Ingredient> content;
};

/// What the names that XCIST uses stand for, where it is not our name behind a prefix. Densities of
/// bone are those of its NCAT materials; spongiosa and cortical bone are mixed for their calcium.
std::vector<Ingredient> well_known(const std::string& name) {
  constexpr double g = units::g_per_cm3;
  const auto whole = [](const char* ours) -> std::vector<Ingredient> {
    return {{ours, material(ours).density}};
  };
  if (name == "dry_spine") return {{"spongiosa", 0.87 * g}, {"cortical_bone", 0.55 * g}};
  if (name == "skull") return {{"spongiosa", 0.36 * g}, {"cortical_bone", 1.25 * g}};
  if (name == "dry_rib") return whole("cortical_bone");
  if (name == "lymph") return {{"soft_tissue", 1.03 * g}};
  if (name == "intestine") return whole("small_intestine");
  if (name == "aluminum" || name == "al") return whole("aluminium");
  if (name == "ti") return whole("titanium");
  if (name == "cu") return whole("copper");
  if (name == "w") return whole("tungsten");
  if (name == "fat") return whole("adipose");
  for (const Material& ours : materials())
    if (ours.name == name) return whole(ours.name.c_str());
  // ICRU_skeleton_cortical_bone_adult, ICRU_lung_adult_healthy, ...
  if (name.find("cortical_bone") != std::string::npos) return whole("cortical_bone");
  const std::string first = name.substr(0, name.find('_'));
  for (const char* tissue : {"lung", "muscle", "adipose", "brain", "blood", "heart", "kidney",
                             "liver", "pancreas", "spleen", "skin", "stomach", "cartilage"})
    if (first == tissue) return whole(tissue);
  return {};
}

std::string plain(std::string name) {
  std::transform(name.begin(), name.end(), name.begin(),
                 [](char c) { return c >= 'A' && c <= 'Z' ? char(c - 'A' + 'a') : c; });
  for (const char* prefix : {"ncat_", "icru_", "xcat_"})
    if (name.starts_with(prefix)) name.erase(0, 5);
  return name;
}

/// Mixtures of fractions, each met once.
class Mixtures {
 public:
  static constexpr std::size_t most = 65536;

  /// The mixture that is `base` and some of a material; nothing if there are too many.
  std::optional<std::uint16_t> add(std::uint16_t base, std::size_t material, float fraction) {
    const std::uint64_t key = std::uint64_t(base) << 48 | std::uint64_t(material) << 32 |
                              std::bit_cast<std::uint32_t>(fraction);
    const auto [at, is_new] = known_.try_emplace(key, std::uint16_t(mixtures_.size()));
    if (is_new) {
      if (mixtures_.size() == most) return {};
      auto mixture = mixtures_[base];
      mixture.push_back({material, double(fraction)});
      mixtures_.push_back(std::move(mixture));
    }
    return at->second;
  }

  struct Part {
    std::size_t material;
    double fraction;
  };
  const std::vector<std::vector<Part>>& all() const { return mixtures_; }

 private:
  std::unordered_map<std::uint64_t, std::uint16_t> known_;
  std::vector<std::vector<Part>> mixtures_{{}};  // the first is nothing
};

/// Every voxel by its mixture of materials.
struct Blend {
  Mixtures mixtures;
  std::vector<std::uint16_t> index;
};

/// Read all volumes one after the other; nothing if there are too many mixtures of fractions
/// rounded to 1 / steps (0: not rounded).
std::optional<Blend> blend(Resources& files, const LocatedText& document,
                           const detail::FractionFile& file, float steps) {
  Blend out;
  std::vector<float> sum;
  for (std::size_t m = 0; m < file.volumes.size(); ++m) {
    const detail::FractionVolume& volume = file.volumes[m];
    const auto count = std::uint64_t(volume.size[0] * volume.size[1] * volume.size[2]);
    const std::vector<float> fractions = files.numbers(document, volume.file, volume.type, count);
    // Memory for the whole grid only after a file has proven that there is something to put there.
    out.index.resize(std::size_t(file.grid.count()));
    sum.resize(out.index.size());
    std::size_t at = 0;
    for (Index k = 0; k < volume.size[2]; ++k)
      for (Index j = 0; j < volume.size[1]; ++j) {
        auto voxel = std::size_t(
            file.grid.offset(volume.first[0], volume.first[1] + j, volume.first[2] + k));
        for (Index i = 0; i < volume.size[0]; ++i, ++at, ++voxel) {
          float fraction = fractions[at];
          if (fraction == 0.0f) continue;
          sum[voxel] += fraction;
          if (!(fraction > 0.0f && sum[voxel] <= 1.01f))
            throw Error(Error::Kind::data,
                        str("'", volume.file, "': voxel (", i, ", ", j, ", ", k,
                            ") has a share of ", fraction, " of ", volume.material,
                            ", all materials together ", sum[voxel], " (0 to 1 is possible)"),
                        document.where);
          if (steps > 0.0f) fraction = std::round(fraction * steps) / steps;
          if (fraction == 0.0f) continue;
          const auto mixture = out.mixtures.add(out.index[voxel], m, fraction);
          if (!mixture) return {};
          out.index[voxel] = *mixture;
        }
      }
  }
  return out;
}

/// The image, mirrored along an axis: voxels stay, the axis turns.
void flip(Grid& grid, const std::string& axis) {
  const Eigen::Index a = axis == "x" ? 0 : axis == "y" ? 1 : 2;
  grid.origin[a] = -grid.origin[a];
  grid.axes.col(a) = -grid.axes.col(a);
}

}  // namespace

const Schema<FractionMeaning>& FractionMeaning::schema() {
  static const auto s =
      Schema<FractionMeaning>("fraction", "What a material of a fraction phantom is")
          .required("name", &FractionMeaning::name, "its name in the JSON file")
          .required("material", &FractionMeaning::material,
                    "what it is made of (vitrine list material)")
          .optional("density", &FractionMeaning::density, unit::g_per_cm3,
                    "its density where the fraction is 1 (that of the material if nothing is said)")
          .between(0, 25)
          .optional("organ", &FractionMeaning::organ, "name of the organ (its name in the file)")
          .optional("host", &FractionMeaning::host,
                    "what lesions call it (nothing: no lesion grows there)")
          .one_of(host_organs_or_none());
  return s;
}

const Schema<ImportedFractions::Params>& ImportedFractions::schema() {
  static const auto s =
      Schema<Params>("material_fractions",
                     "Patient from a voxelised XCIST phantom, fractions of materials")
          .required("file", &Params::file,
                    "JSON file, relative to the scenario; the raw volumes stand beside it")
          .optional("materials", &Params::materials,
                    "what its materials are, where the names that XCIST uses do not say it")
          .optional("flip", &Params::flip,
                    "axes to mirror (else columns go left, rows back and slices up)")
          .one_of({"x", "y", "z"})
          .optional("position", &Params::position,
                    "middle of the body at the isocentre, or the file's own coordinates")
          .one_of({"centred", "as_stored"})
          .optional("sex", &Params::sex, "for the record")
          .one_of({"", "female", "male"});
  return s;
}

std::shared_ptr<const Anatomy> ImportedFractions::supplied(Resources& files) const {
  const detail::FractionFile file = detail::read_fraction_file(files.document(params_.file));
  std::vector<Substance> substances;
  for (const detail::FractionVolume& volume : file.volumes) {
    Substance found{volume.material, {}, well_known(plain(volume.material))};
    for (const FractionMeaning& row : params_.materials) {
      if (row.name != volume.material) continue;
      try {
        found.content = {
            {row.material.text, row.density.value_or(material(row.material.text).density)}};
      } catch (const Error& error) {
        throw Error(Error::Kind::input, str(row.name, ": ", error.what()), row.material.where);
      }
      if (!row.organ.empty()) found.organ = row.organ;
      found.host = row.host;
    }
    if (found.content.empty())
      throw Error(Error::Kind::input,
                  str("'", volume.material, "' is no known material. Add {name: ", volume.material,
                      ", material: ...} to 'materials'."),
                  params_.file.where);
    for (Ingredient& each : found.content) each.density *= volume.scale;
    substances.push_back(std::move(found));
  }
  for (const FractionMeaning& row : params_.materials)
    if (std::none_of(file.volumes.begin(), file.volumes.end(),
                     [&](const detail::FractionVolume& v) { return v.material == row.name; }))
      throw Error(Error::Kind::input,
                  str("the phantom has no material '", row.name, "'. Remove this row."),
                  row.material.where);

  std::optional<Blend> all;
  for (const float steps : {0.0f, 1000.0f, 250.0f, 100.0f, 50.0f})
    if ((all = blend(files, params_.file, file, steps))) break;
  if (!all)
    throw Error(Error::Kind::unsupported,
                str("the phantom has more than ", Mixtures::most,
                    " different mixtures even in steps of 2 %. Merge materials."),
                params_.file.where);
  std::vector<detail::VoxelContent> entries;
  for (const auto& mixture : all->mixtures.all()) {
    detail::VoxelContent voxel;
    double most = 0.0;
    for (const Mixtures::Part& part : mixture) {
      const Substance& substance = substances[part.material];
      if (part.fraction > most) {
        most = part.fraction;
        voxel.organ = substance.organ;
        voxel.host = substance.host;
      }
      for (const Ingredient& each : substance.content)
        voxel.content.push_back({each.material, part.fraction * each.density});
    }
    entries.push_back(std::move(voxel));
  }
  Grid grid = file.grid;
  for (const std::string& axis : params_.flip) flip(grid, axis);
  auto copy = std::make_shared<ImportedFractions>(params_);
  try {
    copy->body_ = std::make_shared<const detail::VoxelBody>(
        std::move(grid), std::move(all->index), std::move(entries),
        detail::position_named(params_.position));
  } catch (const Error& error) {
    throw Error(error.kind(), error.what(), params_.file.where);
  }
  return copy;
}

AnatomyRecord ImportedFractions::build(SceneBuilder& scene, Rng, const PatientState&) const {
  require(body_ != nullptr, Error::Kind::input, "the files of the phantom were not read");
  return body_->place(scene, params_.sex);
}

}  // namespace vitrine::phantoms
