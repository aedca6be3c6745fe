#include <array>
#include <catch2/catch.hpp>
#include <cmath>
#include <optional>
#include <vector>

#include "unit/physics/compare.hpp"
#include "unit/physics/fixture.hpp"
#include "vitrine/physics/projector.hpp"

using namespace vitrine;
using namespace vitrine::physics;

namespace {

using test::levels;
using test::same_bits;

constexpr std::array voltages{80.0, 120.0, 140.0};

/// Beams of all voltages; sharing their rays or each for itself.
std::vector<Beam> beams_of(const Scanner& scanner, std::span<const Material> materials,
                           bool sharing) {
  std::vector<Beam> out;
  for (const double kv : voltages)
    out.emplace_back(scanner, kv, materials,
                     sharing ? std::span(voltages) : std::span<const double>{});
  return out;
}

struct Views {
  std::vector<float> signal, quanta, higher;
};
Views project(const Scene& scene, const ScanGeometry& geometry, std::span<const Beam* const> beams,
              const Sampling& sampling, Isa isa) {
  const auto size = std::size_t(geometry.views() * geometry.columns * geometry.rows);
  Views out{std::vector<float>(size), std::vector<float>(size),
            std::vector<float>(size * 2 * (beams.size() - 1))};
  Projector(scene, geometry, beams, sampling, isa)
      .project(0, geometry.views(), out.signal, out.quanta, out.higher);
  return out;
}

}  // namespace

TEST_CASE("beams that share their rays keep the bounds of their own fits: 1e-5 and 2e-4") {
  const auto beams =
      beams_of(test::scanner(), test::named({"muscle", "lung", "cortical_bone", "iodine"}), true);
  for (const Beam& beam : beams) {
    CHECK(beam.shares_rays_with(beams.front()));
    CHECK(beam.nodes() <= 32);
    for (const FitError& error : {beam.fit_error_at_centre(), beam.fit_error_at_edge()}) {
      CAPTURE(beam.kv(), beam.nodes(), beam.rank(), error.quadrature, error.basis, error.total);
      CHECK(error.quadrature <= 1e-5);
      CHECK(error.total <= 2e-4);
    }
  }
}

TEST_CASE("sharing rays changes what a beam is by its basis alone") {
  const auto materials = test::named({"muscle", "cortical_bone"});
  const auto apart = beams_of(test::scanner(), materials, false);
  const auto shared = beams_of(test::scanner(), materials, true);
  CHECK_FALSE(apart[0].shares_rays_with(apart[1]));
  for (std::size_t i = 0; i < voltages.size(); ++i) {
    CHECK(shared[i].kv() == apart[i].kv());
    CHECK(shared[i].air_signal(40) == apart[i].air_signal(40));
    CHECK(shared[i].air_quanta(40) == apart[i].air_quanta(40));
    CHECK(shared[i].effective_energy() == Approx(apart[i].effective_energy()).margin(1e-3));
    const std::array paths{Path{"muscle", 250.0}, Path{"cortical_bone", 20.0}};
    CHECK(std::log(shared[i].transmission(444, paths)) ==
          Approx(std::log(apart[i].transmission(444, paths))).margin(2e-4));
    CHECK(shared[i].quanta(444, paths) == Approx(apart[i].quanta(444, paths)).epsilon(1e-3));
  }
}

TEST_CASE("rays traced once for several voltages are those traced for each, to the bit") {
  Scanner scanner = test::scanner();
  const Scene scene = test::body(10, 10);
  for (const bool flat : {false, true}) {
    ScanGeometry geometry = test::geometry(scanner, 3);
    if (flat) geometry.shape = DetectorShape::flat;
    const auto beams = beams_of(scanner, scene.materials, true);
    for (const Sampling sampling : {Sampling{1, 1}, Sampling{2, 3}, Sampling{2, 2, 2}})
      for (const Isa isa : levels()) {
        const std::array<const Beam*, 3> all{&beams[0], &beams[1], &beams[2]};
        const Views together = project(scene, geometry, all, sampling, isa);
        const std::size_t size = together.signal.size();
        for (std::size_t b = 0; b < 3; ++b) {
          const Views alone = project(scene, geometry, std::span(all).subspan(b, 1), sampling, isa);
          const auto further = [&](std::size_t n) {
            return std::span(together.higher).subspan((2 * (b - 1) + n) * size, size);
          };
          CAPTURE(flat, b, sampling.columns, sampling.rows, sampling.views);
          CHECK(same_bits(b == 0 ? together.signal : further(0), alone.signal));
          CHECK(same_bits(b == 0 ? together.quanta : further(1), alone.quanta));
        }
      }
  }
}

TEST_CASE("a heel effect and a photon-counting detector keep beams apart") {
  Scanner scanner = test::scanner();
  scanner.heel_effect = true;
  const auto beams = beams_of(scanner, test::named({"muscle"}), true);
  CHECK_FALSE(beams[0].shares_rays_with(beams[1]));
  const auto alone = beams_of(scanner, test::named({"muscle"}), false);
  CHECK(beams[1].water_signal(400, 200.0) == alone[1].water_signal(400, 200.0));
}
