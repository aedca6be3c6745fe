#include "vitrine/readers/reader.hpp"

#include "vitrine/readers/blob_detector.hpp"
#include "vitrine/readers/command.hpp"
#include "vitrine/readers/lesion_rater.hpp"
#include "vitrine/readers/onnx.hpp"
#include "vitrine/readers/region_grower.hpp"

namespace vitrine::readers {

std::string_view to_string(Task task) {
  switch (task) {
    case Task::segmentation:
      return "segmentation";
    case Task::detection:
      return "detection";
    case Task::classification:
      return "classification";
    case Task::embedding:
      break;
  }
  return "embedding";
}

const Catalogue<Reader>& catalogue() {
  static const auto all =
      Catalogue<Reader>("reader", "Models under test: what reads an image and finds lesions")
          .add<RegionGrower>()
          .add<BlobDetector>()
          .add<LesionRater>()
          .add<CommandReader>()
          .add<OnnxReader>();
  return all;
}

const Catalogue<Reader>& catalogue_for(const Reader*) { return catalogue(); }

}  // namespace vitrine::readers
