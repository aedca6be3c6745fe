#include <algorithm>
#include <array>
#include <cmath>

#include "vitrine/radiomics/pyradiomics/detail/classes.hpp"

namespace vitrine::radiomics::pyradiomics {
namespace {

/// Features compare all pairs of levels: 4,096 take some 20 ms.
constexpr std::size_t most_levels = 4096;

/// PyRadiomics' value where all differences are zero; unlike IBSI's it is no upper limit.
constexpr double coarsest = 1e6;

/// What the features need of the matrix. Unlike IBSI's, it counts voxels without neighbours too.
struct Tones {
  double levels = 0, voxels = 0, difference = 0, weighted = 0;
  double contrast = 0, spread = 0, complexity = 0, strength = 0;
};

struct Tone {
  double level, p, difference;
};

/// The levels that occur, with their share of the voxels and their sum of differences from the mean
/// of the neighbours.
std::vector<Tone> tones_of(const Specimen& specimen) {
  const Region& region = specimen.region;
  const std::uint16_t* level = specimen.levels.volume.data();
  std::vector<Index> steps;
  for (const Step& s : specimen.all_steps) steps.push_back(region.grid.offset(s[0], s[1], s[2]));
  std::vector<Tone> all(static_cast<std::size_t>(specimen.levels.count) + 1, Tone{0, 0, 0});
  for (const std::int32_t v : region.voxels) {
    int count = 0, sum = 0;
    for (const Index step : steps) {
      count += level[v + step] != 0;
      sum += level[v + step];
    }
    Tone& tone = all[level[v]];
    tone.level = level[v];
    tone.p += 1;
    if (count > 0) tone.difference += std::abs(double(level[v]) - double(sum) / count);
  }
  std::erase_if(all, [](const Tone& tone) { return tone.p == 0; });
  for (Tone& tone : all) tone.p /= double(region.voxels.size());
  return all;
}

Tones summarise(const std::vector<Tone>& tones, double voxels) {
  Tones t;
  t.levels = double(tones.size());
  t.voxels = voxels;
  for (std::size_t a = 0; a < tones.size(); ++a) {
    const Tone& i = tones[a];
    t.difference += i.difference;
    t.weighted += i.p * i.difference;
    for (std::size_t b = 0; b < a; ++b) {  // of every pair (i, j) there is a (j, i)
      const Tone& j = tones[b];
      const double apart = i.level - j.level, both = i.p + j.p;
      t.contrast += 2 * i.p * j.p * apart * apart;
      t.spread += 2 * std::abs(i.level * i.p - j.level * j.p);
      t.complexity += 2 * apart * (i.p * i.difference + j.p * j.difference) / both;
      t.strength += 2 * both * apart * apart;
    }
  }
  return t;
}

using R = Row<Tones>;
constexpr std::array table{
    R{{"Busyness"},
      [](const Tones& t) -> Result { return t.spread != 0 ? t.weighted / t.spread : 0.0; }},
    R{{"Coarseness"},
      [](const Tones& t) -> Result { return t.weighted != 0 ? 1 / t.weighted : coarsest; }},
    R{{"Complexity"}, [](const Tones& t) -> Result { return t.complexity / t.voxels; }},
    R{{"Contrast"},
      [](const Tones& t) -> Result {
        if (t.levels == 1) return 0.0;
        return t.contrast * t.difference / t.voxels / (t.levels * (t.levels - 1));
      }},
    R{{"Strength"},
      [](const Tones& t) -> Result { return t.difference != 0 ? t.strength / t.difference : 0.0; }},
};

std::vector<Measured> measure(const Specimen& specimen, const std::vector<std::string>& names) {
  Means<Tones> means(table, names);
  if (specimen.levels.overflow) return means.take(reason::too_many_levels);
  const std::vector<Tone> tones = tones_of(specimen);
  if (tones.size() > most_levels) return means.take(reason::too_many_levels);
  means.add(summarise(tones, double(specimen.region.voxels.size())));
  return means.take();
}

}  // namespace

const ClassTable& ngtdm_class() {
  static const ClassTable made{info_of<Tones>("ngtdm", table), measure};
  return made;
}

}  // namespace vitrine::radiomics::pyradiomics
