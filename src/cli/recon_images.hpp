#pragma once
#include <functional>
#include <vector>

#include "vitrine/cli/recon_orders.hpp"
#include "vitrine/core/isa.hpp"
#include "vitrine/model/volume.hpp"

namespace vitrine::cli {

/// Makes images of a scan, one after the other, and hands each over. The scan's values are in
/// memory as a whole only if an algorithm wants them as they were measured.
void make_images(const ScanSource& source, const std::vector<ReconOrder>& orders, Isa isa,
                 const std::function<void(const ReconOrder&, const Image&)>& take);

}  // namespace vitrine::cli
