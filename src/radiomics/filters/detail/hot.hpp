#pragma once
#include "vitrine/core/isa.hpp"
#include "vitrine/model/volume.hpp"

namespace vitrine::radiomics::detail {

/// out[i] = sum over n of weight[n] * row[n][i], for i in [0, count); summed in double, n
/// ascending.
struct RowSum {
  const float* const* row;
  const double* weight;
  Index rows;
  float* out;
  Index count;
};

}  // namespace vitrine::radiomics::detail

namespace vitrine::radiomics {
namespace portable {
void sum_rows(const detail::RowSum& job);
}
namespace v3 {
void sum_rows(const detail::RowSum& job);
}
}  // namespace vitrine::radiomics
