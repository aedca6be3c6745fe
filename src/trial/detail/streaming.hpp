#pragma once
#include <cstddef>

namespace vitrine::trial::detail {

/// Whether so many outputs of a scan, without noise and at its doses, are made while its rays are
/// traced.
///
/// What comes out is as large as the scan's readings, and so are signal and quanta before the
/// noise. Streaming n outputs takes n of these; keeping signal and quanta, and making one output
/// after the other of them, three.
constexpr bool streams(std::size_t outputs) { return outputs <= 3; }

}  // namespace vitrine::trial::detail
