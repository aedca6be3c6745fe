#include "vitrine/trial/detail/case_runner.hpp"

#include <algorithm>
#include <cmath>

#include "vitrine/core/hash.hpp"
#include "vitrine/phantoms/patient.hpp"
#include "vitrine/physics/detect.hpp"
#include "vitrine/recon/fbp.hpp"
#include "vitrine/trial/detail/measurer.hpp"
#include "vitrine/trial/detail/raw_header.hpp"
#include "vitrine/trial/scan_check.hpp"

namespace vitrine::trial::detail {
namespace {

constexpr const char* scan_stage = "scan/1";  // raise the number when the physics changes

/// The scan's content: everything that its raw data depend on but the dose.
std::string scan_key(const Plan& plan, const std::string& case_id, const Visit& visit,
                     const Scanner& scanner, double voltage, double motion) {
  const Scenario& s = plan.scenario;
  phantoms::Cohort cohort = s.patients;
  // How many others there are is not an independent patient's business.
  if (cohort.design == "independent" && cohort.strata.empty()) cohort.count = 1;
  Sha256 hash;
  hash.add(scan_stage).add(to_json(phantoms::Cohort::schema().write(cohort))).add(case_id);
  hash.add(visit.name).add(to_json(Scanner::schema().write(scanner))).add(to_text(voltage));
  hash.add(to_json(Repeat::schema().write(s.arms.repeat)));
  const Protocol& p = s.arms.protocol;
  hash.add(str(p.centre, ' ', to_text(p.coverage()), ' ', to_text(p.full_coverage_radius)));
  hash.add(to_json(Simulation::schema().write(s.simulation)));
  if (p.mode == "helical") hash.add(str("helical ", to_text(p.pitch)));
  if (p.gantry_tilt != 0.0) hash.add("gantry tilt ").add(to_text(p.gantry_tilt));
  if (p.flying_focal_spot != "none") hash.add("flying focal spot ").add(p.flying_focal_spot);
  if (const auto& injection = visit.state.injection)
    hash.add(to_json(phantoms::Injection::schema().write(*injection)));
  if (motion > 0.0) {
    hash.add(
        str("motion ", to_text(motion), ' ', to_text(p.rotation_time), ' ', to_text(p.table_time)));
    for (const auto& each : p.motion) hash.add(to_json(each.canonical));
  }
  return hash.finish().hex();
}

}  // namespace

std::size_t CaseRunner::steps() const {
  const Estimate e = estimate(plan_, 1);
  const std::size_t cases = std::max<std::size_t>(1, plan_.cases.size());
  return 1 + (e.traced_scans + e.reconstructions) / cases;
}

const CalibratedBeam& CaseRunner::beam(std::size_t scanner, double tube_voltage,
                                       const Scene& scene) {
  std::string key = str(scanner, '|', to_text(tube_voltage));
  for (const Material& material : scene.materials) key += '|' + material.name;
  auto& entry = beams_[key];
  if (!entry) {
    const Scanner& hardware = plan_.scenario.arms.scanners[scanner];
    physics::Beam beam(hardware, tube_voltage, scene.materials);
    recon::WaterCorrection water = recon::water_correction(beam);
    entry = std::make_unique<CalibratedBeam>(CalibratedBeam{std::move(beam), std::move(water)});
  }
  return *entry;
}

namespace {

/// One visit of one patient to one scanner: geometry, what it is called, and its raw data.
struct Scan {
  const Plan& plan;
  const Measurer& patient;
  const CalibratedBeam& calibrated;
  std::string key;
  physics::Exposure exposure;
  Isa isa;

