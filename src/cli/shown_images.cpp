#include "vitrine/cli/shown_images.hpp"

#include <algorithm>
#include <set>

#include "vitrine/core/listing.hpp"
#include "vitrine/phantoms/voxelise.hpp"

namespace vitrine::cli {
namespace {

/// Has no file to give.
class NoFiles final : public Resources {
 public:
  LabelImage labels(const LocatedText& file) override { refuse(file); }
  Image image(const LocatedText& file) override { refuse(file); }
  Value document(const LocatedText& file) override { refuse(file); }
  std::vector<float> numbers(const LocatedText& document, const std::string&, Number,
                             std::uint64_t) override {
    refuse(document);
  }

 private:
  [[noreturn]] static void refuse(const LocatedText& file) {
    throw Error(Error::Kind::unsupported,
                str("the trial's patients come from '", file.text,
                    "', which is needed again to say where they lay, and a finished trial does not "
                    "keep it. Have the trial write DICOM itself (outputs: {images: [dicom]}), or "
                    "export another --layout without --organ"));
  }
};

constexpr const char* every_organ = "all";

OrganLabel parsed(const std::string& text) {
  const std::size_t equals = text.find('=');
  if (equals == std::string::npos) return {text, {text}};
  return {text.substr(0, equals), split(text.substr(equals + 1), "+")};
}

void require_known(const std::string& organ, const std::vector<std::string>& known) {
  require(std::ranges::find(known, organ) != known.end(), Error::Kind::input,
          "no patient of the trial has an organ '", organ, "' (--organ).", suggestion(organ, known),
          " They have: ", listing(known));
}

void require_apart(const std::vector<OrganLabel>& labels) {
  std::set<std::string> names, parts;
  for (const OrganLabel& label : labels) {
    require(!label.name.empty() && label.name != "lesion" && !label.name.ends_with("_lesion"),
            Error::Kind::input, "'", label.name,
            "' cannot be an organ's label (--organ): lesions are called so. Choose another name");
    require(names.insert(label.name).second, Error::Kind::input, "the label '", label.name,
            "' is given twice (--organ). Name its organs at once: ", label.name, "=A+B");
    for (const std::string& part : label.parts)
      require(parts.insert(part).second, Error::Kind::input, "the organ '", part,
              "' is in two labels (--organ), and a voxel can have but one. Leave one out");
  }
}

std::vector<OrganLabel> labels_of(const StoredTrial& stored,
                                  const std::vector<std::string>& asked) {
  std::vector<OrganLabel> labels;
  if (asked.empty()) return labels;
  std::set<std::string> wanted;
  for (const std::string& text : asked) {
    if (text == every_organ) continue;
    labels.push_back(parsed(text));
    wanted.insert(labels.back().parts.begin(), labels.back().parts.end());
  }
  require_apart(labels);
  const bool all = std::ranges::find(asked, every_organ) != asked.end();
  std::vector<std::string> known;
  const auto is_known = [&](const std::string& name) {
    return std::ranges::find(known, name) != known.end();
  };
  const std::string arm = stored.plan.arms.front().name;
  const trial::CaseResults& cases = stored.result.cases;
  for (std::size_t i = 0; i < cases.size(); ++i) {
    if (!all && std::ranges::all_of(wanted, is_known)) break;
    const trial::ShownPatient patient(stored.plan, cases.id(i), arm, "scan");
    for (std::string& name : phantoms::anatomy_names(patient.scene()))
      if (!is_known(name)) known.push_back(std::move(name));
  }
  for (const std::string& organ : wanted) require_known(organ, known);
  if (all)
    for (const std::string& organ : known)
      if (!wanted.contains(organ)) labels.push_back({organ, {organ}});
  require_apart(labels);
  return labels;
}

}  // namespace

ShownImages::ShownImages(const StoredTrial& stored, const std::vector<std::string>& organs)
    : stored_(stored) {
  NoFiles none;
  static_cast<void>(stored.plan.scenario.patients.anatomy->supplied(none));
  labels_ = labels_of(stored, organs);
}

trial::ShownPatient& ShownImages::patient(const TrialImage& image) {
  if (!patient_ || !patient_->is(image.case_id, image.arm, image.replicate)) {
    patient_ = std::make_unique<trial::ShownPatient>(stored_.plan, image.case_id, image.arm,
                                                     image.replicate);
    organs_.reset();
  }
  return *patient_;
}

std::shared_ptr<const LabelMap> ShownImages::organs(const TrialImage& image) {
  if (labels_.empty()) return nullptr;
  const trial::ShownPatient& shown = patient(image);
  if (organs_) return organs_;
  std::vector<std::string> names;
  std::vector<std::uint16_t> label_of{0};
  for (std::size_t l = 0; l < labels_.size(); ++l)
    for (const std::string& part : labels_[l].parts) {
      names.push_back(part);
      label_of.push_back(std::uint16_t(l + 1));
    }
  LabelMap map = phantoms::anatomy_map(shown.scene(), shown.grid(), names);
  for (std::uint16_t& value : map.values()) value = label_of[value];
  organs_ = std::make_shared<const LabelMap>(std::move(map));
  return organs_;
}

}  // namespace vitrine::cli
