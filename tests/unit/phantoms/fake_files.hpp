#pragma once
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "vitrine/phantoms/cohort.hpp"

namespace vitrine::test {

/// Files that were never on a disk.
class FakeFiles : public Resources {
 public:
  std::map<std::string, LabelImage> label_images;
  std::map<std::string, Image> images;
  std::map<std::string, Value> documents;
  std::map<std::string, std::vector<float>> arrays;

  LabelImage labels(const LocatedText& file) override { return label_images.at(file.text); }
  Image image(const LocatedText& file) override { return images.at(file.text); }
  Value document(const LocatedText& file) override { return documents.at(file.text); }
  std::vector<float> numbers(const LocatedText&, const std::string& name, Number,
                             std::uint64_t count) override {
    auto found = arrays.at(name);
    require(found.size() == count, Error::Kind::data, name, " is cut short");
    return found;
  }
};

/// The anatomy that `node` describes, with its files.
inline Pick<phantoms::Anatomy> supplied(const Value& node, FakeFiles& files) {
  Diagnostics problems;
  auto made = phantoms::anatomies().make(node, problems);
  problems.throw_if_any();
  if (auto with_files = made->supplied(files)) made.thing = std::move(with_files);
  return made;
}

/// What is wrong with `node` or its files; "" if nothing is.
inline std::string complaint_about(const Value& node, FakeFiles& files) {
  try {
    supplied(node, files);
  } catch (const Error& error) {
    return error.what();
  }
  return {};
}

/// A labelled image from one number a voxel.
inline LabelImage label_image(const Grid& grid, std::span<const std::uint16_t> voxels) {
  std::map<std::uint16_t, std::uint64_t> count;
  for (const std::uint16_t v : voxels) ++count[v];
  LabelImage image{grid, {}, {}};
  std::map<std::uint16_t, std::uint16_t> index;
  for (const auto& [value, n] : count) {
    index[value] = static_cast<std::uint16_t>(image.labels.size());
    image.labels.push_back({value, n});
  }
  for (const std::uint16_t v : voxels) image.index.push_back(index[v]);
  return image;
}

}  // namespace vitrine::test
