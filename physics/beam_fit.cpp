#include <algorithm>
#include <cmath>

#include "vitrine/core/math.hpp"
#include "vitrine/core/random.hpp"
#include "vitrine/physics/attenuation.hpp"
#include "vitrine/physics/detail/beam_fit.hpp"
#include "vitrine/physics/detail/kernels.hpp"

namespace vitrine::physics::detail {
namespace {

constexpr std::size_t fewest_nodes = 12, most_nodes = 32, more_nodes = 2;
constexpr double largest_quadrature_error = 1e-5, largest_basis_error = 1e-4;  // of line integrals
constexpr double largest_bin_error = 1e-4;
constexpr double largest_line_integral = 12.0;
constexpr std::size_t training_paths = 500, test_paths = 500;

using Table = std::vector<std::vector<double>>;  // [material or path][energy or node]

/// Elements that are met in solution only: contrast media.
bool dissolved(const Material& material) {
  constexpr int iodine = 53, gadolinium = 64;
  return material.parts.size() == 1 && (material.parts.front().atomic_number == iodine ||
                                        material.parts.front().atomic_number == gadolinium);
}

/// The largest line integral at 70 keV that a material is expected to make: 12 for tissues and
/// metals; less for what attenuates low energies far more than water does (bone about 4, iodine
/// about 1).
double expected_line_integral(const Material& material) {
  constexpr double lightest_metal = 4e-3;  // g/mm^3: titanium has 4.5e-3
  if (material.density > lightest_metal && !dissolved(material)) return largest_line_integral;
  const double contrast = mass_attenuation(material, 40.0) / mass_attenuation(material, 100.0);
  const double water = 1.572;  // the same ratio of water
  return largest_line_integral * std::min(1.0, math::pow(water / contrast, 1.3));
}

/// Random mixtures of the materials, as masses per area: [path][material], g/mm^2. Every tenth is
/// empty, short paths are as frequent as long ones.
Table random_paths(const std::vector<double>& mass_scale, std::size_t count, std::uint64_t set) {
  Table paths(count, std::vector<double>(mass_scale.size(), 0.0));
  for (std::size_t p = 0; p < count; ++p) {
    if (p % 10 == 0) continue;
    Rng rng(Stream{set, Draw::test}, p);
    const double u = rng.uniform();
    double share = u * u;
    for (int part = 0; part < 3; ++part) {
      const auto m = std::size_t(rng.below(mass_scale.size()));
      const double taken = share * rng.uniform();
      paths[p][m] += taken * mass_scale[m];
      share -= taken;
    }
  }
  return paths;
}

Table multiply(const Table& paths, const Table& mu) {
  Table out(paths.size(), std::vector<double>(mu.front().size(), 0.0));
  for (std::size_t p = 0; p < paths.size(); ++p)
    for (std::size_t m = 0; m < mu.size(); ++m)
      if (paths[p][m] != 0.0)
        for (std::size_t e = 0; e < mu[m].size(); ++e) out[p][e] += paths[p][m] * mu[m][e];
  return out;
}

double weighted_exp(const std::vector<double>& weights, const std::vector<double>& x) {
  double sum = 0.0;
  for (std::size_t i = 0; i < weights.size(); ++i) sum += weights[i] * math::exp(-x[i]);
  return sum;
}

/// ln of the weighted signal behind each path over that of the first, which is empty.
std::vector<double> log_signals(const std::vector<double>& weights, const Table& x) {
  std::vector<double> out;
  out.reserve(x.size());
  for (const auto& row : x) out.push_back(math::log(weighted_exp(weights, row)));
  for (std::size_t p = out.size(); p-- > 0;) out[p] -= out[0];
  return out;
}

double largest_difference(const std::vector<double>& a, const std::vector<double>& b) {
  double worst = 0.0;
  for (std::size_t i = 0; i < a.size(); ++i) worst = std::max(worst, std::abs(a[i] - b[i]));
  return worst;
}

/// A table or weights at the nodes only.
std::vector<double> at_nodes(const std::vector<double>& values, const Quadrature& quadrature) {
  std::vector<double> out;
  for (const std::size_t e : quadrature.nodes) out.push_back(values[e]);
  return out;
}
Table at_nodes(const Table& table, const Quadrature& quadrature) {
  Table out;
  for (const auto& row : table) out.push_back(at_nodes(row, quadrature));
  return out;
}

/// The weights behind a thickness of the bowtie.
std::vector<double> behind(std::vector<double> weights, const std::vector<double>& shaper,
                           double mass) {
  for (std::size_t e = 0; e < weights.size(); ++e) weights[e] *= math::exp(-mass * shaper[e]);
  return weights;
}

/// The mixtures on which a fit is tested, and what the whole spectrum makes of them.
class Trials {
 public:
  Trials(const FitTask& task, const Table& mu, const std::vector<double>& mass_scale)
      : task_(task),
        paths_(random_paths(mass_scale, test_paths, 3)),
        attenuation_(multiply(paths_, mu)),
        centre_(log_signals(behind(task.mean, task.shaper, task.centre), attenuation_)),
        edge_(log_signals(behind(task.mean, task.shaper, task.edge), attenuation_)) {}

