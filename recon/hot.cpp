#include "vitrine/recon/detail/hot.hpp"

namespace vitrine::recon::detail {

const HotKernels& hot_kernels(Isa isa) { return isa == Isa::v3 ? v3::hot : portable::hot; }

}  // namespace vitrine::recon::detail
