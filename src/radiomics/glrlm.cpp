#include <algorithm>

#include "vitrine/radiomics/detail/runs.hpp"

namespace vitrine::radiomics {

void Runs::add(Voxels voxels, std::size_t direction, CountMatrix& matrix) {
  const auto [i, j, k] = directions[direction];
  const auto step = std::int32_t(region_.grid.offset(i, j, k));  // forward in every direction
  const std::uint16_t* level = levels_.volume.data();
  // Without branches: whether a run goes on is as good as random in noise.
  for (const std::int32_t v : voxels) {
    const std::uint16_t here = level[v];
    const std::int32_t before = level[v - step] == here ? length_[std::size_t(v - step)] : 0;
    length_[std::size_t(v)] = before + 1;
    matrix.add(here, before + 1, level[v + step] != here);
  }
  matrix.add_voxels(voxels.size());
}

namespace {

using Row = Feature<CountSummary>;
constexpr std::array table{
    Row{{"glrlm", "glrlm.short_runs_emphasis", "22OV", "1", "sum r(i,j) / j^2 / N_s"},
        emphasis<0, -2>},
    Row{{"glrlm", "glrlm.long_runs_emphasis", "W4KF", "1", "sum r(i,j) j^2 / N_s"}, emphasis<0, 2>},
    Row{{"glrlm", "glrlm.low_grey_level_run_emphasis", "V3SW", "1", "sum r(i,j) / i^2 / N_s"},
        emphasis<-2, 0>},
    Row{{"glrlm", "glrlm.high_grey_level_run_emphasis", "G3QZ", "1", "sum r(i,j) i^2 / N_s"},
        emphasis<2, 0>},
    Row{{"glrlm", "glrlm.short_run_low_grey_level_emphasis", "HTZT", "1",
         "sum r(i,j) / (i^2 j^2) / N_s"},
        emphasis<-2, -2>},
    Row{{"glrlm", "glrlm.short_run_high_grey_level_emphasis", "GD3A", "1",
         "sum r(i,j) i^2 / j^2 / N_s"},
        emphasis<2, -2>},
    Row{{"glrlm", "glrlm.long_run_low_grey_level_emphasis", "IVPO", "1",
         "sum r(i,j) j^2 / i^2 / N_s"},
        emphasis<-2, 2>},
    Row{{"glrlm", "glrlm.long_run_high_grey_level_emphasis", "3KUM", "1",
         "sum r(i,j) i^2 j^2 / N_s"},
        emphasis<2, 2>},
    Row{{"glrlm", "glrlm.grey_level_non_uniformity", "R5YN", "1",
         "sum over i of (sum over j of r(i,j))^2 / N_s"},
        level_non_uniformity},
    Row{{"glrlm", "glrlm.normalised_grey_level_non_uniformity", "OVBL", "1",
         "grey level non-uniformity / N_s"},
        normalised_level_non_uniformity},
    Row{{"glrlm", "glrlm.run_length_non_uniformity", "W92Y", "1",
         "sum over j of (sum over i of r(i,j))^2 / N_s"},
        number_non_uniformity},
    Row{{"glrlm", "glrlm.normalised_run_length_non_uniformity", "IC23", "1",
         "run length non-uniformity / N_s"},
        normalised_number_non_uniformity},
    Row{{"glrlm", "glrlm.run_percentage", "9ZK5", "1",
         "N_s / N_v, N_v counted once for each merged direction"},
        percentage},
    Row{{"glrlm", "glrlm.grey_level_variance", "8CE5", "1", "sum (i - mean i)^2 r(i,j) / N_s"},
        level_variance},
    Row{{"glrlm", "glrlm.run_length_variance", "SXLW", "1", "sum (j - mean j)^2 r(i,j) / N_s"},
        number_variance},
    Row{{"glrlm", "glrlm.run_entropy", "HJ9O", "bit", "-sum p(i,j) log2 p(i,j), p = r / N_s"},
        count_entropy_of},
};

std::vector<const FeatureInfo*> features() { return infos_of<CountSummary>(table); }

void extract_family(Subject& subject, std::vector<FeatureValue>& out) {
  const Region& region = subject.region;
  const Aggregation aggregation = subject.settings.glrlm;
  const auto measure = [&](Average<CountSummary>& average) {
    const Levels& levels = subject.levels();
    const auto& size = region.grid.size;
    Runs runs(region, levels);
    CountMatrix matrix(levels.count, std::max({size[0], size[1], size[2]}) - 2);
    for_each_matrix(
        region, aggregation,
        [&](Voxels voxels, std::size_t direction) { runs.add(voxels, direction, matrix); },
        [&] {
          average.add(CountSummary(matrix));
          matrix.clear();
        });
  };
  append_texture<CountSummary>(table, subject, any_levels, describe(aggregation).id, measure, out);
}

}  // namespace

constinit const Family glrlm_family{
    {"glrlm", "TP0I", "runs r(i,j) of j voxels of grey level i along lines"},
    features,
    extract_family};

}  // namespace vitrine::radiomics
