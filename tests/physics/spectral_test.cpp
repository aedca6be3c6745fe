// Photons in bins to images: maps of materials, virtual monoenergetic and virtual non-contrast
// ones.
#include <catch2/catch.hpp>
#include <cmath>
#include <numbers>

#include "physics/spectral_phantom.hpp"
#include "vitrine/physics/attenuation.hpp"
#include "vitrine/recon/fbp.hpp"
#include "vitrine/recon/image_grid.hpp"
#include "vitrine/recon/rebin.hpp"

using namespace vitrine;
using namespace vitrine::test;
using recon::SpectralBasis;
using recon::SpectralImage;

namespace {

SpectralImage image_of(const std::string& name, const SpectralBasis& basis = {}) {
  std::string why;
  const auto image = recon::spectral_image(name, basis, why);
  INFO(why);
  REQUIRE(image.has_value());
  return *image;
}

/// A phantom on the counting scanner, its rays parted into two materials.
class Chain {
 public:
  Chain(double diameter, const std::vector<Rod>& rods, const SpectralBasis& basis = {},
        double load = 0.0)
      : basis_(basis), scanner_(counting_scanner(8, {25.0, 65.0})) {
    const Scene scene = water_phantom(diameter, rods);
    std::vector<Material> known = scene.materials;
    known.push_back(material(basis.material));
    const physics::Beam beam(scanner_, 120.0, known);
    geometry_ = hardware_geometry(scanner_);
    geometry_.view_angles = axial_view_angles(geometry_.views_per_rotation, 1, 0.0);
    geometry_.table_positions.assign(geometry_.view_angles.size(), 0.0);
    const physics::Exposure e = physics::expose(scene, geometry_, beam, {2, 1, 1}, isa());
    const double mas = load > 0.0 ? load : 1e4;
    const physics::Counting counting(geometry_, beam, mas, Stream{5, Draw::quantum}, isa(),
                                     {.noiseless = load == 0.0});
    std::vector<float> counts(2 * e.signal.values().size());
    counting.read(0, geometry_.views(), e.signal.values(), e.quanta.values(), e.higher.span(),
                  counts);
    amounts_ = part(recon::MaterialDecomposition(beam, material(basis.material)), counting,
                    geometry_, mas / double(geometry_.views_per_rotation), counts, isa());
  }

  Image image(const std::string& name) const {
    const SpectralImage what = image_of(name, basis_);
    Sinogram<quantity::LineIntegral> lines(geometry_);
    recon::combine(what, amounts_.water, amounts_.second, lines.values());
    Diagnostics problems;
    const auto kernel = recon::kernels().make(Value("soft"), problems);
    const Grid grid = recon::image_grid({400.0, 256, Vec3::Zero(), 1, 1.25});
    return recon::in_unit(
        recon::reconstruct(recon::rebin(lines, isa()), *kernel, grid, 1.25, what.scale, isa()),
        what.unit);
  }

 private:
  SpectralBasis basis_;
  Scanner scanner_;
  ScanGeometry geometry_;
  Amounts amounts_;
};

/// Mean of the pixels within `radius` of (x, y).
double mean_at(const Image& image, double x, double y, double radius = 8.0) {
  double sum = 0.0, n = 0.0;
  for (Index j = 0; j < image.grid().size[1]; ++j)
    for (Index i = 0; i < image.grid().size[0]; ++i) {
      const Vec3 p = image.grid().centre(i, j, 0);
      if ((p.x() - x) * (p.x() - x) + (p.y() - y) * (p.y() - y) > radius * radius) continue;
      sum += double(image(i, j, 0));
      n += 1.0;
    }
  return sum / n;
}

struct Iodine {
  const char* name;
  double amount;  // mg/ml
  double x, y;    // over the phantom's radius
};
const Iodine inserts[] = {{"iodine 2 mg/ml", 2.0, 0.6, 0.0},
                          {"iodine 5 mg/ml", 5.0, 0.0, 0.6},
                          {"iodine 10 mg/ml", 10.0, -0.6, 0.0},
                          {"iodine 15 mg/ml", 15.0, 0.0, -0.6}};

std::vector<Rod> iodine_rods(double diameter) {
  std::vector<Rod> rods;
  for (const Iodine& each : inserts)
    rods.push_back({each.name, material(each.name).density / units::g_per_cm3,
                    0.5 * diameter * each.x, 0.5 * diameter * each.y});
  return rods;
}

/// HU of a material at one energy, from its attenuation alone.
double hu_at(const Material& m, double energy) {
  const double water = physics::linear_attenuation(material("water"), energy);
  const double air = physics::linear_attenuation(material("air"), energy);
  return 1000.0 * (physics::linear_attenuation(m, energy) - water) / (water - air);
}

}  // namespace

