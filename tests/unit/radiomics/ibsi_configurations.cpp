#include <libdeflate.h>

#include <catch2/catch.hpp>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <set>

#include "ibsi_data.hpp"
#include "support.hpp"

using namespace vitrine;
using namespace vitrine::radiomics;
using namespace vitrine::radiomics::test;

namespace {

/// The voxels of a gzipped NIfTI-1 file of known layout: header of 352 bytes, i fastest.
template <class T>
std::vector<T> read_voxels(const std::filesystem::path& path, std::size_t count) {
  std::ifstream file(path, std::ios::binary);
  const std::vector<char> packed{std::istreambuf_iterator<char>(file), {}};
  std::vector<char> bytes(352 + count * sizeof(T));
  libdeflate_decompressor* decompressor = libdeflate_alloc_decompressor();
  const auto result = libdeflate_gzip_decompress(decompressor, packed.data(), packed.size(),
                                                 bytes.data(), bytes.size(), nullptr);
  libdeflate_free_decompressor(decompressor);
  require(result == LIBDEFLATE_SUCCESS, Error::Kind::io, path.string(),
          " is not what was expected");
  std::vector<T> voxels(count);
  std::memcpy(voxels.data(), bytes.data() + 352, count * sizeof(T));
  return voxels;
}

Case ct_phantom() {
  const Grid grid{{204, 201, 60}, Vec3(0.977, 0.977, 3), Vec3(0, 0, 0), Mat3::Identity()};
  Case phantom{Image(grid), Mask(grid)};
  const auto count = static_cast<std::size_t>(grid.count());
  const auto hu = read_voxels<float>(ibsi_data() / "ct_phantom" / "image.nii.gz", count);
  const auto mask = read_voxels<std::uint8_t>(ibsi_data() / "ct_phantom" / "mask.nii.gz", count);
  for (std::size_t v = 0; v < count; ++v) {
    phantom.image.values()[v] = std::round(hu[v]);
    phantom.mask.values()[v] = mask[v];
  }
  return phantom;
}

/// IBSI's five ways to prepare the CT phantom, and the aggregations it lists values for.
struct Configuration {
  std::string name;
  Settings settings;
  std::vector<Aggregation> directed;  ///< of glcm and glrlm
  std::vector<Pooling> pooled;        ///< of the other texture families
};

std::vector<Configuration> configurations() {
  const std::vector<Aggregation> slices(aggregations.begin(), aggregations.begin() + 4);
  const std::vector<Aggregation> volume(aggregations.begin() + 4, aggregations.end());
  const std::vector<Pooling> in_slice{Pooling::average_2d, Pooling::merge_2_5d};
  const std::vector<Pooling> in_volume{Pooling::volume_3d};
  Settings a, b, c, d, e;
  a.range_hu = b.range_hu = {-500.0, 400.0};
  c.range_hu = e.range_hu = {-1000.0, 400.0};
  a.bin_width_hu = c.bin_width_hu = 25;
  b.bin_count = d.bin_count = e.bin_count = 32;
  b.spacing_mm = c.spacing_mm = d.spacing_mm = e.spacing_mm = 2;
  b.in_plane_only = true;
  d.outlier_sigma = e.outlier_sigma = 3;
  e.interpolation = Interpolation::cubic;
  return {{"A", a, slices, in_slice},
          {"B", b, slices, in_slice},
          {"C", c, volume, in_volume},
          {"D", d, volume, in_volume},
          {"E", e, volume, in_volume}};
}

double diagnostic(const Region& region, const std::string& tag) {
  const Preparation& p = region.preparation;
  if (tag == "img_dim_x_interp_img") return double(p.interpolated_size[0]);
  if (tag == "img_dim_y_interp_img") return double(p.interpolated_size[1]);
  if (tag == "img_dim_z_interp_img") return double(p.interpolated_size[2]);
  if (tag == "int_mask_vox_count_init_roi") return double(p.input_voxels);
  if (tag == "int_mask_mean_int_init_roi") return p.input_mean_hu;
  if (tag == "morph_mask_vox_count_interp_roi") return double(p.interpolated_voxels);
  if (tag == "int_mask_mean_int_interp_roi") return p.interpolated_mean_hu;
  if (tag == "int_mask_min_int_interp_roi") return p.interpolated_min_hu;
  if (tag == "int_mask_max_int_interp_roi") return p.interpolated_max_hu;
  if (tag == "int_mask_vox_count_reseg_roi") return double(p.resegmented_voxels);
  return std::nan("");
}

}  // namespace

TEST_CASE("the IBSI configurations A to E of the CT phantom are met", "[full]") {
  if (is_absent(ibsi_data() / "ct_phantom" / "image.nii.gz")) return;
  const Case phantom = ct_phantom();
  for (const Configuration& configuration : configurations()) {
    INFO("configuration " << configuration.name);
    const Region region = prepare(phantom.image, phantom.mask, configuration.settings);
    const ByCode found =
        measure_all(region, configuration.settings, configuration.directed, configuration.pooled);

    const auto reference =
        ibsi_data() / "reference" / ("ibsi1_ct_config" + configuration.name + ".csv");
    int checked = 0, diagnostics = 0;
    for (const auto& row : read_csv(reference)) {
      if (row.at("reference_value").empty()) continue;
      const double expected = std::stod(row.at("reference_value"));
      const double tolerance = std::stod("0" + row.at("tolerance"));
      double value = 0;
      const auto feature = found.find({row.at("ibsi_code"), row.at("aggregation_code")});
      if (feature != found.end()) {
        value = feature->second.value;
        ++checked;
        if (feature->second.reason == reason::too_large) {  // configuration A has 118,000 voxels
          CHECK(configuration.name == "A");
          continue;
        }
      } else if (!std::isnan(value = diagnostic(region, row.at("mirp_tag")))) {
        ++diagnostics;
      } else {
        continue;
      }
      INFO(row.at("feature") << ", " << row.at("aggregation") << " is " << value << ", IBSI: "
                             << row.at("reference_value") << " +- " << row.at("tolerance"));
      CHECK(agrees(value, expected, tolerance));
    }
    CHECK(checked >= (configuration.directed.size() == 4 ? 143 + 64 + 108 : 92 + 32 + 54));
    CHECK(diagnostics == 10);
  }
}

TEST_CASE("the typed values of the digital phantom are those of IBSI's file", "[full]") {
  const auto file = ibsi_data() / "reference" / "ibsi1_digital_phantom.csv";
  if (is_absent(file)) return;
  const Case phantom = digital_phantom();
  const Settings settings = phantom_settings();
  const ByCode found =
      measure_all(prepare(phantom.image, phantom.mask, settings), settings, aggregations, poolings);
  const std::set<std::string> families{
      "Morphology", "Intensity-based statistics", "GLCM", "GLRLM", "GLSZM", "GLDZM", "NGTDM",
      "NGLDM"};
  int checked = 0;
  for (const auto& row : read_csv(file)) {
    if (!families.contains(row.at("family"))) continue;
    INFO(row.at("feature") << ", " << row.at("aggregation"));
    const auto feature = found.find({row.at("ibsi_code"), row.at("aggregation_code")});
    REQUIRE(feature != found.end());
    CHECK(agrees(feature->second.value, std::stod(row.at("reference_value")),
                 std::stod(row.at("tolerance"))));
    ++checked;
  }
  CHECK(checked == 451);
}
