#include "vitrine/radiomics/detail/zone_matrix.hpp"

namespace vitrine::radiomics {
namespace {

using Row = Feature<CountSummary>;
constexpr std::array table{
    Row{{"glszm", "glszm.small_zone_emphasis", "5QRC", "1", "sum s(i,j) / j^2 / N_s"},
        emphasis<0, -2>},
    Row{{"glszm", "glszm.large_zone_emphasis", "48P8", "1", "sum s(i,j) j^2 / N_s"},
        emphasis<0, 2>},
    Row{{"glszm", "glszm.low_grey_level_zone_emphasis", "XMSY", "1", "sum s(i,j) / i^2 / N_s"},
        emphasis<-2, 0>},
    Row{{"glszm", "glszm.high_grey_level_zone_emphasis", "5GN9", "1", "sum s(i,j) i^2 / N_s"},
        emphasis<2, 0>},
    Row{{"glszm", "glszm.small_zone_low_grey_level_emphasis", "5RAI", "1",
         "sum s(i,j) / (i^2 j^2) / N_s"},
        emphasis<-2, -2>},
    Row{{"glszm", "glszm.small_zone_high_grey_level_emphasis", "HW1V", "1",
         "sum s(i,j) i^2 / j^2 / N_s"},
        emphasis<2, -2>},
    Row{{"glszm", "glszm.large_zone_low_grey_level_emphasis", "YH51", "1",
         "sum s(i,j) j^2 / i^2 / N_s"},
        emphasis<-2, 2>},
    Row{{"glszm", "glszm.large_zone_high_grey_level_emphasis", "J17V", "1",
         "sum s(i,j) i^2 j^2 / N_s"},
        emphasis<2, 2>},
    Row{{"glszm", "glszm.grey_level_non_uniformity", "JNSA", "1",
         "sum over i of (sum over j of s(i,j))^2 / N_s"},
        level_non_uniformity},
    Row{{"glszm", "glszm.normalised_grey_level_non_uniformity", "Y1RO", "1",
         "grey level non-uniformity / N_s"},
        normalised_level_non_uniformity},
    Row{{"glszm", "glszm.zone_size_non_uniformity", "4JP3", "1",
         "sum over j of (sum over i of s(i,j))^2 / N_s"},
        number_non_uniformity},
    Row{{"glszm", "glszm.normalised_zone_size_non_uniformity", "VB3A", "1",
         "zone size non-uniformity / N_s"},
        normalised_number_non_uniformity},
    Row{{"glszm", "glszm.zone_percentage", "P30P", "1", "N_s / N_v"}, percentage},
    Row{{"glszm", "glszm.grey_level_variance", "BYLV", "1", "sum (i - mean i)^2 s(i,j) / N_s"},
        level_variance},
    Row{{"glszm", "glszm.zone_size_variance", "3NSA", "1", "sum (j - mean j)^2 s(i,j) / N_s"},
        number_variance},
    Row{{"glszm", "glszm.zone_size_entropy", "GU8N", "bit", "-sum p(i,j) log2 p(i,j), p = s / N_s"},
        count_entropy_of},
};

std::vector<const FeatureInfo*> features() { return infos_of<CountSummary>(table); }

void extract_family(Subject& subject, std::vector<FeatureValue>& out) {
  append_zones(table, subject, subject.settings.glszm, zone_size, out);
}

}  // namespace

constinit const Family glszm_family{
    {"glszm", "9SAK", "zones s(i,j) of j voxels of grey level i that hang together"},
    features,
    extract_family};

}  // namespace vitrine::radiomics
