// What a ray's signal and hardness tell of the matter on it.
#include <array>
#include <catch2/catch.hpp>
#include <cmath>

#include "unit/physics/fixture.hpp"
#include "vitrine/physics/detail/water_equivalent.hpp"
#include "vitrine/physics/scattering.hpp"

using namespace vitrine;
using namespace vitrine::physics;

namespace {

constexpr Index column = 444;

physics::detail::Water seen(const Beam& beam, std::span<const Path> paths) {
  const double signal = beam.transmission(column, paths);
  const double hardness = signal * beam.air_quanta(column) / beam.quanta(column, paths);
  return physics::detail::WaterEquivalent(beam, column).of(-std::log(signal), hardness);
}

/// Water that scatters like so much of a material: Compton and Rayleigh at 65 keV.
double scattering(const char* name, double length) {
  const auto per_mm = [](const Material& m) {
    const Interactions all = interactions(m, std::array{65.0});
    return m.density * (all.compton[0] + all.rayleigh[0]);
  };
  return length * per_mm(material(name)) / per_mm(material("water"));
}

}  // namespace

TEST_CASE("water is as much water, to 0.2 mm, at any voltage and with a heel effect") {
  for (const double kv : {80.0, 120.0, 140.0})
    for (const bool heel : {false, true}) {
      Scanner s = test::scanner();
      s.heel_effect = heel;
      const Beam beam(s, kv, {});
      for (const double length : {5.0, 50.0, 200.0, 400.0}) {
        CAPTURE(kv, heel, length);
        const physics::detail::Water one = seen(beam, std::array{Path{"water", length}});
        // With a heel effect the quanta of a path are those of the row in the middle.
        CHECK(one.weakening == Approx(length).margin(heel ? 1.0 : 0.2));
        CHECK(one.scattering ==
              Approx(one.weakening).epsilon(heel ? 0.02 : 0.002).margin(heel ? 1.0 : 0.1));
      }
    }
}

TEST_CASE("what scatters of bone and fat is found from the beam's hardness, to 4 % of the water") {
  const auto materials = test::named({"cortical_bone", "adipose", "muscle"});
  const Beam beam(test::scanner(), 120.0, materials);
  struct Case {
    const char* material;
    double length;
  };
  for (const Case c :
       {Case{"cortical_bone", 5.0}, Case{"cortical_bone", 20.0}, Case{"cortical_bone", 40.0},
        Case{"adipose", 100.0}, Case{"muscle", 100.0}}) {
    const physics::detail::Water alone = seen(beam, std::array{Path{c.material, c.length}});
    const physics::detail::Water within =
        seen(beam, std::array{Path{c.material, c.length}, Path{"water", 150.0}});
    CAPTURE(c.material, c.length, alone.weakening, alone.scattering, within.weakening,
            within.scattering);
    const double wanted = scattering(c.material, c.length);
    CHECK(alone.scattering == Approx(wanted).epsilon(0.04));
    CHECK(within.scattering == Approx(wanted + 150.0).epsilon(0.04));
  }
  const physics::detail::Water bone = seen(beam, std::array{Path{"cortical_bone", 20.0}});
  CHECK(bone.scattering < 0.8 * bone.weakening);
}

TEST_CASE("fat has fewer Rayleigh events and bone more, to 4 % of the water on the ray") {
  // Of what scatters ahead, below 5 degrees: Z^2 / Z of the electrons, so adipose tissue has 0.75
  // times and cortical bone 1.6 times as many per Compton event as water.
  const Beam beam(test::scanner(), 120.0, test::named({"cortical_bone", "adipose", "muscle"}));
  struct Case {
    const char* material;
    double length, share;
  };
  for (const Case c : {Case{"cortical_bone", 10.0, 1.6}, Case{"adipose", 60.0, 0.75},
                       Case{"adipose", 100.0, 0.75}, Case{"muscle", 100.0, 0.98}}) {
    const physics::detail::Water within =
        seen(beam, std::array{Path{c.material, c.length}, Path{"water", 150.0}});
    CAPTURE(c.material, c.length, within.scattering, within.coherent);
    const double wanted = c.share * scattering(c.material, c.length);
    CHECK(within.coherent == Approx(wanted + 150.0).epsilon(0.04));
  }
}
