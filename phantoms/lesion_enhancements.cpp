// How lesions take contrast medium up; a new way is a class and a line in the list at the end.
#include <algorithm>

#include "vitrine/phantoms/lesion_enhancement.hpp"

namespace vitrine::phantoms {
namespace {

bool is_soft_tissue(const Layer& layer) {
  return layer.kind == Layer::Kind::replace && layer.content.front().material == "muscle";
}

void set_iodine(Layer& layer, double iodine) {
  std::erase_if(layer.content, [](const Ingredient& each) { return each.material == "iodine"; });
  if (iodine > 0.0) layer.content.push_back({"iodine", iodine});
}

class NoEnhancement final : public LesionEnhancement {
 public:
  struct Params {};
  static const Schema<Params>& schema() {
    static const auto s = Schema<Params>("none", "No blood supply: the CT number stays");
    return s;
  }
  explicit NoEnhancement(Params) {}
  void enhance(std::vector<Layer>&, const LesionSupply&, Rng) const override {}
};

class LikeHost final : public LesionEnhancement {
 public:
  struct Params {};
  static const Schema<Params>& schema() {
    static const auto s =
        Schema<Params>("as_host", "As much iodine as the organ around it: the difference stays");
    return s;
  }
  explicit LikeHost(Params) {}
  void enhance(std::vector<Layer>& layers, const LesionSupply& supply, Rng) const override {
    for (Layer& layer : layers)
      if (is_soft_tissue(layer)) set_iodine(layer, supply.host_iodine);
  }
};

/// What perfusion CT measures, in the units it uses.
struct Vascularity {
  Distribution blood_flow, blood, permeability, interstitium, arterial;

  double iodine(const LesionSupply& supply, Rng& rng) const {
    Uptake tissue{.blood_flow = blood_flow.sample(rng),
                  .blood = blood.sample(rng),
                  .interstitium = interstitium.sample(rng),
                  .permeability = permeability.sample(rng),
                  .arterial = arterial.sample(rng)};
    if (supply.organ != "liver") tissue.arterial = 1.0;
    return supply.patient.curves().taken_up(tissue, supply.patient.time());
  }
};

/// mL/min per 100 mL.
constexpr double flow(double value) { return value * unit::ml_per_min_per_100ml.to_native; }

template <class Params>
Schema<Params> vascular_schema(const char* kind, const char* summary) {
  return Schema<Params>(kind, summary)
      .optional("blood_flow", &Params::blood_flow, unit::ml_per_min_per_100ml, "perfusion")
      .between(0, 600)
      .optional("blood", &Params::blood, unit::percent, "blood in the tissue")
      .between(0.1, 80)
      .optional("permeability", &Params::permeability, unit::ml_per_min_per_100ml,
                "permeability-surface product")
      .between(0, 300)
      .optional("interstitium", &Params::interstitium, unit::percent,
                "space outside vessels that iodine reaches")
      .between(0, 80)
      .optional("arterial", &Params::arterial, unit::percent,
                "share of the blood that comes from arteries; in the liver the rest is portal")
      .between(0, 100);
}

/// The same vascularity in all of the soft tissue.
template <class Kind>
class Perfused final : public LesionEnhancement {
 public:
  struct Params {
    Distribution blood_flow{flow(Kind::flow)}, blood{Kind::blood},
        permeability{flow(Kind::permeability)}, interstitium{Kind::interstitium},
        arterial{Kind::arterial};
  };
  static const Schema<Params>& schema() {
    static const auto s = vascular_schema<Params>(Kind::name, Kind::summary);
    return s;
  }
  explicit Perfused(const Params& p)
      : tissue_{p.blood_flow, p.blood, p.permeability, p.interstitium, p.arterial} {}
  void enhance(std::vector<Layer>& layers, const LesionSupply& supply, Rng rng) const override {
    const double iodine = tissue_.iodine(supply, rng);
    for (Layer& layer : layers)
      if (is_soft_tissue(layer)) set_iodine(layer, iodine);
  }

 private:
  Vascularity tissue_;
};

// Hepatocellular carcinoma in perfusion CT: arterial flow of 1 to 2 mL/min per mL, a fifth of it
// blood (Sahani et al., Radiology 243 (2007) 736; Ippolito et al., AJR 198 (2012) 1292).
struct Hypervascular {
  static constexpr const char* name = "hypervascular";
  static constexpr const char* summary = "Bright in the arterial phase, washed out later";
  static constexpr double flow = 150, blood = 0.22, permeability = 30, interstitium = 0.08,
                          arterial = 0.95;
};
// Colorectal metastases and desmoplastic tumours: little blood, slow uptake into a wide fibrous
// interstitium (Miles et al., Radiology 188 (1993) 405; Bae, Radiology 256 (2010) 32).
struct Hypovascular {
  static constexpr const char* name = "hypovascular";
  static constexpr const char* summary = "Dark in the arterial and portal phase, filled in late";
  static constexpr double flow = 20, blood = 0.05, permeability = 10, interstitium = 0.30,
                          arterial = 0.8;
};

class Rim final : public LesionEnhancement {
 public:
  struct Params {
    Distribution rim{2.0}, blood_flow{flow(60)}, blood{0.10}, permeability{flow(15)},
        interstitium{0.25}, arterial{0.9};
  };
  static const Schema<Params>& schema() {
    static const auto s =
        vascular_schema<Params>("rim", "A rim that takes iodine up around a core that does not")
            .optional("rim", &Params::rim, unit::mm,
                      "thickness of the rim, where the composition has no layers of its own")
            .between(0.3, 40);
    return s;
  }
  explicit Rim(const Params& p)
      : rim_(p.rim), tissue_{p.blood_flow, p.blood, p.permeability, p.interstitium, p.arterial} {}
  void enhance(std::vector<Layer>& layers, const LesionSupply& supply, Rng rng) const override {
    const double rim = rim_.sample(rng), iodine = tissue_.iodine(supply, rng);
    if (!is_soft_tissue(layers.front())) return;
    if (layers.size() == 1) {
      const Layer& outer = layers.front();
      Layer core{"core", grown(outer.region, -rim), outer.kind, outer.content};
      if (!core.region.empty()) layers.push_back(std::move(core));
    }
    for (Layer& layer : layers) set_iodine(layer, 0.0);
    set_iodine(layers.front(), iodine);
  }

 private:
  Distribution rim_;
  Vascularity tissue_;
};

}  // namespace

const Catalogue<LesionEnhancement>& lesion_enhancements() {
  static const auto all =
      Catalogue<LesionEnhancement>("lesion_enhancement", "How lesions take contrast medium up")
          .add<NoEnhancement>()
          .add<LikeHost>()
          .add<Perfused<Hypervascular>>()
          .add<Perfused<Hypovascular>>()
          .add<Rim>();
  return all;
}

const Catalogue<LesionEnhancement>& catalogue_for(const LesionEnhancement*) {
  return lesion_enhancements();
}

}  // namespace vitrine::phantoms
