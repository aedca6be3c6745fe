#pragma once
#include <cstddef>
#include <cstdint>

#include "vitrine/physics/detail/kernels.hpp"
#include "vitrine/physics/detail/shapes.hpp"

/// The working memory of a view; for trace.hot.cpp only.
namespace vitrine::physics::VITRINE_ISA_LEVEL {
namespace {

/// What the scratch memory of a view is used for.
struct Scratch {
  float *integrals, *patches, *mean, *variance, *enter, *leave;
  float* further;            // as mean, one after the other
  float* spread;             // the patches' integrals, one for each row sub-ray
  float *tangent, *stretch;  // of one column's lanes, where its rows have a scale
  std::uint32_t* stamp;      // column and sub-ray that last met the solid
  Groups* met;               // where
  unsigned char* touched;    // per lane group: anything in the beam
  Entry* entries;
};

std::size_t rounded(std::size_t floats) { return (floats + 15) / 16 * 16; }

/// Hands out parts of the scratch memory; with none, only counts.
struct Divider {
  float* memory;
  std::size_t used = 0;
  float* take(std::size_t floats) {
    float* here = memory ? memory + used : nullptr;
    used += rounded(floats);
    return here;
  }
};

Scratch divide(const TraceJob& job, Divider& d) {
  const auto lanes = std::size_t(job.row_groups * job.row_sub_rays * lane_width);
  const auto rows = std::size_t(job.row_groups * lane_width);
  const auto solids = std::size_t(job.solid_count);
  Scratch s;
  s.integrals = d.take(std::size_t(job.rank) * lanes);
  s.patches = d.take(std::size_t(job.rank) * rows);
  s.spread = d.take(job.row_sub_rays > 1 ? std::size_t(job.rank) * lanes : 0);
  s.mean = d.take(lanes);
  s.variance = d.take(lanes);
  s.further = d.take(std::size_t(job.further) * lanes);
  s.enter = d.take(std::size_t(job.slot_count) * lanes);
  s.leave = d.take(std::size_t(job.slot_count) * lanes);
  s.tangent = d.take(lanes);
  s.stretch = d.take(lanes);
  s.stamp = reinterpret_cast<std::uint32_t*>(d.take(solids));
  s.met = reinterpret_cast<Groups*>(d.take(solids * sizeof(Groups) / sizeof(float)));
  s.touched = reinterpret_cast<unsigned char*>(d.take(lanes / lanes_at_once / sizeof(float) + 1));
  s.entries = reinterpret_cast<Entry*>(
      d.take(solids * std::size_t(job.in_plane) * (sizeof(Entry) / sizeof(float))));
  return s;
}

/// How the lanes of a column rise: dz per in-plane mm, and the rays' length per in-plane mm.
struct Rise {
  const float *tangent, *stretch;
};

/// That of one column in a sub-view: the job's, times the column's scale.
inline Rise rise_of(const TraceJob& job, const SubView& view, int column, const Scratch& scratch) {
  if (!view.scale) return {job.tangent, job.stretch};
  const Lanes scale = all(float(view.scale[column]));
  for (int lane = 0; lane < job.row_groups * job.row_sub_rays * lane_width; lane += lanes_at_once) {
    const Lanes slope = load(job.tangent + lane) * scale;
    store(scratch.tangent + lane, slope);
    store(scratch.stretch + lane, root(all(1.0f) + slope * slope));
  }
  return {scratch.tangent, scratch.stretch};
}

}  // namespace
}  // namespace vitrine::physics::VITRINE_ISA_LEVEL
