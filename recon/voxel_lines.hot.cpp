#include <algorithm>
#include <cmath>

#include "vitrine/core/simd.hpp"
#include "vitrine/recon/detail/voxel_lines.hpp"

namespace vitrine::recon::VITRINE_ISA_LEVEL {
using namespace vitrine::VITRINE_ISA_LEVEL;

void add_voxels(const detail::VoxelLineJob& job) {
  const auto top = float(job.heights - 1);
  for (int p = 0, next = 0; p < job.plane_count; p = next) {
    const int first = job.planes[p].index;
    while (next < job.plane_count && job.planes[next].index < first + job.planes_together) ++next;
    const float middle = 0.5f * float(first + job.planes[next - 1].index);
    const float rise = job.rise * (job.distance + job.distance_step * middle);
    const float low = job.source_z + job.first_row * rise;
    const float high = low + float(job.rows - 1) * rise;
    const int begin = int(std::clamp(std::min(low, high), 0.0f, top)) / 8 * 8;
    const int end = std::min(int(std::clamp(std::max(low, high), 0.0f, top)) + 2, job.heights);

    // In the plane: all voxels of a height have one weight.
    bool any = false;
    for (int q = p; q < next; ++q) {
      const detail::VoxelPlane& plane = job.planes[q];
      const float at = job.cross + job.cross_step * float(plane.index);
      if (!(at > float(plane.first - 1)) || !(at < float(plane.last + 1))) continue;
      const int left = int(std::floor(at));
      const float w = at - float(left);
      const float* column = job.volume + plane.index * job.plane_stride + left * job.cross_stride;
      if (!any)
        for (int k = begin; k < end; k += 8) store8(job.line + k, fill8(0.0f));
      any = true;
      if (left >= 0)
        for (int k = begin; k < end; k += 8)
          store8(job.line + k, load8(job.line + k) + load8(column + k) * (1.0f - w));
      if (left + 1 < job.crosses)
        for (int k = begin; k < end; k += 8)
          store8(job.line + k, load8(job.line + k) + load8(column + job.cross_stride + k) * w);
    }
    if (!any) continue;
    // Along z: from heights to rows.
    for (int r = 0; r < job.rows; ++r) {
      const float z = std::clamp(low + float(r) * rise, 0.0f, top);
      const int k = std::min(int(z), job.heights - 2);
      const float w = z - float(k);
      job.out[r] += job.step * (job.line[k] + w * (job.line[k + 1] - job.line[k]));
    }
  }
}

}  // namespace vitrine::recon::VITRINE_ISA_LEVEL
