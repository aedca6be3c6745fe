#include "vitrine/trial/detail/content_keys.hpp"

#include "vitrine/core/hash.hpp"
#include "vitrine/physics/beam.hpp"
#include "vitrine/physics/version.hpp"
#include "vitrine/trial/bin_levels.hpp"
#include "vitrine/trial/detail/patient_scatter.hpp"
#include "vitrine/trial/detail/protocol_views.hpp"

namespace vitrine::trial::detail {
namespace {

std::string cohort_json(const phantoms::Cohort& cohort, const std::string& case_id) {
  return to_json(phantoms::Cohort::schema().write(phantoms::own_cohort(cohort, case_id)));
}

/// Numbers as they are in memory: no key leaves the machine's byte order.
template <class T>
void add(Sha256& hash, std::span<const T> values) {
  const std::uint64_t count = values.size();
  hash.bytes(std::as_bytes(std::span(&count, 1))).bytes(std::as_bytes(values));
}

/// When views are taken is of no matter to what rests.
void add(Sha256& hash, const ScanGeometry& g, bool moves) {
  const double numbers[] = {g.source_to_iso, g.source_to_detector, g.column_angle, g.row_pitch,
                            g.column_offset, g.axis_offset,        g.tilt};
  const Index counts[] = {Index(g.shape), g.columns, g.rows, g.views_per_rotation};
  add<double>(hash, numbers);
  add<Index>(hash, counts);
  add<double>(hash, g.view_angles);
  add<double>(hash, g.table_positions);
  if (moves) add<double>(hash, g.view_times);
  add<FocalShift>(hash, g.focal_shifts);
}

/// The hash of a stage's name and of what it is made from and with.
template <class... Parts>
std::string key_of(std::string_view stage, const Parts&... parts) {
  Sha256 hash;
  hash.add(stage);
  (hash.add(parts), ...);
  return hash.finish().hex();
}

}  // namespace

std::string noise_key(const Plan& plan, const std::string& case_id, const Visit& visit,
                      Scanner scanner, double voltage, double motion) {
  if (active_scatter(scanner) == nullptr) scanner.scatter.reset();
  scanner.profile.reset();
  const Scenario& s = plan.scenario;
  Sha256 hash;
  hash.add(str("scan/", physics::model_version)).add(cohort_json(s.patients, case_id)).add(case_id);
  hash.add(visit.name).add(to_json(Scanner::schema().write(scanner))).add(to_text(voltage));
  Repeat repeat = s.arms.repeat;
  if (repeat.kind == "noise") {
    repeat.kind = Repeat{}.kind;
    repeat.count = 0;
    repeat.of = {};
  }
  hash.add(to_json(Repeat::schema().write(repeat)));
  const Protocol& p = s.arms.protocol;
  hash.add(str(p.centre, ' ', to_text(p.coverage()), ' ', to_text(p.full_coverage_radius)));
  // Two ways of scanning share no noise. The first protocol's is that of a trial with it alone.
  if (const auto& all = s.arms.protocols; !all.empty())
    if (const std::string way = way_of_scanning(p); way != way_of_scanning(all.front()))
      hash.add("protocol ").add(way);
  hash.add(to_json(Simulation::schema().write(s.simulation)));
  if (p.mode == "helical") hash.add(str("helical ", to_text(p.pitch)));
  if (p.scan_arc != Protocol{}.scan_arc) hash.add("scan arc ").add(to_text(p.scan_arc));
  if (p.gantry_tilt != 0.0) hash.add("gantry tilt ").add(to_text(p.gantry_tilt));
  if (p.flying_focal_spot != "none") hash.add("flying focal spot ").add(p.flying_focal_spot);
  if (const auto& injection = visit.state.injection)
    hash.add(to_json(phantoms::Injection::schema().write(*injection)));
  if (p.tube_current_modulation)
    hash.add("tube current ")
        .add(to_json(physics::TubeCurrentModulation::schema().write(*p.tube_current_modulation)));
  if (scanner.detector.sensor && scanner.detector.sensor->pile_up)
    hash.add(str("pile-up ", to_text(p.rotation_time)));
  if (scanner.detector.lag)
    hash.add(str("lag ", to_text(p.rotation_time), ' ', to_text(p.table_time)));
  if (p.dual_energy)
    hash.add(str("dual energy ", to_text(p.dual_energy->tube_voltage), ' ',
                 to_text(p.dual_energy->load_share)));
  if (motion > 0.0) {
    hash.add(
        str("motion ", to_text(motion), ' ', to_text(p.rotation_time), ' ', to_text(p.table_time)));
    for (const auto& each : p.motion) hash.add(to_json(each.canonical));
  }
  return hash.finish().hex();
}

std::string scene_key(const Plan& plan, const std::string& case_id, const Visit& visit,
                      const phantoms::Slab& slab) {
  const Scenario& s = plan.scenario;
  Sha256 hash;
  hash.add(str("scene/", physics::model_version))
      .add(str(s.trial.seed))
      .add(cohort_json(s.patients, case_id))
      .add(case_id);
  for (const FileRecord& file : s.files) hash.add(file.sha256);
  const phantoms::PatientState& state = visit.state;
  if (state.injection)
    hash.add(to_json(phantoms::Injection::schema().write(*state.injection)))
        .add(str(state.injection_number));
  const double numbers[] = {state.inspiration, state.systole, state.day, slab.low, slab.high};
  add<double>(hash, numbers);
  add<double>(hash, std::span(visit.pose.rotation.data(), 9));
  add<double>(hash, std::span(visit.pose.translation.data(), 3));
  return hash.finish().hex();
}

std::string trace_key(const Plan& plan, const RaysKey& of) {
  const Arms& arms = plan.scenario.arms;
  const Protocol& p = arms.protocol;
  Scanner scanner = arms.scanners[of.scanner];
  Sha256 hash;
  hash.add(str("rays/", physics::model_version, '/', to_string(of.isa))).add(of.scene);
  add(hash, of.geometry, of.motion > 0.0);
  for (const Material& material : beam_materials(
           arms, scanner, std::vector<Material>(of.materials.begin(), of.materials.end())))
    hash.add(material.name);
  for (const double voltage : beam_voltages(arms, plan.arms, of.scanner))
    hash.add(to_text(voltage));
  if (!physics::can_share_rays(scanner) || of.motion > 0.0)
    hash.add(str("at ", to_text(of.voltage)));
  if (of.motion > 0.0) {
    hash.add(str("motion ", to_text(of.motion), ' ', of.chance.key));
    for (const auto& each : p.motion) hash.add(to_json(each.canonical));
  }
  hash.add(to_json(Simulation::schema().write(plan.scenario.simulation)));
  scanner.name.clear();
  scanner.scatter.reset();
  scanner.profile.reset();
  hash.add(to_json(Scanner::schema().write(scanner)));
  return hash.finish().hex();
}

std::string known_key(const std::string& trace, double voltage) {
  return key_of("known", trace, to_text(voltage));
}

std::string read_out_key(const std::string& known, const std::string& scan, double tube_load,
                         std::optional<std::uint64_t> noise) {
  return key_of("read-out", known, scan, to_text(tube_load), noise ? str(*noise) : "none");
}

std::string rebin_key(const std::string& read_out, const Protocol& p, const std::string& bins) {
  return key_of("rebin", read_out, bins, str(p.water_correction, ' ', p.truncation_extension),
                to_json(recon::SpectralBasis::schema().write(p.basis())));
}

std::string image_key(const std::string& rebinned, const Grid& grid, const Protocol& p,
                      const Arm& arm) {
  Sha256 hash;
  hash.add("image").add(rebinned).add(to_json(arm.kernel.canonical));
  hash.add(to_json(arm.algorithm.canonical)).add(to_text(arm.slice_thickness));
  if (arm.corrected && p.corrections)
    hash.add(to_json(recon::Corrections::schema().write(*p.corrections)));
  add<Index>(hash, grid.size);
  add<double>(hash, std::span(grid.spacing.data(), 3));
  add<double>(hash, std::span(grid.origin.data(), 3));
  add<double>(hash, std::span(grid.axes.data(), 9));
  return hash.finish().hex();
}

std::string measure_key(const std::string& image, const Measure& how, const Arm& arm,
                        bool reduced) {
  return key_of("measure", image, to_json(Measure::schema().write(how)),
                reduced ? to_json(recon::Denoise::schema().write(arm.denoise)) : "plain");
}

}  // namespace vitrine::trial::detail
