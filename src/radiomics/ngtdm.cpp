#include <algorithm>
#include <cmath>

#include "vitrine/radiomics/detail/neighbours.hpp"

namespace vitrine::radiomics {
namespace {

/// Features compare all pairs of levels: 4,096 take some 20 ms.
constexpr int most_levels = 4096;

/// IBSI's value where the sum of differences is zero, and the largest there is.
constexpr double most_coarse = 1e6;

/// What the features need of one matrix: levels that occur, their voxels n_i and differences s_i.
struct Tones {
  explicit Tones(const ToneDifferences& matrix);

  int levels = 0;         ///< N_g,p, that occur
  double voxels = 0;      ///< N_v,c, with at least one neighbour
  double difference = 0;  ///< sum s_i
  double weighted = 0;    ///< sum p_i s_i
  double contrast = 0;    ///< sum over i and j of p_i p_j (i - j)^2
  double spread = 0;      ///< sum over i and j of |i p_i - j p_j|
  double complexity = 0;  ///< sum over i and j of |i - j| (p_i s_i + p_j s_j) / (p_i + p_j)
  double strength = 0;    ///< sum over i and j of (p_i + p_j) (i - j)^2
};

Tones::Tones(const ToneDifferences& matrix) {
  struct Tone {
    double level, voxels, difference;
  };
  std::vector<Tone> tones;
  for (int level = 1; level <= matrix.levels(); ++level)
    if (const std::uint64_t n = matrix.voxels(level); n > 0) {
      tones.push_back({double(level), double(n), matrix.difference(level)});
      voxels += double(n);
    }
  levels = int(tones.size());
  for (std::size_t a = 0; a < tones.size(); ++a) {
    const Tone& i = tones[a];
    difference += i.difference;
    weighted += i.voxels * i.difference;
    for (std::size_t b = 0; b < a; ++b) {
      const Tone& j = tones[b];
      const double apart = i.level - j.level, both = i.voxels + j.voxels;
      contrast += i.voxels * j.voxels * apart * apart;
      spread += std::abs(i.level * i.voxels - j.level * j.voxels);
      complexity += apart * (i.voxels * i.difference + j.voxels * j.difference) / both;
      strength += both * apart * apart;
    }
  }
  // p_i = n_i / N_v,c; of every pair (i, j) there is a (j, i).
  weighted /= voxels;
  contrast *= 2 / (voxels * voxels);
  spread *= 2 / voxels;
  complexity *= 2;
  strength *= 2 / voxels;
}

Result coarseness(const Tones& t) {
  return t.weighted > 0 ? std::min(most_coarse, 1 / t.weighted) : most_coarse;
}

Result contrast(const Tones& t) {
  if (t.levels == 1) return 0;
  return t.contrast / (t.levels * (t.levels - 1.0)) * t.difference / t.voxels;
}

Result busyness(const Tones& t) {
  if (t.levels == 1) return 0;  // IBSI's convention for a flat region
  if (t.spread == 0) return Result::undefined(reason::not_finite);
  return t.weighted / t.spread;
}

Result complexity(const Tones& t) { return t.complexity / t.voxels; }

Result strength(const Tones& t) { return t.difference > 0 ? t.strength / t.difference : 0; }

using Row = Feature<Tones>;
constexpr std::array table{
    Row{{"ngtdm", "ngtdm.coarseness", "QCDE", "1", "1 / sum p_i s_i, at most 10^6"}, coarseness},
    Row{{"ngtdm", "ngtdm.contrast", "65HE", "1",
         "sum p_i p_j (i - j)^2 / (N_g (N_g - 1)) * sum s_i / N_v"},
        contrast},
    Row{{"ngtdm", "ngtdm.busyness", "NQ30", "1", "sum p_i s_i / sum |i p_i - j p_j|"}, busyness},
    Row{{"ngtdm", "ngtdm.complexity", "HDEZ", "1",
         "sum |i - j| (p_i s_i + p_j s_j) / (p_i + p_j) / N_v"},
        complexity},
    Row{{"ngtdm", "ngtdm.strength", "1X9X", "1", "sum (p_i + p_j) (i - j)^2 / sum s_i"}, strength},
};

std::vector<const FeatureInfo*> features() { return infos_of<Tones>(table); }

void extract_family(Subject& subject, std::vector<FeatureValue>& out) {
  const Region& region = subject.region;
  const Pooling pooling = subject.settings.ngtdm;
  const auto measure = [&](Average<Tones>& average) {
    const Levels& levels = subject.levels();
    ToneDifferences differences(levels.count);
    for_each_matrix(
        region, pooling,
        [&](Voxels voxels) { differences.add(region, levels, voxels, connectivity_of(pooling)); },
        [&] {
          if (const Tones tones(differences); tones.levels > 0) average.add(tones);
          differences.clear();
        });
  };
  append_texture<Tones>(table, subject, most_levels, describe(pooling).id, measure, out);
}

}  // namespace

constinit const Family ngtdm_family{
    {"ngtdm", "IPET", "differences s_i of grey levels i from the mean of their neighbours"},
    features,
    extract_family};

}  // namespace vitrine::radiomics
