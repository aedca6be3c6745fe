#include <cstdio>
#include <memory>

#include "vitrine/cli/commands.hpp"
#include "vitrine/cli/exit_code.hpp"
#include "vitrine/cli/recon_images.hpp"
#include "vitrine/cli/recon_orders.hpp"
#include "vitrine/cli/recon_output.hpp"
#include "vitrine/cli/recon_series.hpp"
#include "vitrine/cli/version.hpp"
#include "vitrine/io/nifti.hpp"

namespace vitrine::cli {
namespace {

io::Path path_of(const io::Path& dir, const ReconOrder& order, const std::string& format) {
  return dir / (order.name + (format == "nifti" ? ".nii.gz" : ""));
}

void write(const io::Path& dir, const ReconOptions& options, const ScanSource& source,
           const ReconOrder& order, const Image& image) {
  io::make_directories(dir);
  for (const std::string& format : options.formats) {
    const io::Path path = path_of(dir, order, format);
    if (format == "nifti") {
      const bool is_map = voxel_unit(series_of(source, order.bins)) == recon::VoxelUnit::mg_per_ml;
      io::write_file(
          path,
          io::encode_nifti(image, str("vitrine ", source.scan().origin.case_id, ' ', order.name),
                           is_map ? io::HuStorage::mg_per_ml : io::HuStorage::int16));
    } else {
      io::make_directories(path);
      io::write_files(path, io::encode_dicom(image, described(source, order)));
    }
    std::printf("%s\n", path.string().c_str());
  }
}

int reconstruct(const ReconOptions& options) {
  const auto source = open_scan(options.file);
  const RawScan& raw = source->scan();
  if (options.info) {
    show(*source);
    return ok;
  }
  require(!options.out.empty(), Error::Kind::input,
          "--out is missing (where the images go). See `vitrine recon --help`.");
  const io::Path dir = options.out;
  const std::vector<ReconOrder> orders = orders_of(options, *source);
  for (const ReconOrder& order : orders)
    for (const std::string& format : options.formats) {
      const io::Path path = path_of(dir, order, format);
      require(!std::filesystem::exists(path), Error::Kind::input, "'", path.string(),
              "' is there already. Choose another --out.");
    }
  const Isa isa = chosen_isa();
  if (to_string(isa) != raw.origin.isa)
    std::fprintf(stderr,
                 "vitrine: the data were made at instruction-set level %s, this is %s: images "
                 "agree to 0.05 HU, not to the bit\n",
                 raw.origin.isa.c_str(), std::string(to_string(isa)).c_str());
  source->expect_values();
  make_images(*source, orders, isa, [&](const ReconOrder& order, const Image& image) {
    write(dir, options, *source, order, image);
  });
  return ok;
}

}  // namespace

void add_recon(CLI::App& app, int& code) {
  auto* command = app.add_subcommand(
      "recon", "Reconstruct images from raw data of a trial, or from your own sinogram");
  auto options = std::make_shared<ReconOptions>();
  command
      ->add_option("file", options->file,
                   "raw/CASE/SCAN.h5 of a trial with outputs.raw, or a sinogram file (YAML)")
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
  command->add_option("--bins", options->bins,
                      "of a photon-counting scan, as in a scenario: total, bin1, threshold2, "
                      "vmi_70kev, iodine_map, water_map, vnc");
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
  command->add_option("--orientation", options->orientation,
                      "axial, coronal, sagittal, or '{kind: coronal, about_rows_deg: 20}'");
  command->add_option("--centre", options->centre, "middle of the image: x y z, mm")->expected(3);
  command->add_option("--format", options->formats, "nifti, dicom, or both, comma-separated")
      ->delimiter(',')
      ->check(CLI::IsMember({"nifti", "dicom"}))
      ->capture_default_str();
  auto* info = command->add_flag("--info", options->info, "only say what the file holds");
  auto json = std::make_shared<bool>(false);
  command->add_flag("--json", *json, "with --info: machine-readable")->needs(info);
  command->footer(
      "\nWithout options of an image, the images that the trial made of this scan are made again,\n"
      "to the last bit. With some, one image is: what is not said is as in the first of them.\n"
      "A sinogram file says where your own data lie (raw float32 or HDF5) and how they were "
      "taken:\n"
      "`vitrine explain sinogram` lists its keys, docs/formats/sinogram.md tells the rest.\n"
      "Of counts of a photon-counting scanner, --bins chooses bins or a spectral image.\n"
      "\n  vitrine run scenario.yaml --out results --set outputs.raw=signal\n"
      "  vitrine recon results/raw/case001/generic_a64_80mAs.h5 --info\n"
      "  vitrine recon results/raw/case001/generic_a64_80mAs.h5 --out again\n"
      "  vitrine recon results/raw/case001/generic_a64_80mAs.h5 --out zoom \\\n"
      "      --kernel sharp --thickness 1 --increment 0.5 --fov 100 --matrix 512\n"
      "  vitrine recon results/raw/case001/generic_a64_80mAs.h5 --out coronal \\\n"
      "      --orientation coronal --fov 40 --matrix 64 --slices 20\n"
      "  vitrine recon scenarios/sinograms/ellipsoids.yaml --out own");
  command->callback([options, json, &code] {
    if (*json)
      std::printf("%s\n", to_json(as_json(*open_scan(options->file)), 2).c_str());
    else
      code = reconstruct(*options);
  });
}

}  // namespace vitrine::cli
