#pragma once
#include "vitrine/model/raw_scan.hpp"
#include "vitrine/recon/preprocess.hpp"

namespace vitrine::recon {

/// A water correction as raw data hold it.
RawScan::WaterTable water_table(const WaterCorrection& water);

/// The correction that raw data hold. Throws Error (unsupported) if it has another number of terms.
WaterCorrection water_correction(const RawScan::WaterTable& table);

}  // namespace vitrine::recon
