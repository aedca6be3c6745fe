#include "vitrine/physics/detail/kernels.hpp"

#include "vitrine/physics/detail/wide.hpp"

namespace vitrine::physics::detail {

const Kernels& kernels(Isa isa) {
  static constexpr Kernels portable{portable::scratch_floats, portable::trace,
                                    portable::voxel_floats,   portable::trace_voxels,
                                    portable::detect,         portable::add_normals};
  static constexpr Kernels v3{v3::scratch_floats, v3::trace,  v3::voxel_floats,
                              v3::trace_voxels,   v3::detect, v3::add_normals};
  return isa == Isa::v3 ? v3 : portable;
}

std::atomic<int>& most_lanes_at_once() {
  static std::atomic<int> most = 2 * lane_width;
  return most;
}

bool is_wide(Isa isa, int row_groups) {
  static const bool has_v4 =
      __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512vl") &&
      __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512dq");
  const bool fits = row_groups % 2 == 0 && most_lanes_at_once() >= 2 * lane_width;
  return isa == Isa::v3 && has_v4 && fits;
}

const Kernels& kernels(Isa isa, int row_groups) {
  static constexpr Kernels wide{v4::scratch_floats, v4::trace,  v4::voxel_floats,
                                v4::trace_voxels,   v3::detect, v3::add_normals};
  return is_wide(isa, row_groups) ? wide : kernels(isa);
}

}  // namespace vitrine::physics::detail
