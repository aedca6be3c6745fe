#include "vitrine/recon/hardening.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <optional>
#include <utility>

#include "vitrine/core/math.hpp"
#include "vitrine/core/parallel.hpp"
#include "vitrine/core/pool.hpp"
#include "vitrine/physics/attenuation.hpp"
#include "vitrine/recon/detail/first_image.hpp"
#include "vitrine/recon/detail/voxel_lines.hpp"

namespace vitrine::recon {
namespace {

constexpr double voxel = 1.0;            // mm, of the image that is parted
constexpr int passes = 2;                // the first image has too little of the material
constexpr Index samples_apart = 2;       // that the material is projected into
constexpr Index columns_apart = 16;      // that the table is fitted in: a bowtie is smooth
constexpr double most_attenuated = 5.0;  // line integral of the material that the fit reaches
constexpr double darkest = 10.0;         // line integral beyond which the fit looks at nothing
constexpr int terms = HardeningTable::powers * HardeningTable::powers;

/// Shares of the largest line and length, each to the powers 0, 1, ...; the products of both.
std::array<double, terms> products(double line, double length) {
  std::array<double, terms> all{};
  double a = 1.0;
  for (int i = 0; i < HardeningTable::powers; ++i, a *= line) {
    double b = a;
    for (int j = 0; j < HardeningTable::powers; ++j, b *= length)
      all[std::size_t(i * HardeningTable::powers + j)] = b;
  }
  return all;
}

/// The volume share of the material in every voxel.
std::vector<float> shares(const Image& image, const BoneCorrection& how, double mu,
                          const HounsfieldScale& scale) {
  std::vector<float> out(image.values().size());
  const double per_hu = 0.001 * (scale.mu_water - scale.mu_air) / (mu - scale.mu_water);
  for (std::size_t i = 0; i < out.size(); ++i) {
    const auto hu = double(image.values()[i]);
    const double ramp = std::clamp((hu - how.from) / (how.full - how.from), 0.0, 1.0);
    out[i] = float(ramp * hu * per_hu);
  }
  return out;
}

}  // namespace

const Schema<BoneCorrection>& BoneCorrection::schema() {
  static const auto s =
      Schema<BoneCorrection>("bone", "Second pass of the beam-hardening correction")
          .optional("material", &BoneCorrection::material,
                    "what is not water: a bone, or a solution such as iodine 20 mg/ml")
          .optional("from", &BoneCorrection::from, unit::hu,
                    "CT number from which on a voxel holds some of the material")
          .between(0, 2000)
          .optional("full", &BoneCorrection::full, unit::hu,
                    "CT number from which on all that a voxel has beyond water is the material")
          .between(10, 3000)
          .rule("full_hu must be above from_hu",
                [](const BoneCorrection& b) { return b.full > b.from; })
          .rule("material must be one that the tables know, and no water (see vitrine list)",
                [](const BoneCorrection& b) {
                  try {
                    return vitrine::material(b.material).name != "water";
                  } catch (const Error&) {
                    return false;
                  }
                });
  return s;
}

HardeningTable::HardeningTable(const physics::Beam& beam, const WaterCorrection& water,
                               const Material& material) {
  n_.material = material.name;
  n_.attenuation = physics::linear_attenuation(material, beam.effective_energy());
  require(n_.attenuation > 1.02 * beam.mu_water(), Error::Kind::input,
          "corrections.bone.material is ", n_.material, " (at ", beam.effective_energy(),
          " keV it weakens the beam no more than water does). ",
          "Use bone, or a stronger solution.");
  struct Point {
    double water, length;
  };
  std::vector<Point> points;
  n_.most_length = most_attenuated / n_.attenuation;
  for (const double length : {0.01, 0.03, 0.07, 0.13, 0.2, 0.3, 0.42, 0.56, 0.7, 0.85, 1.0})
    for (double through = 0.0; through < 420.0; through += through < 60.0 ? 15.0 : 40.0)
      if (beam.mu_water() * through + most_attenuated * length < darkest)
        points.push_back({through, length * n_.most_length});
  n_.most_line = darkest;
  const double middle = 0.5 * double(beam.rows() - 1);
  const Index fitted = (beam.columns() - 1 + columns_apart - 1) / columns_apart + 1;
  n_.columns_apart = double(beam.columns() - 1) / double(std::max<Index>(1, fitted - 1));
  n_.coefficients.resize(std::size_t(fitted * terms));
  std::vector<double> errors(std::size_t(fitted), 0.0);
  parallel_for(fitted, [&](Index f) {
    const auto column = Index(std::llround(double(f) * n_.columns_apart));
    Eigen::MatrixXd powers_of(std::ssize(points), terms);
    Eigen::VectorXd target(std::ssize(points));
    for (Index i = 0; i < std::ssize(points); ++i) {
      const auto [through, length] = points[std::size_t(i)];
      const physics::Path paths[] = {{"water", through}, {n_.material, length}};
      const double line = water.apply(column, -math::log(beam.transmission(column, middle, paths)));
      const double truth = beam.mu_water() * through + n_.attenuation * length;
      const auto row = products(line / n_.most_line, length / n_.most_length);
      for (Index k = 0; k < terms; ++k) powers_of(i, k) = row[std::size_t(k)];
      target[i] = (truth - line) / length;
    }
    const Eigen::VectorXd fit = powers_of.householderQr().solve(target);
    for (Index k = 0; k < terms; ++k) n_.coefficients[std::size_t(f * terms + k)] = fit[k];
    const Eigen::VectorXd off = powers_of * fit - target;
    for (Index i = 0; i < std::ssize(points); ++i)
      errors[std::size_t(f)] =
          std::max(errors[std::size_t(f)], std::abs(off[i] * points[std::size_t(i)].length));
  });
  residual_ = *std::max_element(errors.begin(), errors.end());
}

HardeningTable::HardeningTable(Numbers known) : n_(std::move(known)) {
  VITRINE_EXPECT(!n_.coefficients.empty() && std::ssize(n_.coefficients) % terms == 0);
}

double HardeningTable::missing(double column, double line, double length) const {
  const auto row = products(std::clamp(line, 0.0, n_.most_line) / n_.most_line,
                            std::min(length, n_.most_length) / n_.most_length);
  const auto last = Index(n_.coefficients.size()) / terms - 1;
  const double place = std::clamp(column / n_.columns_apart, 0.0, double(last));
  const auto left = std::min(Index(place), last), right = std::min(left + 1, last);
  double before = 0.0, behind = 0.0;
  for (Index k = 0; k < terms; ++k) {
    before += n_.coefficients[std::size_t(left * terms + k)] * row[std::size_t(k)];
    behind += n_.coefficients[std::size_t(right * terms + k)] * row[std::size_t(k)];
  }
  return length * (before + (place - double(left)) * (behind - before));
}

namespace {

/// Lines as measured plus what they lack behind the material.
void add_missing(const Rebinned& measured, const detail::VoxelLines& material,
                 const HardeningTable& table, Rebinned& scan) {
  const Index half = scan.angles() / 2, samples = scan.samples(), rows = scan.rows();
  const double radius = scan.scan().source_to_iso;
  Pool<Buffer<float>> scratches = Pool<Buffer<float>>::of(material.scratch_size());
  Pool<std::vector<float>> lengths = Pool<std::vector<float>>::of(std::size_t(samples * rows));
  parallel_for(scan.lines(), [&](Index n) {
    const auto scratch = scratches.borrow();
    const auto length = lengths.borrow();
    const auto of = [&](Index j) {
      return std::span(*length).subspan(std::size_t(j * rows), std::size_t(rows));
    };
    const detail::VoxelLines::Line through(material, scan, n / half, n % half);
    for (Index j = 0; j < samples; ++j)
      if (j % samples_apart == 0 || j == samples - 1) through(j, scratch->span(), of(j));
    for (Index j = 1; j + 1 < samples; j += samples_apart)
      for (Index r = 0; r < rows; ++r)
        of(j)[std::size_t(r)] = 0.5f * (of(j - 1)[std::size_t(r)] + of(j + 1)[std::size_t(r)]);
    const std::span<const float> given = measured.line(n / half, n % half);
    const std::span<float> line = scan.line(n / half, n % half);
    for (Index j = 0; j < samples; ++j) {
      const double t = scan.position(double(j));
      const double column = scan.scan().column_at(math::asin(std::clamp(t / radius, -1.0, 1.0)));
      const double first = through.tangent(j, 0), step = through.tangent(j, 1) - first;
      for (Index r = 0; r < rows; ++r) {
        const auto behind = double(of(j)[std::size_t(r)]);
        if (behind <= 0.0) continue;
        // Lines and lengths are those in the plane: times the cosine of the cone angle.
        const double tangent = first + step * double(r);
        const double slope = std::sqrt(1.0 + tangent * tangent);
        const auto at = std::size_t(j * scan.padded_rows() + r);
        const auto value = double(given[at]);
        line[at] = float(value + table.missing(column, value * slope, behind * slope) / slope);
      }
    }
  });
}

}  // namespace

void correct_hardening(Rebinned& scan, const BoneCorrection& how, const HardeningTable& table,
                       const HounsfieldScale& scale, Isa isa) {
  std::optional<Rebinned> measured;
  for (int pass = 0; pass < passes; ++pass) {
    const auto material = [&] {
      const detail::FirstImage first = detail::first_image(scan, scale, voxel, isa);
      return detail::VoxelLines(first.upright, shares(first.image, how, table.attenuation(), scale),
                                isa);
    }();
    if (material.empty()) return;
    if (!measured) measured = copy(scan);
    add_missing(*measured, material, table, scan);
  }
}

}  // namespace vitrine::recon
