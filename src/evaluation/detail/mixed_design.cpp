#include "vitrine/evaluation/detail/mixed_design.hpp"

#include <Eigen/Cholesky>
#include <algorithm>
#include <cmath>
#include <map>

#include "vitrine/core/error.hpp"
#include "vitrine/core/listing.hpp"
#include "vitrine/evaluation/detail/independent_columns.hpp"

namespace vitrine::evaluation::detail {
namespace {

/// Levels of the rows used, numbered in the order of their first appearance.
struct Numbered {
  std::vector<Index> of_row;
  std::vector<std::string> name;
};

Numbered number_levels(const std::vector<std::string>& level, const std::vector<Index>& used) {
  Numbered result;
  std::map<std::string, Index> number;
  for (const Index row : used) {
    const auto [at, added] = number.try_emplace(level[std::size_t(row)], std::ssize(result.name));
    if (added) result.name.push_back(at->first);
    result.of_row.push_back(at->second);
  }
  return result;
}

}  // namespace

MixedDesign::MixedDesign(const MixedModel& model, const std::vector<Index>& used)
    : rows(std::ssize(used)) {
  add_fixed(model, used);
  add_random(model, used);
  leave_out_confounded();
  build_system();
}

void MixedDesign::add_fixed(const MixedModel& model, const std::vector<Index>& used) {
  IndependentColumns basis;
  std::vector<Eigen::VectorXd> columns;
  const auto add = [&](const Eigen::VectorXd& column, std::string name) {
    if (!basis.add(column)) return false;
    columns.push_back(column);
    effect.push_back(std::move(name));
    return true;
  };
  add(Eigen::VectorXd::Ones(rows), "intercept");
  for (const Covariate& covariate : model.covariates) {
    Eigen::VectorXd column(rows);
    for (Index i = 0; i < rows; ++i) column[i] = covariate.value[std::size_t(used[std::size_t(i)])];
    if (!add(column, covariate.name))
      left_out.push_back(
          {covariate.name, "constant, or a combination of the covariates before it", 0});
  }
  for (const Factor& factor : model.factors) {
    if (factor.kind != Effect::fixed) continue;
    const Numbered levels = number_levels(factor.level, used);
    const Index count = std::ssize(levels.name);
    if (count < 2) {
      left_out.push_back({factor.name, "it has one level", count});
      continue;
    }
    bool dependent = false;
    for (Index l = 1; l < count; ++l) {
      Eigen::VectorXd column(rows);
      for (Index i = 0; i < rows; ++i) column[i] = levels.of_row[std::size_t(i)] == l ? 1.0 : 0.0;
      dependent |= !add(column, str(factor.name, '=', levels.name[std::size_t(l)]));
    }
    if (dependent)
      left_out.push_back(
          {factor.name,
           "confounded with the fixed effects before it: not all of its levels have an effect of "
           "their own",
           count});
  }
  fixed = std::ssize(columns);
  x.resize(rows, fixed);
  effect_scale.resize(fixed);
  for (Index j = 0; j < fixed; ++j) {
    effect_scale[j] = columns[std::size_t(j)].norm();
    x.col(j) = columns[std::size_t(j)] / effect_scale[j];
  }
}

void MixedDesign::add_random(const MixedModel& model, const std::vector<Index>& used) {
  for (const Factor& factor : model.factors) {
    if (factor.kind != Effect::random) continue;
    Numbered levels = number_levels(factor.level, used);
    const Index count = std::ssize(levels.name);
    if (count < 2) {
      left_out.push_back({factor.name, "it has one level, which cannot vary", count});
      continue;
    }
    Grouping group{factor.name, std::move(levels.of_row), count, {}, 0, 0.0};
    double squares = 0.0;
    for (const Index row : used) {
      group.slope.push_back(factor.slope.empty() ? 1.0 : factor.slope[std::size_t(row)]);
      squares += group.slope.back() * group.slope.back();
    }
    group.rows_per_level = std::max(squares, 1e-300) / double(count);
    groups.push_back(std::move(group));
  }
}

/// Components can be told apart if the matrices M Z_k Z_k' M and M are linearly independent, M
/// being the projection that takes the fixed effects away. Their inner products need only Z_i'Z_j
/// and Z'X.
void MixedDesign::leave_out_confounded() {
  const Index count = std::ssize(groups);
  const Eigen::MatrixXd c =
      (x.transpose() * x).ldlt().solve(Eigen::MatrixXd::Identity(fixed, fixed));
  std::vector<Eigen::MatrixXd> zx;  // Z_k'X
  for (const Grouping& g : groups) {
    Eigen::MatrixXd sum = Eigen::MatrixXd::Zero(g.levels, fixed);
    for (Index i = 0; i < rows; ++i)
      sum.row(g.level[std::size_t(i)]) += g.slope[std::size_t(i)] * x.row(i);
    zx.push_back(std::move(sum));
  }
  Eigen::MatrixXd product(count + 1, count + 1);  // the residual is number `count`
  for (Index a = 0; a < count; ++a)
    for (Index b = 0; b <= a; ++b) {
      const Grouping &ga = groups[std::size_t(a)], &gb = groups[std::size_t(b)];
      std::map<std::pair<Index, Index>, double> cells;
      for (Index i = 0; i < rows; ++i)
        cells[{ga.level[std::size_t(i)], gb.level[std::size_t(i)]}] +=
            ga.slope[std::size_t(i)] * gb.slope[std::size_t(i)];
      double squares = 0.0;  // of Z_a'Z_b - Z_a'X C X'Z_b, cell by cell where there are rows
      Eigen::MatrixXd cross = Eigen::MatrixXd::Zero(fixed, fixed);  // X'Z_a (Z_a'Z_b) Z_b'X
      for (const auto& [cell, value] : cells) {
        squares += value * value;
        cross += value * zx[std::size_t(a)].row(cell.first).transpose() *
                 zx[std::size_t(b)].row(cell.second);
      }
      const Eigen::MatrixXd aa = zx[std::size_t(a)].transpose() * zx[std::size_t(a)];
      const Eigen::MatrixXd bb = zx[std::size_t(b)].transpose() * zx[std::size_t(b)];
      product(a, b) = product(b, a) =
          squares - 2.0 * (cross * c).trace() + (c * aa * c * bb).trace();
    }
  for (Index a = 0; a < count; ++a) {
    double squares = 0.0;
    for (const double s : groups[std::size_t(a)].slope) squares += s * s;
    const Eigen::MatrixXd aa = zx[std::size_t(a)].transpose() * zx[std::size_t(a)];
    product(a, count) = product(count, a) = squares - (c * aa).trace();
  }
  product(count, count) = double(rows - fixed);

  std::vector<Index> kept{count};
  std::vector<bool> drop(std::size_t(count), false);
  confounded_partner.assign(std::size_t(count), "");
  for (Index a = 0; a < count; ++a) {
    const Index size = std::ssize(kept);
    Eigen::MatrixXd among(size, size);
    Eigen::VectorXd with(size);
    const auto length = [&](Index i) { return std::sqrt(std::max(product(i, i), 1e-300)); };
    for (Index i = 0; i < size; ++i) {
      const Index p = kept[std::size_t(i)];
      with[i] = product(p, a) / (length(p) * length(a));
      for (Index j = 0; j < size; ++j) {
        const Index q = kept[std::size_t(j)];
        among(i, j) = product(p, q) / (length(p) * length(q));
      }
    }
    constexpr double rounding = 1e-9;  // of squared lengths
    const double whole = groups[std::size_t(a)].rows_per_level * double(rows);
    const Eigen::VectorXd combination = among.ldlt().solve(with);
    Grouping& group = groups[std::size_t(a)];
    if (product(a, a) <= rounding * whole) {
      drop[std::size_t(a)] = true;
      left_out.push_back({group.name, "confounded with the fixed effects", group.levels});
    } else if (1.0 - with.dot(combination) <= rounding) {
      drop[std::size_t(a)] = true;
      std::vector<std::string> partners;
      for (Index i = 0; i < size; ++i) {
        if (std::fabs(combination[i]) < 1e-5) continue;
        const Index p = kept[std::size_t(i)];
        residual_shared |= p == count;
        partners.push_back(p == count ? "the residual" : groups[std::size_t(p)].name);
        if (p != count) confounded_partner[std::size_t(p)] = group.name;
      }
      left_out.push_back(
          {group.name,
           str("confounded with ", listing(partners), ": the design cannot tell them apart"),
           group.levels});
    } else {
      kept.push_back(a);
    }
  }
  std::vector<Grouping> left;
  std::vector<std::string> partner;
  for (Index a = 0; a < count; ++a) {
    if (drop[std::size_t(a)]) continue;
    left.push_back(std::move(groups[std::size_t(a)]));
    partner.push_back(confounded_partner[std::size_t(a)]);
  }
  groups = std::move(left);
  confounded_partner = std::move(partner);
}

void MixedDesign::build_system() {
  std::vector<std::size_t> order(groups.size());
  for (std::size_t k = 0; k < order.size(); ++k) order[k] = k;
  std::stable_sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) {
    return groups[a].levels > groups[b].levels;
  });
  for (const std::size_t k : order) {
    groups[k].first = random;
    random += groups[k].levels;
    group_of.resize(std::size_t(random), Index(k));
  }
  const Index size = random + fixed;
  std::vector<std::map<Index, double>> lower{std::size_t(size)};
  for (Index i = 0; i < rows; ++i) {
    for (const Grouping& a : groups)
      for (const Grouping& b : groups) {
        const Index row = a.first + a.level[std::size_t(i)];
        const Index column = b.first + b.level[std::size_t(i)];
        if (row >= column)
          lower[std::size_t(column)][row] += a.slope[std::size_t(i)] * b.slope[std::size_t(i)];
      }
    for (const Grouping& g : groups)
      for (Index j = 0; j < fixed; ++j)
        if (x(i, j) != 0.0)
          lower[std::size_t(g.first + g.level[std::size_t(i)])][random + j] +=
              g.slope[std::size_t(i)] * x(i, j);
  }
  const Eigen::MatrixXd xx = x.transpose() * x;
  for (Index j = 0; j < fixed; ++j)
    for (Index i = j; i < fixed; ++i) lower[std::size_t(random + j)][random + i] = xx(i, j);

  std::vector<std::vector<Index>> below{std::size_t(size)};
  for (Index j = 0; j < size; ++j)
    for (const auto& [row, value] : lower[std::size_t(j)])
      if (row > j) below[std::size_t(j)].push_back(row);
  pattern = SparsePattern::of_factor(std::move(below));
  gram.assign(pattern.row.size(), 0.0);
  for (Index j = 0; j < size; ++j)
    for (const auto& [row, value] : lower[std::size_t(j)])
      gram[std::size_t(pattern.place(row, j))] = value;
}

