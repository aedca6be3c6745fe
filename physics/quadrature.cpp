#include "vitrine/physics/quadrature.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <optional>

#include "vitrine/core/error.hpp"
#include "vitrine/core/math.hpp"

namespace vitrine::physics {
namespace {

using Set = std::vector<std::size_t>;

/// Normal equations square the condition number, and neighbouring energies are nearly dependent:
/// the 64-bit mantissa of x87 leaves errors of 1e-9 where double would leave 1e-4.
using Real = long double;
using Reals = std::vector<Real>;

/// The normal equations of one least-squares problem.
struct Problem {
  const Reals& gram;
  const Reals& right;
  Real square;  ///< b^T b

  std::size_t size() const { return right.size(); }

  /// The unconstrained solution on a support (Cholesky), or nothing if that is singular.
  std::optional<Reals> solve(const Set& support) const {
    const std::size_t n = support.size();
    Reals l(n * n), x(n);
    for (std::size_t i = 0; i < n; ++i) {
      for (std::size_t j = 0; j <= i; ++j) {
        Real sum = gram[support[i] * size() + support[j]];
        for (std::size_t k = 0; k < j; ++k) sum -= l[i * n + k] * l[j * n + k];
        if (i == j) {
          if (!(sum > 1e-18L * gram[support[i] * size() + support[i]])) return std::nullopt;
          l[i * n + i] = std::sqrt(sum);
        } else {
          l[i * n + j] = sum / l[j * n + j];
        }
      }
    }
    for (std::size_t i = 0; i < n; ++i) {
      Real sum = right[support[i]];
      for (std::size_t k = 0; k < i; ++k) sum -= l[i * n + k] * x[k];
      x[i] = sum / l[i * n + i];
    }
    for (std::size_t i = n; i-- > 0;) {
      Real sum = x[i];
      for (std::size_t k = i + 1; k < n; ++k) sum -= l[k * n + i] * x[k];
      x[i] = sum / l[i * n + i];
    }
    return x;
  }

