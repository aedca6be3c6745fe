#pragma once
#include <string>

#include "vitrine/evaluation/bootstrap.hpp"
#include "vitrine/evaluation/estimate.hpp"

namespace vitrine::evaluation::detail {

/// Why what so many patients with and without a label say, so many in all, has no interval; or "".
std::string too_few(double with, double without, double patients);

/// The value between `quantile` errors on the scale to either side.
Estimate on_scale(double value, double error, double quantile, const Scale& scale);

}  // namespace vitrine::evaluation::detail
