#include <memory>

#include "item.hpp"
#include "setting.hpp"
#include "vitrine/physics/carlo/simulation.hpp"

namespace vitrine::bench {
namespace {

using namespace physics::carlo;

constexpr double histories = 2e6;

Item carlo_item(const char* name, const char* what, double spacing) {
  return {name, what, histories, "histories", [spacing](Isa isa) -> std::function<void()> {
            Setup setup;
            setup.object = cylinder(material("water"), 320.0, 400.0);
            if (spacing > 0.0) setup.object = voxelised(setup.object, spacing);
            setup.source = scanner_source(clinical_scanner(), 120.0);
            setup.geometry = one_rotation(clinical_scanner());
            auto run = std::make_shared<Simulation>(std::move(setup),
                                                    make_stream(1, "bench", Draw::transport), isa);
            return [run] { run->run(std::int64_t(histories)); };
          }};
}

}  // namespace

std::vector<Item> carlo_items() {
  return {carlo_item("W10", "Monte Carlo in an exact water cylinder of 320 mm, 120 kV", 0.0),
          carlo_item("W10v", "the same in voxels of 3 mm", 3.0)};
}

}  // namespace vitrine::bench
