#pragma once
#include <optional>
#include <string>

#include "vitrine/trial/scenario.hpp"

namespace vitrine::trial {

/// What a level of `bins` shows, if it is a spectral image and not counts.
std::optional<recon::SpectralImage> spectral_level(const Arms& arms, const std::string& bins);

/// What the voxels of such an arm's images count.
recon::VoxelUnit voxel_unit(const Arms& arms, const std::string& bins);

/// Whether any image is a spectral one.
bool has_spectral(const Arms& arms);
/// Whether any counts mg/ml.
bool has_maps(const Arms& arms);

/// The materials that a scanner's beam is calibrated for: those of a scene, and the basis of
/// spectral images if the scanner makes any.
std::vector<Material> beam_materials(const Arms& arms, const Scanner& scanner,
                                     std::vector<Material> met);

/// Reports every level of bins that a photon-counting scanner has not, and what does not go with
/// it.
void check_bins(const Arms& arms, const Value& node, Diagnostics& problems);

/// Reports what is measured and analysed in HU where images are maps.
void check_maps(const Scenario& scenario, const Value& node, Diagnostics& problems);

}  // namespace vitrine::trial