  const Table& paths() const { return paths_; }

  /// The largest error of a further output with weights of its own on the nodes, at both channels.
  double bin_error(const std::vector<double>& spectrum, const std::vector<double>& weights,
                   const Quadrature& quadrature, const Table& node_mu) const {
    double worst = 0.0;
    for (const double mass : {task_.centre, task_.edge}) {
      const auto exact = log_signals(behind(spectrum, task_.shaper, mass), attenuation_);
      const auto fitted = log_signals(behind(weights, at_nodes(task_.shaper, quadrature), mass),
                                      multiply(paths_, node_mu));
      worst = std::max(worst, largest_difference(exact, fitted));
    }
    return worst;
  }

  /// The errors of a channel with nodes, and with a basis for the attenuation if there is one.
  FitError error(bool of_edge, const Quadrature& quadrature, const Table& node_mu,
                 const Table* basis_mu) const {
    const auto weights = behind(quadrature.mean, at_nodes(task_.shaper, quadrature),
                                of_edge ? task_.edge : task_.centre);
    const auto& exact = of_edge ? edge_ : centre_;
    const auto nodes = log_signals(weights, multiply(paths_, node_mu));
    FitError out;
    out.quadrature = out.total = largest_difference(nodes, exact);
    if (!basis_mu) return out;
    const auto both = log_signals(weights, multiply(paths_, *basis_mu));
    out.basis = largest_difference(both, nodes);
    out.total = largest_difference(both, exact);
    return out;
  }

