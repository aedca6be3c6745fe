#include <cstdio>
#include <memory>

#include "vitrine/cli/commands.hpp"
#include "vitrine/cli/exit_code.hpp"
#include "vitrine/cli/read_yaml.hpp"
#include "vitrine/core/table.hpp"
#include "vitrine/io/file.hpp"
#include "vitrine/io/image_reader.hpp"
#include "vitrine/radiomics/extract.hpp"

namespace vitrine::cli {
namespace {

struct Options {
  std::string image, mask, settings, out;
  std::vector<std::string> families;
  int label = 0;
  bool json = false;
};

Table measure(const Options& options) {
  const Image image = io::read_image(options.image);
  const Mask mask =
      io::read_mask(options.mask, options.label > 0 ? std::optional(options.label) : std::nullopt);
  io::require_same_grid(image.grid(), mask.grid());
  const auto settings = options.settings.empty() ? radiomics::Settings{}
                                                 : read_yaml<radiomics::Settings>(options.settings);
  // The same grid within a hundredth of a millimetre: use the image's for both.
  Mask aligned(image.grid());
  std::copy(mask.values().begin(), mask.values().end(), aligned.values().begin());
  Table table;
  table.columns = {"image", "mask",  "feature",     "ibsi_code",
                   "unit",  "value", "aggregation", "reason"};
  for (const auto& f : radiomics::extract(image, aligned, settings, options.families))
    table.add({options.image, options.mask, std::string(f.info->id), std::string(f.info->ibsi_code),
               std::string(f.info->unit), f.value, std::string(f.aggregation),
               std::string(f.reason)});
  return table;
}

std::string as_json(const Table& table) {
  Value::List rows;
  for (const auto& row : table.rows) {
    Value object;
    for (std::size_t i = 0; i < row.size(); ++i) {
      const double* number = std::get_if<double>(&row[i]);
      object.set(table.columns[i], number ? Value(*number) : Value(std::get<std::string>(row[i])));
    }
    rows.push_back(std::move(object));
  }
  return to_json(Value(std::move(rows)), 2) + "\n";
}

}  // namespace

void add_features(CLI::App& app, int& code) {
  auto* command = app.add_subcommand("features", "Radiomic features of a masked region (IBSI)");
  auto options = std::make_shared<Options>();
  for (const auto& family : radiomics::families()) options->families.emplace_back(family.id);
  command
      ->add_option("image", options->image,
                   "NIfTI, NRRD, MetaImage, or a directory with a DICOM CT series")
      ->required();
  command->add_option("mask", options->mask, "mask on the same grid")->required();
  command->add_option("--settings", options->settings,
                      "YAML file with the keys of `vitrine explain settings`");
  command
      ->add_option("--families", options->families,
                   "families, or single features, to compute, comma-separated")
      ->delimiter(',');
  command->add_option("--label", options->label,
                      "label in the mask (default: every voxel that is not 0)");
  command->add_option("--out,-o", options->out, "write here instead of the terminal");
  command->add_flag("--json", options->json, "JSON instead of CSV");
  command->callback([options, &code] {
    const Table table = measure(*options);
    const std::string text = options->json ? as_json(table) : table.to_csv();
    if (options->out.empty()) {
      std::fputs(text.c_str(), stdout);
    } else {
      io::write_file(options->out, text);
    }
    code = ok;
  });
}

}  // namespace vitrine::cli
