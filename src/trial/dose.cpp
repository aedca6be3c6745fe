#include "vitrine/trial/dose.hpp"

#include <algorithm>
#include <limits>
#include <map>

#include "vitrine/core/units.hpp"
#include "vitrine/physics/beam.hpp"
#include "vitrine/physics/tube_current.hpp"
#include "vitrine/trial/detail/measurer.hpp"
#include "vitrine/trial/detail/protocol_views.hpp"
#include "vitrine/trial/transport_object.hpp"

namespace vitrine::trial {
namespace {

namespace carlo = physics::carlo;

constexpr double unknown = std::numeric_limits<double>::quiet_NaN();

Stream stream_of(const Plan& plan, const std::string& owner) {
  return make_stream(std::uint64_t(plan.scenario.trial.seed), owner, Draw::transport);
}

/// Rotations of a scan, and its table travel per rotation, mm.
struct Travel {
  double rotations = 1.0, feed = 0.0;
  double share = 1.0;  ///< of a full turn, where the table rests
};
Travel travel_of(const ScanGeometry& geometry) {
  const auto& z = geometry.table_positions;
  Travel travel;
  travel.rotations = double(geometry.views()) / double(geometry.views_per_rotation);
  travel.share = turned_share(geometry);
  const auto next = std::size_t(std::min(geometry.views_per_rotation, views_per_turn(geometry)));
  if (z.size() > next) travel.feed = std::abs(z[next] - z.front());
  return travel;
}

/// Width of the beam at the isocentre, all rows, mm.
double collimation_of(const Scanner& scanner) {
  return double(scanner.rows) * hardware_geometry(scanner).row_pitch_at_iso();
}

/// The largest relative error among the organs that count.
double worst_error(const carlo::Simulation& run, const std::vector<double>& masses) {
  constexpr double least_mass = 10.0, least_share = 0.1;
  double most = 0.0;
  for (std::size_t r = 0; r < masses.size(); ++r)
    if (masses[r] >= least_mass) most = std::max(most, run.dose(r).mean);
  if (most == 0.0) return std::numeric_limits<double>::infinity();
  double worst = 0.0;
  for (std::size_t r = 0; r < masses.size(); ++r)
    if (masses[r] >= least_mass && run.dose(r).mean >= least_share * most)
      worst = std::max(worst, run.dose(r).relative());
  return worst;
}

std::vector<OrganDose> organ_doses(const carlo::Object& object, const ScanGeometry& geometry,
                                   const std::vector<double>& modulation, const Scanner& scanner,
                                   double kv, const Stream& stream,
                                   const carlo::Precision& precision, const std::string& what,
                                   Isa isa) {
  carlo::Setup setup;
  setup.object = object;
  setup.source = carlo::scanner_source(scanner, kv);
  setup.geometry = geometry;
  setup.view_weights = modulation;
  const std::vector<double> masses = object.masses();
  carlo::Simulation run(std::move(setup), stream, isa);
  reach(
      run, precision, [&] { return worst_error(run, masses); }, what);
  std::vector<OrganDose> doses;
  for (std::size_t r = 0; r < masses.size(); ++r)
    if (masses[r] > 0.0) doses.push_back({object.regions[r], masses[r], run.dose(r)});
  return doses;
}

}  // namespace

carlo::Ctdi ctdi(const Plan& plan, std::size_t scanner, double tube_voltage,
                 carlo::CtdiPhantom phantom, const carlo::Precision& precision, Isa isa) {
  const Scanner& hardware = plan.scenario.arms.scanners[scanner];
  const double diameter = carlo::diameter_of(phantom);
  const Stream stream = stream_of(
      plan, str("ctdi ", hardware.name, ' ', to_text(tube_voltage), ' ', to_text(diameter)));
  return carlo::ctdi(hardware, tube_voltage, diameter, precision, stream, isa);
}

DoseIndices dose_indices(const carlo::Ctdi& body, const Scanner& scanner,
                         const ScanGeometry& geometry, double tube_load, double diameter) {
  const Travel travel = travel_of(geometry);
  const double collimation = collimation_of(scanner);
  DoseIndices out;
  out.ctdi_vol = body.weighted.mean * tube_load * travel.share *
                 (travel.feed > 0.0 ? collimation / travel.feed : 1.0);
  out.dlp = body.weighted.mean * tube_load * collimation * travel.rotations;
  out.water_equivalent_diameter = diameter;
  if (const auto factor = carlo::size_specific_factor(carlo::CtdiPhantom::body, diameter))
    out.ssde = *factor * out.ctdi_vol;
  return out;
}

std::vector<Output> outputs(const Plan& plan, const DoseOptions& options, Isa isa) {
  std::vector<Output> all;
  const auto add = [&](std::size_t number, double tube_voltage) {
    const auto same = [&](const Output& known) {
      return known.scanner == number && known.tube_voltage == tube_voltage;
    };
    if (std::any_of(all.begin(), all.end(), same)) return;
    const Scanner& scanner = plan.scenario.arms.scanners[number];
    const physics::Beam beam(scanner, tube_voltage, {});
    Output out;
    out.scanner = number;
    out.tube_voltage = tube_voltage;
    out.collimation = collimation_of(scanner);
    out.kerma = beam.air_kerma_at_isocentre();
    out.energy = beam.effective_energy();
    const auto measure = [&](carlo::CtdiPhantom phantom) {
      return ctdi(plan, number, tube_voltage, phantom, options.ctdi, isa);
    };
    out.body = measure(carlo::CtdiPhantom::body);
    out.head = measure(carlo::CtdiPhantom::head);
    all.push_back(out);
  };
  for (const Arm& arm : plan.arms)
    for (const Tube& tube :
         tubes(protocol_of(plan.scenario.arms, arm), arm.tube_voltage, arm.tube_load))
      add(arm.scanner, tube.voltage);
  return all;
}

namespace {

/// Of the arms of a protocol, that of `plan`.
std::vector<ScanDose> doses_of_protocol(const Plan& plan, std::size_t protocol,
                                        const std::string& case_id,
                                        const std::vector<Output>& outputs,
                                        const DoseOptions& options, Isa isa) {
  const auto first = std::ranges::find(plan.arms, protocol, &Arm::protocol);
  const Arms& arms = plan.scenario.arms;
  Visit visit;
  visit.state.injection = injection(arms.protocol, *first);
  CaseResult ignored;
  const detail::Measurer patient(plan, case_id, visit, ignored);
  const carlo::Object object = transport_object(patient.scene(), options.spacing);
  const double z = patient.table_position(), half = 0.5 * arms.protocol.coverage();

  std::vector<ScanDose> all;
  for (const Output& output : outputs) {
    const Scanner& scanner = arms.scanners[output.scanner];
    const ScanGeometry geometry = scan_geometry(scanner, arms.protocol, z, visit.start_angle);
    const double diameter =
        carlo::water_equivalent_diameter(object, z - half, z + half, output.energy);
    const std::string what = str("organ dose of ", case_id, " on ", scanner.name, " at ",
                                 to_text(output.tube_voltage), " kV");
    std::vector<double> attenuation;
    if (arms.protocol.tube_current_modulation && options.organs)
      attenuation = physics::view_attenuation(
          patient.scene(), geometry,
          physics::Beam(scanner, output.tube_voltage, patient.scene().materials), isa);
    // What a mAs does depends on the tube load only where a limit cuts the modulation.
    std::map<std::vector<double>, std::vector<OrganDose>> simulated;
    const auto doses_per_mas = [&](double tube_load) -> const std::vector<OrganDose>& {
      const std::vector<double> modulation =
          view_loads(scanner, arms.protocol, output.tube_voltage, tube_load, attenuation, geometry);
      const auto [at, is_new] = simulated.try_emplace(modulation);
      if (is_new)
        at->second = organ_doses(object, geometry, modulation, scanner, output.tube_voltage,
                                 stream_of(plan, what), options.organ, what, isa);
      return at->second;
    };
    const auto add = [&](const Tube& tube) {
      ScanDose dose;
      dose.case_id = case_id;
      const std::string of = arms.protocols.size() > 1 ? '_' + arms.protocol.name : "";
      dose.scan =
          str(scanner.name, of, '_', to_text(tube.load), "mAs_", to_text(tube.voltage), "kV");
      const auto same = [&](const ScanDose& known) { return known.scan == dose.scan; };
      if (std::any_of(all.begin(), all.end(), same)) return;
      dose.indices = dose_indices(output.body, scanner, geometry, tube.load, diameter);
      dose.ctdi_vol_head =
          dose_indices(output.head, scanner, geometry, tube.load, diameter).ctdi_vol;
      const double load = tube.load * travel_of(geometry).rotations;
      if (options.organs)
        for (const OrganDose& organ : doses_per_mas(tube.load))
          dose.organs.push_back(
              {organ.organ, organ.mass, {load * organ.dose.mean, load * organ.dose.error}});
      all.push_back(std::move(dose));
    };
    for (const Arm& arm : plan.arms)
      if (arm.scanner == output.scanner && arm.protocol == protocol)
        for (const Tube& tube : tubes(arms.protocol, arm.tube_voltage, arm.tube_load))
          if (tube.voltage == output.tube_voltage) add(tube);
  }
  return all;
}

}  // namespace

std::vector<ScanDose> scan_doses(const Plan& plan, const std::string& case_id,
                                 const std::vector<Output>& outputs, const DoseOptions& options,
                                 Isa isa) {
  const detail::ProtocolViews views(plan);
  std::vector<ScanDose> all;
  for (const std::vector<std::size_t>& group : views.groups())
    for (const std::size_t protocol : group)
      std::ranges::move(
          doses_of_protocol(views.of(protocol), protocol, case_id, outputs, options, isa),
          std::back_inserter(all));
  return all;
}

Table dose_table(const Plan& plan, const std::vector<Output>& outputs,
                 const std::vector<ScanDose>& doses) {
  Table table;
  table.columns = {"case", "scan", "organ", "quantity", "unit", "value", "standard_error"};
  for (const Output& o : outputs) {
    const std::string scan =
        str(plan.scenario.arms.scanners[o.scanner].name, '_', to_text(o.tube_voltage), "kV");
    const auto add = [&](const char* quantity, const char* unit, double value, double error) {
      table.add({"", scan, "", quantity, unit, value, error});
    };
    add("air_kerma_isocentre", "mGy/mAs", o.kerma, unknown);
    const auto phantom = [&](const carlo::Ctdi& c, const std::string& size) {
      add(("ctdi100_centre_" + size).c_str(), "mGy/mAs", c.centre.mean, c.centre.error);
      add(("ctdi100_periphery_" + size).c_str(), "mGy/mAs", c.periphery.mean, c.periphery.error);
      add(("ctdi_w_" + size).c_str(), "mGy/mAs", c.weighted.mean, c.weighted.error);
    };
    phantom(o.body, "32cm");
    phantom(o.head, "16cm");
  }
  for (const ScanDose& d : doses) {
    const auto add = [&](const char* quantity, const char* unit, double value) {
      table.add({d.case_id, d.scan, "", quantity, unit, value, unknown});
    };
    add("ctdi_vol_32cm", "mGy", d.indices.ctdi_vol);
    add("ctdi_vol_16cm", "mGy", d.ctdi_vol_head);
    add("dlp_32cm", "mGy cm", d.indices.dlp / units::cm);
    add("water_equivalent_diameter", "cm", d.indices.water_equivalent_diameter / units::cm);
    add("ssde", "mGy", d.indices.ssde.value_or(unknown));
    for (const OrganDose& organ : d.organs) {
      table.add({d.case_id, d.scan, organ.organ, "mass", "g", organ.mass, unknown});
      table.add({d.case_id, d.scan, organ.organ, "dose", "mGy", organ.dose.mean, organ.dose.error});
    }
  }
  return table;
}

}  // namespace vitrine::trial
