#include "vitrine/trial/plan.hpp"

#include <algorithm>
#include <cmath>
#include <numbers>
#include <numeric>
#include <optional>
#include <set>
#include <tuple>

#include "vitrine/core/math.hpp"
#include "vitrine/physics/scatter_field.hpp"
#include "vitrine/recon/corrected_rays.hpp"
#include "vitrine/recon/reformat.hpp"
#include "vitrine/trial/bin_levels.hpp"
#include "vitrine/trial/detail/lesion_work.hpp"
#include "vitrine/trial/detail/patient_scatter.hpp"
#include "vitrine/trial/detail/protocol_views.hpp"
#include "vitrine/trial/detail/streaming.hpp"

namespace vitrine::trial {

Plan make_plan(Scenario scenario) {
  Plan plan;
  plan.fingerprint = fingerprint(scenario);
  plan.written = Scenario::schema().write(scenario);
  plan.sites = install_sites(scenario);
  if (!scenario.arms.protocols.empty()) scenario.arms.protocol = scenario.arms.protocols.front();
  plan.arms = enumerate_arms(scenario.arms, std::uint64_t(scenario.trial.seed));
  plan.reference = select_arm(scenario.arms, plan.arms, scenario.arms.reference);
  plan.repeated = select_arm(scenario.arms, plan.arms, scenario.arms.repeat.of);
  plan.followed = select_arm(scenario.arms, plan.arms, scenario.arms.follow_up.of);
  plan.cases = phantoms::patient_ids(scenario.patients);
  plan.scenario = std::move(scenario);
  return plan;
}

std::string repeated_arms(const Plan& plan) {
  if (plan.scenario.arms.repeat.noise() == 0) return plan.arms[plan.repeated].name;
  const auto n =
      std::ranges::count_if(plan.arms, [](const Arm& arm) { return arm.noise_repeats > 0; });
  if (n == 1) return plan.arms[plan.repeated].name;
  return n == std::ssize(plan.arms) ? "every arm" : str(n, " arms");
}

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

constexpr double row_batch = 16.0;  // recon's rows come in batches

/// Views that a line of a scan is made of.
double fan_views(const ScanGeometry& g) {
  const double fan = 2.0 * g.fan_angle(double(g.columns - 1) - g.column_offset);
  return fan / (2.0 * std::numbers::pi) * double(g.views_per_rotation) + 6.0;
}

bool is_helical(const ScanGeometry& g) {
  return g.table_positions.back() != g.table_positions.front() &&
         g.table_positions[1] != g.table_positions[0];
}

/// Bytes of a scan's parallel lines, about.
double line_bytes(const ScanGeometry& g) {
  const double fan = 2.0 * g.fan_angle(double(g.columns - 1) - g.column_offset);
  const double line = sizeof(float) * 2.0 * math::sin(0.5 * fan) / g.column_angle * row_batch *
                      std::ceil(double(g.rows) / row_batch);
  const double turns = double(g.views()) / turned_share(g);  // short scans have full turns' lines
  return line * (turns - (is_helical(g) ? fan_views(g) : 0.0));
}

/// Peak of a patient's scans that are traced together (one of each tube voltage), whose outputs are
/// made while the rays are traced or one after the other (detail/patient_scan.hpp), and of the
/// images made of them while `kept` others stay, bytes. `fit`: what the hungriest algorithm needs;
/// then outputs hold the rays as measured, too.
double scan_memory(const ScanGeometry& g, std::span<const detail::ScanSize> scans, std::size_t kept,
                   double voxels, std::optional<double> fit) {
  constexpr double block = 128.0;    // of views
  constexpr double filtered = 16e6;  // one block of filtered lines
  const double view = sizeof(float) * double(g.columns * g.rows);
  const double measured = fit ? view * double(g.views()) : 0.0;
  const double lines = measured + line_bytes(g);
  const double ring = view * (block + fan_views(g) * (is_helical(g) ? 1.0 : 2.0));
  const double images =
      sizeof(float) * voxels * (double(kept) + 2.0) + filtered + fit.value_or(0.0);
  double held = 0.0, rings = 0.0, afterwards = 0.0;
  for (const detail::ScanSize& size : scans) {
    rings += double(size.known) * block * view;
    if (size.streams()) {
      held += double(size.outputs()) * lines;
      rings += double(size.outputs()) * ring;
    } else {
      held += double(size.known) * view * double(g.views());
      afterwards = std::max(afterwards, double(size.series_at_once()) * (lines + ring));
    }
  }
  return held + std::max(rings, afterwards + images);
}

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

}  // namespace

