// Every lesion composition; a new one is a class and a line in the list at the end.
#include <algorithm>
#include <cmath>
#include <numbers>

#include "vitrine/core/math.hpp"
#include "vitrine/phantoms/lesion_composition.hpp"
#include "vitrine/phantoms/solids.hpp"

namespace vitrine::phantoms {
namespace {

constexpr const char* tissue = "muscle";
constexpr const char* fluid = "water";

std::vector<Ingredient> tissue_of(double hu) { return {{tissue, density_for(tissue, hu)}}; }
std::vector<Ingredient> fluid_of(double hu) { return {{fluid, density_for(fluid, hu)}}; }

double equal_diameter(const Outline& outline) {
  return 2.0 * math::cbrt(volume_of(outline) * 0.75 / std::numbers::pi);
}

std::string tenths(double mm) { return to_text(std::round(10.0 * mm) / 10.0); }

/// What is left inside a wall; an error if nothing is.
Outline within(const Outline& outline, double wall, const char* key) {
  Outline inner = grown(outline, -wall);
  require(!inner.empty(), Error::Kind::data, key, " is ", tenths(wall), " (a lesion of ",
          tenths(equal_diameter(outline)),
          " mm in diameter has no inside left). Choose a thinner one or a larger lesion.");
  return inner;
}

/// The host's tissue at a CT number: an error where the lesion would be darker than its host.
Layer thickened(const LesionMatter& lesion, double hu) {
  require(lesion.host_material == "lung", Error::Kind::input,
          "ground glass is asked for in an organ of ", lesion.host_material,
          " (it is lung that holds less air). Use organ: lung.");
  const std::vector<Ingredient> host{{lesion.host_material, lesion.host_density}};
  const double density = density_for(lesion.host_material, hu);
  require(density > lesion.host_density, Error::Kind::data, "ground glass of ",
          to_text(std::round(hu)), " HU is asked for (this patient's lung has ",
          to_text(std::round(attenuation_of(host))), " HU). Choose more than that.");
  return {"ground_glass", lesion.outline, Layer::Kind::thicken, {{lesion.host_material, density}}};
}

/// One density throughout.
class SolidTissue final : public LesionComposition {
 public:
  struct Params {};
  static const Schema<Params>& schema() {
    static const auto s = Schema<Params>("solid", "Soft tissue throughout");
    return s;
  }
  explicit SolidTissue(Params) {}
  std::vector<Layer> layers(const LesionMatter& lesion, Rng) const override {
    return {{"tissue", lesion.outline, Layer::Kind::replace, tissue_of(lesion.attenuation)}};
  }
};

// Ground glass is between lung and soft tissue and leaves vessels visible (Hansell et al.,
// Radiology 246 (2008) 697).
class GroundGlass final : public LesionComposition {
 public:
  struct Params {
    Distribution attenuation{-600.0};
  };
  static const Schema<Params>& schema() {
    static const auto s =
        Schema<Params>("ground_glass", "Lung with less air; vessels run on through it")
            .optional("attenuation", &Params::attenuation, unit::hu,
                      "CT number at 70 keV between the vessels")
            .between(-800, -300);
    return s;
  }
  explicit GroundGlass(Params p) : p_(std::move(p)) {}
  std::vector<Layer> layers(const LesionMatter& lesion, Rng rng) const override {
    return {thickened(lesion, p_.attenuation.sample(rng))};
  }

 private:
  Params p_;
};

class PartSolid final : public LesionComposition {
 public:
  struct Params {
    Distribution attenuation{-600.0}, solid_share{0.3};
  };
  static const Schema<Params>& schema() {
    static const auto s =
        Schema<Params>("part_solid", "Ground glass around a solid core")
            .optional("attenuation", &Params::attenuation, unit::hu,
                      "CT number of the ground glass at 70 keV; the lesion's own is the core's")
            .between(-800, -300)
            .optional("solid_share", &Params::solid_share, "the core's share of the volume")
            .between(0.02, 0.95);
    return s;
  }
  explicit PartSolid(Params p) : p_(std::move(p)) {}
  std::vector<Layer> layers(const LesionMatter& lesion, Rng rng) const override {
    const double hu = p_.attenuation.sample(rng), share = p_.solid_share.sample(rng);
    return {thickened(lesion, hu),
            {"solid", holding(lesion.outline, share), Layer::Kind::replace,
             tissue_of(lesion.attenuation)}};
  }

