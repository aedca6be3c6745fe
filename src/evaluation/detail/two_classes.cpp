#include "vitrine/evaluation/detail/two_classes.hpp"

#include <algorithm>

#include "vitrine/core/error.hpp"

namespace vitrine::evaluation::detail {

std::string too_few(double with, double without, double patients) {
  if (patients >= double(fewest_patients) && std::min(with, without) >= 2.0) return "";
  return str("no interval from ", with, " patient(s) with the label and ", without,
             " without: at least two of each and ", fewest_patients, " in all needed");
}

Estimate on_scale(double value, double error, double quantile, const Scale& scale) {
  Estimate result;
  result.value = value;
  if (!(error > 0.0)) {
    result.low = result.high = value;
    return result;
  }
  result.low = scale.from(scale.to(value) - quantile * error);
  result.high = scale.from(scale.to(value) + quantile * error);
  return result;
}

}  // namespace vitrine::evaluation::detail
