// Nodes and basis functions against the whole spectrum with every material's own attenuation.
#include <algorithm>
#include <catch2/catch.hpp>
#include <cmath>
#include <map>
#include <string>

#include "unit/physics/fixture.hpp"
#include "vitrine/physics/attenuation.hpp"
#include "vitrine/physics/beam.hpp"
#include "vitrine/physics/spectrum.hpp"

using namespace vitrine;
using namespace vitrine::physics;

namespace {

/// Line integrals of one column, energy by energy (0.5 keV from 10 keV on), from the tube model and
/// the cross-sections alone.
class WholeSpectrum {
 public:
  WholeSpectrum(const Scanner& scanner, double kv, Index column) {
    const double fan =
        (double(column) - 0.5 * double(scanner.columns - 1) - scanner.column_offset) *
        scanner.column_pitch / scanner.source_to_detector;
    spectrum_ = filtered(filtered(tube_spectrum(kv, scanner.anode_angle), material("aluminium"),
                                  scanner.filters.front().thickness),
                         material("aluminium"), bowtie_thickness(scanner.bowtie, fan));
    const Material& scintillator = material(scanner.detector.scintillator);
    for (std::size_t e = 0; e < spectrum_.energies.size(); ++e) {
      const double mu = linear_attenuation(scintillator, spectrum_.energies[e]);
      spectrum_.fluence[e] *= spectrum_.energies[e] * -std::expm1(-mu * scanner.detector.thickness);
    }
  }
  double line_integral(std::span<const Path> paths) {
    double before = 0.0, behind = 0.0;
    for (std::size_t e = 0; e < spectrum_.energies.size(); ++e) {
      double x = 0.0;
      for (const Path& path : paths) {
        const Material& m = material(path.material);
        x += mu(m)[e] * path.length * (path.density != 0.0 ? path.density : m.density);
      }
      before += spectrum_.fluence[e];
      behind += spectrum_.fluence[e] * std::exp(-x);
    }
    return std::log(before / behind);
  }

 private:
  const std::vector<double>& mu(const Material& m) {
    auto& known = mu_[m.name];
    if (known.empty()) known = mass_attenuation(m, spectrum_.energies);
    return known;
  }
  Spectrum spectrum_;
  std::map<std::string, std::vector<double>> mu_;
};

/// What stands in the beam: water up to 45 cm and one or two other things, at one density each.
std::vector<std::vector<Path>> paths_through(const std::vector<Material>& materials) {
  const auto amounts = [](const Material& m) {
    std::vector<Path> all{{m.name, 0.0}};
    const bool medium = m.name == "iodine" || m.name == "gadolinium";
    // Contrast media in solution, 20 mg/ml; metals and bone as they are.
    const double density = medium ? 20.0 * units::mg_per_ml : 0.0;
    for (const double length : {0.5, 3.0, 12.0, 40.0}) all.push_back({m.name, length, density});
    return all;
  };
  std::vector<std::vector<Path>> out;
  for (const double water : {0.0, 20.0, 150.0, 300.0, 450.0})
    for (std::size_t a = 0; a < materials.size(); ++a)
      for (std::size_t b = a + 1; b < materials.size(); ++b)
        for (const Path& first : amounts(materials[a]))
          for (const Path& second : amounts(materials[b]))
            out.push_back({{"water", water}, first, second});
  return out;
}

/// The largest difference of a beam from the whole spectrum, at line integrals up to 12.
double largest_error(const Beam& beam, const Scanner& scanner, Index column,
                     const std::vector<Material>& materials) {
  WholeSpectrum whole(scanner, beam.kv(), column);
  double worst = 0.0;
  for (const auto& paths : paths_through(materials)) {
    const double exact = whole.line_integral(paths);
    if (exact > 12.0) continue;
    worst = std::max(worst, std::abs(-std::log(beam.transmission(column, paths)) - exact));
  }
  return worst;
}

void check(double kv, std::initializer_list<std::string_view> names, std::size_t largest_rank,
           double largest = 2e-4) {
  const Scanner scanner = test::scanner();
  const auto materials = test::named(names);
  const Beam beam(scanner, kv, materials);
  INFO(kv << " kV, " << materials.back().name << ", " << beam.nodes() << " nodes, rank "
          << beam.rank());
  CHECK(beam.rank() <= largest_rank);
  for (const FitError& error : {beam.fit_error_at_centre(), beam.fit_error_at_edge()}) {
    CHECK(error.quadrature <= 1e-5);
    CHECK(error.basis <= 1e-4);
    CHECK(error.total <= 2e-4);
  }
  for (const Index column : {beam.columns() / 2, Index(0), beam.columns() - 1}) {
    INFO("column " << column);
    CHECK(largest_error(beam, scanner, column, materials) <= largest);
  }
}

}  // namespace

TEST_CASE("line integrals are those of the whole spectrum to 2e-4, at the centre and the edge") {
  // Nodes 1e-5, basis 1e-4, together 2e-4, at line integrals up to 12 and energies from 10 keV to
  // the tube voltage; one more basis function for each K edge in the spectrum.
  check(120.0, {"muscle", "lung", "cortical_bone", "adipose"}, 4);
  check(140.0, {"muscle", "cortical_bone", "iodine"}, 5);
  check(80.0, {"cortical_bone", "iodine", "titanium", "aluminium"}, 5);
}

TEST_CASE("the same at every voltage, with iodine, gadolinium, titanium and aluminium", "[full]") {
  for (const double kv : {80.0, 100.0, 120.0, 140.0}) {
    check(kv, {"muscle", "lung", "cortical_bone", "adipose"}, 4);
    for (const char* one : {"aluminium", "titanium"})
      check(kv, {"muscle", "cortical_bone", one}, 4);
    for (const char* one : {"iodine", "gadolinium"}) check(kv, {"muscle", "cortical_bone", one}, 5);
    check(kv, {"cortical_bone", "iodine", "gadolinium", "titanium", "aluminium"}, 6);
  }
}

TEST_CASE("behind stainless steel and copper line integrals are right to 5e-4", "[full]") {
  for (const double kv : {80.0, 120.0, 140.0})
    check(kv, {"muscle", "cortical_bone", "copper", "stainless_steel"}, 6, 5e-4);
}