Eigen::VectorXd MixedDesign::gram_times(const Eigen::VectorXd& v) const {
  Eigen::VectorXd result = Eigen::VectorXd::Zero(pattern.size);
  for (Index j = 0; j < pattern.size; ++j) {
    const Index begin = pattern.start[std::size_t(j)], end = pattern.start[std::size_t(j) + 1];
    double own = gram[std::size_t(begin)] * v[j];
    for (Index at = begin + 1; at < end; ++at) {
      const Index i = pattern.row[std::size_t(at)];
      result[i] += gram[std::size_t(at)] * v[j];
      own += gram[std::size_t(at)] * v[i];
    }
    result[j] += own;
  }
  return result;
}

Eigen::VectorXd MixedDesign::transposed_times(const Eigen::VectorXd& y) const {
  Eigen::VectorXd result = Eigen::VectorXd::Zero(pattern.size);
  for (const Grouping& g : groups)
    for (Index i = 0; i < rows; ++i)
      result[g.first + g.level[std::size_t(i)]] += g.slope[std::size_t(i)] * y[i];
  for (Index j = 0; j < fixed; ++j) result[random + j] = x.col(j).dot(y);
  return result;
}

Eigen::VectorXd MixedDesign::residual(const Eigen::VectorXd& y,
                                      const Eigen::VectorXd& unknowns) const {
  Eigen::VectorXd left = y;
  for (Index j = 0; j < fixed; ++j) left -= unknowns[random + j] * x.col(j);
  for (const Grouping& g : groups)
    for (Index i = 0; i < rows; ++i)
      left[i] -= g.slope[std::size_t(i)] * unknowns[g.first + g.level[std::size_t(i)]];
  return left;
}

}  // namespace vitrine::evaluation::detail
