#include "vitrine/physics/basis.hpp"

#include <Eigen/Dense>
#include <algorithm>
#include <cmath>

#include "vitrine/core/error.hpp"

namespace vitrine::physics {

Basis fit_basis(const std::vector<std::vector<double>>& mu, const std::vector<double>& scale,
                const std::vector<double>& weight, std::size_t rank) {
  const std::size_t nodes = weight.size();
  VITRINE_EXPECT(mu.size() == scale.size() && rank >= 1 && rank <= nodes);
  std::vector<double> root(nodes);
  for (std::size_t j = 0; j < nodes; ++j) root[j] = std::sqrt(weight[j]);

  // The right singular vectors are the eigenvectors of the small matrix of nodes.
  Eigen::MatrixXd gram = Eigen::MatrixXd::Zero(Eigen::Index(nodes), Eigen::Index(nodes));
  for (std::size_t m = 0; m < mu.size(); ++m)
    for (std::size_t i = 0; i < nodes; ++i)
      for (std::size_t j = 0; j < nodes; ++j)
        gram(Eigen::Index(i), Eigen::Index(j)) +=
            scale[m] * scale[m] * mu[m][i] * root[i] * mu[m][j] * root[j];
  const Eigen::SelfAdjointEigenSolver<Eigen::MatrixXd> solver(gram);

  Basis out;
  out.rank = rank;
  out.function.assign(nodes, std::vector<double>(rank));
  out.coefficient.assign(mu.size(), std::vector<double>(rank, 0.0));
  for (std::size_t k = 0; k < rank; ++k) {
    const Eigen::VectorXd vector = solver.eigenvectors().col(Eigen::Index(nodes - 1 - k));
    for (std::size_t j = 0; j < nodes; ++j) {
      out.function[j][k] = vector[Eigen::Index(j)] / root[j];
      for (std::size_t m = 0; m < mu.size(); ++m)
        out.coefficient[m][k] += mu[m][j] * root[j] * vector[Eigen::Index(j)];
    }
  }
  return out;
}

}  // namespace vitrine::physics