  /// Equivalent quanta in one reading of the middle column with nothing but air in the beam.
  double photons(double tube_load) const {
    return calibrated.beam.air_quanta(calibrated.beam.columns() / 2) * tube_load /
           double(exposure.signal.geometry().views_per_rotation);
  }
  recon::Rebinned noiseless() const {
    return recon::rebin(recon::line_integrals(exposure.signal, calibrated.water, isa), isa);
  }
  /// Takes the values of the raw data, once, in the form that was asked for.
  using Tap = std::function<void(std::span<const float>)>;
  recon::Rebinned at(double tube_load, const Tap& tap) const {
    const Stream noise = make_stream(std::uint64_t(plan.scenario.trial.seed),
                                     str(key, '|', to_text(tube_load)), Draw::quantum);
    const auto& raw = plan.scenario.outputs.raw;
    auto signal = physics::acquire(exposure, calibrated.beam, tube_load, noise, isa);
    if (raw == "signal") tap(signal.values());
    const auto data = recon::line_integrals(std::move(signal), calibrated.water, isa);
    if (raw == "line_integrals") tap(data.values());
    return recon::rebin(data, isa);
  }
  Image reconstruct(const recon::Rebinned& data, const Arm& arm) const {
    return recon::reconstruct(data, *arm.kernel, patient.grid(), arm.slice_thickness,
                              calibrated.beam.mu_water(), calibrated.beam.mu_air(), isa);
  }
};

}  // namespace

CaseResult CaseRunner::run(const std::string& case_id, const Step& next) {
  const Scenario& scenario = plan_.scenario;
  const Arms& arms = scenario.arms;
  CaseResult result;
  result.id = case_id;

  const auto visit_patient = [&](const Visit& visit) {
    return Measurer(plan_, case_id, visit, result);
  };
  const auto scan = [&](const Measurer& patient, std::size_t scanner, double voltage,
                        double motion) {
    const CalibratedBeam& calibrated = beam(scanner, voltage, patient.scene());
    const ScanGeometry geometry =
        scan_geometry(arms.scanners[scanner], arms.protocol, patient.table_position(),
                      patient.visit().start_angle);
    const double near = scan_reach(geometry, patient.table_position());
    const auto met = [&](const Scene& scene) {
      return phantoms::cropped(scene, patient.table_position() - near,
                               patient.table_position() + near);
    };
    const physics::Sampling sampling{int(scenario.simulation.sub_columns),
                                     int(scenario.simulation.sub_rows),
                                     int(scenario.simulation.sub_views)};
    std::string key =
        scan_key(plan_, case_id, patient.visit(), arms.scanners[scanner], voltage, motion);
    physics::Exposure exposure{Sinogram<quantity::Signal>(geometry),
                               Sinogram<quantity::Quanta>(geometry)};
    if (motion > 0.0) {
      // A patient moves alike in all arms that differ in strength alone.
      const Stream chance = make_stream(std::uint64_t(scenario.trial.seed),
                                        str(case_id, '|', patient.visit().name, '|',
                                            arms.scanners[scanner].name, '|', to_text(voltage)),
                                        Draw::motion);
      const double views = scenario.simulation.motion_step / arms.protocol.rotation_time *
                           double(geometry.views_per_rotation);
      physics::expose_moving(
          [&](double time) { return met(patient.scene_at(time, motion, chance)); },
          std::max<Index>(1, Index(std::round(views))), calibrated.beam, sampling, isa_, exposure);
    } else {
      physics::expose_into(met(patient.scene()), calibrated.beam, sampling, isa_, exposure);
    }
    require_met(exposure, patient.scene());
    return Scan{plan_, patient, calibrated, std::move(key), std::move(exposure), isa_};
  };
  const auto deliver = [&](const Measurer& patient, const Scan& done, const Arm& arm,
                           const Image& image, double noise) {
    const double pitch = arms.protocol.mode == "helical" ? arms.protocol.pitch : 1.0;
    const double ctdi = done.calibrated.beam.ctdi_vol_32() * arm.tube_load / pitch;
    const ImageContext context = patient.context(arm, ctdi);
    const auto files = sink_.image(context, image);
    result.files.insert(result.files.end(), files.begin(), files.end());
    patient.record_image(result.images, arm, ctdi, done.photons(arm.tube_load), noise);
    patient.measure(result.features, image, arm.name, patient.visit().name);
  };

  /// The raw data of a scan and the arms that are made of it, rearranged for reconstruction.
  const auto acquire = [&](const Measurer& patient, const Scan& done,
                           const std::vector<const Arm*>& made) {
    return done.at(made.front()->tube_load, [&](std::span<const float> values) {
      RawScan raw =
          raw_header(plan_, case_id, patient.visit(), made, done.exposure.signal.geometry(),
                     done.calibrated, patient.table_position(), isa_);
      raw.origin.sex = patient.context(*made.front(), raw.beam.ctdi_vol).sex;
      const auto files = sink_.raw(raw, values);
      result.files.insert(result.files.end(), files.begin(), files.end());
    });
  };

  const auto write_masks = [&](const Measurer& who) {
    const auto files = who.write_masks(sink_, plan_.arms[plan_.repeated]);
    result.files.insert(result.files.end(), files.begin(), files.end());
  };

  /// All arms of one scanner that image the patient with the same contrast medium and motion.
  const auto scan_arms = [&](const Measurer& patient, std::size_t s,
                             const std::optional<double>& delay, double motion) {
    std::vector<Arm> mine;
    for (const Arm& arm : plan_.arms)
      if (arm.scanner == s && arm.contrast_delay == delay && arm.motion == motion)
        mine.push_back(arm);
    if (mine.empty()) return;
    std::vector<double> voltages;
    for (const Arm& arm : mine)
      if (std::find(voltages.begin(), voltages.end(), arm.tube_voltage) == voltages.end())
        voltages.push_back(arm.tube_voltage);

    for (const double voltage : voltages) {
      next(str("tracing rays, ", arms.scanners[s].name));
      const Scan done = scan(patient, s, voltage, motion);
      // Truth level T2: one noiseless image for all doses of a kernel and thickness.
      std::vector<std::pair<const Arm*, Image>> clean;
      {
        const recon::Rebinned data = done.noiseless();
        for (const Arm& arm : mine) {
          const auto same = [&](const auto& other) { return other.first->same_but_dose(arm); };
          if (arm.tube_voltage != voltage || std::any_of(clean.begin(), clean.end(), same))
            continue;
          next(str("noiseless ", arm.name));
          clean.emplace_back(&arm, done.reconstruct(data, arm));
        }
      }
      const auto noiseless_of = [&](const Arm& arm) -> const Image& {
        const auto same = [&](const auto& other) { return other.first->same_but_dose(arm); };
        return std::find_if(clean.begin(), clean.end(), same)->second;
      };
      std::vector<double> loads;
      for (const Arm& arm : mine) {
        if (arm.tube_voltage != voltage) continue;
        patient.measure(result.features, noiseless_of(arm), arm.name, "noiseless");
        if (std::find(loads.begin(), loads.end(), arm.tube_load) == loads.end())
          loads.push_back(arm.tube_load);
      }
      for (const auto& [arm, image] : clean)
        patient.record_profiles(result.profiles, image, arm->name);
      for (const double load : loads) {
        std::vector<const Arm*> made;
        for (const Arm& arm : mine)
          if (arm.tube_voltage == voltage && arm.tube_load == load) made.push_back(&arm);
        const recon::Rebinned data = acquire(patient, done, made);
        for (const Arm* arm : made) {
          next(arm->name);
          const Image image = done.reconstruct(data, *arm);
          deliver(patient, done, *arm, image, noise_level(image, noiseless_of(*arm)));
        }
      }
    }
  };

  next("patient");
  Visit first;
  first.state.injection = injection(arms.protocol, plan_.arms.front());
  const Measurer patient = visit_patient(first);
  patient.record_truth(result);
  for (const std::optional<double>& delay : contrast_delays(plan_.arms)) {
    Visit visit;
    if (delay) visit.state.injection = first.state.injection;
    if (delay) visit.state.injection->delay = *delay;
    const bool same = delay == plan_.arms.front().contrast_delay;
    std::optional<Measurer> later;
    if (!same) later.emplace(plan_, case_id, visit, result);
    const Measurer& now = same ? patient : *later;
    now.measure_object(result.features, result.profiles, object_name(arms, delay));
    now.record_contrast(result.contrast);
    if (same) write_masks(now);
    for (std::size_t s = 0; s < arms.scanners.size(); ++s)
      for (const double motion : motion_strengths(plan_.arms)) scan_arms(now, s, delay, motion);
  }

  const auto scan_again = [&](const Measurer& again, const Arm& arm) {
    next(str("tracing rays, ", again.visit().name));
    const Scan done = scan(again, arm.scanner, arm.tube_voltage, arm.motion);
    next(str(arm.name, ", ", again.visit().name));
    write_masks(again);
    again.record_contrast(result.contrast);
    deliver(again, done, arm, done.reconstruct(acquire(again, done, {&arm}), arm), not_measured);
  };
  for (std::int64_t repeat = 0; repeat < arms.repeat.count; ++repeat) {
    Visit visit = reposition(scenario, case_id, repeat);
    visit.state.injection = injection(arms.protocol, plan_.arms[plan_.repeated]);
    scan_again(visit_patient(visit), plan_.arms[plan_.repeated]);
  }

  std::vector<Visit> visits = follow_up(scenario, case_id);
  if (!visits.empty()) {
    result.visit_lesions.columns = {"case",
                                    "replicate",
                                    "day",
                                    "lesion",
                                    "organ",
                                    "volume_mm3",
                                    "longest_axial_diameter_mm",
                                    "short_axis_mm"};
    patient.record_visit(result.visit_lesions);
    std::vector<evaluation::Assessment> assessments{patient.assessment()};
    for (Visit& visit : visits) {
      visit.state.injection = injection(arms.protocol, plan_.arms[plan_.followed]);
      visit.table_position = patient.table_position();  // a lesion that is gone aims no table
      assessments.push_back({.day = visit.state.day, .missed = visit.missed, .lesions = {}});
      if (visit.missed) continue;
      const Measurer again = visit_patient(visit);
      assessments.back() = again.assessment();
      again.record_visit(result.visit_lesions);
      scan_again(again, plan_.arms[plan_.followed]);
    }
    visits.insert(visits.begin(), patient.visit());
    record_response(result, visits, assessments);
  }
  const auto figures = sink_.finish_case(case_id);
  result.files.insert(result.files.end(), figures.begin(), figures.end());
  return result;
}

}  // namespace vitrine::trial::detail
