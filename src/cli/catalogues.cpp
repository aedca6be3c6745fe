#include "vitrine/cli/catalogues.hpp"

#include "vitrine/phantoms/anatomy.hpp"
#include "vitrine/phantoms/lesion_shape.hpp"
#include "vitrine/phantoms/lesion_texture.hpp"
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
                    block<trial::Protocol>(),
                    block<Scanner>(),
                    block<Filter>(),
                    block<Bowtie>(),
                    block<Detector>(),
                    block<trial::Measure>(),
                    block<radiomics::Settings>(),
                    block<trial::Outputs>(),
                    block<trial::Simulation>()};
  return {phantoms::anatomies().info(), phantoms::lesion_shapes().info(),
          phantoms::lesion_textures().info(), recon::kernels().info(), blocks};
}

}  // namespace vitrine::cli
