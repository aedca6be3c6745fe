#include <catch2/catch.hpp>
#include <cmath>

#include "unit/physics/fixture.hpp"
#include "vitrine/physics/basis.hpp"
#include "vitrine/physics/beam.hpp"
#include "vitrine/physics/quadrature.hpp"
#include "vitrine/physics/spectrum.hpp"

using namespace vitrine;
using namespace vitrine::physics;

namespace {
const std::vector<Material>& tissues() {
  static const auto list =
      test::named({"muscle", "lung", "cortical_bone", "blood", "adipose", "spongiosa"});
  return list;
}
const Beam& beam_120() {
  static const Beam beam(test::scanner(), 120.0, tissues());
  return beam;
}
}  // namespace

TEST_CASE("no photon has more energy than the tube voltage gives an electron") {
  for (const double kv : {40.0, 69.0, 80.0, 120.3, 150.0}) {
    const Spectrum s = tube_spectrum(kv, 7 * units::deg);
    for (std::size_t i = 0; i < s.energies.size(); ++i)
      if (s.energies[i] >= kv) CHECK(s.fluence[i] == 0.0);
    CHECK(s.energies.back() >= kv - Spectrum::bin_width);
  }
  CHECK_THROWS_WITH(tube_spectrum(200.0, 0.1), Catch::Contains("40 to 150"));
}

TEST_CASE("a beam grows with the tube voltage and hardens with every filter") {
  const Spectrum low = tube_spectrum(80, 7 * units::deg), high = tube_spectrum(120, 7 * units::deg);
  CHECK(photons(high) > photons(low));
  CHECK(mean_energy(high) > mean_energy(low));
  const Material& aluminium = material("aluminium");
  for (const char* plate : {"aluminium", "copper"}) {
    double before = half_value_layer(high, aluminium);
    for (const double mm : {0.5, 1.0, 2.0}) {
      const double hvl = half_value_layer(filtered(high, material(plate), mm), aluminium);
      CHECK(hvl > before);
      before = hvl;
    }
  }
}

TEST_CASE("a bowtie is monotone between the points of its table and symmetric") {
  const Bowtie bowtie = test::scanner().bowtie;
  for (std::size_t i = 0; i < bowtie.angles.size(); ++i)
    CHECK(bowtie_thickness(bowtie, bowtie.angles[i]) == Approx(bowtie.thickness[i]));
  double before = 0.0;
  for (double angle = 0.0; angle < 0.6; angle += 0.001) {
    const double here = bowtie_thickness(bowtie, angle);
    REQUIRE(here >= before);
    REQUIRE(bowtie_thickness(bowtie, -angle) == here);
    before = here;
  }
  CHECK(before == 21.0);
  CHECK(bowtie_thickness(Bowtie{}, 0.3) == 0.0);
}

TEST_CASE("twelve nodes and the basis equal the whole spectrum to 1e-4 of a line integral") {
  const Beam& beam = beam_120();
  CHECK(beam.nodes() <= 12);
  CHECK(beam.rank() <= 4);
  CHECK(beam.fit_error() < 1e-4);
  for (const Index column : {Index(0), Index(444), Index(887)})
    for (const double water : {1.0, 50.0, 200.0, 400.0})
      for (const double bone : {0.0, 5.0, 40.0}) {
        const Path paths[] = {{"water", water}, {"cortical_bone", bone}, {"lung", 100.0}};
        const double nodes = -std::log(beam.transmission(column, paths));
        const double whole = -std::log(beam.exact_transmission(column, paths));
        CHECK(std::abs(nodes - whole) < 1e-4);
      }
}

TEST_CASE("nothing in the beam is signal 1, and water weakens it ever more slowly") {
  const Beam& beam = beam_120();
  for (const Index column : {Index(0), Index(444)}) {
    CHECK(beam.water_signal(column, 0.0) == Approx(1.0).epsilon(1e-12));
    double before = 1.0, steepness = 1.0;
    for (double mm = 50; mm <= 400; mm += 50) {
      const double signal = beam.water_signal(column, mm);
      const double drop = std::log(before / signal) / 50;
      CHECK(drop < steepness);
      before = signal;
      steepness = drop;
    }
  }
}

