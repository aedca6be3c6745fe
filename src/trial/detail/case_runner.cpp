#include "vitrine/trial/detail/case_runner.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <iterator>
#include <set>
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

namespace {

/// What images add to a case's results.
constexpr Table CaseResult::*tables_of_images[] = {
    &CaseResult::lesions,  &CaseResult::masks,         &CaseResult::features,
    &CaseResult::profiles, &CaseResult::images,        &CaseResult::contrast,
    &CaseResult::quality,  &CaseResult::quality_curves};

/// Empty, for more of what `result` holds.
CaseResult part_of(const CaseResult& result) {
  CaseResult part;
  part.id = result.id;
  for (const auto table : tables_of_images) (part.*table).columns = (result.*table).columns;
  return part;
}

void append(CaseResult& result, CaseResult part) {
  for (const auto table : tables_of_images) {
    if ((result.*table).columns.empty()) (result.*table).columns = std::move((part.*table).columns);
    std::ranges::move((part.*table).rows, std::back_inserter((result.*table).rows));
  }
  std::ranges::move(part.files, std::back_inserter(result.files));
}

/// Protocols that scan alike, their arms, and where what is measured in their images goes.
struct Way {
  std::vector<std::size_t> protocols;
  std::vector<Arm> arms;
  CaseResult part;
};

}  // namespace

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
                           const ReadOut& of, const Image& image, double noise, CaseResult& to) {
    Visit visit = patient.visit();
    visit.noise = of.noise;
    const auto files = sink_.image(patient.context(arm, of.dose.ctdi_vol, visit), image);
    to.files.insert(to.files.end(), files.begin(), files.end());
    patient.record_image(to.images, arm, visit.replicate(), of.dose, done.photons(arm), noise);
    patient.measure(to.features, image, arm.name, visit.replicate(), unit_of(arm), isa_);
    probes.at(arm.protocol).measure(image, arm, visit, to);
    done.want(&of, arm);
    ledger.make(Stage::measure);
  };

  /// A noisy scan, ready to be reconstructed.
  const auto acquired = [&](PatientScan& done, std::size_t i, const std::string& bins,
                            CaseResult& to) {
    auto [data, files] = done.read_out(i, bins);
    to.files.insert(to.files.end(), files.begin(), files.end());
    return std::move(data);
  };

  const auto write_masks = [&](const Measurer& who, CaseResult& to) {
    const auto files = who.write_masks(sink_, plan_.arms[plan_.repeated]);
    to.files.insert(to.files.end(), files.begin(), files.end());
  };

  /// One patient as protocols whose scans trace the same rays image them.
  struct Imaged {
    std::vector<std::size_t> protocols = {};
    std::vector<std::unique_ptr<Measurer>> as = {};
    const Measurer& first() const { return *as.front(); }
    bool comes_again() const { return first().visit().name != Visit{}.name; }
    const Measurer& of(std::size_t protocol) const {
      return *as[std::size_t(std::ranges::find(protocols, protocol) - protocols.begin())];
    }
    const Measurer& of(const Arm& arm) const { return of(arm.protocol); }
  };
  const auto imaged = [&](std::unique_ptr<Measurer> first, const std::vector<Way*>& ways) {
    Imaged all;
    for (const Way* way : ways)
      for (const std::size_t protocol : way->protocols) {
        all.protocols.push_back(protocol);
        all.as.push_back(first ? std::move(first)
                               : std::make_unique<Measurer>(views_.of(protocol), all.first()));
      }
    return all;
  };
  /// Of groups whose scans trace the same rays.
  const auto ways_of = [&](const std::vector<std::size_t>& groups) {
    std::vector<Way> ways;
    for (const std::size_t group : groups) {
      const std::vector<std::size_t>& protocols = views_.groups()[group];
      ways.push_back({protocols, views_.arms_of(protocols), part_of(result)});
    }
    return ways;
  };
  const auto all_delays = [](const std::vector<Way>& ways) {
    std::vector<Arm> all;
    for (const Way& way : ways) all.insert(all.end(), way.arms.begin(), way.arms.end());
    return contrast_delays(all);
  };
  /// Those that scan at this delay, one at least.
  const auto ways_at = [](std::vector<Way>& ways, const std::optional<double>& delay) {
    std::vector<Way*> there;
    for (Way& way : ways)
      if (std::ranges::find(way.arms, delay, &Arm::contrast_delay) != way.arms.end())
        there.push_back(&way);
    return there;
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

  /// Of the arms at a voltage. Later visits have none.
  const auto noiseless_of_visit = [&](const Imaged& patient, const std::vector<Arm>& mine,
                                      double voltage) {
    return patient.comes_again() ? std::vector<const Arm*>() : noiseless_arms(arms, mine, voltage);
  };

  const auto said = [](const Imaged& patient, const std::string& step) {
    return patient.comes_again() ? str(step, ", ", patient.first().visit().name) : step;
  };

  /// The images of a scan that was traced, of the arms at its voltage.
  const auto image_arms = [&](const Imaged& patient, const std::vector<Arm>& mine, double voltage,
                              const std::vector<ReadOut>& read_outs, PatientScan& scan,
                              CaseResult& to) {
    struct Clean {
      const Arm* arm;
      Image image;
      Measured features;
    };
    std::vector<Clean> clean;
    const std::vector<const Arm*> noiseless = noiseless_of_visit(patient, mine, voltage);
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
      patient.of(arm).record(to.features, noiseless_of(arm).features, arm.name, "noiseless");
      scan.want(nullptr, arm);
    }
    for (const Clean& each : clean)
      if (unit_of(*each.arm) == recon::VoxelUnit::hounsfield)
        patient.of(*each.arm).record_profiles(to.profiles, each.image, each.arm->name);
    for (std::size_t i = 0; i < read_outs.size(); ++i) {
      for (const std::string& bins : scan.series()) {
        ImageData data = acquired(scan, i, bins, to);
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
                  noiseless.empty() ? not_measured : noise_level(image, noiseless_of(*arm).image),
                  to);
        }
      }
    }
  };

  /// All arms of one scanner that image the patient with the same contrast medium and motion, of
  /// protocols that trace the same rays. The scans of later visits are read out once.
  const auto scan_arms = [&](const Imaged& patient, const std::vector<Way*>& ways, std::size_t s,
                             const std::optional<double>& delay, double motion) {
    std::vector<ScannedAlike> scanned;
    for (const Way* way : ways) {
      const Plan& view = patient.of(way->protocols.front()).plan();
      std::vector<Arm>& mine = scanned.emplace_back(ScannedAlike{view.scenario.arms, {}}).arms;
      for (const Arm& arm : way->arms)
        if (arm.scanner == s && arm.contrast_delay == delay && arm.motion == motion)
          mine.push_back(arm);
      if (patient.comes_again())
        for (Arm& arm : mine) arm.noise_repeats = 0;
    }
    for (const std::vector<OneScan>& pass : trace_passes(scanned, s)) {
      std::vector<std::vector<ReadOut>> read_outs;
      std::vector<std::unique_ptr<PatientScan>> scans;
      next(said(patient, str("tracing rays, ", arms.scanners[s].name)));
      for (const auto& [way, voltage] : pass) {
        const std::vector<Arm>& mine = scanned[way].arms;
        read_outs.push_back(read_outs_of(patient, mine, voltage));
        scans.push_back(prepared(patient.of(ways[way]->protocols.front()), s, voltage, motion,
                                 noiseless_of_visit(patient, mine, voltage), read_outs.back()));
      }
      PatientScan::trace(scans);
      for (std::size_t i = 0; i < pass.size(); ++i) {
        const auto& [way, voltage] = pass[i];
        image_arms(patient, scanned[way].arms, voltage, read_outs[i], *scans[i], ways[way]->part);
        scans[i].reset();
      }
    }
  };

  const auto scan_everywhere = [&](const Imaged& patient, const std::vector<Way*>& ways,
                                   const std::optional<double>& delay) {
    std::vector<Arm> all;
    for (const Way* way : ways) all.insert(all.end(), way->arms.begin(), way->arms.end());
    for (std::size_t s = 0; s < arms.scanners.size(); ++s)
      for (const double motion : motion_strengths(all)) scan_arms(patient, ways, s, delay, motion);
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
  at_first->record_patient(result.patients);
  std::optional<Imaged> baseline;          // the first group at the first arm's delay
  std::map<std::size_t, Visit::Aim> aims;  // of protocols
  for (const std::vector<std::size_t>& groups : views_.traced_alike()) {
    std::vector<Way> ways = ways_of(groups);
    for (const std::optional<double>& delay : all_delays(ways)) {
      const std::vector<Way*> there = ways_at(ways, delay);
      const Plan& view = views_.of(there.front()->protocols.front());
      const bool same = !baseline;  // the first group begins with the first arm
      std::optional<Imaged> later;
      if (same)
        baseline = imaged(std::move(at_first), there);
      else
        later = imaged(visit_patient(view, at_delay({}, view, delay)), there);
      const Imaged& now = same ? *baseline : *later;
      for (Way* const way : there) {
        for (const std::size_t protocol : way->protocols) {
          const Measurer& patient = now.of(protocol);
          Arm delayed = *std::ranges::find(way->arms, protocol, &Arm::protocol);
          if (!probes.contains(protocol)) probes.emplace(protocol, QualityProbe(plan_, patient));
          delayed.contrast_delay = delay;
          patient.measure_object(way->part.features, way->part.profiles, object_name(arms, delayed),
                                 isa_);
        }
        now.of(way->protocols.front()).record_contrast(way->part.contrast);
        for (const std::size_t protocol : way->protocols)
          if (const Measurer& patient = now.of(protocol);
              aims.try_emplace(protocol, patient.aimed()).second) {
            patient.record_lesions(way->part.lesions);
            patient.record_masks(way->part.masks);
            write_masks(patient, way->part);
          }
      }
      scan_everywhere(now, there, delay);
      if (same) baseline->as.resize(1);  // masks on the slices of others are not needed any more
    }
    for (Way& way : ways) append(result, std::move(way.part));
  }

  const auto scan_again = [&](const Measurer& again, const Arm& arm) {
    next(str("tracing rays, ", again.visit().name));
    const ReadOut read_out{arm.tube_load, dose_of(again, arm), {&arm}};
    const std::array scanned{
        prepared(again, arm.scanner, arm.tube_voltage, arm.motion, {}, {read_out})};
    PatientScan& done = *scanned.front();
    PatientScan::trace(scanned);
    next(str(arm.name, ", ", again.visit().name));
    write_masks(again, result);
    again.record_contrast(result.contrast);
    ImageData data = acquired(done, 0, arm.bins, result);
    deliver(again, done, arm, read_out,
            recon::in_unit(recon::denoised(done.reconstruct(data, arm), arm.denoise, isa_),
                           unit_of(arm)),
            not_measured, result);
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
    for (const std::vector<std::size_t>& groups : views_.traced_alike()) {
      std::vector<Way> ways = ways_of(groups);
      std::set<std::size_t> have_masks;  // protocols
      for (const std::optional<double>& delay : all_delays(ways)) {
        const std::vector<Way*> there = ways_at(ways, delay);
        const std::size_t first_there = there.front()->protocols.front();
        const Plan& view = views_.of(first_there);
        Visit delayed = at_delay(visit, view, delay);
        delayed.aim = aims.at(first_there);
        const Imaged now = imaged(who ? std::move(who) : visit_patient(view, delayed), there);
        for (Way* const way : there) {
          now.of(way->protocols.front()).record_contrast(way->part.contrast);
          for (const std::size_t protocol : way->protocols)
            if (have_masks.insert(protocol).second) write_masks(now.of(protocol), way->part);
        }
        scan_everywhere(now, there, delay);
      }
      for (Way& way : ways) append(result, std::move(way.part));
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