  Real residual(const Set& support, const Reals& x) const {
    Real sum = square;
    for (std::size_t i = 0; i < support.size(); ++i) {
      Real row = 0.0;
      for (std::size_t j = 0; j < support.size(); ++j)
        row += gram[support[i] * size() + support[j]] * x[j];
      sum += x[i] * (row - 2.0 * right[support[i]]);
    }
    return sum;
  }
};

bool positive(const Reals& x) {
  return std::ranges::all_of(x, [](Real value) { return value > 0.0L; });
}

/// Lawson and Hanson's active set, stopped when the support is full.
Set active_set(const Problem& problem, std::size_t max_support) {
  Set support;
  Reals x(problem.size(), 0.0);
  std::vector<bool> dependent(problem.size(), false);  // of the nodes in the support
  for (int round = 0; round < 500 && support.size() < max_support; ++round) {
    std::size_t best = problem.size();
    Real steepest = 1e-15L * problem.square;
    for (std::size_t e = 0; e < problem.size(); ++e) {
      if (dependent[e] || std::ranges::find(support, e) != support.end()) continue;
      Real gradient = problem.right[e];
      for (const std::size_t s : support) gradient -= problem.gram[e * problem.size() + s] * x[s];
      if (gradient > steepest) {
        steepest = gradient;
        best = e;
      }
    }
    if (best == problem.size()) break;
    support.push_back(best);
    while (!support.empty()) {
      const auto solution = problem.solve(support);
      if (!solution) {
        dependent[support.back()] = true;
        x[support.back()] = 0.0;
        support.pop_back();
        break;
      }
      if (positive(*solution)) {
        for (std::size_t i = 0; i < support.size(); ++i) x[support[i]] = (*solution)[i];
        break;
      }
      // Walk towards the solution until the first element reaches 0, and drop it.
      Real step = 1.0;
      std::size_t first = 0;
      for (std::size_t i = 0; i < support.size(); ++i) {
        const Real now = x[support[i]], then = (*solution)[i];
        if (then <= 0.0 && (now <= 0.0 || now / (now - then) < step)) {
          step = now <= 0.0 ? 0.0 : now / (now - then);
          first = i;
        }
      }
      for (std::size_t i = 0; i < support.size(); ++i)
        x[support[i]] += step * ((*solution)[i] - x[support[i]]);
      x[support[first]] = 0.0;
      support.erase(support.begin() + std::ptrdiff_t(first));
    }
  }
  return support;
}

/// A support without the nodes that its solution would weight negatively, and what that leaves.
struct Trimmed {
  Set support;
  Real residual = std::numeric_limits<Real>::infinity();
};
Trimmed trim(const Problem& problem, Set support) {
  while (!support.empty()) {
    const auto x = problem.solve(support);
    if (x && positive(*x)) {
      const Real residual = problem.residual(support, *x);
      return {std::move(support), residual};
    }
    const auto worst =
        x ? std::ranges::min_element(*x) - x->begin() : std::ptrdiff_t(support.size()) - 1;
    support.erase(support.begin() + worst);
  }
  return {};
}

/// Nodes for all energies: equally spaced ones, moved one at a time (those of no weight too) as
/// long as that lowers the residual. The active set of all energies would be pairs of neighbours.
Set select_nodes(const Problem& problem, std::size_t count) {
  Set nodes;
  for (std::size_t i = 0; i < count; ++i)
    nodes.push_back((2 * i + 1) * problem.size() / (2 * count));
  Trimmed best = trim(problem, nodes);
  constexpr int most_passes = 40;
  bool improved = true;
  for (int pass = 0; improved && pass < most_passes; ++pass) {
    improved = false;
    for (std::size_t i = 0; i < nodes.size(); ++i)
      for (const int shift : {-16, -8, -4, -2, -1, 1, 2, 4, 8, 16}) {
        const auto moved = std::ptrdiff_t(nodes[i]) + shift;
        if (moved < 0 || moved >= std::ptrdiff_t(problem.size())) continue;
        if (std::ranges::find(nodes, std::size_t(moved)) != nodes.end()) continue;
        Set candidate = nodes;
        candidate[i] = std::size_t(moved);
        if (Trimmed t = trim(problem, candidate); t.residual < 0.98L * best.residual) {
          best = std::move(t);
          nodes = std::move(candidate);
          improved = true;
        }
      }
  }
  std::ranges::sort(best.support);
  return best.support;
}

/// exp(-x) of every path and energy times what that energy adds, over the whole signal of the path.
std::vector<std::vector<double>> relative_shares(const std::vector<double>& spectrum,
                                                 const std::vector<std::vector<double>>& paths) {
  std::vector<std::vector<double>> out;
  out.reserve(paths.size());
  for (const auto& x : paths) {
    std::vector<double> row(spectrum.size());
    double whole = 0.0;
    for (std::size_t e = 0; e < row.size(); ++e) {
      row[e] = math::exp(-x[e]);
      whole += spectrum[e] * row[e];
    }
    for (double& value : row) value /= whole;
    out.push_back(std::move(row));
  }
  return out;
}

Reals gram_of(const std::vector<std::vector<double>>& rows, const Set& columns) {
  const std::size_t n = columns.size();
  Reals gram(n * n, 0.0);
  for (const auto& row : rows)
    for (std::size_t i = 0; i < n; ++i)
      for (std::size_t j = 0; j <= i; ++j)
        gram[i * n + j] += Real(row[columns[i]]) * row[columns[j]];
  for (std::size_t i = 0; i < n; ++i)
    for (std::size_t j = 0; j < i; ++j) gram[j * n + i] = gram[i * n + j];
  return gram;
}

Reals sums_of(const std::vector<std::vector<double>>& rows, const Set& columns) {
  Reals sums(columns.size(), 0.0);
  for (const auto& row : rows)
    for (std::size_t i = 0; i < columns.size(); ++i) sums[i] += row[columns[i]];
  return sums;
}

struct FitError {
  double rms, max;
};
FitError error_of(const std::vector<std::vector<double>>& rows, const Set& nodes,
                  const std::vector<double>& weights) {
  double square = 0.0, max = 0.0;
  for (const auto& row : rows) {
    double sum = 0.0;
    for (std::size_t i = 0; i < nodes.size(); ++i) sum += weights[i] * row[nodes[i]];
    const double error = std::abs(math::log(std::max(sum, 1e-300)));
    square += error * error;
    max = std::max(max, error);
  }
  return {std::sqrt(square / double(rows.size())), max};
}

/// x >= 0 on some nodes that minimises the residual of rows x = 1.
std::vector<double> solve_nonnegative(const std::vector<std::vector<double>>& rows,
                                      const Set& nodes) {
  const Reals gram = gram_of(rows, nodes), right = sums_of(rows, nodes);
  const Problem problem{gram, right, Real(rows.size())};
  const Set support = active_set(problem, nodes.size());
  std::vector<double> out(nodes.size(), 0.0);
  if (const auto x = problem.solve(support))
    for (std::size_t i = 0; i < support.size(); ++i) out[support[i]] = double((*x)[i]);
  return out;
}

}  // namespace

Quadrature fit_quadrature(const std::vector<double>& mean, const std::vector<double>& variance,
                          const std::vector<std::vector<double>>& line_integrals,
                          std::size_t node_count) {
  VITRINE_EXPECT(mean.size() == variance.size() && !line_integrals.empty());
  Set all(mean.size());
  for (std::size_t e = 0; e < all.size(); ++e) all[e] = e;

  const auto shares = relative_shares(mean, line_integrals);
  const auto gram = gram_of(shares, all);
  const auto right = sums_of(shares, all);
  const Problem problem{gram, right, Real(shares.size())};

  Quadrature out;
  out.nodes = select_nodes(problem, node_count);
  const auto weights = problem.solve(out.nodes);
  require(weights && positive(*weights), Error::Kind::numeric,
          "no quadrature of the spectrum was found (", out.nodes.size(), " nodes)");
  out.mean.assign(weights->begin(), weights->end());

  const auto variance_shares = relative_shares(variance, line_integrals);
  out.variance = solve_nonnegative(variance_shares, out.nodes);
  const FitError error = error_of(shares, out.nodes, out.mean);
  out.rms_error = error.rms;
  out.max_error = error.max;
  out.variance_max_error = error_of(variance_shares, out.nodes, out.variance).max;
  return out;
}

std::vector<double> fit_weights(const std::vector<double>& spectrum,
                                const std::vector<std::vector<double>>& line_integrals,
                                const std::vector<std::size_t>& nodes) {
  return solve_nonnegative(relative_shares(spectrum, line_integrals), nodes);
}

}  // namespace vitrine::physics
