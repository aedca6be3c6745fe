#include "vitrine/cli/catalogues.hpp"

#include "vitrine/config/json_schema.hpp"
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
#include "vitrine/radiomics/filters/filter.hpp"
#include "vitrine/radiomics/perturbation.hpp"
#include "vitrine/radiomics/preprocessing/preprocessing.hpp"
#include "vitrine/recon/algorithm.hpp"
#include "vitrine/recon/kernel.hpp"
#include "vitrine/recon/orientation.hpp"
#include "vitrine/recon/sinogram_file.hpp"
#include "vitrine/trial/designs/latin_hypercube.hpp"
#include "vitrine/trial/designs/nested.hpp"
#include "vitrine/trial/scenario.hpp"

namespace vitrine::cli {
namespace {

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
  blocks.summary = "Parts of a scenario file, and the sinogram file";
  blocks.entries = {entry_of<trial::Scenario>(),
                    entry_of<trial::Header>(),
                    entry_of<trial::ContextOfUse>(),
                    entry_of<phantoms::Cohort>(),
                    entry_of<phantoms::CohortStratum>(),
                    entry_of<trial::Arms>(),
                    entry_of<trial::Sites>(),
                    entry_of<trial::SiteDeviations>(),
                    entry_of<trial::Factors>(),
                    entry_of<trial::ListedArm>(),
                    entry_of<trial::ScannerLevels>(),
                    entry_of<trial::Intervals>(),
                    entry_of<trial::ArmSelector>(),
                    entry_of<trial::Repeat>(),
                    entry_of<trial::FollowUp>(),
                    entry_of<trial::Protocol>(),
                    entry_of<phantoms::Injection>(),
                    entry_of<physics::TubeCurrentModulation>(),
                    entry_of<Scanner>(),
                    entry_of<Deviations>(),
                    entry_of<Filter>(),
                    entry_of<Bowtie>(),
                    entry_of<Detector>(),
                    entry_of<Crosstalk>(),
                    entry_of<Lag>(),
                    entry_of<GainDrift>(),
                    entry_of<DeadCells>(),
                    entry_of<Converter>(),
                    entry_of<AirScan>(),
                    entry_of<LowSignal>(),
                    entry_of<CountingSensor>(),
                    entry_of<PileUp>(),
                    entry_of<AntiScatterGrid>(),
                    entry_of<Scatter>(),
                    entry_of<trial::Measure>(),
                    entry_of<radiomics::Settings>(),
                    entry_of<radiomics::Perturbation>(),
                    entry_of<radiomics::PerturbationFile>(),
                    entry_of<radiomics::Preprocessing>(),
                    entry_of<trial::Outputs>(),
                    entry_of<trial::Simulation>(),
                    entry_of<trial::Stress>(),
                    entry_of<trial::StressModel>(),
                    entry_of<trial::StressLimit>(),
                    entry_of<recon::SinogramFile>()};
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
          recon::orientations().info(),
          trial::designs().info(),
          readers::catalogue().info(),
          materials_info(),
          features_info(),
          radiomics::image_filters().info(),
          radiomics::preprocessing_steps().info(),
          blocks};
}

Value scenario_schema() {
  const std::vector<std::string> by_file{"arms.protocol",
                                         "arms.protocol.kernel",
                                         "arms.protocols[]",
                                         "arms.protocols[].kernel",
                                         "arms.scanners[]",
                                         "arms.vary.kernel[]",
                                         "design.nested.scanners[].vary.kernel[]",
                                         "design.list.arms[].kernel",
                                         "anatomy.label_map.labels",
                                         "anatomy.analytic_scene.objects",
                                         "anatomy.hu_volume.ramp",
                                         "anatomy.material_fractions.materials"};
  return config::json_schema(entry_of<trial::Scenario>(), all_catalogues(), by_file);
}

}  // namespace vitrine::cli
