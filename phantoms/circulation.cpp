#include <algorithm>
#include <iterator>
#include <utility>

#include "vitrine/phantoms/detail/circulation.hpp"

namespace vitrine::phantoms::detail {

/// What ICRP Publication 89 says about an organ (reference man, woman), and how iodine leaves its
/// capillaries.
struct Circulation::Organ {
  Compartment compartment;
  double flow[2];       // share of the cardiac output (table 2.40)
  double blood[2];      // share of the blood volume in its capillaries (table 2.39)
  double volume[2];     // mL of tissue (table 2.8, 1.05 g/mL; fat 0.92, marrow spaces 1.2)
  double interstitium;  // share of the tissue that iodine reaches beside plasma
  double permeability;  // permeability-surface product, mL/min per mL of tissue
};

namespace {

using enum Compartment;

// Shares of the blood volume in vessels. ICRP 89, table 2.39, knows: aorta and large arteries 6 %,
// large veins 18 %, heart 9 %, lungs 12.5 %. How they are divided along the stream is ours.
constexpr double aorta_share = 0.015;  // each half
constexpr double arteries_share = 0.03;
constexpr double arm_share = 0.006;  // each half of the injected vein
constexpr double upper_share = 0.020, lower_share = 0.133, cava_share = 0.030;
constexpr double chamber_share = 0.0225;  // each of four
constexpr double lung_artery_share = 0.035, lung_capillary_share = 0.055, lung_vein_share = 0.035;
// Of the liver's 10 %: portal branches 15 %, hepatic veins 20 %, the rest in sinusoids. Of the
// bowel's, stomach's and pancreas' 7.6 %: half in capillaries, 30 % in the veins that become the
// portal vein. Of the kidneys' 2 %: 20 % in their veins. What these leave is with the lower veins.
constexpr double portal_share = 0.015 + 0.3 * 0.076, hepatic_veins_share = 0.02;
constexpr double renal_veins_share = 0.004;

/// Share of the limbs' and walls' flow that goes to the upper body, and of the cardiac output that
/// comes back through the injected arm's vein.
constexpr double upper_body = 0.3, arm_return = 0.03;

// Interstitium: extracellular volumes of liver, spleen and muscle of Bandula et al. (Radiology 268
// (2013) 858: 0.29, 0.34, 0.09), of myocardium 0.25 (Kellman and Hansen, JCMR 16 (2014) 2), less
// the plasma; others in their likeness. Permeability: sinusoids let iodine through at once, muscle
// and fat slowly, the brain not at all (Brix et al., Med Phys 36 (2009) 2923 and the ranges that
// perfusion CT finds).
constexpr double kidney_blood = 0.02;

constexpr double filtration[2] = {125.0, 110.0};  // mL/min of plasma (ICRP 89)
// How long filtrate stays in the tubules of the cortex and of the medulla and in the pelvis, s:
// cortex and medulla are alike 80 to 120 s after the injection, urine enhances from 3 min on (Yuh
// and Cohan, AJR 173 (1999) 747).
constexpr double cortex_stay = 50.0, medulla_stay = 25.0, pelvis_stay = 60.0;
constexpr double pelvis_volume = 15.0;  // mL, both sides

}  // namespace

std::size_t Circulation::node(double volume) {
  volumes.push_back(volume);
  return volumes.size() - 1;
}

void Circulation::belongs(Compartment compartment, std::size_t node) {
  parts[std::size_t(compartment)].nodes.push_back(node);
  parts[std::size_t(compartment)].volume += volumes[node];
}

void Circulation::flows(std::size_t from, std::size_t to, double flow) {
  edges_.push_back({from, to, flow / volumes[from]});
}

Circulation::OrganNodes Circulation::organ(const Organ& entry, double blood) {
  const double tissue = entry.volume[female_] * units::ml * scale_;
  OrganNodes out{node(blood * blood_volume_), 0};
  Part& part = parts[std::size_t(entry.compartment)];
  part = {{out.blood}, tissue};
  if (entry.permeability <= 0.0) return out;
  out.interstitium = node(entry.interstitium * tissue);
  part.nodes.push_back(out.interstitium);
  const double exchange = entry.permeability / units::minute * tissue;  // mm^3/s
  edges_.push_back({out.blood, out.interstitium,
                    exchange / ((1.0 - haematocrit(female_)) * volumes[out.blood])});
  edges_.push_back({out.interstitium, out.blood, exchange / volumes[out.interstitium]});
  return out;
}

Circulation::Circulation(const Physique& body)
    : parts(compartment_count),
      female_(body.female),
      blood_volume_(body.blood_volume()),
      output_(body.cardiac_output()) {
  // Organs grow with the blood, which grows more slowly than fat does.
  const Physique reference{body.female, (body.female ? 60.0 : 73.0) * units::kg,
                           body.female ? 1630.0 : 1760.0};
  scale_ = blood_volume_ / reference.blood_volume();
  const auto vessel = [&](Compartment compartment, double share) {
    const std::size_t n = node(share * blood_volume_);
    belongs(compartment, n);
    return n;
  };
  node(1.0);  // the bladder: nothing comes back from it
  arm_ = {node(arm_share * blood_volume_), node(arm_share * blood_volume_)};
  entrance = arm_.front();
  arm_flow_ = arm_return * output_;

  const std::size_t upper = vessel(upper_veins, upper_share);
  const std::size_t lower = vessel(lower_veins, lower_share), cava = vessel(vena_cava, cava_share);
  const std::size_t atrium = vessel(right_heart, chamber_share);
  const std::size_t ventricle = vessel(right_heart, chamber_share);
  const std::size_t lung_artery = vessel(pulmonary_arteries, lung_artery_share);
  const OrganNodes lung = organ({lungs, {}, {}, {750, 620}, 0.2, 0.3}, lung_capillary_share);
  const std::size_t lung_vein = vessel(pulmonary_veins, lung_vein_share);
  const std::size_t left_atrium = vessel(left_heart, chamber_share);
  const std::size_t left_ventricle = vessel(left_heart, chamber_share);
  const std::size_t arch = vessel(aorta, aorta_share), abdominal = vessel(aorta, aorta_share);
  const std::size_t branches = vessel(arteries, arteries_share);
  const std::size_t portal = vessel(portal_vein, portal_share);
  const std::size_t hepatic = vessel(hepatic_veins, hepatic_veins_share);
  const std::size_t renal = vessel(renal_veins, renal_veins_share);

  arm_.push_back(upper);
  const std::size_t chain[] = {atrium,    ventricle,   lung_artery,    lung.blood,
                               lung_vein, left_atrium, left_ventricle, arch};
  for (std::size_t i = 0; i + 1 < std::size(chain); ++i) flows(chain[i], chain[i + 1], output_);

  double above = 0.0;  // flow that leaves the arch for the upper body
  double returned_above = 0.0, returned_below = 0.0;
  const auto share = [&](const Organ& o) { return o.flow[female_] * output_; };
  const auto fed_above = [&](const Organ& o) {
    const OrganNodes n = organ(o, o.blood[female_]);
    flows(arch, n.blood, share(o));
    above += share(o);
    return n;
  };
  // Coronary blood goes to the right atrium with the veins' of the upper body.
  for (const Organ& o : {Organ{brain, {0.12, 0.12}, {0.012, 0.012}, {1390, 1240}, 0.0, 0.0},
                         Organ{thyroid, {0.015, 0.015}, {0.0006, 0.0006}, {19, 16}, 0.15, 0.8},
                         Organ{heart_muscle, {0.04, 0.05}, {0.01, 0.01}, {330, 250}, 0.19, 0.8}}) {
    flows(fed_above(o).blood, upper, share(o));
    returned_above += share(o);
  }
  // Limbs and walls: part of their blood goes up, and some of that comes back through the arm.
  constexpr double rest[2] = {0.047, 0.052};  // to make the whole: lymph nodes, bronchi, ...
  double through_arm = arm_flow_;
  for (const Organ& o :
       {Organ{muscle, {0.17, 0.12}, {0.14, 0.105}, {27600, 16700}, 0.11, 0.05},
        Organ{skin, {0.05, 0.05}, {0.03, 0.03}, {3140, 2190}, 0.35, 0.06},
        Organ{fat, {0.05, 0.085}, {0.05, 0.085}, {15800, 20700}, 0.10, 0.02},
        Organ{marrow, {0.05, 0.05}, {0.07, 0.07}, {3040, 2250}, 0.08, 0.1},
        Organ{other_tissue, {rest[0], rest[1]}, {0.0224, 0.0224}, {4000, 3300}, 0.15, 0.1}}) {
    const OrganNodes n = organ(o, o.blood[female_]);
    const double all = share(o), up = upper_body * all;
    flows(arch, n.blood, up);
    flows(branches, n.blood, all - up);
    above += up;
    const double by_arm = std::min(up, through_arm);
    if (by_arm > 0.0) flows(n.blood, arm_.front(), by_arm);
    through_arm -= by_arm;
    flows(n.blood, upper, up - by_arm);
    returned_above += up - by_arm;
    flows(n.blood, lower, all - up);
    returned_below += all - up;
  }
  flows(arch, abdominal, output_ - above);
  flows(abdominal, branches, output_ - above);

  double portal_flow = 0.0;
  // More blood for the pancreas than ICRP's 1 %: perfusion CT finds 1.25 to 1.66 mL/min per mL
  // (Miles, Hayball and Dixon, BJR 68 (1995) 471).
  for (const Organ& o : {Organ{stomach, {0.01, 0.01}, {0.005, 0.005}, {145, 135}, 0.2, 0.3},
                         Organ{small_bowel, {0.10, 0.11}, {0.019, 0.019}, {620, 570}, 0.2, 0.3},
                         Organ{colon, {0.04, 0.05}, {0.011, 0.011}, {355, 345}, 0.2, 0.3},
                         Organ{pancreas, {0.02, 0.02}, {0.003, 0.003}, {133, 114}, 0.2, 0.8},
                         Organ{spleen, {0.03, 0.03}, {0.014, 0.014}, {143, 124}, 0.10, 2.0}}) {
    const OrganNodes n = organ(o, o.blood[female_]);
    flows(branches, n.blood, share(o));
    flows(n.blood, portal, share(o));
    portal_flow += share(o);
  }
  const Organ tissue_of_liver{liver, {0.065, 0.065}, {0.065, 0.065}, {1720, 1340}, 0.12, 3.0};
  const OrganNodes sinusoids = organ(tissue_of_liver, 0.065);
  const double arterial = share(tissue_of_liver);
  flows(branches, sinusoids.blood, arterial);
  flows(portal, sinusoids.blood, portal_flow);
  flows(sinusoids.blood, hepatic, arterial + portal_flow);
  flows(hepatic, cava, arterial + portal_flow);

  const Organ glands{adrenals, {0.003, 0.003}, {0.0006, 0.0006}, {13, 12}, 0.15, 0.8};
  const OrganNodes gland = organ(glands, 0.0006);
  flows(branches, gland.blood, share(glands));
  flows(gland.blood, cava, share(glands));

  // The cortex gets nine tenths of the kidneys' blood and filters it.
  const Organ cortex{renal_cortex, {0.171, 0.153}, {}, {206, 183}, 0.08, 0.5};
  const Organ medulla{renal_medulla, {0.019, 0.017}, {}, {89, 79}, 0.15, 0.5};
  const OrganNodes outer = organ(cortex, 0.6 * kidney_blood);
  const OrganNodes inner = organ(medulla, 0.2 * kidney_blood);
  for (const auto& [o, n] : {std::pair(cortex, outer), std::pair(medulla, inner)}) {
    flows(branches, n.blood, share(o));
    flows(n.blood, renal, share(o));
  }
  const double kidneys = share(cortex) + share(medulla);
  flows(renal, cava, kidneys);
  const std::size_t tubules = node(1.0), ducts = node(1.0), last_ducts = node(1.0);
  const std::size_t pelvis = node(pelvis_volume * units::ml * scale_);
  belongs(renal_pelvis, pelvis);
  parts[std::size_t(renal_cortex)].nodes.push_back(tubules);
  for (const std::size_t n : {ducts, last_ducts})
    parts[std::size_t(renal_medulla)].nodes.push_back(n);
  const double plasma = filtration[female_] * units::ml / units::minute * scale_;
  edges_.push_back(
      {outer.blood, tubules, plasma / ((1.0 - haematocrit(female_)) * volumes[outer.blood])});
  edges_.push_back({tubules, ducts, 1.0 / cortex_stay});
  edges_.push_back({ducts, last_ducts, 2.0 / medulla_stay});
  edges_.push_back({last_ducts, pelvis, 2.0 / medulla_stay});
  edges_.push_back({pelvis, bladder, 1.0 / pelvis_stay});

  flows(lower, cava, returned_below);
  const double below = returned_below + arterial + portal_flow + share(glands) + kidneys;
  flows(cava, atrium, below);
  flows(upper, atrium, output_ - below);
}

std::vector<Edge> Circulation::edges(double pushed) const {
  std::vector<Edge> all = edges_;
  const double flow = arm_flow_ + pushed;
  for (std::size_t i = 0; i + 1 < arm_.size(); ++i)
    all.push_back({arm_[i], arm_[i + 1], flow / volumes[arm_[i]]});
  return all;
}

}  // namespace vitrine::phantoms::detail
