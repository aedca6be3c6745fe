#pragma once
#include <vector>

#include "vitrine/evaluation/bootstrap.hpp"

namespace vitrine::evaluation::test {

/// Two methods on thirty subjects (Giavarina 2015).
inline const std::vector<double> giavarina_a{1,   5,   10,  20,  50,  40,  50,  60,  70,  80,
                                             90,  100, 150, 200, 250, 300, 350, 400, 450, 500,
                                             550, 600, 650, 700, 750, 800, 850, 900, 950, 1000};
inline const std::vector<double> giavarina_b{8,   16,  30,  24,  39,  54,  40,  68,  72,   62,
                                             122, 80,  181, 259, 275, 380, 320, 434, 479,  587,
                                             626, 648, 738, 766, 793, 851, 871, 957, 1001, 960};

/// Every row a patient of its own.
inline Clusters each_alone(std::size_t n) {
  Clusters clusters;
  for (std::size_t i = 0; i < n; ++i) clusters.rows.push_back({Index(i)});
  return clusters;
}

}  // namespace vitrine::evaluation::test
