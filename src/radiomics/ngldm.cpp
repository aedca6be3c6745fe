#include "vitrine/radiomics/detail/neighbours.hpp"

namespace vitrine::radiomics {
namespace {

using Row = Feature<CountSummary>;
constexpr std::array table{
    Row{{"ngldm", "ngldm.low_dependence_emphasis", "SODN", "1", "sum s(i,j) / j^2 / N_s"},
        emphasis<0, -2>},
    Row{{"ngldm", "ngldm.high_dependence_emphasis", "IMOQ", "1", "sum s(i,j) j^2 / N_s"},
        emphasis<0, 2>},
    Row{{"ngldm", "ngldm.low_grey_level_count_emphasis", "TL9H", "1", "sum s(i,j) / i^2 / N_s"},
        emphasis<-2, 0>},
    Row{{"ngldm", "ngldm.high_grey_level_count_emphasis", "OAE7", "1", "sum s(i,j) i^2 / N_s"},
        emphasis<2, 0>},
    Row{{"ngldm", "ngldm.low_dependence_low_grey_level_emphasis", "EQ3F", "1",
         "sum s(i,j) / (i^2 j^2) / N_s"},
        emphasis<-2, -2>},
    Row{{"ngldm", "ngldm.low_dependence_high_grey_level_emphasis", "JA6D", "1",
         "sum s(i,j) i^2 / j^2 / N_s"},
        emphasis<2, -2>},
    Row{{"ngldm", "ngldm.high_dependence_low_grey_level_emphasis", "NBZI", "1",
         "sum s(i,j) j^2 / i^2 / N_s"},
        emphasis<-2, 2>},
    Row{{"ngldm", "ngldm.high_dependence_high_grey_level_emphasis", "9QMG", "1",
         "sum s(i,j) i^2 j^2 / N_s"},
        emphasis<2, 2>},
    Row{{"ngldm", "ngldm.grey_level_non_uniformity", "FP8K", "1",
         "sum over i of (sum over j of s(i,j))^2 / N_s"},
        level_non_uniformity},
    Row{{"ngldm", "ngldm.normalised_grey_level_non_uniformity", "5SPA", "1",
         "grey level non-uniformity / N_s"},
        normalised_level_non_uniformity},
    Row{{"ngldm", "ngldm.dependence_count_non_uniformity", "Z87G", "1",
         "sum over j of (sum over i of s(i,j))^2 / N_s"},
        number_non_uniformity},
    Row{{"ngldm", "ngldm.normalised_dependence_count_non_uniformity", "OKJI", "1",
         "dependence count non-uniformity / N_s"},
        normalised_number_non_uniformity},
    Row{{"ngldm", "ngldm.dependence_count_percentage", "6XV8", "1",
         "N_s / N_v, which is 1: every voxel has a neighbourhood"},
        percentage},
    Row{{"ngldm", "ngldm.grey_level_variance", "1PFV", "1", "sum (i - mean i)^2 s(i,j) / N_s"},
        level_variance},
    Row{{"ngldm", "ngldm.dependence_count_variance", "DNX2", "1",
         "sum (j - mean j)^2 s(i,j) / N_s"},
        number_variance},
    Row{{"ngldm", "ngldm.dependence_count_entropy", "FCBV", "bit",
         "-sum p(i,j) log2 p(i,j), p = s / N_s"},
        count_entropy_of},
    Row{{"ngldm", "ngldm.dependence_count_energy", "CAS9", "1", "sum p(i,j)^2"}, count_energy},
};

std::vector<const FeatureInfo*> features() { return infos_of<CountSummary>(table); }

void extract_family(Subject& subject, std::vector<FeatureValue>& out) {
  const Region& region = subject.region;
  const Pooling pooling = subject.settings.ngldm;
  const auto measure = [&](Average<CountSummary>& average) {
    const Levels& levels = subject.levels();
    CountMatrix matrix(levels.count, 27);
    for_each_matrix(
        region, pooling,
        [&](Voxels voxels) {
          add_dependences(region, levels, voxels, connectivity_of(pooling), matrix);
        },
        [&] {
          average.add(CountSummary(matrix));
          matrix.clear();
        });
  };
  append_texture<CountSummary>(table, subject, any_levels, describe(pooling).id, measure, out);
}

}  // namespace

constinit const Family ngldm_family{
    {"ngldm", "REK0", "voxels s(i,j) of grey level i in a neighbourhood with j of that level"},
    features,
    extract_family};

}  // namespace vitrine::radiomics