TEST_CASE("iodine of 2 to 15 mg/ml comes back, and CT numbers at every energy", "[full]") {
  for (const double diameter : {200.0, 320.0}) {
    CAPTURE(diameter);
    const Chain chain(diameter, iodine_rods(diameter));
    const double radius = 0.5 * diameter;
    const Image iodine = chain.image("iodine_map"), water = chain.image("water_map");
    for (const Iodine& each : inserts) {
      const double found = mean_at(iodine, radius * each.x, radius * each.y);
      CAPTURE(each.name, found);
      CHECK(std::abs(found - each.amount) < 0.02);  // mg/ml
      // Volumes add up: iodine takes the place of 1 / 4.93 of its mass of water.
      CHECK(std::abs(mean_at(water, radius * each.x, radius * each.y) -
                     (1000.0 - each.amount / 4.93)) < 3.0);
    }
    for (const double x : {0.0, 0.42 * diameter})  // middle and rim
      for (const double y : {0.0}) {
        CAPTURE(x, y);
        CHECK(std::abs(mean_at(iodine, x, y, 6.0)) < 0.05);
        CHECK(std::abs(mean_at(water, x, y, 6.0) - 1000.0) < 1.0);
      }
    CHECK(std::abs(mean_at(iodine, 0.0, 195.0, 3.0)) < 0.1);  // air
    for (const double energy : {40.0, 50.0, 70.0, 100.0, 140.0, 190.0}) {
      const Image vmi = chain.image("vmi_" + std::to_string(int(energy)) + "kev");
      CAPTURE(energy);
      CHECK(std::abs(mean_at(vmi, 0.0, 0.0)) < 1.0);  // HU of water
      for (const Iodine& each : inserts) {
        const double truth = hu_at(material(each.name), energy);
        const double found = mean_at(vmi, radius * each.x, radius * each.y);
        CAPTURE(each.name, found, truth);
        CHECK(std::abs(found - truth) < 0.5 + 0.001 * std::abs(truth));
      }
    }
    // Without its iodine a solution is water.
    const Image vnc = chain.image("vnc");
    for (const Iodine& each : inserts)
      CHECK(std::abs(mean_at(vnc, radius * each.x, radius * each.y)) < 5.0);
  }
}

TEST_CASE("calcium has its CT numbers with a basis of calcium, near them with one of iodine",
          "[full]") {
  const char* names[] = {"calcium_hydroxyapatite 100 mg/ml", "calcium_hydroxyapatite 400 mg/ml"};
  std::vector<Rod> rods;
  for (int i = 0; i < 2; ++i)
    rods.push_back(
        {names[i], material(names[i]).density / units::g_per_cm3, i == 0 ? 60.0 : -60.0, 0.0});
  for (const char* basis : {"calcium", "iodine"}) {
    const Chain chain(200.0, rods, {.material = basis});
    for (const double energy : {50.0, 70.0, 140.0}) {
      const Image vmi = chain.image("vmi_" + std::to_string(int(energy)) + "kev");
      for (int i = 0; i < 2; ++i) {
        const double truth = hu_at(material(names[i]), energy);
        const double found = mean_at(vmi, i == 0 ? 60.0 : -60.0, 0.0);
        CAPTURE(basis, energy, names[i], found, truth);
        // Of iodine and water calcium is a combination at the detected energies, roughly: 8 %.
        const double share = basis == std::string("calcium") ? 0.002 : 0.08;
        CHECK(std::abs(found - truth) < 0.5 + share * std::abs(truth));
      }
    }
  }
}

