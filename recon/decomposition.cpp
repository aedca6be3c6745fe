#include "vitrine/recon/decomposition.hpp"

#include <Eigen/Dense>
#include <algorithm>
#include <array>
#include <cmath>
#include <utility>

#include "vitrine/core/math.hpp"
#include "vitrine/core/parallel.hpp"
#include "vitrine/core/units.hpp"
#include "vitrine/physics/attenuation.hpp"
#include "vitrine/recon/detail/hot.hpp"

namespace vitrine::recon {
namespace {

constexpr double usual_water = 200.0;                      // mm: what weights are made for
constexpr double spread = 300.0 * 1.0 * units::mg_per_ml;  // g/mm^2

/// Mean counts per mAs of every bin, and their covariance, behind amounts of both materials.
struct Counts {
  std::vector<double> mean;
  Eigen::MatrixXd covariance;
};
Counts counts_behind(const physics::Beam& beam, Index column,
                     std::span<const physics::Path> paths) {
  const physics::CountingBins& known = *beam.bins();
  const std::size_t bins = known.bins();
  Counts out;
  double total = 0.0;
  for (std::size_t b = 0; b < bins; ++b) {
    const BinWindow window{b, b + 1};
    out.mean.push_back(known.air(column, window) * beam.bin_signal(column, window, paths));
    total += out.mean.back();
  }
  const auto flat = known.covariance(out.mean, total * total / beam.quanta(column, paths));
  out.covariance =
      Eigen::Map<const Eigen::MatrixXd>(flat.data(), Eigen::Index(bins), Eigen::Index(bins));
  return out;
}

MaterialDecomposition::Numbers basis_of(const Material& second) {
  MaterialDecomposition::Numbers out;
  out.material = second.name;
  out.mu_water = physics::linear_attenuation(material("water"), basis_energy);
  out.mu_second = physics::mass_attenuation(second, basis_energy);
  return out;
}

/// Those of a beam's nodes, after the ones that are there.
void add_exponents(MaterialDecomposition::Numbers& numbers, const physics::Beam& beam,
                   const Material& second) {
  const std::size_t rank = beam.rank();
  const auto exponent = [&](std::size_t node, std::span<const double> coefficients) {
    double sum = 0.0;
    for (std::size_t k = 0; k < rank; ++k)
      sum += double(beam.exponents()[node * rank + k]) * coefficients[k];
    return sum;
  };
  const Material& water = material("water");
  for (std::size_t j = 0; j < beam.nodes(); ++j) {
    numbers.exponents.push_back(
        float(exponent(j, beam.coefficients(water)) * water.density / numbers.mu_water));
    numbers.exponents.push_back(float(exponent(j, beam.coefficients(second)) / numbers.mu_second));
  }
}

}  // namespace

MaterialDecomposition::MaterialDecomposition(const physics::Beam& beam, const Material& second)
    : n_(basis_of(second)) {
  n_.bins = beam.bins() ? beam.bins()->bins() : 1;
  n_.nodes = beam.nodes();
  require(n_.bins >= 2, Error::Kind::input, "two materials need two energy bins (the detector has ",
          n_.bins, "). Use a photon-counting scanner with two thresholds or more.");
  VITRINE_EXPECT(n_.bins <= most_bins);
  add_exponents(n_, beam, second);
  const physics::CountingBins& known = *beam.bins();
  for (Index c = 0; c < beam.columns(); ++c) {
    const auto weights = known.weights(c);
    for (std::size_t b = 0; b < n_.bins; ++b) {
      double sum = 0.0;
      for (std::size_t j = 0; j < n_.nodes; ++j) sum += weights[b * n_.nodes + j];
      for (std::size_t j = 0; j < n_.nodes; ++j)
        n_.weights.push_back(float(weights[b * n_.nodes + j] / sum));
      n_.air.push_back(known.air(c, {b, b + 1}));
    }
    const double high = beam.water_signal(c, {n_.bins - 1, n_.bins}, usual_water);
    n_.water_per_log.push_back(float(n_.mu_water * usual_water / -math::log(high)));
  }
  // Errors of bins over their counts' roots: how they depend on each other hardly changes.
  const physics::Path path{"water", usual_water, 0.0};
  const Counts usual = counts_behind(beam, beam.columns() / 2, std::span(&path, 1));
  Eigen::MatrixXd shape = usual.covariance;
  for (Eigen::Index b = 0; b < shape.rows(); ++b)
    for (Eigen::Index c = 0; c < shape.cols(); ++c)
      shape(b, c) /= std::sqrt(usual.mean[std::size_t(b)] * usual.mean[std::size_t(c)]);
  const Eigen::LLT<Eigen::MatrixXd> root(shape);
  require(root.info() == Eigen::Success, Error::Kind::numeric,
          "the covariance of the bins' counts is not positive. This is a fault of the response.");
  const Eigen::MatrixXd whitening =
      root.matrixL().solve(Eigen::MatrixXd::Identity(shape.rows(), shape.cols()));
  for (Eigen::Index b = 0; b < shape.rows(); ++b)
    for (Eigen::Index c = 0; c < shape.cols(); ++c) n_.whitening.push_back(float(whitening(b, c)));
}

MaterialDecomposition::MaterialDecomposition(const physics::Beam& first, const physics::Beam& other,
                                             double load_share, const Material& second)
    : n_(basis_of(second)) {
  VITRINE_EXPECT(!first.bins() && !other.bins() && first.columns() == other.columns());
  VITRINE_EXPECT(first.heel_rows().empty() && other.heel_rows().empty());
  n_.bins = 2;
  n_.nodes = first.nodes() + other.nodes();
  add_exponents(n_, first, second);
  add_exponents(n_, other, second);
  const physics::Path usual{"water", usual_water, 0.0};
  const std::span<const physics::Path> path(&usual, 1);
  for (Index c = 0; c < first.columns(); ++c) {
    const auto add = [&](const physics::Beam& beam, std::size_t before, double share) {
      const auto weights = beam.weights(c).first(beam.nodes());
      const std::size_t at = n_.weights.size();
      n_.weights.resize(at + n_.nodes, 0.0f);
      std::ranges::copy(weights, n_.weights.begin() + std::ptrdiff_t(at + before));
      // Quanta of air that leave those behind the usual water when they fade like the signal.
      n_.air.push_back(share * beam.quanta(c, path) / beam.water_signal(c, usual_water));
      n_.electronic.push_back(beam.electronic_noise() / (share * beam.air_signal(c)));
    };
    add(first, 0, 1.0);
    add(other, first.nodes(), load_share);
    n_.water_per_log.push_back(
        float(n_.mu_water * usual_water / -math::log(other.water_signal(c, usual_water))));
  }
  n_.whitening = {1.0f, 0.0f, 0.0f, 1.0f};
}

MaterialDecomposition::MaterialDecomposition(Numbers known) : n_(std::move(known)) {
  const auto check = [](bool ok, auto... why) {
    require(ok, Error::Kind::data, "this calibration of basis materials cannot be used (", why...,
            "). Make the file again.");
  };
  const auto finite = [](const auto& numbers) {
    return std::ranges::all_of(numbers, [](auto x) { return std::isfinite(x); });
  };
  check(n_.bins >= 2 && n_.bins <= most_bins, "it has ", n_.bins, " bins, not 2 to ", most_bins);
  check(n_.nodes >= 1 && n_.mu_water > 0.0 && n_.mu_second > 0.0, "it has no energies");
  const std::size_t columns = n_.air.size() / n_.bins;
  check(columns > 0 && n_.air.size() == columns * n_.bins && n_.exponents.size() == 2 * n_.nodes &&
            n_.weights.size() == n_.air.size() * n_.nodes &&
            (n_.electronic.empty() || n_.electronic.size() == n_.air.size()) &&
            n_.whitening.size() == n_.bins * n_.bins && n_.water_per_log.size() == columns,
        "its tables do not fit ", n_.bins, " bins and ", n_.nodes, " energies");
  check(finite(n_.air) && finite(n_.exponents) && finite(n_.weights) && finite(n_.whitening) &&
            finite(n_.water_per_log),
        "it holds what is no number");
  check(std::ranges::all_of(n_.air, [](double counts) { return counts > 0.0; }),
        "a bin counts nothing in air");
}

void MaterialDecomposition::operator()(const ScanGeometry& geometry, std::span<const double> load,
                                       std::span<const float> readings, Readings kind, Isa isa,
                                       std::span<float> water, std::span<float> second) const {
  const auto cells = std::size_t(geometry.columns * geometry.rows);
  VITRINE_EXPECT(geometry.columns == columns());
  VITRINE_EXPECT(water.size() == load.size() * cells && second.size() == water.size());
  VITRINE_EXPECT(readings.size() == n_.bins * water.size());
  const detail::HotKernels& hot = detail::hot_kernels(isa);
  parallel_for(std::ssize(load), [&](Index view) {
    std::array<float, detail::DecomposeJob::most_bins> air{}, electronic{};
    for (Index c = 0; c < geometry.columns; ++c) {
      const std::size_t at = std::size_t(view) * cells + std::size_t(c * geometry.rows);
      for (std::size_t b = 0; b < n_.bins; ++b)
        air[b] = float(n_.air[std::size_t(c) * n_.bins + b] * load[std::size_t(view)]);
      for (std::size_t b = 0; b < n_.bins && !n_.electronic.empty(); ++b) {
        const double deviation =
            n_.electronic[std::size_t(c) * n_.bins + b] / load[std::size_t(view)];
        electronic[b] = float(deviation * deviation);
      }
      detail::DecomposeJob job{};
      job.count = geometry.rows;
      job.bins = int(n_.bins);
      job.nodes = int(n_.nodes);
      job.readings = readings.data() + at;
      job.stride = std::ptrdiff_t(water.size());
      job.exponents = n_.exponents.data();
      job.weights = n_.weights.data() + std::size_t(c) * n_.bins * n_.nodes;
      job.air = air.data();
      job.electronic = n_.electronic.empty() ? nullptr : electronic.data();
      job.whitening = n_.whitening.data();
      job.water_per_log = n_.water_per_log[std::size_t(c)];
      job.drawn = kind == Readings::drawn;
      job.spread = float(spread * n_.mu_second);
      job.per_water = float(1.0 / n_.mu_water);
      job.per_second = float(1.0 / n_.mu_second);
      job.water = water.data() + at;
      job.second = second.data() + at;
      hot.decompose(job);
    }
  });
}

struct MaterialDecomposition::Signals {
  Eigen::VectorXd mean;
  Eigen::MatrixXd covariance;
};

MaterialDecomposition::Bound MaterialDecomposition::lowest(
    FunctionRef<Signals(double water, double second)> behind) const {
  const double water = 0.01 / n_.mu_water, second = 0.01 / n_.mu_second;  // steps
  const Signals here = behind(0.0, 0.0);
  Eigen::MatrixXd slope(here.mean.size(), 2);
  slope.col(0) = (behind(water, 0.0).mean - behind(-water, 0.0).mean) / (2.0 * water);
  slope.col(1) = (behind(0.0, second).mean - behind(0.0, -second).mean) / (2.0 * second);
  const Eigen::Matrix2d information = slope.transpose() * here.covariance.llt().solve(slope);
  const Eigen::Matrix2d least = information.inverse();
  return {least(0, 0), least(0, 1), least(1, 1)};
}

MaterialDecomposition::Bound MaterialDecomposition::bound(const physics::Beam& beam, Index column,
                                                          double load, double water,
                                                          double second) const {
  return lowest([&](double more_water, double more_second) {
    const std::array paths{physics::Path{"water", water + more_water, 0.0},
                           physics::Path{n_.material, second + more_second, 1.0}};
    const Counts counts = counts_behind(beam, column, paths);
    return Signals{load * Eigen::Map<const Eigen::VectorXd>(counts.mean.data(),
                                                            Eigen::Index(counts.mean.size())),
                   load * counts.covariance};
  });
}

MaterialDecomposition::Bound MaterialDecomposition::bound(const physics::Beam& first,
                                                          const physics::Beam& other,
                                                          double load_share, Index column,
                                                          double load, double water,
                                                          double second) const {
  return lowest([&](double more_water, double more_second) {
    const std::array paths{physics::Path{"water", water + more_water, 0.0},
                           physics::Path{n_.material, second + more_second, 1.0}};
    Signals out{Eigen::VectorXd(2), Eigen::MatrixXd::Zero(2, 2)};
    const std::array loads{load, load * load_share};
    for (const Eigen::Index s : {0, 1}) {
      const physics::Beam& beam = s == 0 ? first : other;
      const double mas = loads[std::size_t(s)];
      const double electronic = beam.electronic_noise() / (mas * beam.air_signal(column));
      out.mean[s] = beam.transmission(column, paths);
      out.covariance(s, s) =
          out.mean[s] * out.mean[s] / (mas * beam.quanta(column, paths)) + electronic * electronic;
    }
    return out;
  });
}

}  // namespace vitrine::recon
