#include <algorithm>
#include <cstdio>
#include <memory>
#include <new>
#include <optional>

#include "vitrine/cli/commands.hpp"
#include "vitrine/cli/exit_code.hpp"
#include "vitrine/cli/feature_pairs.hpp"
#include "vitrine/cli/feature_tables.hpp"
#include "vitrine/cli/read_yaml.hpp"
#include "vitrine/cli/version.hpp"
#include "vitrine/io/file.hpp"
#include "vitrine/radiomics/perturbation.hpp"

namespace vitrine::cli {
namespace {

struct Options {
  std::string image, mask, batch, settings, perturb, label, out, format = "tidy";
  std::vector<std::string> families;
  bool resample_mask = false, diagnostics = false, json = false;
};

/// What a perturbation made of the mask, as rows beside the features.
std::vector<radiomics::Diagnostic> mask_rows(const radiomics::PerturbedMask& perturbed) {
  const radiomics::MaskChange change = radiomics::change_of(perturbed);
  return {{"mask.voxels", "", "", "1", double(change.voxels)},
          {"mask.volume", "", "", "mm^3", change.volume()},
          {"mask.volume_change", "", "", "1", change.volume_change()},
          {"mask.dice", "", "", "1", change.dice()},
          {"mask.inclusion_fraction", "", "", "1", change.inclusion_fraction()},
          {"mask.partial_volume_fraction", "", "", "1", change.partial_volume_fraction}};
}

/// Measures one pair after the other: families, settings and what to add are the same for all.
class Measurer {
 public:
  explicit Measurer(const Options& options)
      : options_(options),
        settings_(options.settings.empty() ? radiomics::Settings{}
                                           : read_yaml<radiomics::Settings>(options.settings)),
        keep_(radiomics::kept_for(options.families)) {
    if (options.perturb.empty()) return;
    require(settings_.filters.empty(), Error::Kind::input,
            "--perturb measures the images themselves. Leave filters out of the settings");
    perturb_ = read_yaml<radiomics::PerturbationFile>(options.perturb);
  }

  /// The pair as it is, and once more for every perturbation.
  std::vector<PairResult> operator()(const FeaturePair& pair) {
    const Image& image = images_.of(pair);
    const Mask mask = read_pair_mask(
        pair, image, options_.resample_mask ? MaskGeometry::resample : MaskGeometry::must_agree);
    std::vector<PairResult> results;
    const auto add = [&](const radiomics::Region& region) -> PairResult& {
      results.push_back(
          {pair,
           radiomics::extract_filtered(image, region, settings_, options_.families, chosen_isa()),
           {},
           {},
           {}});
      return results.back();
    };
    const radiomics::Region region = radiomics::prepare(image, mask, settings_, keep_);
    PairResult& plain = add(region);
    if (options_.diagnostics) plain.diagnostics = diagnostics(image, region);
    if (!perturb_) return results;

    const radiomics::Chance chance{std::uint64_t(perturb_->seed),
                                   str(pair.image, '|', pair.mask, '|', pair.label)};
    const auto perturbed = [&](const radiomics::Perturbation& p) {
      return radiomics::perturb(mask, settings_, p, chance);
    };
    const auto note = [](PairResult& result, const radiomics::PerturbedMask& made) {
      result.perturbation = made.perturbation.id;
      for (auto& row : mask_rows(made)) result.diagnostics.push_back(std::move(row));
    };
    note(plain, perturbed({}));
    for (const radiomics::Perturbation& p : perturb_->perturbations) {
      const radiomics::PerturbedMask made = perturbed(p);
      note(add(radiomics::prepare(image, made, settings_, keep_)), made);
    }
    return results;
  }

 private:
  std::vector<radiomics::Diagnostic> diagnostics(const Image& image,
                                                 const radiomics::Region& region) const {
    auto rows = radiomics::diagnostics(image, settings_, region);
    const bool wants_shape =
        std::any_of(options_.families.begin(), options_.families.end(),
                    [](const std::string& id) { return id.starts_with("morphology"); });
    if (wants_shape)
      for (auto& row : radiomics::shape_certificates(region)) rows.push_back(std::move(row));
    return rows;
  }