TEST_CASE("the bowtie takes photons from the edge and hardens what is left") {
  const Beam& beam = beam_120();
  CHECK(beam.air_signal(0) < 0.5 * beam.air_signal(444));
  CHECK(beam.mean_detected_energy(0) > beam.mean_detected_energy(444) + 5.0);
  CHECK(beam.effective_energy() > 55.0);
  CHECK(beam.effective_energy() < 80.0);
  CHECK(beam.half_value_layer() > 7.0);
  CHECK(beam.half_value_layer() < 9.0);
  CHECK(beam.mu_air() < 2e-3 * beam.mu_water());
}

TEST_CASE("quanta behind water are those of the whole spectrum") {
  // mean^2 / variance with weights E and E^2: fewer than the photons, never more than in air.
  const Beam& beam = beam_120();
  const Path water{"water", 300.0};
  const double quanta = beam.quanta(444, std::span(&water, 1));
  CHECK(quanta < beam.air_quanta(444) * beam.water_signal(444, 300.0) * 1.05);
  CHECK(quanta > 0.5 * beam.air_quanta(444) * beam.water_signal(444, 300.0));
}

TEST_CASE("a material that the beam was not built for is an error") {
  CHECK_THROWS_WITH(beam_120().coefficients(material("titanium")), Catch::Contains("titanium"));
}

TEST_CASE("a scanner's stated output scales its photons, and nothing else") {
  Scanner s = test::scanner();
  const Beam &model = beam_120(), low(s, 80.0, tissues());
  s.output = TubeOutput{{80.0, 120.0}, {0.05, 0.2}};
  const Beam stated(s, 120.0, tissues());
  CHECK(stated.air_kerma_at_isocentre() == Approx(0.2).epsilon(1e-12));
  CHECK(Beam(s, 80.0, tissues()).air_kerma_at_isocentre() == Approx(0.05).epsilon(1e-12));
  const double ratio = 0.2 / model.air_kerma_at_isocentre();
  CHECK(stated.air_quanta(444) == Approx(ratio * model.air_quanta(444)).epsilon(1e-9));
  CHECK(stated.air_signal(0) == Approx(ratio * model.air_signal(0)).epsilon(1e-9));
  CHECK(stated.effective_energy() == Approx(model.effective_energy()).epsilon(1e-9));
  // Between them the ratio to the model is a power of the voltage, beyond them it stays.
  const auto over_model = [&](double kv) {
    return Beam(s, kv, tissues()).air_kerma_at_isocentre() /
           Beam(test::scanner(), kv, tissues()).air_kerma_at_isocentre();
  };
  const double at_80 = 0.05 / low.air_kerma_at_isocentre();
  CHECK(over_model(std::sqrt(80.0 * 120.0)) == Approx(std::sqrt(at_80 * ratio)).epsilon(1e-9));
  CHECK(over_model(140.0) == Approx(ratio).epsilon(1e-9));
  CHECK(over_model(60.0) == Approx(at_80).epsilon(1e-9));
}

TEST_CASE("a spectrum of two energies needs two nodes") {
  std::vector<double> mean(50, 0.0), variance(50, 0.0);
  mean[10] = 0.4;
  mean[40] = 0.6;
  variance[10] = 0.2;
  variance[40] = 0.8;
  std::vector<std::vector<double>> paths;
  for (int p = 0; p < 60; ++p) {
    paths.emplace_back();
    for (int e = 0; e < 50; ++e) paths.back().push_back(0.1 * p * std::exp(-0.05 * e));
  }
  const Quadrature q = fit_quadrature(mean, variance, paths, 6);
  CHECK(q.max_error < 1e-7);
  double sum = 0.0;
  for (const double w : q.mean) sum += w;
  CHECK(sum == Approx(1.0).epsilon(1e-7));
  CHECK(q.variance_max_error < 1e-5);
}

TEST_CASE("a basis of full rank is exact and a smaller one is not") {
  const std::vector<std::vector<double>> mu{{3, 2, 1}, {9, 3, 1}, {1, 1, 1}};
  const std::vector<double> scale{1, 1, 1}, weight{0.2, 0.5, 0.3};
  const auto error = [&](std::size_t rank) {
    const Basis basis = fit_basis(mu, scale, weight, rank);
    double worst = 0.0;
    for (std::size_t m = 0; m < 3; ++m)
      for (std::size_t j = 0; j < 3; ++j) {
        double sum = 0.0;
        for (std::size_t k = 0; k < rank; ++k)
          sum += basis.coefficient[m][k] * basis.function[j][k];
        worst = std::max(worst, std::abs(sum - mu[m][j]));
      }
    return worst;
  };
  CHECK(error(3) < 1e-12);
  CHECK(error(2) > 1e-3);
  CHECK(error(1) > error(2));
}
