#include "vitrine/phantoms/import/label_map.hpp"

#include <algorithm>
#include <cmath>
#include <map>

#include "vitrine/phantoms/import/detail/voxel_body.hpp"

namespace vitrine::phantoms {
namespace {

constexpr double highest_label = 2147483647.0;  // of a 32-bit integer

/// `label 7 (1234 voxels, 1.2 cm3)`.
std::string described(const LabelImage::Label& label, const Grid& grid) {
  const double volume = double(label.voxels) * grid.voxel_volume() / 1000.0;
  return str("label ", label.value, " (", label.voxels,
             label.voxels == 1 ? " voxel, " : " voxels, ",
             to_text(std::round(volume * 100.0) / 100.0), " cm3)");
}

bool is_lesion_name(const std::string& name) {
  return name.starts_with("lesion") && name.size() > 6 &&
         name.find_first_not_of("0123456789", 6) == std::string::npos;
}

}  // namespace

const Schema<LabelMeaning>& LabelMeaning::schema() {
  static const auto s =
      Schema<LabelMeaning>("label", "What some labels of an image stand for")
          .required("labels", &LabelMeaning::labels, "the numbers in the image")
          .between(-highest_label - 1.0, highest_label)
          .required("organ", &LabelMeaning::organ, "name of the organ; several rows may share one")
          .required("material", &LabelMeaning::material,
                    "what it is made of (vitrine list material)")
          .optional("density", &LabelMeaning::density, unit::g_per_cm3,
                    "its density (that of the material if nothing is said)")
          .between(0, 25)
          .optional("host", &LabelMeaning::host,
                    "what lesions call it (nothing: no lesion grows there)")
          .one_of(host_organs_or_none())
          .rule("labels must name at least one label",
                [](const LabelMeaning& l) { return !l.labels.empty(); })
          .rule("organ must not be empty (leave label 0 out where it is nothing)",
                [](const LabelMeaning& l) { return !l.organ.empty(); })
          .rule("organ must not be named like a lesion (lesion01 is the first that is placed)",
                [](const LabelMeaning& l) { return !is_lesion_name(l.organ); });
  return s;
}

const Schema<ImportedLabels::Params>& ImportedLabels::schema() {
  static const auto s =
      Schema<Params>("label_map", "Patient from a segmented image, one material for each label")
          .required("file", &Params::file,
                    "image of whole numbers: NIfTI, MetaImage or NRRD, relative to the scenario")
          .required("labels", &Params::labels,
                    "what the labels stand for, or the name of a YAML file with this list; label 0 "
                    "is nothing unless a row says what")
          .optional("absent_labels", &Params::absent_labels,
                    "whether rows may name labels that the image does not have")
          .one_of({"refuse", "allow"})
          .optional("position", &Params::position,
                    "middle of the body at the isocentre, or the file's own coordinates")
          .one_of({"centred", "as_stored"})
          .optional("sex", &Params::sex, "for the record")
          .one_of({"", "female", "male"});
  return s;
}

std::shared_ptr<const Anatomy> ImportedLabels::supplied(Resources& files) const {
  std::map<std::int64_t, const LabelMeaning*> meaning;
  for (const LabelMeaning& row : params_.labels) {
    try {
      material(row.material.text);
    } catch (const Error& error) {
      throw Error(Error::Kind::input, str(row.organ, ": ", error.what()), row.material.where);
    }
    for (const std::int64_t label : row.labels) {
      const auto [at, is_new] = meaning.emplace(label, &row);
      if (!is_new)
        throw Error(Error::Kind::input,
                    str("label ", label, " is both ", at->second->organ, " and ", row.organ,
                        " (a label has one meaning). Remove it from one row."),
                    row.material.where);
    }
  }

  LabelImage image = files.labels(params_.file);
  std::vector<detail::VoxelContent> entries;
  std::string unknown;
  int unknown_labels = 0;
  for (const LabelImage::Label& label : image.labels) {
    const auto at = meaning.find(label.value);
    entries.emplace_back();
    if (at != meaning.end()) {
      const LabelMeaning& row = *at->second;
      const double density = row.density.value_or(material(row.material.text).density);
      entries.back() = {row.organ, row.host, {{row.material.text, density}}};
      meaning.erase(at);
    } else if (label.value != 0 && ++unknown_labels <= 8) {
      unknown += str(unknown.empty() ? "" : ", ", described(label, image.grid));
    }
  }
  if (unknown_labels > 0)
    throw Error(Error::Kind::data,
                str("the image has ", unknown_labels > 1 ? "labels" : "a label",
                    " without a material: ", unknown, unknown_labels > 8 ? ", ..." : "",
                    ". Add rows to 'labels'."),
                params_.file.where);
  if (!meaning.empty() && params_.absent_labels == "refuse") {
    const auto& [label, row] = *meaning.begin();
    throw Error(Error::Kind::data,
                str("label ", label, " (", row->organ,
                    ") is empty: no voxel of the image has it. Remove it, or say "
                    "'absent_labels: allow'."),
                row->material.where);
  }
  auto copy = std::make_shared<ImportedLabels>(params_);
  try {
    copy->body_ = std::make_shared<const detail::VoxelBody>(
        std::move(image.grid), std::move(image.index), std::move(entries),
        detail::position_named(params_.position));
  } catch (const Error& error) {
    throw Error(error.kind(), error.what(), params_.file.where);
  }
  return copy;
}

AnatomyRecord ImportedLabels::build(SceneBuilder& scene, Rng, const PatientState&) const {
  require(body_ != nullptr, Error::Kind::input, "the file of the label map was not read");
  return body_->place(scene, params_.sex);
}

}  // namespace vitrine::phantoms