 private:
  Params p_;
};

// Walls of at most 4 mm are mostly benign, above 15 mm mostly malignant (Woodring, Fried and
// Chuang, AJR 135 (1980) 1269).
class Cavitary final : public LesionComposition {
 public:
  struct Params {
    Distribution wall{3.0};
    Choice content{"air"};
  };
  static const Schema<Params>& schema() {
    static const auto s = Schema<Params>("cavitary", "A wall of tissue around air or fluid")
                              .optional("wall", &Params::wall, unit::mm, "thickness of the wall")
                              .between(0.3, 40)
                              .optional("content", &Params::content, "what the cavity holds")
                              .one_of({"air", "fluid"});
    return s;
  }
  explicit Cavitary(Params p) : p_(std::move(p)) {}
  std::vector<Layer> layers(const LesionMatter& lesion, Rng rng) const override {
    const double wall = p_.wall.sample(rng);
    const bool air = p_.content.sample(rng) == "air";
    return {{"wall", lesion.outline, Layer::Kind::replace, tissue_of(lesion.attenuation)},
            {"cavity", within(lesion.outline, wall, "wall_mm"), Layer::Kind::replace,
             air ? std::vector<Ingredient>{{"air", density_for("air", -1000.0)}} : fluid_of(10.0)}};
  }

 private:
  Params p_;
};

// The benign patterns: central, popcorn, laminated and diffuse (Siegelman et al., Radiology 160
// (1986) 307).
class Calcified final : public LesionComposition {
 public:
  struct Params {
    Choice pattern{"central"};
    Distribution calcium{600.0};
  };
  static const Schema<Params>& schema() {
    static const auto s =
        Schema<Params>("calcified", "Tissue with calcium hydroxyapatite in a pattern")
            .optional("pattern", &Params::pattern, "where the calcium is")
            .one_of({"central", "popcorn", "laminated", "diffuse"})
            .optional("calcium", &Params::calcium, unit::hu, "CT number of the calcified part")
            .between(150, 2000);
    return s;
  }
  explicit Calcified(Params p) : p_(std::move(p)) {}
  std::vector<Layer> layers(const LesionMatter& lesion, Rng rng) const override {
    const std::string pattern = p_.pattern.sample(rng);
    const double hu = p_.calcium.sample(rng);
    require(hu > lesion.attenuation, Error::Kind::data, "calcium_hu is ", to_text(std::round(hu)),
            " (the tissue around it has ", to_text(std::round(lesion.attenuation)),
            " HU). Choose more, or a lower attenuation_hu.");
    const auto calcium = calcified_tissue(lesion.attenuation, hu);
    const auto plain = tissue_of(lesion.attenuation);
    constexpr auto replace = Layer::Kind::replace;
    if (pattern == "diffuse") return {{"calcium", lesion.outline, replace, calcium}};
    std::vector<Layer> all{{"tissue", lesion.outline, replace, plain}};
    if (pattern == "central") {
      all.push_back({"calcium", holding(lesion.outline, 0.2), replace, calcium});
    } else if (pattern == "laminated") {
      // Two rings, seen in healed granulomas; each about a fifth of the volume.
      all.push_back({"outer_ring", holding(lesion.outline, 0.75), replace, calcium});
      all.push_back({"between", holding(lesion.outline, 0.5), replace, plain});
      all.push_back({"inner_ring", holding(lesion.outline, 0.25), replace, calcium});
      all.push_back({"centre", holding(lesion.outline, 0.08), replace, plain});
    } else {
      all.push_back({"calcium", lumps(lesion.outline, rng), replace, calcium});
    }
    return all;
  }

