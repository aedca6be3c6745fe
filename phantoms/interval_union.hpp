#pragma once
#include <algorithm>
#include <vector>

#include "vitrine/model/scene.hpp"

namespace vitrine::phantoms {

/// Calls body(enter, leave) for disjoint pieces that together are the union of the intervals, in
/// ascending order. Sorts `intervals`.
template <class Body>
void each_covered(std::vector<Interval>& intervals, Body&& body) {
  std::sort(intervals.begin(), intervals.end(),
            [](const Interval& a, const Interval& b) { return a.enter < b.enter; });
  double covered = -1e30;
  for (const Interval& each : intervals) {
    if (each.leave <= covered) continue;
    body(std::max(each.enter, covered), each.leave);
    covered = each.leave;
  }
}

}  // namespace vitrine::phantoms
