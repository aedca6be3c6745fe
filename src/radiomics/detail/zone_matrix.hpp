#pragma once
#include "vitrine/radiomics/detail/count_matrix.hpp"
#include "vitrine/radiomics/detail/texture.hpp"

namespace vitrine::radiomics {

/// What a family of zones counts.
using ZoneNumber = Index (*)(const Zone&);
inline Index zone_size(const Zone& zone) { return zone.size; }
inline Index zone_distance(const Zone& zone) { return zone.distance; }

/// Adds the zones that `voxels` are made of: all of them, or those of a slice.
void add_zones(std::span<const Zone> zones, Voxels voxels, ZoneNumber number, CountMatrix& matrix);

/// Appends a family of zones.
void append_zones(std::span<const Feature<CountSummary>> table, Subject& subject, Pooling pooling,
                  ZoneNumber number, std::vector<FeatureValue>& out);

}  // namespace vitrine::radiomics
