#pragma once
#include <vector>

namespace vitrine::evaluation::detail {

/// Frequencies from 0 to Nyquist's: every 0.01 /mm, or 200 of them where that is finer, 1/mm.
std::vector<double> mtf_frequencies(double nyquist);

}  // namespace vitrine::evaluation::detail
