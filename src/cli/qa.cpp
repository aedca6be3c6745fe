#include "vitrine/cli/commands.hpp"
#include "vitrine/cli/qa_commands.hpp"

namespace vitrine::cli {

void add_qa(CLI::App& app, int& code) {
  auto* qa =
      app.add_subcommand("qa",
                         "Image quality of phantom scans: resolution, noise, CT numbers; and the "
                         "passport of a scanner");
  qa->require_subcommand(0, 1);
  add_qa_scanner(*qa, code);
  add_qa_mtf(*qa, code);
  add_qa_nps(*qa, code);
  add_qa_hu(*qa, code);
  add_qa_uniformity(*qa, code);
  add_qa_ssp(*qa, code);
  add_qa_detect(*qa, code);
  qa->footer(
      "\nImages are ours or a real scanner's: NIfTI, NRRD, MetaImage or a DICOM directory. "
      "Positions\n"
      "are patient x and y in mm (+x right of the image, +y down), slices count from 0.\n"
      "docs/users/image-quality.md has an example of each.");
}

}  // namespace vitrine::cli
