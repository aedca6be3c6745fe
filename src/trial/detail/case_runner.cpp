#include "vitrine/trial/detail/case_runner.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <span>
#include <utility>

#include "vitrine/trial/bin_levels.hpp"
#include "vitrine/trial/detail/measurer.hpp"
#include "vitrine/trial/detail/patient_scan.hpp"
#include "vitrine/trial/detail/patient_scatter.hpp"
#include "vitrine/trial/detail/quality_probe.hpp"
#include "vitrine/trial/detail/streaming.hpp"

namespace vitrine::trial::detail {

const CalibratedBeam& CaseRunner::beam(const Plan& view, std::size_t scanner, double tube_voltage,
                                       const Scene& scene) {
  const Arms& arms = view.scenario.arms;
  const Scanner& hardware = arms.scanners[scanner];
  std::string key = str(arms.protocol.name, '|', scanner, '|', to_text(tube_voltage));
  for (const Material& material : scene.materials) key += '|' + material.name;
  auto& entry = beams_[key];
  if (!entry) {
    const auto beam_at = [&](double voltage) {
      return physics::Beam(hardware, voltage, beam_materials(arms, hardware, scene.materials),
                           beam_voltages(arms, plan_.arms, scanner));
    };
    physics::Beam beam = beam_at(tube_voltage);
    if (const auto& dual = arms.protocol.dual_energy) {
      entry = std::make_unique<CalibratedBeam>(
          std::move(beam), beam_at(dual->tube_voltage), dual->load_share, bins_of(arms, hardware),
          arms.protocol.basis(), arms.protocol.water_correction);
      return *entry;
    }
    entry = std::make_unique<CalibratedBeam>(std::move(beam), bins_of(arms, hardware),
                                             arms.protocol.basis(), arms.protocol.water_correction,
                                             scatter_kernel(scanner, tube_voltage));
    if (const auto& made = arms.protocol.corrections; made && made->bone) {
      const Material& second = material(made->bone->material);
      const physics::Beam knowing(hardware, tube_voltage, std::span(&second, 1));
      entry->hardening.emplace(knowing, recon::water_correction(knowing), second);
    }
  }
  return *entry;
}

const physics::ScatterKernel* CaseRunner::scatter_kernel(std::size_t scanner, double tube_voltage) {
  const Scanner& hardware = plan_.scenario.arms.scanners[scanner];
  const Scatter* scatter = active_scatter(hardware);
  if (scatter == nullptr) return nullptr;
  const std::pair key{scanner, tube_voltage};
  auto found = kernels_.find(key);
  if (found == kernels_.end())
    found = kernels_
                .emplace(key, physics::ScatterKernel(hardware, tube_voltage, isa_,
                                                     scatter->kernel_histories))
                .first;
  return &found->second;
}

CaseResult CaseRunner::run(const std::string& case_id, const Step& next, StageCounts& counts) {
  const Arms& arms = plan_.scenario.arms;
  CaseResult result;
  result.id = case_id;
  StageLedger ledger;
  const ScanSurroundings around{sink_, kept_, ledger, isa_};

  const auto protocol_of_arm = [&](const Arm& arm) -> const Protocol& {
    return protocol_of(arms, arm);
  };
  const auto unit_of = [&](const Arm& arm) {
    return voxel_unit(views_.of(arm).scenario.arms, arm.bins);
  };
  std::map<std::size_t, QualityProbe> probes;  // of protocols
  const auto visit_patient = [&](const Plan& view, const Visit& visit) {
    ledger.make(Stage::scene);
    return std::make_unique<Measurer>(view, case_id, visit, result);
  };
  const auto prepared = [&](const Measurer& patient, std::size_t scanner, double voltage,
                            double motion, const std::vector<const Arm*>& noiseless,
                            const std::vector<ReadOut>& read_outs) {
    return std::make_unique<PatientScan>(patient.plan(), case_id, patient,
                                         beam(patient.plan(), scanner, voltage, patient.scene()),
                                         scanner, motion, noiseless, read_outs, around);
  };
  const auto dose_of = [&](const Measurer& patient, const Arm& arm) {
    const CalibratedBeam& its =
        beam(patient.plan(), arm.scanner, arm.tube_voltage, patient.scene());
    DoseIndices dose = doses_.indices(patient, arm.scanner, its.beam, arm.tube_load);
    if (!its.other) return dose;
    const DoseIndices second =
        doses_.indices(patient, arm.scanner, *its.other,
                       arm.tube_load * protocol_of_arm(arm).dual_energy->load_share);
    dose.ctdi_vol += second.ctdi_vol;
    dose.dlp += second.dlp;
    if (dose.ssde && second.ssde) *dose.ssde += *second.ssde;
    return dose;
  };
  const auto deliver = [&](const Measurer& patient, const PatientScan& done, const Arm& arm,
                           const ReadOut& of, const Image& image, double noise) {
    Visit visit = patient.visit();
    visit.noise = of.noise;
    const auto files = sink_.image(patient.context(arm, of.dose.ctdi_vol, visit), image);
    result.files.insert(result.files.end(), files.begin(), files.end());
    patient.record_image(result.images, arm, visit.replicate(), of.dose, done.photons(arm), noise);
    patient.measure(result.features, image, arm.name, visit.replicate(), unit_of(arm), isa_);
    probes.at(arm.protocol).measure(image, arm, visit, result);
    done.want(&of, arm);
    ledger.make(Stage::measure);
  };

  /// A noisy scan, ready to be reconstructed.
  const auto acquired = [&](PatientScan& done, std::size_t i, const std::string& bins) {
    auto [data, files] = done.read_out(i, bins);
    result.files.insert(result.files.end(), files.begin(), files.end());
    return std::move(data);
  };

  const auto write_masks = [&](const Measurer& who) {
    const auto files = who.write_masks(sink_, plan_.arms[plan_.repeated]);
    result.files.insert(result.files.end(), files.begin(), files.end());
  };

  /// One patient as several protocols of one way of scanning image them, the first one first.
  struct Imaged {
    std::vector<std::size_t> protocols;
    std::vector<std::unique_ptr<Measurer>> as;
    const Measurer& first() const { return *as.front(); }
    bool comes_again() const { return first().visit().name != Visit{}.name; }
    const Measurer& of(const Arm& arm) const {
      return *as[std::size_t(std::ranges::find(protocols, arm.protocol) - protocols.begin())];
    }
  };
  const auto imaged = [&](std::unique_ptr<Measurer> first,
                          const std::vector<std::size_t>& protocols) {
    Imaged all{protocols, {}};
    all.as.push_back(std::move(first));
    for (const std::size_t protocol : std::span(protocols).subspan(1))
      all.as.push_back(std::make_unique<Measurer>(views_.of(protocol), all.first()));
    return all;
  };

  const auto read_outs_of = [&](const Imaged& patient, const std::vector<Arm>& mine,
                                double voltage) {
    std::vector<ReadOut> read_outs;
    for (const Arm& arm : mine) {
      if (arm.tube_voltage != voltage) continue;
      for (std::int64_t n = 0; n <= arm.noise_repeats; ++n) {
        const std::string noise = n == 0 ? "" : str("noise", n);
        const auto same = [&](const ReadOut& other) {
          return other.tube_load == arm.tube_load && other.noise == noise;
        };
        auto found = std::find_if(read_outs.begin(), read_outs.end(), same);
        if (found == read_outs.end())
          found =
              read_outs.insert(found, {arm.tube_load, dose_of(patient.of(arm), arm), {}, noise});
        found->made.push_back(&arm);
      }
    }
    return read_outs;
  };

  /// Truth level T2: one noiseless image for all doses of a kernel and thickness, here the arms at
  /// a voltage that have one each. Later visits have none.
  const auto noiseless_arms = [&](const Imaged& patient, const std::vector<Arm>& mine,
                                  double voltage) {
    std::vector<const Arm*> each;
    if (!arms.noiseless || patient.comes_again()) return each;
    for (const Arm& arm : mine)
      if (arm.tube_voltage == voltage &&
          std::ranges::none_of(each, [&](const Arm* one) { return one->same_but_dose(arm); }))
        each.push_back(&arm);
    return each;
  };

  const auto said = [](const Imaged& patient, const std::string& step) {
    return patient.comes_again() ? str(step, ", ", patient.first().visit().name) : step;
  };

  /// The images of a scan that was traced, of the arms at its voltage.
  const auto image_arms = [&](const Imaged& patient, const std::vector<Arm>& mine, double voltage,
                              const std::vector<ReadOut>& read_outs, PatientScan& scan) {
    struct Clean {
      const Arm* arm;
      Image image;
      Measured features;
    };
    std::vector<Clean> clean;
    const std::vector<const Arm*> noiseless = noiseless_arms(patient, mine, voltage);
    for (const std::string& bins : scan.series()) {
      std::optional<ImageData> data;
      for (const Arm* arm : noiseless) {
        if (arm->bins != bins) continue;
        next(str("noiseless ", arm->name));
        std::optional<Image> plain = scan.kept_image(*arm);
        if (!plain) {
          if (!data) data.emplace(scan.noiseless(bins));
          plain = scan.reconstruct(*data, *arm);
          scan.keep_image(*arm, *plain);
        }
        Image image = recon::in_unit(std::move(*plain), unit_of(*arm));
        Measured features = patient.of(*arm).measured(image, unit_of(*arm), isa_);
        ledger.make(Stage::measure);
        clean.push_back({arm, std::move(image), std::move(features)});
      }
    }
    const auto noiseless_of = [&](const Arm& arm) -> const Clean& {
      const auto same = [&](const Clean& other) { return other.arm->same_but_dose(arm); };
      return *std::find_if(clean.begin(), clean.end(), same);
    };
    for (const Arm& arm : mine) {
      if (arm.tube_voltage != voltage || noiseless.empty()) continue;
      patient.of(arm).record(result.features, noiseless_of(arm).features, arm.name, "noiseless");
      scan.want(nullptr, arm);
    }
    for (const Clean& each : clean)
      if (unit_of(*each.arm) == recon::VoxelUnit::hounsfield)
        patient.of(*each.arm).record_profiles(result.profiles, each.image, each.arm->name);
    for (std::size_t i = 0; i < read_outs.size(); ++i) {
      for (const std::string& bins : scan.series()) {
        ImageData data = acquired(scan, i, bins);
        const Arm* before = nullptr;
        Image plain{Grid{}};  // arms that differ in noise reduction follow each other
        for (const Arm* arm : read_outs[i].made) {
          if (arm->bins != bins) continue;
          next(said(patient, arm->name));
          if (!before || !before->same_but_dose(*arm)) plain = scan.reconstruct(data, *arm);
          before = arm;
          const Image image =
              recon::in_unit(recon::denoised(plain, arm->denoise, isa_), unit_of(*arm));
          deliver(patient.of(*arm), scan, *arm, read_outs[i], image,
                  noiseless.empty() ? not_measured : noise_level(image, noiseless_of(*arm).image));
        }
      }
    }
  };

  /// All arms of one scanner that image the patient with the same contrast medium and motion, of
  /// the protocols that scan alike. The scans of later visits are read out once.
  const auto scan_arms = [&](const Imaged& patient, const std::vector<Arm>& alike, std::size_t s,
                             const std::optional<double>& delay, double motion) {
    std::vector<Arm> mine;
    for (const Arm& arm : alike)
      if (arm.scanner == s && arm.contrast_delay == delay && arm.motion == motion)
        mine.push_back(arm);
    if (patient.comes_again())
      for (Arm& arm : mine) arm.noise_repeats = 0;
    const Arms& view = patient.first().plan().scenario.arms;
    for (const std::vector<double>& voltages : voltage_groups(view, s, mine)) {
      std::vector<std::vector<ReadOut>> read_outs;
      std::vector<std::unique_ptr<PatientScan>> scans;
      next(said(patient, str("tracing rays, ", arms.scanners[s].name)));
      for (const double voltage : voltages) {
        read_outs.push_back(read_outs_of(patient, mine, voltage));
        scans.push_back(prepared(patient.first(), s, voltage, motion,
                                 noiseless_arms(patient, mine, voltage), read_outs.back()));
      }
      PatientScan::trace(scans);
      for (std::size_t v = 0; v < voltages.size(); ++v) {
        image_arms(patient, mine, voltages[v], read_outs[v], *scans[v]);
        scans[v].reset();
      }
    }
  };

  const auto scan_everywhere = [&](const Imaged& patient, const std::vector<Arm>& alike,
                                   const std::optional<double>& delay) {
    for (std::size_t s = 0; s < arms.scanners.size(); ++s)
      for (const double motion : motion_strengths(alike))
        scan_arms(patient, alike, s, delay, motion);
  };
  const auto at_delay = [](Visit visit, const Plan& view, const std::optional<double>& delay) {
    if (delay) visit.state.injection = view.scenario.arms.protocol.contrast;
    if (delay) visit.state.injection->delay = *delay;
    return visit;
  };

  next("patient");
  const Arm& first_arm = plan_.arms.front();
  Visit first;
  first.state.injection = injection(protocol_of_arm(first_arm), first_arm);
  std::unique_ptr<Measurer> at_first = visit_patient(views_.of(first_arm), first);
  at_first->record_truth(result);
  at_first->record_masks(result.masks);
  std::optional<Imaged> baseline;          // the first group at the first arm's delay
  std::map<std::size_t, Visit::Aim> aims;  // of protocols
  for (const std::vector<std::size_t>& group : views_.groups()) {
    const std::vector<Arm> alike = views_.arms_of(group);
    const Plan& view = views_.of(group.front());
    for (const std::optional<double>& delay : contrast_delays(alike)) {
      const bool same = !baseline;  // the first group begins with the first arm
      std::optional<Imaged> later;
      if (same)
        baseline = imaged(std::move(at_first), group);
      else
        later = imaged(visit_patient(view, at_delay({}, view, delay)), group);
      const Imaged& now = same ? *baseline : *later;
      for (std::size_t i = 0; i < group.size(); ++i) {
        const auto arm = std::ranges::find(alike, group[i], &Arm::protocol);
        if (!probes.contains(group[i])) probes.emplace(group[i], QualityProbe(plan_, *now.as[i]));
        Arm delayed = *arm;
        delayed.contrast_delay = delay;
        now.as[i]->measure_object(result.features, result.profiles, object_name(arms, delayed),
                                  isa_);
      }
      now.first().record_contrast(result.contrast);
      for (std::size_t i = 0; i < group.size(); ++i)
        if (aims.try_emplace(group[i], now.first().aimed()).second) write_masks(*now.as[i]);
      scan_everywhere(now, alike, delay);
    }
  }

  const auto scan_again = [&](const Measurer& again, const Arm& arm) {
    next(str("tracing rays, ", again.visit().name));
    const ReadOut read_out{arm.tube_load, dose_of(again, arm), {&arm}};
    const std::array scanned{
        prepared(again, arm.scanner, arm.tube_voltage, arm.motion, {}, {read_out})};
    PatientScan& done = *scanned.front();
    PatientScan::trace(scanned);
    next(str(arm.name, ", ", again.visit().name));
    write_masks(again);
    again.record_contrast(result.contrast);
    ImageData data = acquired(done, 0, arm.bins);
    deliver(again, done, arm, read_out,
            recon::in_unit(recon::denoised(done.reconstruct(data, arm), arm.denoise, isa_),
                           unit_of(arm)),
            not_measured);
  };
  const auto again_of = [&](Visit visit, const Arm& arm) {
    visit.state.injection = injection(protocol_of_arm(arm), arm);
    return visit_patient(views_.of(arm), visit);
  };
  const Arm &repeated = plan_.arms[plan_.repeated], &followed = plan_.arms[plan_.followed];
  for (std::int64_t repeat = 0; repeat < arms.repeat.repositions(); ++repeat)
    scan_again(*again_of(reposition(views_.of(repeated).scenario, case_id, repeat), repeated),
               repeated);

  /// A later visit in every arm. `who`: the patient as the first arm images them.
  const auto scan_visit = [&](const Visit& visit, std::unique_ptr<Measurer> who) {
    for (const std::vector<std::size_t>& group : views_.groups()) {
      const std::vector<Arm> alike = views_.arms_of(group);
      const Plan& view = views_.of(group.front());
      bool has_masks = false;
      for (const std::optional<double>& delay : contrast_delays(alike)) {
        Visit delayed = at_delay(visit, view, delay);
        delayed.aim = aims.at(group.front());
        const Imaged now = imaged(who ? std::move(who) : visit_patient(view, delayed), group);
        now.first().record_contrast(result.contrast);
        if (!std::exchange(has_masks, true))
          for (const std::unique_ptr<Measurer>& each : now.as) write_masks(*each);
        scan_everywhere(now, alike, delay);
      }
    }
  };

  std::vector<Visit> visits = follow_up(views_.of(followed).scenario, case_id);
  if (!visits.empty()) {
    result.visit_lesions.columns = {"case",
                                    "replicate",
                                    "day",
                                    "lesion",
                                    "organ",
                                    "volume_mm3",
                                    "longest_axial_diameter_mm",
                                    "short_axis_mm"};
    const Measurer& patient = baseline->first();
    patient.record_visit(result.visit_lesions);
    std::vector<evaluation::Assessment> assessments{patient.assessment()};
    for (Visit& visit : visits) {
      visit.aim = aims.at(followed.protocol);  // a lesion that is gone aims no table
      assessments.push_back({.day = visit.state.day, .missed = visit.missed, .lesions = {}});
      if (visit.missed) continue;
      std::unique_ptr<Measurer> again = again_of(visit, followed);
      assessments.back() = again->assessment();
      again->record_visit(result.visit_lesions);
      if (arms.follow_up.in_every_arm())
        scan_visit(visit, std::move(again));
      else
        scan_again(*again, followed);
    }
    visits.insert(visits.begin(), patient.visit());
    record_response(result, visits, assessments);
  }
  const auto figures = sink_.finish_case(case_id);
  result.files.insert(result.files.end(), figures.begin(), figures.end());
  counts += ledger.counts();
  return result;
}

}  // namespace vitrine::trial::detail