 private:
  /// Balls of 12 to 25 % of the lesion's diameter that lie inside it.
  static Outline lumps(const Outline& outline, Rng& rng) {
    const double diameter = equal_diameter(outline), far = reach(outline);
    Outline out;
    for (int lump = 0; lump < 6; ++lump) {
      double radius = 0.5 * diameter * rng.uniform(0.12, 0.25);
      for (int attempt = 0; attempt < 300; ++attempt, radius *= 0.99) {
        const double x = rng.uniform(-far, far), y = rng.uniform(-far, far);
        const Solid ball = ellipsoid(Vec3(x, y, rng.uniform(-far, far)), Vec3::Constant(radius));
        const Solid about = ellipsoid(ball.centre, Vec3::Constant(1.05 * radius));
        const auto points = surface_points({{about}, {}});
        if (!std::all_of(points.begin(), points.end(),
                         [&](const Vec3& p) { return contains(outline, p); }))
          continue;
        out.solids.push_back(ball);
        break;
      }
    }
    require(!out.empty(), Error::Kind::data,
            "no popcorn calcification fits into this lesion (it is too thin). Choose another "
            "pattern or shape.");
    return out;
  }

  Params p_;
};

class NecroticCore final : public LesionComposition {
 public:
  struct Params {
    Distribution core_share{0.4}, core{15.0};
  };
  static const Schema<Params>& schema() {
    static const auto s =
        Schema<Params>("necrotic_core", "Tissue around dead tissue that has become fluid")
            .optional("core_share", &Params::core_share, "the core's share of the volume")
            .between(0.02, 0.95)
            .optional("core", &Params::core, unit::hu, "CT number of the core")
            .between(-20, 45);
    return s;
  }
  explicit NecroticCore(Params p) : p_(std::move(p)) {}
  std::vector<Layer> layers(const LesionMatter& lesion, Rng rng) const override {
    const double share = p_.core_share.sample(rng), hu = p_.core.sample(rng);
    return {{"tissue", lesion.outline, Layer::Kind::replace, tissue_of(lesion.attenuation)},
            {"core", holding(lesion.outline, share), Layer::Kind::replace, fluid_of(hu)}};
  }

 private:
  Params p_;
};

class RimEnhancing final : public LesionComposition {
 public:
  struct Params {
    Distribution rim{2.0}, iodine{2.0 * units::mg_per_ml}, core{15.0};
  };
  static const Schema<Params>& schema() {
    static const auto s =
        Schema<Params>("rim_enhancing", "A rim with contrast medium around a core without")
            .optional("rim", &Params::rim, unit::mm, "thickness of the rim")
            .between(0.3, 40)
            .optional("iodine", &Params::iodine, unit::mg_per_ml,
                      "iodine in the rim, on top of the lesion's tissue")
            .between(0, 30)
            .optional("core", &Params::core, unit::hu, "CT number of the core")
            .between(-20, 100);
    return s;
  }
  explicit RimEnhancing(Params p) : p_(std::move(p)) {}
  std::vector<Layer> layers(const LesionMatter& lesion, Rng rng) const override {
    const double rim = p_.rim.sample(rng), iodine = p_.iodine.sample(rng);
    const double core = p_.core.sample(rng);
    auto content = tissue_of(lesion.attenuation);
    if (iodine > 0.0) content.push_back({"iodine", iodine});
    return {{"rim", lesion.outline, Layer::Kind::replace, content},
            {"core", within(lesion.outline, rim, "rim_mm"), Layer::Kind::replace, fluid_of(core)}};
  }

 private:
  Params p_;
};

}  // namespace

const Catalogue<LesionComposition>& lesion_compositions() {
  static const auto all =
      Catalogue<LesionComposition>("lesion_composition", "What lesions consist of, and where")
          .add<SolidTissue>()
          .add<GroundGlass>()
          .add<PartSolid>()
          .add<Cavitary>()
          .add<Calcified>()
          .add<NecroticCore>()
          .add<RimEnhancing>();
  return all;
}

const Catalogue<LesionComposition>& catalogue_for(const LesionComposition*) {
  return lesion_compositions();
}

}  // namespace vitrine::phantoms