TEST_CASE("a virtual monoenergetic image is the sum of the maps, voxel by voxel") {
  const Chain chain(200.0, {{"iodine 10 mg/ml", 1.008, 50.0, 0.0}}, {}, 80.0);
  const Image iodine = chain.image("iodine_map"), water = chain.image("water_map");
  for (const double energy : {40.0, 70.0, 140.0}) {
    const Image vmi = chain.image("vmi_" + std::to_string(int(energy)) + "kev");
    const double mu_water = physics::linear_attenuation(material("water"), energy);
    const double mu_air = physics::linear_attenuation(material("air"), energy);
    const double mu_iodine =
        physics::mass_attenuation(material("iodine"), energy) * units::mg_per_ml;
    double worst = 0.0;
    for (std::size_t i = 0; i < vmi.values().size(); i += 7) {
      if (vmi.values()[i] == recon::outside_field_of_view) continue;
      const double mu =
          1e-3 * double(water.values()[i]) * mu_water + double(iodine.values()[i]) * mu_iodine;
      const double hu = 1000.0 * (mu - mu_water) / (mu_water - mu_air);
      worst = std::max(worst, std::abs(hu - double(vmi.values()[i])));
    }
    CAPTURE(energy, worst);
    CHECK(worst < 0.05);  // 32-bit numbers
  }
}

TEST_CASE("noise over energy has the minimum that the bound has", "[full]") {
  const Material iodine = material("iodine");
  const Chain chain(200.0, {}, {}, 80.0), still(200.0, {});
  // Images of all energies are sums of the two maps.
  const auto difference = [&](const char* name) {
    const Image noisy = chain.image(name), clean = still.image(name);
    std::vector<double> out;
    for (Index j = 108; j < 148; ++j)
      for (Index i = 108; i < 148; ++i)
        out.push_back(double(noisy(i, j, 0)) - double(clean(i, j, 0)));
    return out;
  };
  const std::vector<double> of_water = difference("water_map"),
                            of_iodine = difference("iodine_map");
  const auto noise = [&](double energy) {
    const double w = 1e-3 * physics::linear_attenuation(material("water"), energy);
    const double m = units::mg_per_ml * physics::mass_attenuation(iodine, energy);
    double square = 0.0;
    for (std::size_t k = 0; k < of_water.size(); ++k)
      square += (w * of_water[k] + m * of_iodine[k]) * (w * of_water[k] + m * of_iodine[k]);
    return std::sqrt(square / double(of_water.size()));
  };
  // In 1/mm, of rays through the middle.
  const Scanner s = counting_scanner(8, {25.0, 65.0});
  const physics::Beam beam(s, 120.0, std::span(&iodine, 1));
  const auto bound =
      recon::MaterialDecomposition(beam, iodine).bound(beam, 444, 80.0 / 984, 200, 0);
  const auto expected = [&](double energy) {
    const double w = physics::linear_attenuation(material("water"), energy);
    const double i = physics::mass_attenuation(iodine, energy);
    return std::sqrt(w * w * bound.water + 2.0 * w * i * bound.both + i * i * bound.second);
  };
  double best = 40.0, best_expected = 40.0;
  for (double energy = 40.0; energy <= 190.0; energy += 5.0) {
    if (noise(energy) < noise(best)) best = energy;
    if (expected(energy) < expected(best_expected)) best_expected = energy;
  }
  CAPTURE(best, best_expected, noise(40) / noise(best), expected(40) / expected(best_expected),
          noise(190) / noise(best), expected(190) / expected(best_expected));
  CHECK(best > 50.0);
  CHECK(best < 90.0);
  CHECK(std::abs(best - best_expected) <= 5.0);
  CHECK(std::abs(noise(40) / noise(best) / (expected(40) / expected(best_expected)) - 1.0) < 0.1);
}

TEST_CASE("names stand for spectral images, and others say what there is") {
  std::string why;
  const SpectralBasis iodine, calcium{.material = "calcium"};
  CHECK(recon::spectral_image("vmi_40kev", iodine, why));
  CHECK(recon::spectral_image("vmi_190kev", iodine, why));
  CHECK(recon::spectral_image("calcium_map", calcium, why));
  CHECK(image_of("vmi_70kev").unit == recon::VoxelUnit::hounsfield);
  CHECK(image_of("water_map").unit == recon::VoxelUnit::mg_per_ml);
  CHECK(image_of("vnc").second == 0.0);
  for (const char* name : {"vmi_39kev", "vmi_191kev"}) {
    CHECK_FALSE(recon::spectral_image(name, iodine, why));
    CHECK_THAT(why, Catch::Contains("40 to 190 keV"));
  }
  CHECK_FALSE(recon::spectral_image("calcium_map", iodine, why));
  CHECK_THAT(why, Catch::Contains("iodine_map"));
  for (const char* name : {"vmi_kev", "vmi_+70kev", "vmi_070kev", "vmi_7e1kev", "vmi_70.5kev"})
    CHECK_FALSE(recon::spectral_image(name, iodine, why));
  CHECK_FALSE(recon::names_spectral("bin1"));
}
