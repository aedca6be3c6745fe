#include "vitrine/cli/catalogues.hpp"

#include "vitrine/model/material.hpp"
#include "vitrine/phantoms/anatomy.hpp"
#include "vitrine/phantoms/growth.hpp"
#include "vitrine/phantoms/import/scene_solid.hpp"
#include "vitrine/phantoms/lesion_composition.hpp"
#include "vitrine/phantoms/lesion_enhancement.hpp"
#include "vitrine/phantoms/lesion_shape.hpp"
#include "vitrine/phantoms/lesion_texture.hpp"
#include "vitrine/phantoms/motion.hpp"
#include "vitrine/radiomics/extract.hpp"
#include "vitrine/recon/algorithm.hpp"
#include "vitrine/recon/kernel.hpp"
#include "vitrine/trial/scenario.hpp"

namespace vitrine::cli {
namespace {

/// A struct of the scenario file, documented like a catalogue of one.
template <class Block>
CatalogueInfo::Entry block() {
  const auto& schema = Block::schema();
  return {schema.kind(), schema.summary(), schema.fields(), schema.rules()};
}

CatalogueInfo materials_info() {
  CatalogueInfo info{"material",
                     "What things are made of (compositions by mass); also `iodine 10 mg/ml in "
                     "blood`, `CaCO3 2.71 g/cm3`, `70 % water + 30 % C2H6O 0.96 g/cm3`",
                     {}};
  for (const Material& m : materials())
    info.entries.push_back(
        {m.name, str(to_text(m.density / units::g_per_cm3), " g/cm3; ", m.source), {}, {}});
  return info;
}

CatalogueInfo features_info() {
  CatalogueInfo info{"feature", "Radiomic features, with their IBSI codes", {}};
  for (const auto* f : radiomics::feature_table())
    info.entries.push_back(
        {std::string(f->id), str(f->ibsi_code, " [", f->unit, "] ", f->formula), {}, {}});
  return info;
}

}  // namespace

std::vector<CatalogueInfo> all_catalogues() {
  CatalogueInfo blocks;
  blocks.family = "block";
  blocks.summary = "Parts of a scenario file";
  blocks.entries = {block<trial::Scenario>(),
                    block<trial::Header>(),
                    block<trial::ContextOfUse>(),
                    block<phantoms::Cohort>(),
                    block<trial::Arms>(),
                    block<trial::Factors>(),
                    block<trial::ArmSelector>(),
                    block<trial::Repeat>(),
                    block<trial::FollowUp>(),
                    block<trial::Protocol>(),
                    block<phantoms::Injection>(),
                    block<physics::TubeCurrentModulation>(),
                    block<Scanner>(),
                    block<Filter>(),
                    block<Bowtie>(),
                    block<Detector>(),
                    block<Crosstalk>(),
                    block<Lag>(),
                    block<GainDrift>(),
                    block<DeadCells>(),
                    block<Converter>(),
                    block<AirScan>(),
                    block<LowSignal>(),
                    block<CountingSensor>(),
                    block<PileUp>(),
                    block<AntiScatterGrid>(),
                    block<Scatter>(),
                    block<trial::Measure>(),
                    block<radiomics::Settings>(),
                    block<trial::Outputs>(),
                    block<trial::Simulation>()};
  return {phantoms::anatomies().info(),
          phantoms::scene_solids().info(),
          phantoms::lesion_shapes().info(),
          phantoms::lesion_compositions().info(),
          phantoms::lesion_textures().info(),
          phantoms::lesion_enhancements().info(),
          phantoms::growths().info(),
          phantoms::motions().info(),
          recon::kernels().info(),
          recon::algorithms().info(),
          materials_info(),
          features_info(),
          blocks};
}

}  // namespace vitrine::cli
