// What a plan costs, before it runs.
#include <algorithm>
#include <cmath>
#include <numeric>
#include <optional>
#include <set>
#include <tuple>
#include <utility>

#include "vitrine/physics/scatter_field.hpp"
#include "vitrine/recon/corrected_rays.hpp"
#include "vitrine/recon/reformat.hpp"
#include "vitrine/trial/bin_levels.hpp"
#include "vitrine/trial/detail/lesion_work.hpp"
#include "vitrine/trial/detail/patient_scatter.hpp"
#include "vitrine/trial/detail/protocol_views.hpp"
#include "vitrine/trial/detail/scan_memory.hpp"
#include "vitrine/trial/detail/streaming.hpp"
#include "vitrine/trial/plan.hpp"

namespace vitrine::trial {
namespace {

// Core-seconds per unit, measured with scenario 01 (docs/developers/performance.md).
constexpr double trace_per_ray = 24.0e-9;      // through a thorax
constexpr double trace_per_step = 0.15e-9;     // of a cell's ray through a voxel map
constexpr double map_bytes = 5.0;              // of a voxel: its label, and the projector's
constexpr double further_beam = 0.3;           // of that, of another beam of the same ray
constexpr double detect_per_sample = 11.0e-9;  // noise, logarithm, correction, rebinning
constexpr double write_per_voxel = 25.0e-9;
constexpr double raw_per_sample = 40.0e-9;  // packed, hashed twice
// Of scatter, where a scanner has it.
constexpr double kernel_per_history = 15e-6;  // all bodies and pencils, once per tube voltage
constexpr double kernel_behind_grid = 2.1;    // times that: twice the histories
constexpr double map_per_ray = 45e-9;         // of the views that scatter is computed for
constexpr double carlo_per_view = 0.09;       // Monte Carlo to 5 %, no grid
constexpr double carlo_behind_grid = 5.0;
constexpr double add_per_sample = 1.5e-9;
constexpr double subtract_per_sample = 0.8e-9;
// Of a detector that counts photons: each of its bins is drawn for each noisy scan.
constexpr double count_per_bin = 25.0e-9;
constexpr double expect_per_bin = 2.0e-9;
constexpr double decompose_per_bin = 29.0e-9;  // of spectral images
constexpr double base_memory = 200e6;          // bytes: program, patient, masks, files on their way

bool behind_grid(const Scanner& scanner) {
  const auto& grid = scanner.detector.anti_scatter_grid;
  return grid && grid->ratio > 1.0;
}

/// Core-seconds of the kernels that a scanner's scatter comes from, at one tube voltage.
double kernel_seconds(const Scanner& scanner) {
  const Scatter* how = detail::active_scatter(scanner);
  if (how == nullptr) return 0.0;
  return double(how->kernel_histories) * kernel_per_history *
         (behind_grid(scanner) ? kernel_behind_grid : 1.0);
}

/// Core-seconds of the scatter in one traced scan.
double scatter_seconds(const Scanner& scanner, const ScanGeometry& g) {
  const Scatter* how = detail::active_scatter(scanner);
  if (how == nullptr) return 0.0;
  const double cells = double(g.columns * g.rows);
  const auto views = double(physics::scatter_views(g).size());
  double seconds = views * cells * map_per_ray + double(g.views()) * cells * add_per_sample;
  if (how->model == "monte_carlo") {
    constexpr double precision = 0.05;
    const double more = precision / how->precision;
    seconds +=
        views * carlo_per_view * more * more * (behind_grid(scanner) ? carlo_behind_grid : 1.0);
  }
  return seconds;
}

/// Core-seconds per sample of a scan that is read out with noise or without, and made into as many
/// series as it has.
double read_out_per_sample(const Arms& arms, const Scanner& scanner, bool noisy) {
  const Scatter* how = detail::active_scatter(scanner);
  double seconds = detect_per_sample;
  if (how != nullptr && how->correction > 0.0) seconds += subtract_per_sample;
  const auto& sensor = scanner.detector.sensor;
  if (arms.protocol.dual_energy)
    return seconds * double(2 + bins_of(arms, scanner).size()) +
           2.0 * (has_spectral(arms) ? decompose_per_bin : 0.0);
  if (!sensor) return seconds;
  return seconds * double(bins_of(arms, scanner).size()) +
         double(sensor->bins()) * ((noisy ? count_per_bin : expect_per_bin) +
                                   (has_spectral(arms) ? decompose_per_bin : 0.0));
}

bool has(const std::vector<std::string>& list, const char* item) {
  return std::find(list.begin(), list.end(), item) != list.end();
}

double samples_of(const ScanGeometry& g) {
  return double(g.views()) * double(g.columns) * double(g.rows);
}

/// A scan of the plan's protocol.
ScanGeometry geometry_of(const Plan& plan, std::size_t scanner) {
  const Arms& arms = plan.scenario.arms;
  return scan_geometry(arms.scanners[scanner], arms.protocol, 0.0, 0.0);
}

/// Bytes of what is known of a scan's rays before the noise.
double known_bytes(const Plan& plan, std::size_t scanner) {
  const Arms& arms = plan.scenario.arms;
  return double(detail::known_of_rays(arms, arms.scanners[scanner])) * sizeof(float) *
         samples_of(geometry_of(plan, scanner));
}

/// Scans that are traced together if their rays are the same: scanner, contrast medium, motion.
using Together = std::tuple<std::size_t, std::optional<double>, double>;

std::set<Together> together_in(const std::vector<Arm>& arms) {
  std::set<Together> all;
  for (const Arm& arm : arms) all.insert({arm.scanner, arm.contrast_delay, arm.motion});
  return all;
}

std::vector<Arm> arms_of(const Plan& plan, const Together& alike) {
  std::vector<Arm> its;
  for (const Arm& arm : plan.arms)
    if (Together{arm.scanner, arm.contrast_delay, arm.motion} == alike) its.push_back(arm);
  return its;
}

/// A later visit is read out once.
std::vector<Arm> without_noise_repeats(std::vector<Arm> arms) {
  for (Arm& arm : arms) arm.noise_repeats = 0;
  return arms;
}

/// Adds the rays of `times` scans of each case, and the core-seconds of tracing them: of so many
/// beams at once, for so many scans, each with its own scatter.
void add_traces(Estimate& e, const Plan& plan, std::span<const Grid> maps, std::size_t scanner,
                double times, std::size_t beams, std::size_t scans) {
  const Simulation& how = plan.scenario.simulation;
  const ScanGeometry g = geometry_of(plan, scanner);
  double map_steps = 0.0;
  for (const Grid& grid : maps) map_steps += 0.5 * double(grid.size[0] + grid.size[1]);
  const double traces = double(plan.cases.size()) * times;
  const double rays =
      traces * samples_of(g) * double(how.sub_columns * how.sub_rows * how.sub_views);
  e.rays += rays;
  e.seconds += rays * trace_per_ray * (1.0 + further_beam * double(beams - 1));
  e.seconds += traces * samples_of(g) * map_steps * trace_per_step;
  e.seconds += traces * double(scans) * scatter_seconds(plan.scenario.arms.scanners[scanner], g);
}

std::size_t second_scans(const Plan& plan) {
  return plan.scenario.arms.protocol.dual_energy ? 1 : 0;
}

/// What the images of a plan need beside a scan.
struct ImageNeeds {
  double voxels = 0.0;             ///< of the largest
  double slices = 0.0;             ///< bytes of those that another orientation is sampled from
  std::optional<double> fit = {};  ///< bytes of the hungriest algorithm that wants the rays

