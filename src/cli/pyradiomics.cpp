#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <map>
#include <memory>
#include <new>
#include <set>

#include "vitrine/cli/commands.hpp"
#include "vitrine/cli/exit_code.hpp"
#include "vitrine/cli/feature_pairs.hpp"
#include "vitrine/cli/feature_tables.hpp"
#include "vitrine/cli/pyradiomics_parameters.hpp"
#include "vitrine/core/parallel.hpp"
#include "vitrine/io/csv.hpp"
#include "vitrine/io/dicom_mask.hpp"
#include "vitrine/io/image_reader.hpp"
#include "vitrine/radiomics/pyradiomics/extract.hpp"

namespace vitrine::cli {
namespace {

using radiomics::pyradiomics::Extraction;
using radiomics::pyradiomics::Parameters;
using radiomics::pyradiomics::Stored;

struct Options {
  std::string input, mask, parameters, out, format = "txt", paths = "absolute", mode = "segment";
  std::vector<std::string> settings;
  int label = 0, jobs = 1;
  bool skip_nans = false;
};

/// A row of the batch file, or the two names of the command line.
struct Case {
  std::vector<std::pair<std::string, std::string>> columns;  ///< as given, in their order
  FeaturePair pair;
  Extraction extraction;
  std::string error;
};

std::string text_of(const Table::Cell& cell) {
  if (const auto* text = std::get_if<std::string>(&cell)) return *text;
  const double number = std::get<double>(cell);
  return number == number ? to_text(number) : std::string();
}

std::vector<Case> read_batch(const std::string& file) {
  const Table table = io::read_csv(file);
  table.column("Image");
  table.column("Mask");
  std::vector<Case> cases;
  for (const auto& row : table.rows) {
    Case& made = cases.emplace_back();
    made.pair.base = io::Path(file).parent_path();
    for (std::size_t c = 0; c < row.size(); ++c) {
      const std::string &column = table.columns[c], text = text_of(row[c]);
      made.columns.emplace_back(column, text);
      if (column == "Image") made.pair.image = text;
      if (column == "Mask") made.pair.mask = text;
      if (column == "Label") made.pair.label = text;
      require(column != "Label_channel" || text.empty() || text == "0", Error::Kind::unsupported,
              "'", file, "': Label_channel is ", text,
              " (masks with several numbers per voxel are not read). Write one mask per channel");
    }
    require(!made.pair.image.empty() && !made.pair.mask.empty(), Error::Kind::data, "'", file,
            "' has a row without Image or Mask.");
  }
  require(!cases.empty(), Error::Kind::data, "'", file, "' has no row.");
  return cases;
}

std::vector<Case> cases_of(const Options& options) {
  if (options.input.ends_with(".csv")) {
    require(options.mask.empty(), Error::Kind::input,
            "a batch file names its masks itself. Leave out ", options.mask);
    return read_batch(options.input);
  }
  require(!options.mask.empty(), Error::Kind::input,
          "pyradiomics takes IMAGE and MASK, or a batch file whose name ends in .csv.");
  Case made;
  made.columns = {{"Image", options.input}, {"Mask", options.mask}};
  made.pair = {options.input, options.mask, {}, {}, {}};
  return {std::move(made)};
}

/// The pair's mask: its label's voxels on a grid of its own, or a DICOM region on the image's.
Mask mask_of(const FeaturePair& pair, const Image& image, std::int64_t label) {
  const io::Path path = pair.base / pair.mask;
  if (io::kind_of_dicom_mask(path) != io::DicomMask::none)
    return read_pair_mask(pair, image, MaskGeometry::must_agree);
  if (pair.label.empty()) return io::read_mask(path, int(label));
  return io::read_mask(path, label_number(pair.label));
}

void measure(Case& it, const Parameters& parameters) {
  try {
    const io::Path path = it.pair.base / it.pair.image;
    const Image image = io::read_image(path);
    const Stored stored =
        io::stores_whole_numbers(path, image) ? Stored::whole_numbers : Stored::real_numbers;
    it.extraction = radiomics::pyradiomics::extract(
        image, mask_of(it.pair, image, parameters.settings.label), parameters, stored);
  } catch (const Error& error) {
    if (error.kind() == Error::Kind::interrupted) throw;
    it.error = explain(error);
  } catch (const std::bad_alloc&) {
    it.error = "out of memory";
  }
}

std::string shown_path(const Case& it, const std::string& name, const std::string& how) {
  const io::Path path = it.pair.base / name;
  if (how == "basename") return path.filename().string();
  if (how == "relative") return path.lexically_proximate(it.pair.base).string();
  return std::filesystem::absolute(path).lexically_normal().string();
}

/// Column names and cells of a case, in PyRadiomics' order.
std::vector<std::pair<std::string, Table::Cell>> row_of(const Case& it, const Options& options) {
  std::vector<std::pair<std::string, Table::Cell>> row;
  for (const auto& [column, text] : it.columns) {
    const bool is_path = column == "Image" || column == "Mask";
    row.emplace_back(column, is_path ? shown_path(it, text, options.paths) : text);
  }
  for (const auto& d : it.extraction.diagnostics) {
    const auto* number = std::get_if<double>(&d.value);
    row.emplace_back(d.name,
                     number ? Table::Cell(*number) : Table::Cell(std::get<std::string>(d.value)));
  }
  for (const auto& f : it.extraction.features)
    if (!options.skip_nans || f.value == f.value) row.emplace_back(f.name, f.value);
  return row;
}

std::string csv_of(const std::vector<Case>& cases, const Options& options) {
  Table table;
  std::map<std::string, std::size_t> place;
  const auto add_column = [&](const std::string& name) {
    if (place.try_emplace(name, table.columns.size()).second) table.columns.push_back(name);
  };
  for (const auto& [name, cell] : row_of(cases.front(), options)) add_column(name);
  std::set<std::string> others;
  for (const Case& it : cases)
    for (const auto& [name, cell] : row_of(it, options))
      if (!place.contains(name)) others.insert(name);
  for (const std::string& name : others) add_column(name);
  for (const Case& it : cases) {
    std::vector<Table::Cell> cells(table.columns.size(), std::string());
    for (const auto& [name, cell] : row_of(it, options)) cells[place[name]] = cell;
    table.add(std::move(cells));
  }
  return table.to_csv();
}

std::string txt_of(const std::vector<Case>& cases, const Options& options) {
  std::string text;
  for (std::size_t i = 0; i < cases.size(); ++i)
    for (const auto& [name, cell] : row_of(cases[i], options))
      text += str("Case-", i + 1, '_', name, ": ", text_of(cell), '\n');
  return text;
}

std::string json_of(const std::vector<Case>& cases, const Options& options) {
  Value::List all;
  for (const Case& it : cases) {
    Value object(Value::Map{});
    for (const auto& [name, cell] : row_of(it, options)) {
      const double* number = std::get_if<double>(&cell);
      object.set(name, number ? Value(*number) : Value(std::get<std::string>(cell)));
    }
    all.push_back(std::move(object));
  }
  return to_json(Value(std::move(all)), 2) + "\n";
}

int run(const Options& options) {
  require(options.mode == "segment", Error::Kind::unsupported, "--mode ", options.mode,
          " is not available. Leave it out: features of regions");
  Parameters parameters = read_pyradiomics_parameters(options.parameters, options.settings);
  if (options.label > 0) parameters.settings.label = options.label;
  for (const std::string& note : parameters.notes)
    std::fprintf(stderr, "vitrine: note: %s\n", note.c_str());

  std::vector<Case> cases = cases_of(options);
  const auto jobs = std::int64_t(std::clamp(options.jobs, 1, thread_count()));
  const auto count = std::ssize(cases);
  for (std::int64_t first = 0; first < count; first += jobs)
    parallel_for(std::min(jobs, count - first),
                 [&](std::int64_t i) { measure(cases[std::size_t(first + i)], parameters); });

  int failed = 0;
  std::set<std::string> notes;
  for (const Case& it : cases) {
    notes.insert(it.extraction.notes.begin(), it.extraction.notes.end());
    std::map<std::string_view, int> without_value;  // by reason
    for (const auto& f : it.extraction.features)
      if (!f.reason.empty()) ++without_value[f.reason];
    for (const auto& [reason, features] : without_value)
      notes.insert(str(it.pair.image, ", ", it.pair.mask, ": ", features,
                       " features have no value (", reason, ")"));
    if (it.error.empty()) continue;
    ++failed;
    std::fprintf(stderr, "vitrine: %s, %s: %s\n", it.pair.image.c_str(), it.pair.mask.c_str(),
                 it.error.c_str());
  }
  for (const std::string& note : notes) std::fprintf(stderr, "vitrine: note: %s\n", note.c_str());
  const std::string text = options.format == "csv"    ? csv_of(cases, options)
                           : options.format == "json" ? json_of(cases, options)
                                                      : txt_of(cases, options);
  if (options.out.empty()) {
    std::fputs(text.c_str(), stdout);
  } else {
    io::write_file(options.out, text);
  }
  if (failed > 0) std::fprintf(stderr, "vitrine: %d of %d cases failed\n", failed, int(count));
  return failed > 0 ? cases_failed : ok;
}

}  // namespace

void add_pyradiomics(CLI::App& app, int& code) {
  auto* command = app.add_subcommand(
      "pyradiomics", "Radiomic features under PyRadiomics' names, by its definitions and settings");
  auto options = std::make_shared<Options>();
  command
      ->add_option("input", options->input,
                   "image (NIfTI, NRRD, MetaImage or a directory with a DICOM CT series), or a "
                   "batch CSV with the columns Image, Mask and, if wanted, Label")
      ->required();
  command->add_option("mask", options->mask, "mask; not with a batch file");
  command->add_option("--param,-p", options->parameters,
                      "parameter file: imageType, featureClass and setting, in YAML or JSON");
  command->add_option("--setting,-s", options->settings,
                      "a setting instead of the file's: -s binWidth:25 -s distances:1,2");
  command->add_option("--label,-l", options->label, "label in the mask (the same as -s label:N)");
  command->add_option("--jobs,-j", options->jobs, "cases of a batch at a time");
  command->add_option("--out,-o", options->out, "write here instead of the terminal");
  command
      ->add_option("--format,-f", options->format, "txt (a value a line), csv (a case a row), json")
      ->check(CLI::IsMember({"txt", "csv", "json"}));
  command->add_option("--format-path", options->paths, "file names in the output")
      ->check(CLI::IsMember({"absolute", "relative", "basename"}));
  command->add_flag("--skip-nans", options->skip_nans, "leave out features without a value");
  command->add_option("--mode,-m", options->mode, "segment; voxel is not available");
  command->callback([options, &code] { code = run(*options); });
}

}  // namespace vitrine::cli
