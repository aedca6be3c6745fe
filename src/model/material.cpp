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
constexpr const char* pnnl =
    "Compendium of Material Composition Data, PNNL-15870 Rev. 1 (McConn et al. 2011)";
constexpr const char* astm = "ASTM F75 (cobalt-chromium), ASTM F136 (titanium alloy), nominal";
constexpr const char* gammex =
    "Gammex RMI 467 insert data as published, e.g. Watanabe, Phys Med Biol 44 (1999) 2201";

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
  constexpr int H = 1, C = 6, N = 7, O = 8, F = 9, Na = 11, Mg = 12, Al = 13, Si = 14, P = 15;
  constexpr int S = 16, Cl = 17, Ar = 18, K = 19, Ca = 20, Ti = 22, V = 23, Cr = 24, Mn = 25;
  constexpr int Fe = 26, Co = 27, Ni = 28, Cu = 29, Zn = 30, Ga = 31, As = 33, Mo = 42;
  constexpr int Cd = 48, Sn = 50, Te = 52, I = 53, Cs = 55, Ba = 56;
  constexpr int Gd = 64, Ta = 73, W = 74, Pt = 78, Au = 79, Pb = 82;
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
  add("gadolinium", 7.90, {{Gd, 100.0}}, nist);
  add("calcium", 1.55, {{Ca, 100.0}}, nist);
  add("tantalum", 16.654, {{Ta, 100.0}}, nist);
  add("platinum", 21.45, {{Pt, 100.0}}, nist);
  add("gold", 19.32, {{Au, 100.0}}, nist);
  add("lead", 11.35, {{Pb, 100.0}}, nist);
  // Implants: cast cobalt-chromium-molybdenum and wrought Ti-6Al-4V, nominal compositions.
  add("cobalt_chromium", 8.28, {{Co, 65.5}, {Cr, 28.5}, {Mo, 6.0}}, astm);
  add("titanium_alloy", 4.43, {{Ti, 90.0}, {Al, 6.0}, {V, 4.0}}, astm);
  add("barium_sulfate", 4.50, {{O, 27.4210}, {S, 13.7391}, {Ba, 58.8399}}, formula);
  // Gd2O2S, crystal density.
  add("gadolinium_oxysulfide", 7.44, {{O, 8.4527}, {S, 8.4704}, {Gd, 83.0769}}, nist);
  add("cesium_iodide", 4.51, {{I, 48.8451}, {Cs, 51.1549}}, nist);
  // Sensors: CdTe, Cd0.9Zn0.1Te, Si, GaAs.
  add("cadmium_telluride", 5.85, {{Cd, 46.8364}, {Te, 53.1636}}, formula);
  add("cadmium_zinc_telluride", 5.78, {{Zn, 2.7785}, {Cd, 42.9953}, {Te, 54.2262}}, formula);
  add("silicon", 2.33, {{Si, 100.0}}, formula);
  add("gallium_arsenide", 5.32, {{Ga, 48.2030}, {As, 51.7970}}, formula);
  // Ca10(PO4)6(OH)2.
  add("calcium_hydroxyapatite", 3.16, {{H, 0.2007}, {O, 41.4063}, {P, 18.4987}, {Ca, 39.8943}},
      formula);
  // Test phantoms. Poly(4-methyl-1-pentene) and low-density polyethylene: CH2; polyoxymethylene:
  // CH2O; acrylonitrile-butadiene-styrene in equal parts: C15H17N.
  add("polymethylpentene", 0.83, {{H, 14.3716}, {C, 85.6284}}, formula);
  add("ldpe", 0.92, {{H, 14.3716}, {C, 85.6284}}, formula);
  add("polyoxymethylene", 1.42, {{H, 6.7135}, {C, 40.0014}, {O, 53.2851}}, formula);
  add("abs", 1.05, {{H, 8.1095}, {C, 85.2618}, {N, 6.6287}}, formula);
  // Natural rubber: C5H8.
  add("rubber", 0.92, {{H, 11.8371}, {C, 88.1629}}, pnnl);
  // Southern pine; densities of other woods and of cork are those of the phantom that uses it.
  add("wood", 0.64,
      {{H, 5.9642},
       {C, 49.7018},
       {N, 0.4970},
       {O, 42.7435},
       {Mg, 0.1988},
       {S, 0.4970},
       {K, 0.1988},
       {Ca, 0.1988}},
      pnnl);
  // CaSO4 2H2O.
  add("gypsum", 2.32, {{H, 2.3416}, {O, 55.7572}, {S, 18.6215}, {Ca, 23.2797}}, pnnl);
  add("stainless_steel", 8.00,
      {{C, 0.04},
       {Si, 0.5},
       {P, 0.023},
       {S, 0.015},
       {Cr, 19.0},
       {Mn, 1.0},
       {Fe, 70.172},
       {Ni, 9.25}},
      pnnl);
  add("tungsten_carbide", 15.63, {{C, 6.1313}, {W, 93.8687}}, formula);
  // An epoxy resin that replaces water (type 457), and one that replaces bone (CB2-50 %).
  add("solid_water", 1.045, {{H, 8.09}, {C, 67.22}, {N, 2.40}, {O, 19.84}, {Cl, 0.13}, {Ca, 2.32}},
      gammex);
  add("bone_equivalent", 1.56,
      {{H, 4.77}, {C, 41.63}, {N, 1.52}, {O, 32.00}, {Cl, 0.08}, {Ca, 20.02}}, gammex);
  return table;
}

}  // namespace

const std::vector<Material>& materials() {
  static const std::vector<Material> table = build();
  return table;
}

}  // namespace vitrine
