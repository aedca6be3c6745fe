#include "vitrine/model/material.hpp"

#include "vitrine/core/units.hpp"
#include "vitrine/core/value.hpp"

namespace vitrine {
namespace {

constexpr const char* icru44 = "ICRU Report 44 (1989); NIST X-ray mass attenuation tables, table 2";
constexpr const char* woodard =
    "Woodard and White, Br J Radiol 59 (1986) 1209; ICRU Report 46 (1992)";
constexpr const char* icrp110 = "ICRP Publication 110 (2009), annex B";
constexpr const char* nist = "NIST X-ray mass attenuation tables, tables 1 and 2";
constexpr const char* formula = "chemical formula, IUPAC atomic weights";

/// `density` in g/cm^3, mass fractions in percent.
Material make(const char* name, double density, std::vector<Material::Part> percent,
              const char* source) {
  double sum = 0.0;
  for (const auto& part : percent) sum += part.mass_fraction;
  for (auto& part : percent) part.mass_fraction /= sum;
  return {name, density * units::g_per_cm3, std::move(percent), source};
}

/// Published percentages are rounded to 0.1: `make` scales them to sum to 1.
std::vector<Material> build() {
  constexpr int H = 1, C = 6, N = 7, O = 8, F = 9, Na = 11, Mg = 12, Al = 13, P = 15, S = 16;
  constexpr int Cl = 17, Ar = 18, K = 19, Ca = 20, Ti = 22, Fe = 26, Cu = 29, Sn = 50, I = 53;
  constexpr int Cs = 55, Gd = 64, W = 74;
  std::vector<Material> table;
  const auto add = [&](const char* name, double density, std::vector<Material::Part> percent,
                       const char* source) {
    table.push_back(make(name, density, std::move(percent), source));
  };
  add("air", 1.205e-3, {{C, 0.0124}, {N, 75.5268}, {O, 23.1781}, {Ar, 1.2827}}, nist);
  add("water", 1.0, {{H, 11.1894}, {O, 88.8106}}, formula);
  add("adipose", 0.95, {{H, 11.4}, {C, 59.8}, {N, 0.7}, {O, 27.8}, {Na, 0.1}, {S, 0.1}, {Cl, 0.1}},
      icru44);
  add("muscle", 1.05,
      {{H, 10.2},
       {C, 14.3},
       {N, 3.4},
       {O, 71.0},
       {Na, 0.1},
       {P, 0.2},
       {S, 0.3},
       {Cl, 0.1},
       {K, 0.4}},
      icru44);
  // Composition of lung tissue; the density is that of the inflated organ.
  add("lung", 0.26,
      {{H, 10.3},
       {C, 10.5},
       {N, 3.1},
       {O, 74.9},
       {Na, 0.2},
       {P, 0.2},
       {S, 0.3},
       {Cl, 0.3},
       {K, 0.2}},
      icru44);
  add("blood", 1.06,
      {{H, 10.2},
       {C, 11.0},
       {N, 3.3},
       {O, 74.5},
       {Na, 0.1},
       {P, 0.1},
       {S, 0.2},
       {Cl, 0.3},
       {K, 0.2},
       {Fe, 0.1}},
      icru44);
  // Blood-filled.
  add("heart", 1.06,
      {{H, 10.3},
       {C, 12.1},
       {N, 3.2},
       {O, 73.4},
       {Na, 0.1},
       {P, 0.1},
       {S, 0.2},
       {Cl, 0.3},
       {K, 0.2},
       {Fe, 0.1}},
      woodard);
  add("soft_tissue", 1.06,
      {{H, 10.2},
       {C, 14.3},
       {N, 3.4},
       {O, 70.8},
       {Na, 0.2},
       {P, 0.3},
       {S, 0.3},
       {Cl, 0.2},
       {K, 0.3}},
      icru44);
  add("skin", 1.09,
      {{H, 10.0},
       {C, 20.4},
       {N, 4.2},
       {O, 64.5},
       {Na, 0.2},
       {P, 0.1},
       {S, 0.2},
       {Cl, 0.3},
       {K, 0.1}},
      woodard);
  add("cartilage", 1.10,
      {{H, 9.6}, {C, 9.9}, {N, 2.2}, {O, 74.4}, {Na, 0.5}, {P, 2.2}, {S, 0.9}, {Cl, 0.3}}, woodard);
  add("cortical_bone", 1.92,
      {{H, 3.4},
       {C, 15.5},
       {N, 4.2},
       {O, 43.5},
       {Na, 0.1},
       {Mg, 0.2},
       {P, 10.3},
       {S, 0.3},
       {Ca, 22.5}},
      icru44);
  add("spongiosa", 1.18,
      {{H, 8.5},
       {C, 40.4},
       {N, 2.8},
       {O, 36.7},
       {Na, 0.1},
       {Mg, 0.1},
       {P, 3.4},
       {S, 0.2},
       {Cl, 0.2},
       {K, 0.1},
       {Ca, 7.4},
       {Fe, 0.1}},
      woodard);
  add("red_marrow", 1.03,
      {{H, 10.5},
       {C, 41.4},
       {N, 3.4},
       {O, 43.9},
       {P, 0.1},
       {S, 0.2},
       {Cl, 0.2},
       {K, 0.2},
       {Fe, 0.1}},
      woodard);
  add("yellow_marrow", 0.98,
      {{H, 11.5}, {C, 64.4}, {N, 0.7}, {O, 23.1}, {Na, 0.1}, {S, 0.1}, {Cl, 0.1}}, woodard);
  add("liver", 1.06,
      {{H, 10.2},
       {C, 13.9},
       {N, 3.0},
       {O, 71.6},
       {Na, 0.2},
       {P, 0.3},
       {S, 0.3},
       {Cl, 0.2},
       {K, 0.3}},
      woodard);
  add("spleen", 1.06,
      {{H, 10.3},
       {C, 11.3},
       {N, 3.2},
       {O, 74.1},
       {Na, 0.1},
       {P, 0.3},
       {S, 0.2},
       {Cl, 0.2},
       {K, 0.3}},
      woodard);
  add("kidney", 1.05,
      {{H, 10.3},
       {C, 13.2},
       {N, 3.0},
       {O, 72.4},
       {Na, 0.2},
       {P, 0.2},
       {S, 0.2},
       {Cl, 0.2},
       {K, 0.2},
       {Ca, 0.1}},
      woodard);
  add("pancreas", 1.04,
      {{H, 10.6},
       {C, 16.9},
       {N, 2.2},
       {O, 69.4},
       {Na, 0.2},
       {P, 0.2},
       {S, 0.1},
       {Cl, 0.2},
       {K, 0.2}},
      woodard);
  add("brain", 1.04,
      {{H, 10.7},
       {C, 14.5},
       {N, 2.2},
       {O, 71.2},
       {Na, 0.2},
       {P, 0.4},
       {S, 0.2},
       {Cl, 0.3},
       {K, 0.3}},
      icru44);
  add("grey_matter", 1.04,
      {{H, 10.7},
       {C, 9.5},
       {N, 1.8},
       {O, 76.7},
       {Na, 0.2},
       {P, 0.3},
       {S, 0.2},
       {Cl, 0.3},
       {K, 0.3}},
      woodard);
  add("white_matter", 1.04,
      {{H, 10.6},
       {C, 19.4},
       {N, 2.5},
       {O, 66.1},
       {Na, 0.2},
       {P, 0.4},
       {S, 0.2},
       {Cl, 0.3},
       {K, 0.3}},
      woodard);
  add("csf", 1.01, {{H, 11.1}, {O, 88.0}, {Na, 0.5}, {Cl, 0.4}}, woodard);
  add("eye_lens", 1.07,
      {{H, 9.6}, {C, 19.5}, {N, 5.7}, {O, 64.6}, {Na, 0.1}, {P, 0.1}, {S, 0.3}, {Cl, 0.1}}, icru44);
  add("bile", 1.03, {{H, 10.8}, {C, 6.1}, {N, 0.1}, {O, 82.2}, {Na, 0.4}, {Cl, 0.4}}, woodard);
  add("urine", 1.02,
      {{H, 11.0}, {C, 0.5}, {N, 1.0}, {O, 86.2}, {Na, 0.4}, {P, 0.1}, {Cl, 0.6}, {K, 0.2}},
      woodard);
  add("stomach", 1.05,
      {{H, 10.4},
       {C, 13.9},
       {N, 2.9},
       {O, 72.1},
       {Na, 0.1},
       {P, 0.1},
       {S, 0.2},
       {Cl, 0.1},
       {K, 0.2}},
      woodard);
  add("small_intestine", 1.03,
      {{H, 10.6},
       {C, 11.5},
       {N, 2.2},
       {O, 75.1},
       {Na, 0.1},
       {P, 0.1},
       {S, 0.1},
       {Cl, 0.2},
       {K, 0.1}},
      woodard);
  add("adrenal", 1.03,
      {{H, 10.6}, {C, 28.4}, {N, 2.6}, {O, 57.8}, {P, 0.1}, {S, 0.2}, {Cl, 0.2}, {K, 0.1}},
      woodard);
  // Contents of stomach and bowel.
  add("bowel_content", 1.04,
      {{H, 10.0},
       {C, 22.2},
       {N, 2.2},
       {O, 64.4},
       {Na, 0.1},
       {P, 0.2},
       {S, 0.3},
       {Cl, 0.1},
       {K, 0.4},
       {Ca, 0.1}},
      icrp110);
  add("tooth", 2.75, {{H, 2.2}, {C, 9.5}, {N, 2.9}, {O, 42.1}, {Mg, 0.7}, {P, 13.7}, {Ca, 28.9}},
      icrp110);
  add("pmma", 1.19, {{H, 8.0541}, {C, 59.9846}, {O, 31.9613}}, nist);
  add("polyethylene", 0.93, {{H, 14.3716}, {C, 85.6284}}, nist);
  add("ptfe", 2.16, {{C, 24.0183}, {F, 75.9817}}, nist);
  add("polystyrene", 1.06, {{H, 7.7421}, {C, 92.2579}}, nist);
  add("graphite", 1.70, {{C, 100.0}}, nist);
  add("aluminium", 2.699, {{Al, 100.0}}, nist);
  add("copper", 8.96, {{Cu, 100.0}}, nist);
  add("titanium", 4.54, {{Ti, 100.0}}, nist);
  add("tin", 7.31, {{Sn, 100.0}}, nist);
  add("tungsten", 19.3, {{W, 100.0}}, nist);
  add("iodine", 4.93, {{I, 100.0}}, nist);
  // Gd2O2S, crystal density.
  add("gadolinium_oxysulfide", 7.44, {{O, 8.4527}, {S, 8.4704}, {Gd, 83.0769}}, nist);
  add("cesium_iodide", 4.51, {{I, 48.8451}, {Cs, 51.1549}}, nist);
  // Ca10(PO4)6(OH)2.
  add("calcium_hydroxyapatite", 3.16, {{H, 0.2007}, {O, 41.4063}, {P, 18.4987}, {Ca, 39.8943}},
      formula);
  return table;
}

}  // namespace

const std::vector<Material>& materials() {
  static const std::vector<Material> table = build();
  return table;
}

const Material& material(std::string_view name) {
  for (const Material& m : materials())
    if (m.name == name) return m;
  std::vector<std::string> names;
  for (const Material& m : materials()) names.push_back(m.name);
  throw Error(Error::Kind::input, str("unknown material '", name, "'.", suggestion(name, names)));
}

}  // namespace vitrine
