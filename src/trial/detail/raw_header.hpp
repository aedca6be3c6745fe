#pragma once
#include <span>
#include <string>

#include "vitrine/model/raw_scan.hpp"
#include "vitrine/trial/detail/calibrated_beam.hpp"
#include "vitrine/trial/plan.hpp"

namespace vitrine::trial::detail {

/// What the raw data of a scan say of themselves. `arms` are those whose images are made of it, one
/// at least; the images' middle is at `image_centre` [mm].
RawScan raw_header(const Plan& plan, const std::string& case_id, const Visit& visit,
                   std::span<const Arm* const> arms, const ScanGeometry& geometry,
                   const CalibratedBeam& calibrated, const Vec3& image_centre, Isa isa);

}  // namespace vitrine::trial::detail