namespace {

/// Of a plan whose arms are of protocols that scan alike, the first of which is `arms.protocol`.
Estimate estimate_alike(const Plan& plan, int threads, std::span<const Grid> maps) {
  const Arms& arms = plan.scenario.arms;
  const Protocol& protocol = arms.protocol;
  const double cases = double(plan.cases.size());
  const auto grid_of = [&](const Arm& arm) { return image_grid(protocol_of(arms, arm)); };
  double voxels = 0.0, image_voxels = 0.0;  // of the largest image; of all
  double noiseless_voxels = 0.0;            // of a case, of all that have no noise
  std::uint64_t slices_of_images = 0;
  const double sub_rays =
      double(plan.scenario.simulation.sub_columns * plan.scenario.simulation.sub_rows *
             plan.scenario.simulation.sub_views);
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
    const ScanGeometry g = scan_geometry(arms.scanners[arm.scanner], protocol, 0.0, 0.0);
    const recon::SliceStack made = recon::stack_for(g, grid_of(arm), arm.slice_thickness);
    seconds += cases * times * arm.algorithm->seconds(g, made.grid, made.thickness);
  };
  std::set<std::pair<Shared, ReadOut>> corrected;
  std::uint64_t images_of_arms = 0;
  const auto add_images = [&](const Arm& arm, std::uint64_t number) {
    const double its = double(grid_of(arm).count());
    voxels = std::max(voxels, its);
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
  const auto samples_of = [&](std::size_t scanner) {
    const ScanGeometry g = scan_geometry(arms.scanners[scanner], protocol, 0.0, 0.0);
    return double(g.views()) * double(g.columns) * double(g.rows);
  };
  double map_voxels = 0.0, map_steps = 0.0;
  for (const Grid& grid : maps) {
    map_voxels += double(grid.count());
    map_steps += 0.5 * double(grid.size[0] + grid.size[1]);
  }
  const auto trace = [&](std::size_t scanner, double times, std::size_t further_beams) {
    const double rays = cases * times * samples_of(scanner) * sub_rays;
    e.rays += rays;
    seconds += rays * trace_per_ray * (1.0 + further_beam * double(further_beams));
    seconds += cases * times * samples_of(scanner) * map_steps * trace_per_step;
    const Scanner& hardware = arms.scanners[scanner];
    seconds += cases * times * double(1 + further_beams) *
               scatter_seconds(hardware, scan_geometry(hardware, protocol, 0.0, 0.0));
  };
  using Together = std::tuple<std::size_t, std::optional<double>, double>;
  std::set<Together> together;
  for (const auto& [scanner, voltage, delay, motion] : traced)
    together.insert({scanner, delay, motion});
  const auto arms_of = [&](const Together& alike) {
    std::vector<Arm> its;
    for (const Arm& arm : plan.arms)
      if (Together{arm.scanner, arm.contrast_delay, arm.motion} == alike) its.push_back(arm);
    return its;
  };
  const std::size_t second_scans = protocol.dual_energy ? 1 : 0;
  std::size_t passes = 0;
  for (const Together& alike : together) {
    const std::size_t scanner = std::get<0>(alike);
    for (const auto& voltages : detail::voltage_groups(arms, scanner, arms_of(alike))) {
      trace(scanner, 1.0, voltages.size() - 1 + second_scans);
      ++passes;
    }
  }
  const auto known_bytes = [&](std::size_t scanner) {
    return double(detail::known_of_rays(arms, arms.scanners[scanner])) * sizeof(float) *
           samples_of(scanner);
  };
  const auto lines_of = [&](std::size_t scanner) {
    return line_bytes(scan_geometry(arms.scanners[scanner], protocol, 0.0, 0.0));
  };
  const bool keeps_lines =
      plan.scenario.outputs.raw.value_or("none") == "none" &&
      std::ranges::none_of(plan.arms, [](const Arm& a) { return a.algorithm->wants_measured(); });
  std::set<std::pair<std::size_t, double>> calibrated;
  for (const auto& [scanner, voltage, delay, motion] : traced) {
    const Scanner& hardware = arms.scanners[scanner];
    seconds += cases * samples_of(scanner) * read_out_per_sample(arms, hardware, false);
    e.cache_bytes += cases * known_bytes(scanner);
    const detail::ScanSize size =
        detail::scan_size(arms, scanner, arms_of({scanner, delay, motion}), voltage);
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
    seconds += cases * times * samples_of(scanner) *
               read_out_per_sample(arms, arms.scanners[scanner], true);
    if (raw == "none") return;
    const double samples = cases * times * samples_of(scanner) * double(raw_values(scanner));
    e.disk_bytes += samples * sizeof(float);
    seconds += samples * raw_per_sample;
  };
  for (const auto& [shared, load] : scans) read_out(std::get<0>(shared), 1.0);
  for (const auto& [arm, times] : {std::pair(plan.repeated, double(arms.repeat.repositions())),
                                   std::pair(plan.followed, double(again_in_one))}) {
    const std::size_t scanner = plan.arms[arm].scanner;
    if (times == 0.0) continue;
    trace(scanner, times, second_scans);
    read_out(scanner, times);
    e.cache_bytes +=
        cases * times * (known_bytes(scanner) + (keeps_lines ? lines_of(scanner) : 0.0));
    reconstruct(plan.arms[arm], times);
    add_images(plan.arms[arm], std::uint64_t(times));
  }
  // Scans of a visit in every arm are read out once, and have no images without noise.
  std::size_t passes_again = 0, scans_again = 0;
  const auto come_again = [&](const Together& alike) {
    std::vector<Arm> its = arms_of(alike);
    for (Arm& arm : its) arm.noise_repeats = 0;
    return its;
  };
  if (again_in_all > 0) {
    const auto times = double(again_in_all);
    for (const Together& alike : together) {
      const std::size_t scanner = std::get<0>(alike);
      for (const auto& voltages : detail::voltage_groups(arms, scanner, come_again(alike))) {
        trace(scanner, times, voltages.size() - 1 + second_scans);
        ++passes_again;
      }
    }
    for (const auto& [scanner, voltage, delay, motion] : traced) {
      detail::ScanSize size =
          detail::scan_size(arms, scanner, come_again({scanner, delay, motion}), voltage);
      --size.read_outs;
      read_out(scanner, times * double(size.read_outs));
      scans_again += size.read_outs;
      e.cache_bytes += cases * times * known_bytes(scanner);
      if (keeps_lines && size.streams())
        e.cache_bytes += cases * times * double(size.outputs()) * lines_of(scanner);
    }
    for (const Arm& arm : plan.arms) {
      reconstruct(arm, times);
      add_images(arm, again_in_all);
    }
  }
  const auto per_case = [&](std::size_t n) { return plan.cases.size() * n; };
  e.traced_scans = per_case(passes + repeats + passes_again * again_in_all);
  e.scans = per_case(scans.size() + repeats + scans_again * again_in_all);
  e.images = per_case(images_of_arms + repeats + plan.arms.size() * again_in_all);
  e.reconstructions = e.images + per_case(noiseless.size());
  for (const auto& [shared, load] : corrected)
    seconds += cases * (load.first > 0.0 && load.second == 0 ? 1.0 + double(again_in_all) : 1.0) *
               protocol.corrections->seconds(
                   scan_geometry(arms.scanners[std::get<0>(shared)], protocol, 0.0, 0.0));
  seconds += image_voxels * write_per_voxel;
  const double measured = double(e.reconstructions) / cases + 1.0;  // and the object itself
  const std::vector<double> lesions = detail::expected_lesions(plan);
  seconds += std::accumulate(lesions.begin(), lesions.end(), 0.0) * measured *
             detail::preprocessing_seconds(plan.scenario.measure, image_grid(protocol));
  e.seconds = seconds / double(std::max(1, threads));

  const bool nifti = has(plan.scenario.outputs.images, "nifti");
  const bool dicom = has(plan.scenario.outputs.images, "dicom");
  if (raw != "none") e.files += e.scans;
  e.files += e.images * std::uint64_t(nifti) + (dicom ? slices_of_images : 0) + 8;
  e.disk_bytes += image_voxels * ((nifti ? 1.3 : 0.0) + (dicom ? 2.0 : 0.0)) + 2e6;
  double largest = 0.0;
  for (const Together& alike : together) {
    const auto& [scanner, delay, motion] = alike;
    const std::vector<Arm> its = arms_of(alike);
    const ScanGeometry g = scan_geometry(arms.scanners[scanner], protocol, 0.0, 0.0);
    std::optional<double> fit;
    double slices = 0.0;  // that images of another orientation are sampled from
    for (const Arm& arm : plan.arms) {
      const Grid image = grid_of(arm);
      const recon::SliceStack made = recon::stack_for(g, image, arm.slice_thickness);
      if (!(made.grid == image))
        slices = std::max(slices, 2.0 * sizeof(float) * double(made.grid.count()));
      if (arm.algorithm->wants_measured())
        fit = std::max(fit.value_or(0.0),
                       arm.algorithm->memory(g, made.grid, made.thickness) +
                           (arm.corrected ? recon::corrected_rays_memory(g) : 0.0));
    }
    for (const auto& voltages : detail::voltage_groups(arms, scanner, its)) {
      std::vector<detail::ScanSize> sizes;
      std::size_t kept = 0;
      for (const double voltage : voltages) {
        const Shared shared{scanner, voltage, delay, motion};
        sizes.push_back(detail::scan_size(arms, scanner, its, voltage));
        const auto of_this = [&](const auto& each) { return std::get<0>(each) == shared; };
        kept = std::max(kept, std::size_t(std::ranges::count_if(noiseless, of_this)));
      }
      largest = std::max(largest, slices + scan_memory(g, sizes, kept, voxels, fit));
    }
  }
  e.memory_bytes = largest + base_memory + map_bytes * map_voxels;
  return e;
}

}  // namespace

Estimate estimate(const Plan& plan, int threads, std::span<const Grid> maps) {
  const detail::ProtocolViews views(plan);
  if (plan.scenario.arms.protocols.size() < 2) return estimate_alike(plan, threads, maps);
  Estimate all;
  for (const std::vector<std::size_t>& group : views.groups()) {
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
    const Estimate its = estimate_alike(part, threads, maps);
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
  }
  return all;
}

}  // namespace vitrine::trial
