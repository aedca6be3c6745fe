#include "vitrine/phantoms/crop.hpp"

#include "vitrine/phantoms/convex.hpp"

namespace vitrine::phantoms {

Scene cropped(const Scene& scene, double low, double high) {
  std::vector<Bounds> boxes;
  for (const Solid& solid : scene.solids) boxes.push_back(bounds(solid));
  Scene out = scene;
  std::erase_if(out.terms, [&](const Term& term) {
    Bounds box = boxes[term.solids.front()];
    for (const std::uint32_t s : term.solids) box = overlap(box, boxes[s]);
    return box.empty() || box.high.z() < low || box.low.z() > high;
  });
  const auto outside = [&](const Grid& grid) {
    // To one voxel beyond the outermost centres.
    double bottom = grid.origin.z(), top = bottom;
    for (int a = 0; a < 3; ++a) {
      const double step = grid.axes(2, a) * grid.spacing[a];
      (step < 0.0 ? bottom : top) += step * double(grid.size[std::size_t(a)]);
      (step < 0.0 ? top : bottom) -= step;
    }
    return top < low || bottom > high;
  };
  std::erase_if(out.patches, [&](const Patch& patch) { return outside(patch.grid); });
  std::erase_if(out.maps, [&](const IndexedMap& map) { return outside(map.grid); });
  return out;
}

}  // namespace vitrine::phantoms
