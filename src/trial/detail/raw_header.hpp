#pragma once
#include <span>
#include <string>

#include "vitrine/model/raw_scan.hpp"
#include "vitrine/physics/counting/air_counts.hpp"
#include "vitrine/trial/detail/calibrated_beam.hpp"
#include "vitrine/trial/plan.hpp"

namespace vitrine::trial::detail {

/// What the raw data of a scan say of themselves. `arms` are those whose images are made of it, one
/// at least; the images' middle is at `image_centre` [mm], their CT numbers' scale and their
/// water correction those of a series. Of line integrals of a photon-counting scan it is named
/// after the series.
RawScan raw_header(const Plan& plan, const std::string& case_id, const Visit& visit,
                   std::span<const Arm* const> arms, const ScanGeometry& geometry,
                   const CalibratedBeam& calibrated, const Series& series, const Vec3& image_centre,
                   Isa isa);

/// Turns a header into that of counts of all bins, with all that makes images of any of these.
void add_counts(RawScan& raw, const CalibratedBeam& calibrated, const physics::AirCounts& air,
                const Protocol& protocol);

}  // namespace vitrine::trial::detail