  void add(const Plan& plan, const ScanGeometry& g) {
    for (const Arm& arm : plan.arms) {
      const Grid image = image_grid(protocol_of(plan.scenario.arms, arm));
      voxels = std::max(voxels, double(image.count()));
      const recon::SliceStack made = recon::stack_for(g, image, arm.slice_thickness);
      if (!(made.grid == image))
        slices = std::max(slices, 2.0 * sizeof(float) * double(made.grid.count()));
      if (arm.algorithm->wants_measured())
        fit = std::max(fit.value_or(0.0),
                       arm.algorithm->memory(g, made.grid, made.thickness) +
                           (arm.corrected ? recon::corrected_rays_memory(g) : 0.0));
    }
  }
};

/// Bytes of the masks that patients have on the slices of all protocols but the first.
double further_masks(std::span<const Plan> ways) {
  std::set<std::size_t> protocols;
  double voxels = 0.0;
  for (const Plan& way : ways)
    for (const Arm& arm : way.arms)
      if (protocols.insert(arm.protocol).second && protocols.size() > 1)
        voxels += double(image_grid(protocol_of(way.scenario.arms, arm)).count());
  const std::vector<double> lesions = detail::expected_lesions(ways.front());
  return lesions.empty() ? 0.0 : std::ranges::max(lesions) * voxels;
}

/// The rays that arms' scans are made of, and the memory that these take with their images, of
/// plans whose arms are each of protocols that scan alike, and whose scans trace the same rays.
/// Seconds on one thread.
Estimate estimate_traces(std::span<const Plan> ways, std::span<const Grid> maps) {
  const Plan& one = ways.front();
  const FollowUp& later = one.scenario.arms.follow_up;
  const std::size_t again = later.in_every_arm() ? later.days.size() : 0;
  const double cases = double(one.cases.size());
  std::set<Together> together;
  for (const Plan& way : ways) together.merge(together_in(way.arms));
  Estimate e;
  double largest = 0.0;
  for (const Together& alike : together) {
    const std::size_t scanner = std::get<0>(alike);
    const ScanGeometry g = geometry_of(one, scanner);
    const auto add = [&](std::span<const std::vector<detail::OneScan>> passes, std::size_t times) {
      std::set<double> voltages;
      for (const std::vector<detail::OneScan>& pass : passes) {
        add_traces(e, one, maps, scanner, double(times),
                   detail::voltages_of(pass) + second_scans(one), pass.size() + second_scans(one));
        for (const detail::OneScan& scan : pass) voltages.insert(scan.voltage);
      }
      e.traced_scans += one.cases.size() * times * passes.size();
      e.cache_bytes += cases * double(times * voltages.size()) * known_bytes(one, scanner);
    };
    std::vector<detail::ScannedAlike> scanned, scanned_again;
    for (const Plan& way : ways) {
      scanned.push_back({way.scenario.arms, arms_of(way, alike)});
      scanned_again.push_back({way.scenario.arms, without_noise_repeats(arms_of(way, alike))});
    }
    const auto passes = detail::trace_passes(scanned, scanner);
    add(passes, 1);
    if (again > 0) add(detail::trace_passes(scanned_again, scanner), again);
    for (const std::vector<detail::OneScan>& pass : passes) {
      std::vector<detail::ScanSize> sizes;
      std::size_t kept = 0;
      ImageNeeds images;
      for (const auto& [way, voltage] : pass) {
        const auto& [view, arms] = scanned[way];
        sizes.push_back(detail::scan_size(view, scanner, arms, voltage));
        kept = std::max(kept, detail::noiseless_arms(view, arms, voltage).size());
        images.add(ways[way], g);
      }
      largest = std::max(
          largest, images.slices + detail::scan_memory(g, sizes, kept, images.voxels, images.fit));
    }
  }
  double map_voxels = 0.0;
  for (const Grid& grid : maps) map_voxels += double(grid.count());
  e.memory_bytes = largest + further_masks(ways) + base_memory + map_bytes * map_voxels;
  return e;
}

/// All else of a plan whose arms are of protocols that scan alike, the first of which is
/// `arms.protocol`. Seconds on one thread.
Estimate estimate_alike(const Plan& plan, std::span<const Grid> maps) {
  const Arms& arms = plan.scenario.arms;
  const Protocol& protocol = arms.protocol;
  const double cases = double(plan.cases.size());
  const auto grid_of = [&](const Arm& arm) { return image_grid(protocol_of(arms, arm)); };
  double image_voxels = 0.0;      // of all images
  double noiseless_voxels = 0.0;  // of a case, of all that have no noise
  std::uint64_t slices_of_images = 0;
  // Later visits: in one arm, as repeats are; in every arm.
  const bool all_come_again = arms.follow_up.in_every_arm();
  const std::size_t again_in_one = all_come_again ? 0 : arms.follow_up.days.size();
  const std::size_t again_in_all = all_come_again ? arms.follow_up.days.size() : 0;
  const auto repeats = static_cast<std::uint64_t>(arms.repeat.repositions()) + again_in_one;

  // Scans share their rays if scanner, voltage, contrast medium and motion are the same.
  using Shared = std::tuple<std::size_t, double, std::optional<double>, double>;
  std::set<Shared> traced;
  using ReadOut = std::pair<double, std::int64_t>;  // load (0 without noise), noise repeat
  std::set<std::pair<Shared, ReadOut>> scans;
  std::set<std::tuple<Shared, std::string, double, std::string>> noiseless;
  double seconds = 0.0;
  const auto reconstruct = [&](const Arm& arm, double times) {
    const ScanGeometry g = geometry_of(plan, arm.scanner);
    const recon::SliceStack made = recon::stack_for(g, grid_of(arm), arm.slice_thickness);
    seconds += cases * times * arm.algorithm->seconds(g, made.grid, made.thickness);
  };
  std::set<std::pair<Shared, ReadOut>> corrected;
  std::uint64_t images_of_arms = 0;
  const auto add_images = [&](const Arm& arm, std::uint64_t number) {
    const double its = double(grid_of(arm).count());
    image_voxels += cases * double(number) * its;
    slices_of_images += plan.cases.size() * number * std::uint64_t(protocol_of(arms, arm).slices);
  };
  for (const Arm& arm : plan.arms) {
    const Shared shared{arm.scanner, arm.tube_voltage, arm.contrast_delay, arm.motion};
    traced.insert(shared);
    const std::int64_t again = arm.noise_repeats;
    for (std::int64_t n = 0; n <= again; ++n) scans.insert({shared, {arm.tube_load, n}});
    images_of_arms += 1 + std::uint64_t(again);
    add_images(arm, 1 + std::uint64_t(again));
    const bool first =
        arms.noiseless &&
        noiseless
            .insert({shared, str(arm.protocol, '|', arm.kernel_name), arm.slice_thickness,
                     str(arm.bins, '|', arm.algorithm_name, '|', arm.corrected)})
            .second;
    if (first) noiseless_voxels += double(grid_of(arm).count());
    reconstruct(arm, (first ? 2.0 : 1.0) + double(again));  // and without noise
    if (!arm.corrected) continue;
    if (arms.noiseless) corrected.insert({shared, {0.0, 0}});
    for (std::int64_t n = 0; n <= again; ++n) corrected.insert({shared, {arm.tube_load, n}});
  }

  Estimate e;
  e.cache_bytes = cases * noiseless_voxels * sizeof(float);
  const auto samples = [&](std::size_t scanner) { return samples_of(geometry_of(plan, scanner)); };
  const auto lines_of = [&](std::size_t scanner) {
    return detail::line_bytes(geometry_of(plan, scanner));
  };
  const bool keeps_lines =
      plan.scenario.outputs.raw.value_or("none") == "none" &&
      std::ranges::none_of(plan.arms, [](const Arm& a) { return a.algorithm->wants_measured(); });
  std::set<std::pair<std::size_t, double>> calibrated;
  for (const auto& [scanner, voltage, delay, motion] : traced) {
    const Scanner& hardware = arms.scanners[scanner];
    seconds += cases * samples(scanner) * read_out_per_sample(arms, hardware, false);
    const detail::ScanSize size =
        detail::scan_size(arms, scanner, arms_of(plan, {scanner, delay, motion}), voltage);
    if (keeps_lines && size.streams())
      e.cache_bytes += cases * double(size.outputs()) * lines_of(scanner);
    if (calibrated.emplace(scanner, voltage).second) seconds += kernel_seconds(hardware);
  }
  const std::string raw = plan.scenario.outputs.raw.value_or("none");
  // Of a sample: one, or the counts of each bin, or the line integrals of each series.
  const auto raw_values = [&](std::size_t scanner) {
    const auto& sensor = arms.scanners[scanner].detector.sensor;
    return sensor && raw == "signal" ? sensor->bins()
                                     : bins_of(arms, arms.scanners[scanner]).size();
  };
  const auto read_out = [&](std::size_t scanner, double times) {
    seconds +=
        cases * times * samples(scanner) * read_out_per_sample(arms, arms.scanners[scanner], true);
    if (raw == "none") return;
    const double values = cases * times * samples(scanner) * double(raw_values(scanner));
    e.disk_bytes += values * sizeof(float);
    seconds += values * raw_per_sample;
  };
  for (const auto& [shared, load] : scans) read_out(std::get<0>(shared), 1.0);
  for (const auto& [arm, times] : {std::pair(plan.repeated, double(arms.repeat.repositions())),
                                   std::pair(plan.followed, double(again_in_one))}) {
    const std::size_t scanner = plan.arms[arm].scanner;
    if (times == 0.0) continue;
    add_traces(e, plan, maps, scanner, times, 1 + second_scans(plan), 1 + second_scans(plan));
    read_out(scanner, times);
    e.cache_bytes +=
        cases * times * (known_bytes(plan, scanner) + (keeps_lines ? lines_of(scanner) : 0.0));
    reconstruct(plan.arms[arm], times);
    add_images(plan.arms[arm], std::uint64_t(times));
  }
  // Scans of a visit in every arm are read out once, and have no images without noise.
  std::size_t scans_again = 0;
  if (again_in_all > 0) {
    const auto times = double(again_in_all);
    for (const auto& [scanner, voltage, delay, motion] : traced) {
      const auto its = without_noise_repeats(arms_of(plan, {scanner, delay, motion}));
      detail::ScanSize size = detail::scan_size(arms, scanner, its, voltage);
      --size.read_outs;
      read_out(scanner, times * double(size.read_outs));
      scans_again += size.read_outs;
      if (keeps_lines && size.streams())
        e.cache_bytes += cases * times * double(size.outputs()) * lines_of(scanner);
    }
    for (const Arm& arm : plan.arms) {
      reconstruct(arm, times);
      add_images(arm, again_in_all);
    }
  }
  const auto per_case = [&](std::size_t n) { return plan.cases.size() * n; };
  e.traced_scans = per_case(repeats);
  e.scans = per_case(scans.size() + repeats + scans_again * again_in_all);
  e.images = per_case(images_of_arms + repeats + plan.arms.size() * again_in_all);
  e.reconstructions = e.images + per_case(noiseless.size());
  for (const auto& [shared, load] : corrected)
    seconds += cases * (load.first > 0.0 && load.second == 0 ? 1.0 + double(again_in_all) : 1.0) *
               protocol.corrections->seconds(geometry_of(plan, std::get<0>(shared)));
  seconds += image_voxels * write_per_voxel;
  const double measured = double(e.reconstructions) / cases + 1.0;  // and the object itself
  const std::vector<double> lesions = detail::expected_lesions(plan);
  seconds += std::accumulate(lesions.begin(), lesions.end(), 0.0) * measured *
             detail::preprocessing_seconds(plan.scenario.measure, image_grid(protocol));
  e.seconds += seconds;

  const bool nifti = has(plan.scenario.outputs.images, "nifti");
  const bool dicom = has(plan.scenario.outputs.images, "dicom");
  if (raw != "none") e.files += e.scans;
  e.files += e.images * std::uint64_t(nifti) + (dicom ? slices_of_images : 0) + 8;
  e.disk_bytes += image_voxels * ((nifti ? 1.3 : 0.0) + (dicom ? 2.0 : 0.0)) + 2e6;
  return e;
}

/// `part` and what it costs too.
Estimate& operator+=(Estimate& all, const Estimate& its) {
  all.scans += its.scans;
  all.traced_scans += its.traced_scans;
  all.reconstructions += its.reconstructions;
  all.images += its.images;
  all.files += its.files;
  all.rays += its.rays;
  all.disk_bytes += its.disk_bytes;
  all.cache_bytes += its.cache_bytes;
  all.memory_bytes = std::max(all.memory_bytes, its.memory_bytes);
  all.seconds += its.seconds;
  return all;
}

/// A plan of the arms of protocols that scan alike.
Plan part_of(const Plan& plan, const detail::ProtocolViews& views,
             const std::vector<std::size_t>& group) {
  Plan part = views.of(group.front());
  part.arms = views.arms_of(group);
  const auto among = [&](std::size_t arm) {
    const auto found = std::ranges::find(part.arms, plan.arms[arm].name, &Arm::name);
    return found == part.arms.end() ? std::optional<std::size_t>()
                                    : std::optional(std::size_t(found - part.arms.begin()));
  };
  if (!among(plan.repeated) && part.scenario.arms.repeat.repositions() > 0)
    part.scenario.arms.repeat.count = 0;
  if (!among(plan.followed) && !part.scenario.arms.follow_up.in_every_arm())
    part.scenario.arms.follow_up.days.clear();
  part.repeated = among(plan.repeated).value_or(0);
  part.followed = among(plan.followed).value_or(0);
  return part;
}

}  // namespace

Estimate estimate(const Plan& plan, int threads, std::span<const Grid> maps) {
  const detail::ProtocolViews views(plan);
  Estimate all;
  for (const std::vector<std::size_t>& alike : views.traced_alike()) {
    std::vector<Plan> ways;
    for (const std::size_t group : alike)
      ways.push_back(part_of(plan, views, views.groups()[group]));
    all += estimate_traces(ways, maps);
    for (const Plan& way : ways) all += estimate_alike(way, maps);
  }
  all.seconds /= double(std::max(1, threads));
  return all;
}

}  // namespace vitrine::trial
