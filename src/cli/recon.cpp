#include <algorithm>
#include <cmath>
#include <cstdio>
#include <memory>
#include <optional>

#include "vitrine/cli/commands.hpp"
#include "vitrine/cli/exit_code.hpp"
#include "vitrine/cli/version.hpp"
#include "vitrine/config/yaml.hpp"
#include "vitrine/core/units.hpp"
#include "vitrine/io/dicom.hpp"
#include "vitrine/io/json.hpp"
#include "vitrine/io/nifti.hpp"
#include "vitrine/io/raw.hpp"
#include "vitrine/recon/algorithm.hpp"
#include "vitrine/recon/corrections.hpp"
#include "vitrine/recon/denoise.hpp"
#include "vitrine/recon/fbp.hpp"
#include "vitrine/recon/image_grid.hpp"
#include "vitrine/recon/preprocess.hpp"

namespace vitrine::cli {
namespace {

struct Options {
  std::string file, kernel, algorithm, out, corrections;
  std::optional<double> thickness, increment, field_of_view, noise_reduction;
  std::optional<std::int64_t> matrix, slices;
  std::vector<double> centre;
  std::vector<std::string> formats{"nifti"};
  bool info = false;

  bool order() const {
    return !kernel.empty() || thickness || increment || field_of_view || noise_reduction ||
           matrix || slices || !centre.empty() || !corrections.empty() || !algorithm.empty();
  }
};

/// One image to be made.
struct Order {
  std::string name;
  Pick<recon::Kernel> kernel;
  double thickness = 0.0;
  RawScan::Box box;
  recon::Denoise denoise{.reduction = 0.0};
  Pick<recon::Algorithm> algorithm = recon::default_algorithm();
  recon::Corrections corrections = {};
};

recon::Corrections corrections_of(const Value& node) {
  Diagnostics problems;
  recon::Corrections made = recon::Corrections::schema().read(node, problems);
  problems.throw_if_any();
  return made;
}

/// What an option says, as the key of that name would in a scenario; `otherwise` tells what it is
/// not, and where to look.
Value option_value(const std::string& key, const std::string& text, const std::string& otherwise) {
  Diagnostics problems;
  const Value tree = config::parse_yaml(key + ": " + text, "--" + key, problems);
  problems.throw_if_any();
  const Value* node = tree.find(key);
  require(node != nullptr, Error::Kind::input, "--", key, " '", text, "' ", otherwise);
  return *node;
}

/// As in a scenario; `none` for nothing.
recon::Corrections corrections_named(const std::string& text) {
  if (text == "none") return {};
  return corrections_of(option_value("corrections", text,
                                     "names no corrections. See `vitrine explain corrections`."));
}

std::string canonical(const recon::Corrections& corrections) {
  return corrections.any() ? to_json(recon::Corrections::schema().write(corrections)) : "";
}

/// A kernel or an algorithm.
template <class Thing>
Pick<Thing> pick_of(const Catalogue<Thing>& catalogue, const Value& node) {
  Diagnostics problems;
  auto pick = catalogue.make(node, problems);
  problems.throw_if_any();
  return pick;
}

template <class Thing>
Pick<Thing> named(const Catalogue<Thing>& catalogue, const std::string& text) {
  const std::string& family = catalogue.info().family;
  return pick_of(
      catalogue,
      option_value(family, text, str("is no ", family, ". See `vitrine list ", family, "`.")));
}

Pick<recon::Algorithm> algorithm_of(const std::string& json, const std::string& file) {
  if (json.empty()) return recon::default_algorithm();
  return pick_of(recon::algorithms(), io::parse_json(json, file));
}

std::string kind_of(const Pick<recon::Algorithm>& algorithm) {
  return *algorithm.canonical.find("kind")->as<std::string>();
}

/// As a header has it: nothing for the default.
std::string canonical(const Pick<recon::Algorithm>& algorithm) {
  return kind_of(algorithm) == "fbp" ? "" : to_json(algorithm.canonical);
}

bool same(const RawScan::Box& a, const RawScan::Box& b) {
  return a.field_of_view == b.field_of_view && a.slice_increment == b.slice_increment &&
         a.centre == b.centre && a.matrix == b.matrix && a.slices == b.slices;
}

/// The images that the options ask for: without any, those that were made of the scan before.
std::vector<Order> orders_of(const Options& options, const RawScan& raw) {
  std::vector<Order> made;
  for (const RawScan::Made& image : raw.images)
    made.push_back({image.series,
                    pick_of(recon::kernels(), io::parse_json(image.kernel, options.file)),
                    image.slice_thickness,
                    raw.box,
                    {image.noise_reduction, image.edge_contrast},
                    algorithm_of(image.algorithm, options.file),
                    image.corrections.empty()
                        ? recon::Corrections{}
                        : corrections_of(io::parse_json(image.corrections, options.file))});
  if (!options.order()) {
    require(!made.empty(), Error::Kind::input, "'", options.file,
            "' tells of no image that was made of it. Give --kernel and --thickness.");
    return made;
  }
  require(!made.empty() || (!options.kernel.empty() && options.thickness), Error::Kind::input, "'",
          options.file, "' tells of no image that was made of it. Give --kernel and --thickness.");
  Order order = made.empty() ? Order{} : made.front();
  RawScan::Box& box = order.box = raw.box;
  if (!options.kernel.empty()) order.kernel = named(recon::kernels(), options.kernel);
  if (!options.algorithm.empty()) order.algorithm = named(recon::algorithms(), options.algorithm);
  order.thickness = options.thickness.value_or(order.thickness);
  if (!options.corrections.empty()) order.corrections = corrections_named(options.corrections);
  if (options.noise_reduction) order.denoise.reduction = 0.01 * *options.noise_reduction;
  box.field_of_view = options.field_of_view.value_or(box.field_of_view);
  box.matrix = options.matrix.value_or(box.matrix);
  if (options.increment) {
    const double length = double(box.slices) * box.slice_increment;
    box.slice_increment = *options.increment;
    box.slices = std::max<std::int64_t>(1, std::llround(length / box.slice_increment));
  }
  box.slices = options.slices.value_or(box.slices);
  if (!options.centre.empty())
    box.centre = Vec3(options.centre[0], options.centre[1], options.centre[2]);
  const std::string& kind = *order.kernel.canonical.find("kind")->as<std::string>();
  order.name = str(raw.origin.scan, '_', kind, '_', to_text(order.thickness), "mm");
  if (kind_of(order.algorithm) != "fbp") order.name += '_' + kind_of(order.algorithm);
  if (order.denoise.reduction > 0.0)
    order.name += str("_nr", to_text(std::round(100.0 * order.denoise.reduction)));
  if (order.corrections.any()) order.name += "_corrected";
  for (const Order& known : made)
    if (canonical(known.corrections) == canonical(order.corrections) &&
        canonical(known.algorithm) == canonical(order.algorithm) &&
        to_json(known.kernel.canonical) == to_json(order.kernel.canonical) &&
        known.thickness == order.thickness && same(known.box, box) &&
        known.denoise.reduction == order.denoise.reduction)
      order.name = known.name;
  return {order};
}

/// Slices where nothing was measured would be made of the nearest rows, and look real.
void require_measured(const RawScan& raw, const RawScan::Box& box) {
  const ScanGeometry& g = raw.geometry;
  const auto [low, high] = std::minmax_element(g.table_positions.begin(), g.table_positions.end());
  const double half = 0.5 * double(g.rows) * g.row_pitch_at_iso();
  const double reach = 0.5 * double(box.slices - 1) * box.slice_increment;
  require(box.centre.z() - reach >= *low - half && box.centre.z() + reach <= *high + half,
          Error::Kind::input, "slices at ", box.centre.z() - reach, " to ", box.centre.z() + reach,
          " mm are asked for (the scan saw the axis from ", *low - half, " to ", *high + half,
          " mm). Choose another --centre, or fewer --slices.");
}

io::DicomSeries describe(const RawScan& raw, const Order& order) {
  const auto& origin = raw.origin;
  const std::string study =
      str(origin.fingerprint, '/', origin.case_id, '/', origin.scanner, '/', origin.visit);
  io::DicomSeries d;
  d.patient.id = str(origin.trial, '-', origin.case_id);
  d.patient.name = "Vitrine^" + origin.case_id;
  d.patient.sex = origin.sex == "female" ? "F" : origin.sex == "male" ? "M" : "O";
  d.trial.protocol_id = origin.trial;
  d.trial.subject_id = origin.case_id;
  d.trial.time_point_id = origin.visit;
  d.equipment.model = origin.scanner;
  d.acquisition.protocol = origin.protocol;
  d.acquisition.tube_voltage_kv = raw.beam.tube_voltage;
  d.acquisition.exposure_mas = raw.beam.tube_load * turned_share(raw.geometry);
  d.acquisition.ctdi_vol_mgy = raw.beam.ctdi_vol;
  d.acquisition.source_to_detector_mm = raw.geometry.source_to_detector;
  d.acquisition.source_to_patient_mm = raw.geometry.source_to_iso;
  d.acquisition.collimation_row_mm = raw.geometry.row_pitch_at_iso();
  d.acquisition.collimation_total_mm = raw.geometry.row_pitch_at_iso() * double(raw.geometry.rows);
  d.acquisition.focal_spot_mm = raw.beam.focal_spot_width;
  d.acquisition.gantry_tilt_deg = raw.geometry.tilt / units::deg;
  d.reconstruction.kernel = *order.kernel.canonical.find("kind")->as<std::string>();
  d.reconstruction.diameter_mm = order.box.field_of_view;
  d.reconstruction.slice_thickness_mm = order.thickness;
  d.study_uid = io::dicom_uid("study/" + study);
  d.frame_of_reference_uid = io::dicom_uid("frame/" + study);
  const RawScan::Box& box = order.box;
  d.series_uid = io::dicom_uid(
      str("recon/", study, '/', order.name, '/', to_json(order.kernel.canonical), '/',
          to_text(order.thickness), '/', to_text(box.field_of_view), '/', box.matrix, '/',
          box.slices, '/', to_text(box.slice_increment), '/', to_text(box.centre.x()), '/',
          to_text(box.centre.y()), '/', to_text(box.centre.z()),
          order.denoise.reduction > 0.0 ? str('/', to_text(order.denoise.reduction)) : "",
          order.corrections.any() ? '/' + canonical(order.corrections) : "",
          canonical(order.algorithm)));
  d.study_id = origin.case_id;
  d.study_description = "Virtual imaging trial " + origin.trial;
  d.series_description = order.name;
  d.body_part = origin.body_part;
  d.comments = "Simulated image of a synthetic patient";
  return d;
}

void show(const RawScan& raw) {
  const ScanGeometry& g = raw.geometry;
  std::printf("trial      %s, %s, %s\n", raw.origin.trial.c_str(), raw.origin.case_id.c_str(),
              raw.origin.visit.c_str());
  std::printf("scanner    %s, protocol %s, %g kV, %g mAs per rotation\n",
              raw.origin.scanner.c_str(), raw.origin.protocol.c_str(), raw.beam.tube_voltage,
              raw.beam.tube_load);
  std::printf("data       %s of %lld views x %lld columns x %lld rows, made by %s at level %s\n",
              raw.quantity == RawScan::Quantity::signal ? "signals" : "line integrals",
              static_cast<long long>(g.views()), static_cast<long long>(g.columns),
              static_cast<long long>(g.rows), raw.origin.software.c_str(), raw.origin.isa.c_str());
  const auto [low, high] = std::minmax_element(g.table_positions.begin(), g.table_positions.end());
  std::printf("table      %g to %g mm, %lld views a rotation\n", *low, *high,
              static_cast<long long>(g.views_per_rotation));
  if (turned_share(g) < 1.0)
    std::printf(
        "arc        %g degrees, %lld views\n",
        std::round(3600.0 * double(views_per_turn(g) - 1) / double(g.views_per_rotation)) / 10.0,
        static_cast<long long>(views_per_turn(g)));
  std::printf("images     %g mm, %lld x %lld pixels, %lld slices every %g mm\n",
              raw.box.field_of_view, static_cast<long long>(raw.box.matrix),
              static_cast<long long>(raw.box.matrix), static_cast<long long>(raw.box.slices),
              raw.box.slice_increment);
  for (const RawScan::Made& image : raw.images)
    std::printf("  %s: slices of %g mm, kernel %s\n", image.series.c_str(), image.slice_thickness,
                image.kernel.c_str());
}

recon::WaterCorrection correction(const RawScan::WaterTable& table) {
  constexpr std::size_t terms = recon::WaterCorrection::terms;
  require(table.terms == std::int64_t(terms), Error::Kind::unsupported, "the water correction has ",
          table.terms, " terms (this program knows ", terms,
          "). Use the program that wrote the file.");
  std::vector<recon::WaterCorrection::Column> columns(table.limit.size());
  for (std::size_t c = 0; c < columns.size(); ++c) {
    std::copy_n(table.coefficients.begin() + std::ptrdiff_t(c * terms), terms,
                columns[c].coefficients);
    columns[c].low_slope = table.low_slope[c];
    columns[c].limit = table.limit[c];
    columns[c].limit_slope = table.limit_slope[c];
  }
  return recon::WaterCorrection::of(std::move(columns), table.rows);
}

/// The table that a correction of bone needs, which the trial left in the file.
std::optional<recon::HardeningTable> hardening(const recon::Corrections& corrections,
                                               const RawScan& raw, const std::string& file) {
  if (!corrections.bone) return std::nullopt;
  const RawScan::Hardening& held = raw.hardening;
  require(held.material == material(corrections.bone->material).name, Error::Kind::input, "'", file,
          "' holds no table of hardening by ", corrections.bone->material, " (",
          held.material.empty() ? "it holds none" : "it holds that of " + held.material,
          "). Run the trial with corrections.bone of this material.");
  return recon::HardeningTable({held.material, held.attenuation, held.most_line, held.most_length,
                                held.columns_apart, held.coefficients});
}

recon::RayNoise ray_noise(const RawScan& raw) {
  const double load = raw.beam.tube_load / double(raw.geometry.views_per_rotation);
  recon::RayNoise noise;
  for (std::size_t c = 0; c < std::size_t(raw.geometry.columns); ++c) {
    noise.air_quanta.push_back(load * raw.beam.air_quanta[c]);
    noise.electronic.push_back(raw.beam.electronic_noise / (load * raw.beam.air_signal[c]));
  }
  for (const double of_view : raw.beam.view_tube_load)
    noise.view_load.push_back(of_view / raw.beam.tube_load);
  return noise;
}

/// The scan's rays, rebinned, and as they were measured where an image is made of these.
struct Rays {
  recon::Rebinned lines;
  std::optional<recon::MeasuredRays> measured;
};

/// A few views at a time: the file's values are never in memory as a whole unless they are wanted.
Rays rays_of(const io::RawReader& file, bool measured, Isa isa) {
  const RawScan& raw = file.scan();
  const ScanGeometry& geometry = raw.geometry;
  std::optional<recon::WaterCorrection> water;
  if (raw.quantity == RawScan::Quantity::signal) water = correction(raw.water);
  file.views(0, {});  // are they there, before memory is taken?
  std::optional<recon::MeasuredRays> kept;
  if (measured) kept = {Sinogram<quantity::LineIntegral>(geometry), ray_noise(raw)};
  constexpr Index block = 128;
  recon::Rebinner rebinner(geometry, block, isa);
  for (Index first = 0; first < geometry.views();) {
    const std::span<float> values = rebinner.room(geometry.views() - first);
    file.views(first, values);
    if (water) recon::line_integrals(geometry, values, *water, isa, values);
    const Index cells = geometry.columns * geometry.rows;
    if (kept) std::ranges::copy(values, kept->values.values().begin() + first * cells);
    const Index views = std::ssize(values) / cells;
    rebinner.take(views);
    first += views;
  }
  recon::Rebinned data = std::move(rebinner).finish();
  data.extend_truncated(raw.truncation_extension);
  return {std::move(data), std::move(kept)};
}

void write(const io::Path& dir, const Options& options, const RawScan& raw, const Order& order,
           const Image& image) {
  for (const std::string& format : options.formats) {
    const io::Path path = dir / (order.name + (format == "nifti" ? ".nii.gz" : ""));
    if (format == "nifti") {
      io::write_file(path,
                     io::encode_nifti(image, str("vitrine ", raw.origin.case_id, ' ', order.name)));
    } else {
      io::make_directories(path);
      io::write_files(path, io::encode_dicom(image, describe(raw, order)));
    }
    std::printf("%s\n", path.string().c_str());
  }
}

/// Names come from the file: they must stay in the directory that the user named.
void require_file_name(const std::string& name, const std::string& file) {
  require(!name.empty() && name.size() <= 200 && name.front() != '.' &&
              name.find('/') == std::string::npos,
          Error::Kind::data, "'", file, "' cannot be used ('", name,
          "' is no name for an image). Make the file again.");
}

int reconstruct(const Options& options) {
  const io::RawReader file(options.file);
  const RawScan& raw = file.scan();
  if (options.info) {
    show(raw);
    return ok;
  }
  require(!options.out.empty(), Error::Kind::input,
          "--out is missing (where the images go). See `vitrine recon --help`.");
  const io::Path dir = options.out;
  const std::vector<Order> orders = orders_of(options, raw);
  for (const Order& order : orders) {
    require_file_name(order.name, options.file);
    require_measured(raw, order.box);
    require(!order.corrections.any() || !order.algorithm->wants_measured(), Error::Kind::input,
            "--algorithm ", kind_of(order.algorithm),
            " takes rays as measured (the corrections act on parallel lines). Use --corrections "
            "none.");
    for (const std::string& format : options.formats) {
      const io::Path path = dir / (order.name + (format == "nifti" ? ".nii.gz" : ""));
      require(!std::filesystem::exists(path), Error::Kind::input, "'", path.string(),
              "' is there already. Choose another --out.");
    }
  }
  const Isa isa = chosen_isa();
  if (to_string(isa) != raw.origin.isa)
    std::fprintf(stderr,
                 "vitrine: the data were made at instruction-set level %s, this is %s: images "
                 "agree to 0.05 HU, not to the bit\n",
                 raw.origin.isa.c_str(), std::string(to_string(isa)).c_str());
  // As measured, while anything else wants that; then corrected.
  Rays rays = rays_of(
      file,
      std::ranges::any_of(orders, [](const Order& o) { return o.algorithm->wants_measured(); }),
      isa);
  recon::Rebinned& data = rays.lines;
  const recon::HounsfieldScale scale{raw.beam.mu_water, raw.beam.mu_air};
  std::optional<recon::CorrectedScan> corrected;
  std::string corrected_by;
  io::make_directories(dir);
  for (const Order& order : orders) {
    const Grid grid =
        recon::image_grid({order.box.field_of_view, order.box.matrix, order.box.centre,
                           order.box.slices, order.box.slice_increment},
                          raw.geometry.gantry_axes());
    const auto image = [&] {
      if (!order.corrections.any())
        return order.algorithm->reconstruct({data, rays.measured ? &*rays.measured : nullptr},
                                            {*order.kernel, grid, order.thickness, scale}, isa);
      if (!corrected || corrected_by != canonical(order.corrections)) {
        const auto table = hardening(order.corrections, raw, options.file);
        corrected.emplace(recon::copy(data), order.corrections, scale, table ? &*table : nullptr,
                          isa);
        corrected_by = canonical(order.corrections);
      }
      return corrected->reconstruct(*order.kernel, grid, order.thickness, scale, isa);
    };
    write(dir, options, raw, order, recon::denoised(image(), order.denoise, isa));
  }
  return ok;
}

}  // namespace

void add_recon(CLI::App& app, int& code) {
  auto* command = app.add_subcommand("recon", "Reconstruct images from raw data of a trial");
  auto options = std::make_shared<Options>();
  command->add_option("file", options->file, "raw/CASE/SCAN.h5 of a trial with outputs.raw")
      ->required();
  command->add_option("--out,-o", options->out, "directory for the images");
  command->add_option("--kernel,-k", options->kernel,
                      "a kernel, as in a scenario: sharp, or '{kind: hann, cutoff_per_mm: 0.6}'");
  command->add_option("--algorithm,-a", options->algorithm,
                      "an algorithm, as in a scenario: iterative, or '{kind: iterative, "
                      "iterations: 12}'");
  command
      ->add_option("--noise-reduction", options->noise_reduction,
                   "edge-preserving noise reduction, percent")
      ->check(CLI::Range(0.0, 80.0));
  command->add_option("--corrections", options->corrections,
                      "of artefacts, as in a scenario: '{metal: {}}', or none");
  command->add_option("--thickness", options->thickness, "slice thickness, mm")
      ->check(CLI::Range(0.3, 20.0));
  command->add_option("--increment", options->increment, "spacing of slice centres, mm")
      ->check(CLI::Range(0.1, 20.0));
  command->add_option("--slices", options->slices, "number of slices (default: the same length)")
      ->check(CLI::Range(1, 2000));
  command->add_option("--fov", options->field_of_view, "edge of the square image, mm")
      ->check(CLI::Range(10.0, 1000.0));
  command->add_option("--matrix", options->matrix, "pixels along each edge")
      ->check(CLI::Range(16, 2048));
  command->add_option("--centre", options->centre, "middle of the image: x y z, mm")->expected(3);
  command->add_option("--format", options->formats, "nifti, dicom, or both, comma-separated")
      ->delimiter(',')
      ->check(CLI::IsMember({"nifti", "dicom"}))
      ->capture_default_str();
  command->add_flag("--info", options->info, "only say what the file holds");
  command->footer(
      "\nWithout options of an image, the images that the trial made of this scan are made again,\n"
      "to the last bit. With some, one image is: what is not said is as in the first of them.\n"
      "\n  vitrine run scenario.yaml --out results --set outputs.raw=signal\n"
      "  vitrine recon results/raw/case001/generic_a64_80mAs.h5 --info\n"
      "  vitrine recon results/raw/case001/generic_a64_80mAs.h5 --out again\n"
      "  vitrine recon results/raw/case001/generic_a64_80mAs.h5 --out zoom \\\n"
      "      --kernel sharp --thickness 1 --increment 0.5 --fov 100 --matrix 512");
  command->callback([options, &code] { code = reconstruct(*options); });
}

}  // namespace vitrine::cli
