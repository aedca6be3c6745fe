#pragma once
#include <cstddef>
#include <span>
#include <vector>

#include "vitrine/trial/arm.hpp"

namespace vitrine::trial::detail {

/// Whether so many outputs of a scan, without noise and at its doses, are made while its rays are
/// traced.
///
/// What comes out is as large as the scan's readings, and so are signal and quanta before the
/// noise. Streaming n outputs takes n of these; keeping signal and quanta, and making one output
/// after the other of them, three.
constexpr bool streams(std::size_t outputs) { return outputs <= 3; }

/// Tube voltages of some arms of a scanner with one contrast medium and motion, in the arms' order;
/// those of a group are traced together: scans at rest whose beams share their rays, as long as all
/// outputs of a group, which are then made at once, take no more than 6 GiB.
std::vector<std::vector<double>> voltage_groups(const Arms& arms, std::size_t scanner,
                                                std::span<const Arm> mine);

/// The outputs of a scan of those at a voltage: without noise and at each dose, of each series.
std::size_t outputs_at(const Arms& arms, std::size_t scanner, std::span<const Arm> mine,
                       double voltage);

}  // namespace vitrine::trial::detail
