#include "vitrine/radiomics/detail/zone_matrix.hpp"

namespace vitrine::radiomics {
namespace {

using Row = Feature<CountSummary>;
constexpr std::array table{
    Row{{"gldzm", "gldzm.small_distance_emphasis", "0GBI", "1", "sum d(i,j) / j^2 / N_s"},
        emphasis<0, -2>},
    Row{{"gldzm", "gldzm.large_distance_emphasis", "MB4I", "1", "sum d(i,j) j^2 / N_s"},
        emphasis<0, 2>},
    Row{{"gldzm", "gldzm.low_grey_level_zone_emphasis", "S1RA", "1", "sum d(i,j) / i^2 / N_s"},
        emphasis<-2, 0>},
    Row{{"gldzm", "gldzm.high_grey_level_zone_emphasis", "K26C", "1", "sum d(i,j) i^2 / N_s"},
        emphasis<2, 0>},
    Row{{"gldzm", "gldzm.small_distance_low_grey_level_emphasis", "RUVG", "1",
         "sum d(i,j) / (i^2 j^2) / N_s"},
        emphasis<-2, -2>},
    Row{{"gldzm", "gldzm.small_distance_high_grey_level_emphasis", "DKNJ", "1",
         "sum d(i,j) i^2 / j^2 / N_s"},
        emphasis<2, -2>},
    Row{{"gldzm", "gldzm.large_distance_low_grey_level_emphasis", "A7WM", "1",
         "sum d(i,j) j^2 / i^2 / N_s"},
        emphasis<-2, 2>},
    Row{{"gldzm", "gldzm.large_distance_high_grey_level_emphasis", "KLTH", "1",
         "sum d(i,j) i^2 j^2 / N_s"},
        emphasis<2, 2>},
    Row{{"gldzm", "gldzm.grey_level_non_uniformity", "VFT7", "1",
         "sum over i of (sum over j of d(i,j))^2 / N_s"},
        level_non_uniformity},
    Row{{"gldzm", "gldzm.normalised_grey_level_non_uniformity", "7HP3", "1",
         "grey level non-uniformity / N_s"},
        normalised_level_non_uniformity},
    Row{{"gldzm", "gldzm.zone_distance_non_uniformity", "V294", "1",
         "sum over j of (sum over i of d(i,j))^2 / N_s"},
        number_non_uniformity},
    Row{{"gldzm", "gldzm.normalised_zone_distance_non_uniformity", "IATH", "1",
         "zone distance non-uniformity / N_s"},
        normalised_number_non_uniformity},
    Row{{"gldzm", "gldzm.zone_percentage", "VIWW", "1", "N_s / N_v"}, percentage},
    Row{{"gldzm", "gldzm.grey_level_variance", "QK93", "1", "sum (i - mean i)^2 d(i,j) / N_s"},
        level_variance},
    Row{{"gldzm", "gldzm.zone_distance_variance", "7WT1", "1", "sum (j - mean j)^2 d(i,j) / N_s"},
        number_variance},
    Row{{"gldzm", "gldzm.zone_distance_entropy", "GBDU", "bit",
         "-sum p(i,j) log2 p(i,j), p = d / N_s"},
        count_entropy_of},
};

std::vector<const FeatureInfo*> features() { return infos_of<CountSummary>(table); }

void extract_family(Subject& subject, std::vector<FeatureValue>& out) {
  append_zones(table, subject, subject.settings.gldzm, zone_distance, out);
}

}  // namespace

constinit const Family gldzm_family{
    {"gldzm", "VMDZ", "zones d(i,j) of grey level i whose nearest voxel is j steps from outside"},
    features,
    extract_family};

}  // namespace vitrine::radiomics
