#include <unistd.h>

#include <filesystem>
#include <memory>

#include "chest.hpp"
#include "item.hpp"
#include "vitrine/cli/recon_images.hpp"
#include "vitrine/io/raw.hpp"
#include "vitrine/physics/detect.hpp"
#include "vitrine/recon/fbp.hpp"
#include "vitrine/recon/image_grid.hpp"
#include "vitrine/recon/preprocess.hpp"

namespace vitrine::bench {
namespace {

/// W8a's chest, and what was kept of its scan.
struct Scanned {
  Order order = chest_order();
  physics::Beam beam{order.scanner, order.tube_voltage, order.scene.materials};
  recon::WaterCorrection water = recon::water_correction(beam);
};

Image image_of(const Scanned& s, const recon::Rebinned& lines, const char* name, const Grid& grid,
               Isa isa) {
  Diagnostics problems;
  const auto kernel = recon::kernels().make(Value(name), problems);
  problems.throw_if_any();
  return recon::reconstruct(lines, *kernel, grid, s.order.slice_thickness, s.beam.mu_water(),
                            s.beam.mu_air(), isa);
}

std::shared_ptr<recon::Rebinned> lines_of(const Scanned& s, Isa isa) {
  Parts parts;
  return std::make_shared<recon::Rebinned>(scan(s.order, s.beam, s.water, isa, parts));
}

/// A run of `work`, and its processor time.
std::function<void()> clocked(const std::shared_ptr<Parts>& parts,
                              const std::function<void()>& work) {
  return [=] {
    const double before = processor_time();
    parts->clear();
    work();
    parts->emplace_back("cpu_s", processor_time() - before);
  };
}

Item of_lines(const char* name, const char* what, double work, const char* kernel,
              std::function<Grid(const Order&)> grid) {
  auto parts = std::make_shared<Parts>();
  return {name,
          what,
          work,
          "voxels",
          [=, grid = std::move(grid)](Isa isa) -> std::function<void()> {
            auto scanned = std::make_shared<Scanned>();
            auto lines = lines_of(*scanned, isa);
            return clocked(parts, [=] {
              (void)image_of(*scanned, *lines, kernel, grid(scanned->order), isa);
            });
          },
          true,
          parts};
}

/// Another dose: signal and quanta of the scan are kept.
Item another_dose(double samples) {
  auto parts = std::make_shared<Parts>();
  return {"W9d",
          "the same from signal and quanta: noise of another dose, rebinning, 100 slices",
          samples,
          "samples",
          [parts](Isa isa) -> std::function<void()> {
            auto s = std::make_shared<Scanned>();
            const Order& order = s->order;
            auto projected = std::make_shared<physics::Exposure>(
                physics::expose(order.scene, order.geometry, s->beam, order.sampling, isa));
            return clocked(parts, [=] {
              Watch watch;
              const ScanGeometry& g = s->order.geometry;
              physics::Acquisition acquisition(g, s->beam, 0.5 * s->order.tube_load,
                                               make_stream(2, "bench", Draw::quantum), isa, {});
              recon::Rebinner rebinner(g, 128, isa);
              const auto cells = std::size_t(g.columns * g.rows);
              for (Index first = 0; first < g.views();) {
                const std::span<float> room = rebinner.room(g.views() - first);
                const auto part = [&](const auto& of) {
                  return of.values().subspan(std::size_t(first) * cells, room.size());
                };
                const Index views = Index(room.size() / cells);
                acquisition.read(first, views, part(projected->signal), part(projected->quanta),
                                 room);
                recon::line_integrals(g, room, s->water, isa, room);
                rebinner.take(views);
                first += views;
              }
              const recon::Rebinned lines = std::move(rebinner).finish();
              parts->emplace_back("noise_and_rebinning_s", watch.lap());
              (void)image_of(*s, lines, "standard", s->order.grid, isa);
              parts->emplace_back("reconstruction_s", watch.lap());
            });
          },
          true,
          parts};
}

/// A file that goes with the last who holds it.
struct Temporary {
  io::Path path = std::filesystem::temp_directory_path() / str("vitrine-bench-", getpid(), ".h5");
  ~Temporary() {
    std::error_code ignored;
    std::filesystem::remove(path, ignored);
  }
};

/// What the beam of a scan leaves in its raw data, as far as an image needs it.
RawScan raw_of(const Scanned& s, Isa isa) {
  RawScan raw;
  raw.quantity = RawScan::Quantity::line_integral;
  raw.origin.scan = "chest";
  raw.origin.isa = to_string(isa);
  raw.geometry = s.order.geometry;
  raw.beam.tube_voltage = s.order.tube_voltage;
  raw.beam.tube_load = s.order.tube_load;
  raw.beam.mu_water = s.beam.mu_water();
  raw.beam.mu_air = s.beam.mu_air();
  const auto columns = std::size_t(raw.geometry.columns);
  raw.beam.air_signal.assign(columns, 1.0);
  raw.beam.air_quanta = raw.beam.detected_energy = raw.beam.air_signal;
  raw.water.terms = 1;
  raw.water.coefficients.assign(columns, 1.0f);
  raw.water.low_slope = raw.water.limit = raw.water.limit_slope = raw.water.coefficients;
  raw.box = {0.7 * 512, 1.25, Vec3::Zero(), 512, 100};
  return raw;
}

/// As `vitrine recon FILE --kernel sharp --thickness 1.25` does, but for writing the image.
Item from_file(double samples) {
  auto parts = std::make_shared<Parts>();
  return {"W9f",
          "raw data on disk (line integrals, not packed; 1.2 GB in the temporary directory) to 100 "
          "slices",
          samples,
          "samples",
          [parts](Isa isa) -> std::function<void()> {
            const Scanned s;
            const Order& order = s.order;
            auto file = std::make_shared<Temporary>();
            io::RawWriter writer(file->path, raw_of(s, isa), false);
            const auto values = recon::line_integrals(
                physics::acquire(
                    physics::expose(order.scene, order.geometry, s.beam, order.sampling, isa),
                    s.beam, order.tube_load, make_stream(1, "bench", Draw::quantum), isa),
                s.water, isa);
            writer.views(values.values());
            writer.finish();
            return clocked(parts, [=] {
              cli::ReconOptions options;
              options.file = file->path.string();
              options.kernel = "sharp";
              options.thickness = 1.25;
              const auto source = cli::open_scan(options.file);
              cli::make_images(*source, cli::orders_of(options, *source), isa,
                               [](const cli::ReconOrder&, const Image&) {});
            });
          },
          true,
          parts};
}

}  // namespace

std::vector<Item> again_items() {
  constexpr double samples = 5087.0 * 888.0 * 64.0;
  return {of_lines("W9k", "W8a's lines again with another kernel: 100 slices of 512 x 512",
                   512.0 * 512.0 * 100.0, "sharp", [](const Order& order) { return order.grid; }),
          of_lines("W9b", "a box of 96 x 96 x 50 mm of them: 138 x 138 x 40 voxels",
                   138.0 * 138.0 * 40.0, "standard",
                   [](const Order&) {
                     return recon::image_grid({138 * 0.7, 138, Vec3(75, 5, 0), 40, 1.25});
                   }),
          another_dose(samples), from_file(samples)};
}

}  // namespace vitrine::bench
