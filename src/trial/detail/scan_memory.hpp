#pragma once
#include <cstddef>
#include <optional>
#include <span>

#include "vitrine/model/scan.hpp"
#include "vitrine/trial/detail/streaming.hpp"

namespace vitrine::trial::detail {

/// Bytes of a scan's parallel lines, about.
double line_bytes(const ScanGeometry& g);

/// Peak of a patient's scans that are traced together (one of each tube voltage and way of
/// scanning), whose outputs are made while the rays are traced or one after the other
/// (patient_scan.hpp), and of the images made of them while `kept` others stay, bytes. `fit`: what
/// the hungriest algorithm needs; then outputs hold the rays as measured, too.
double scan_memory(const ScanGeometry& g, std::span<const ScanSize> scans, std::size_t kept,
                   double voxels, std::optional<double> fit);

}  // namespace vitrine::trial::detail