 private:
  const FitTask& task_;
  Table paths_, attenuation_;
  std::vector<double> centre_, edge_;
};

/// What a basis makes of the materials' attenuation.
Table product(const Basis& basis) {
  Table mu(basis.coefficient.size(), std::vector<double>(basis.function.size(), 0.0));
  for (std::size_t m = 0; m < mu.size(); ++m)
    for (std::size_t j = 0; j < mu[m].size(); ++j)
      for (std::size_t k = 0; k < basis.rank; ++k)
        mu[m][j] += basis.coefficient[m][k] * basis.function[j][k];
  return mu;
}

/// A spectrum's nodes, and what they were fitted to.
struct NodeFit {
  Table mu, training;
  Trials trials;
  Quadrature quadrature;
  Table bins;
  NodeFit(const FitTask& task, const std::vector<double>& mass_scale);
  Table node_mu() const { return at_nodes(mu, quadrature); }
};

Table attenuations(const FitTask& task) {
  Table mu;
  for (const Material& m : task.materials) mu.push_back(mass_attenuation(m, task.energies));
  return mu;
}

/// Fitted to mixtures of all materials behind every thickness of the bowtie.
NodeFit::NodeFit(const FitTask& task, const std::vector<double>& mass_scale)
    : mu(attenuations(task)),
      training(multiply(random_paths(mass_scale, training_paths, 1), mu)),
      trials(task, mu, mass_scale) {
  for (std::size_t p = 0; p < training.size(); ++p) {
    const double mass = task.thickest * Rng(Stream{2, Draw::test}, p).uniform();
    for (std::size_t e = 0; e < training[p].size(); ++e) training[p][e] += mass * task.shaper[e];
  }
  double least = 1e300;
  for (std::size_t nodes = fewest_nodes; nodes <= most_nodes; nodes += more_nodes) {
    Quadrature tried = fit_quadrature(task.mean, task.variance, training, nodes);
    const Table its_mu = at_nodes(mu, tried);
    double error = std::max(trials.error(false, tried, its_mu, nullptr).quadrature,
                            trials.error(true, tried, its_mu, nullptr).quadrature);
    Table its_bins;
    for (const auto& spectrum : task.bins) {
      its_bins.push_back(fit_weights(spectrum, training, tried.nodes));
      error = std::max(error, trials.bin_error(spectrum, its_bins.back(), tried, its_mu) *
                                  (largest_quadrature_error / largest_bin_error));
    }
    if (error < least) {
      least = error;
      quadrature = std::move(tried);
      bins = std::move(its_bins);
    }
    if (least <= largest_quadrature_error) break;
  }
}

/// The share of the signal at each node.
std::vector<double> signal_shares(const NodeFit& fit) {
  std::vector<double> share(fit.quadrature.nodes.size(), 0.0);
  for (const auto& x : multiply(fit.trials.paths(), fit.node_mu())) {
    const double whole = weighted_exp(fit.quadrature.mean, x);
    for (std::size_t j = 0; j < share.size(); ++j)
      share[j] += fit.quadrature.mean[j] * math::exp(-x[j]) / whole / double(test_paths);
  }
  for (double& s : share) s = std::max(s, 1e-6);
  return share;
}

/// Those of a basis' nodes that one of several fits has.
Basis part_of(const Basis& basis, std::span<const NodeFit> fits, std::size_t own) {
  std::size_t first = 0;
  for (std::size_t f = 0; f < own; ++f) first += fits[f].quadrature.nodes.size();
  Basis part{basis.rank, basis.coefficient, {}};
  const auto begin = basis.function.begin() + std::ptrdiff_t(first);
  part.function.assign(begin, begin + std::ptrdiff_t(fits[own].quadrature.nodes.size()));
  return part;
}

/// The basis of the smallest rank that keeps line integrals of all fits right: as one of them has
/// it, with its errors.
void choose_basis(std::span<const NodeFit> fits, const std::vector<double>& mass_scale,
                  std::size_t own, BeamFit& out) {
  std::vector<double> share;
  Table node_mu(mass_scale.size());
  for (const NodeFit& fit : fits) {
    const auto its = signal_shares(fit);
    share.insert(share.end(), its.begin(), its.end());
    const Table its_mu = fit.node_mu();
    for (std::size_t m = 0; m < node_mu.size(); ++m)
      node_mu[m].insert(node_mu[m].end(), its_mu[m].begin(), its_mu[m].end());
  }
  const std::size_t last = std::min(share.size(), std::size_t(max_rank));
  for (std::size_t rank = 1; rank <= last; ++rank) {
    const Basis basis = fit_basis(node_mu, mass_scale, share, rank);
    double worst = 0.0;
    for (std::size_t f = 0; f < fits.size(); ++f) {
      const NodeFit& fit = fits[f];
      Basis part = part_of(basis, fits, f);
      const Table exact = fit.node_mu(), basis_mu = product(part);
      const FitError centre = fit.trials.error(false, fit.quadrature, exact, &basis_mu);
      const FitError edge = fit.trials.error(true, fit.quadrature, exact, &basis_mu);
      worst = std::max({worst, centre.basis, edge.basis});
      if (f != own) continue;
      out.basis = std::move(part);
      out.centre = centre;
      out.edge = edge;
    }
    if (worst <= largest_basis_error) return;
  }
}

}  // namespace

BeamFit fit_beam(std::span<const FitTask> tasks, std::size_t own) {
  const FitTask& task = tasks[own];
  std::vector<double> mass_scale;
  for (const Material& m : task.materials)
    mass_scale.push_back(expected_line_integral(m) / mass_attenuation(m, 70.0));
  std::vector<NodeFit> fits;
  for (const FitTask& each : tasks) fits.emplace_back(each, mass_scale);
  BeamFit out;
  choose_basis(fits, mass_scale, own, out);
  NodeFit& fit = fits[own];
  out.quadrature = std::move(fit.quadrature);
  out.bins = std::move(fit.bins);
  const Table& training = fit.training;
  const auto times = [](std::vector<double> weights, const std::vector<double>& ratio) {
    for (std::size_t e = 0; e < weights.size(); ++e) weights[e] *= ratio[e];
    return weights;
  };
  for (const auto& ratio : task.rows) {
    out.row_mean.push_back(fit_weights(times(task.mean, ratio), training, out.quadrature.nodes));
    out.row_variance.push_back(
        fit_weights(times(task.variance, ratio), training, out.quadrature.nodes));
  }
  if (task.keep_mixtures) out.mixtures = std::move(fit.training);
  return out;
}

}  // namespace vitrine::physics::detail
