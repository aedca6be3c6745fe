#include "vitrine/phantoms/anatomy.hpp"

#include "vitrine/phantoms/anatomy/abdomen.hpp"
#include "vitrine/phantoms/anatomy/head.hpp"
#include "vitrine/phantoms/anatomy/thorax.hpp"
#include "vitrine/phantoms/anatomy/torso.hpp"
#include "vitrine/phantoms/import/analytic_scene.hpp"
#include "vitrine/phantoms/import/hu_volume.hpp"
#include "vitrine/phantoms/import/label_map.hpp"
#include "vitrine/phantoms/import/material_fractions.hpp"
#include "vitrine/phantoms/qa/acr464.hpp"
#include "vitrine/phantoms/qa/catphan_ctp404.hpp"
#include "vitrine/phantoms/qa/catphan_ctp528.hpp"
#include "vitrine/phantoms/qa/ctdi.hpp"
#include "vitrine/phantoms/qa/defrise.hpp"
#include "vitrine/phantoms/qa/edge.hpp"
#include "vitrine/phantoms/qa/shepp_logan.hpp"
#include "vitrine/phantoms/qa/texture_cartridges.hpp"
#include "vitrine/phantoms/qa/water_cylinder.hpp"
#include "vitrine/phantoms/qa/wire.hpp"

namespace vitrine::phantoms {

const std::vector<std::string>& host_organs() {
  static const std::vector<std::string> all{"lung",     "liver", "kidney",    "spleen",
                                            "pancreas", "brain", "lymph_node"};
  return all;
}

const std::vector<std::string>& host_organs_or_none() {
  static const auto all = [] {
    auto organs = host_organs();
    organs.insert(organs.begin(), "");
    return organs;
  }();
  return all;
}

const Catalogue<Anatomy>& anatomies() {
  static const auto all = Catalogue<Anatomy>("anatomy", "Bodies and test phantoms")
                              .add<Thorax>()
                              .add<Abdomen>()
                              .add<Head>()
                              .add<Torso>()
                              // Bodies from files.
                              .add<ImportedLabels>()
                              .add<ImportedFractions>()
                              .add<ImportedCt>()
                              .add<AnalyticScene>()
                              // Test phantoms: no host, so no lesion.
                              .add<WaterCylinder>()
                              .add<SheppLogan>()
                              .add<Acr464>()
                              .add<CatphanCtp404>()
                              .add<CatphanCtp528>()
                              .add<Defrise>()
                              .add<Ctdi>()
                              .add<Wire>()
                              .add<Edge>()
                              .add<TextureCartridges>();
  return all;
}

const Catalogue<Anatomy>& catalogue_for(const Anatomy*) { return anatomies(); }

}  // namespace vitrine::phantoms
