#include "vitrine/trial/designs/one_at_a_time.hpp"

#include <algorithm>

namespace vitrine::trial {

const Schema<OneAtATime::Params>& OneAtATime::schema() {
  static const auto s =
      Schema<Params>("one_at_a_time",
                     "The reference arm, then each factor varied alone around it: few arms, and "
                     "no interaction of factors can be seen");
  return s;
}

std::vector<DesignRow> OneAtATime::rows(const DesignSpace& space) const {
  const DesignRow& centre = space.reference;
  std::vector<DesignRow> rows{centre};
  for (std::size_t f = 0; f < centre.size(); ++f) {
    const std::size_t levels = space.levels[centre[0]][f];
    for (std::size_t level = 0; level < levels; ++level) {
      if (level == centre[f]) continue;
      DesignRow row = centre;
      row[f] = level;
      // Another scanner may have fewer images (bins): then its first.
      for (std::size_t other = 1; other < row.size(); ++other)
        if (row[other] >= space.levels[row[0]][other]) row[other] = 0;
      rows.push_back(std::move(row));
    }
  }
  return rows;
}

}  // namespace vitrine::trial