  const Options& options_;
  radiomics::Settings settings_;
  radiomics::Keep keep_;  // a family that is none is said before any image is read
  std::optional<radiomics::PerturbationFile> perturb_;
  PairImages images_;
};

/// All pairs of a batch; one that fails is recorded, the others go on.
std::vector<PairResult> measure_all(Measurer& measure, const std::vector<FeaturePair>& pairs) {
  std::vector<PairResult> results;
  for (const FeaturePair& pair : pairs) {
    const auto fail = [&](const std::string& why) {
      std::fprintf(stderr, "vitrine: %s, %s: %s\n", pair.image.c_str(), pair.mask.c_str(),
                   why.c_str());
      results.push_back({pair, {}, {}, why, {}});
    };
    try {
      for (PairResult& result : measure(pair)) results.push_back(std::move(result));
    } catch (const Error& error) {
      if (error.kind() == Error::Kind::interrupted) throw;
      fail(explain(error));
    } catch (const std::bad_alloc&) {
      fail("out of memory");
    }
  }
  return results;
}

int run(const Options& options) {
  const bool is_batch = !options.batch.empty();
  require(is_batch != !options.image.empty() && options.image.empty() == options.mask.empty(),
          Error::Kind::input, "features takes IMAGE and MASK, or --batch FILE.");
  require(!is_batch || options.label.empty(), Error::Kind::input,
          "--label goes with IMAGE and MASK. A batch file has a column 'label' for it.");
  Measurer measure(options);
  FeatureBatch batch;
  std::vector<PairResult> results;
  if (is_batch) {
    batch = read_feature_batch(options.batch);
    results = measure_all(measure, batch.pairs);
  } else {
    results = measure({options.image, options.mask, options.label, {}, {}});
  }
  const bool wide = options.format == "wide";
  const Table table =
      wide ? wide_table(batch.extra_columns, results) : tidy_table(batch.extra_columns, results);
  const std::string text =
      options.json || options.format == "json" ? rows_as_json(table) : table.to_csv();
  if (options.out.empty()) {
    std::fputs(text.c_str(), stdout);
  } else {
    io::write_file(options.out, text);
  }
  const auto failed = std::count_if(results.begin(), results.end(),
                                    [](const PairResult& r) { return !r.error.empty(); });
  if (failed > 0)
    std::fprintf(stderr, "vitrine: %d of %d pairs failed; the table says why\n", int(failed),
                 int(batch.pairs.size()));
  return failed > 0 ? cases_failed : ok;
}

}  // namespace

void add_features(CLI::App& app, int& code) {
  auto* command = app.add_subcommand("features", "Radiomic features of a masked region (IBSI)");
  auto options = std::make_shared<Options>();
  for (const auto& family : radiomics::families()) options->families.emplace_back(family.id);
  command->add_option("image", options->image,
                      "NIfTI, NRRD, MetaImage, or a directory with a DICOM CT series");
  command->add_option("mask", options->mask,
                      "NIfTI, NRRD, MetaImage, DICOM Segmentation or RT Structure Set");
  command->add_option("--batch", options->batch,
                      "CSV with the columns image, mask and, if wanted, label: many pairs");
  command->add_option("--settings", options->settings,
                      "YAML file with the keys of `vitrine explain settings`");
  command->add_option("--perturb", options->perturb,
                      "YAML file with perturbations of the mask (`vitrine explain perturbations`), "
                      "each measured beside the mask as it is");
  command
      ->add_option("--families", options->families,
                   "families, or single features, to compute, comma-separated")
      ->delimiter(',');
  command->add_option("--label", options->label,
                      "label in the mask, or name or number of a DICOM region (default: every "
                      "voxel that is not 0, the only region)");
  command->add_flag("--resample-mask", options->resample_mask,
                    "interpolate a mask of another grid to the image's");
  command->add_flag(
      "--diagnostics", options->diagnostics,
      "add IBSI's diagnostics of image and region, and what proves the smallest box and ellipsoid");
  command
      ->add_option("--format", options->format, "tidy (a row a value), wide (a row a pair), json")
      ->check(CLI::IsMember({"tidy", "wide", "json"}));
  command->add_option("--out,-o", options->out, "write here instead of the terminal");
  command->add_flag("--json", options->json, "the same as --format json");
  command->callback([options, &code] { code = run(*options); });
}

}  // namespace vitrine::cli
