#include "vitrine/trial/design_summary.hpp"

#include <Eigen/QR>
#include <algorithm>
#include <charconv>
#include <cmath>
#include <map>
#include <set>

#include "vitrine/trial/detail/factor.hpp"
#include "vitrine/trial/kind_of.hpp"

namespace vitrine::trial {
namespace {

using Matrix = Eigen::MatrixXd;

/// Above so many effects, or operations for a rank, plans would take seconds.
constexpr Eigen::Index most_effects = 200;
constexpr double most_operations = 1e8;

Eigen::Index rank_of(const Matrix& m) {
  Eigen::ColPivHouseholderQR<Matrix> qr(m);
  qr.setThreshold(1e-9);
  return qr.rank();
}

Matrix beside(const Matrix& left, const Matrix& right) {
  Matrix both(left.rows(), left.cols() + right.cols());
  both << left, right;
  return both;
}

double number(const std::string& text) {
  double value = 0.0;
  std::from_chars(text.data(), text.data() + text.size(), value);
  return value;
}

/// A factor as arms have it: its level in each arm.
struct Column {
  FactorSummary factor;
  std::vector<std::size_t> level;

  /// Its effects beside a constant: level against the first level, or the slope.
  Matrix effects() const {
    const auto arms = Eigen::Index(level.size());
    if (factor.is_interval) {
      Matrix slope(arms, 1);
      for (Eigen::Index i = 0; i < arms; ++i)
        slope(i, 0) = number(factor.levels[level[std::size_t(i)]]);
      slope.array() -= slope.mean();
      return slope / slope.cwiseAbs().maxCoeff();
    }
    Matrix steps = Matrix::Zero(arms, Eigen::Index(factor.levels.size()) - 1);
    for (Eigen::Index i = 0; i < arms; ++i)
      if (const auto l = Eigen::Index(level[std::size_t(i)]); l > 0) steps(i, l - 1) = 1.0;
    return steps;
  }
};

/// Products of the columns of two factors: their interaction.
Matrix interaction(const Matrix& a, const Matrix& b) {
  Matrix out(a.rows(), a.cols() * b.cols());
  for (Eigen::Index i = 0; i < a.cols(); ++i)
    for (Eigen::Index j = 0; j < b.cols(); ++j)
      out.col(i * b.cols() + j) = a.col(i).cwiseProduct(b.col(j));
  return out;
}

std::string listed(const std::vector<std::string>& names) {
  std::string out;
  for (std::size_t i = 0; i < names.size(); ++i)
    out += (i == 0 ? "" : i + 1 == names.size() ? " and " : ", ") + names[i];
  return out;
}

class Separation {
 public:
  explicit Separation(const std::vector<Column>& columns) : columns_(columns) {
    for (const Column& column : columns) effects_.push_back(column.effects());
    constant_ = Matrix::Ones(std::ssize(columns.front().level), 1);
  }

  bool too_large() const {
    Eigen::Index all = 0;
    for (const Matrix& effects : effects_) all += effects.cols();
    return all > most_effects || double(constant_.rows()) * double(all * all) > most_operations;
  }

  /// Factors whose own effects are lost among those of `others`.
  bool is_lost(std::size_t factor, const std::vector<std::size_t>& others) const {
    const Matrix rest = of(others);
    return rank_of(beside(rest, effects_[factor])) < rank_of(rest) + effects_[factor].cols();
  }

  /// Sentences about factors that cannot be separated.
  std::vector<std::string> confounded() const {
    std::vector<std::string> out;
    std::set<std::size_t> lost, explained;
    for (std::size_t f = 0; f < columns_.size(); ++f)
      if (is_lost(f, others(f))) lost.insert(f);
    for (const std::size_t f : lost) {
      if (explained.contains(f)) continue;
      std::vector<std::size_t> together{f};
      for (const std::size_t g : lost)
        if (g != f && is_lost(f, {g})) together.push_back(g);
      if (together.size() == 1) continue;
      explained.insert(together.begin(), together.end());
      std::vector<std::string> names;
      for (const std::size_t g : together) names.push_back(columns_[g].factor.key);
      out.push_back(str(listed(names), " cannot be separated (", how(together), ")"));
    }
    std::vector<std::string> rest;
    for (const std::size_t f : lost)
      if (!explained.contains(f)) rest.push_back(columns_[f].factor.key);
    if (!rest.empty())
      out.push_back(str(listed(rest), " cannot be separated from all others together (",
                        columns_.front().level.size(), " arms are too few, or too alike)"));
    return out;
  }

  /// Which interactions of two factors can be told from main effects.
  std::string interactions() const {
    std::vector<std::string> seen, unseen;
    std::vector<std::size_t> all(columns_.size());
    for (std::size_t f = 0; f < all.size(); ++f) all[f] = f;
    const Matrix main = of(all);
    const Eigen::Index rank = rank_of(main);
    for (std::size_t f = 0; f < columns_.size(); ++f)
      for (std::size_t g = f + 1; g < columns_.size(); ++g) {
        const Matrix both = interaction(effects_[f], effects_[g]);
        const bool fits = rank + both.cols() <= main.rows() && both.cols() <= most_effects;
        const bool is_seen = fits && rank_of(beside(main, both)) == rank + both.cols();
        (is_seen ? seen : unseen)
            .push_back(str(columns_[f].factor.key, " x ", columns_[g].factor.key));
      }
    if (unseen.empty()) return "the interactions of any two factors can be seen";
    if (seen.empty()) return "no interaction of factors can be seen";
    return str("interactions can be seen of ", listed(seen), ", not of ", listed(unseen));
  }

 private:
  Matrix of(const std::vector<std::size_t>& factors) const {
    Matrix out = constant_;
    for (const std::size_t f : factors) out = beside(out, effects_[f]);
    return out;
  }
  std::vector<std::size_t> others(std::size_t factor) const {
    std::vector<std::size_t> out;
    for (std::size_t f = 0; f < columns_.size(); ++f)
      if (f != factor) out.push_back(f);
    return out;
  }

  /// Whether a level of `a` says what the level of `b` is.
  bool decides(std::size_t a, std::size_t b) const {
    std::map<std::size_t, std::size_t> known;
    for (std::size_t i = 0; i < columns_[a].level.size(); ++i)
      if (known.emplace(columns_[a].level[i], columns_[b].level[i]).first->second !=
          columns_[b].level[i])
        return false;
    return true;
  }
  std::string how(const std::vector<std::size_t>& together) const {
    const std::size_t a = together[0], b = together[1];
    const auto& name = [&](std::size_t f) -> const std::string& { return columns_[f].factor.key; };
    if (decides(a, b) && decides(b, a)) return "they vary together";
    if (decides(b, a)) return str(name(b), " is nested in ", name(a));
    if (decides(a, b)) return str(name(a), " is nested in ", name(b));
    return "too few of their combinations are arms";
  }

  const std::vector<Column>& columns_;
  std::vector<Matrix> effects_;
  Matrix constant_;
};

/// The largest correlation between any two factors, by the order of their levels.
std::string correlation_note(const std::vector<Column>& columns) {
  double largest = -1.0;
  std::string names;
  for (std::size_t f = 0; f < columns.size(); ++f)
    for (std::size_t g = f + 1; g < columns.size(); ++g) {
      const Column &a = columns[f], &b = columns[g];
      if (!a.factor.is_interval || !b.factor.is_interval) continue;
      const Matrix x = a.effects(), y = b.effects();
      const double r = std::abs((x.transpose() * y)(0, 0)) / (x.norm() * y.norm());
      if (r <= largest) continue;
      largest = r;
      names = str(a.factor.key, " and ", b.factor.key);
    }
  if (largest < 0.0) return {};
  return str("the largest correlation between intervals is ",
             to_text(std::round(100.0 * largest) / 100.0), " (", names, ")");
}

}  // namespace

DesignSummary summary_of(const Plan& plan) {
  const Arms& arms = plan.scenario.arms;
  DesignSummary out;
  out.kind = kind_of(arms.design);
  const auto factors = detail::factors_of(arms);
  std::vector<Column> columns;
  for (std::size_t f = 0; f < factors.size(); ++f) {
    Column column{{factors[f].key, {}, arms.design->is_interval(factors[f].key)}, {}};
    std::map<std::size_t, std::size_t> number_of;  // of the levels that arms have
    for (const Arm& arm : plan.arms) number_of.emplace(arm.levels[f], 0);
    for (auto& [level, its_number] : number_of) {
      its_number = column.factor.levels.size();
      column.factor.levels.push_back(factors[f].levels[level]);
    }
    for (const Arm& arm : plan.arms) column.level.push_back(number_of.at(arm.levels[f]));
    if (column.factor.levels.size() > 1) columns.push_back(std::move(column));
  }
  for (const Column& column : columns) out.factors.push_back(column.factor);
  if (columns.size() < 2) return out;
  const Separation separation(columns);
  if (separation.too_large()) {
    out.notes.emplace_back("there are too many arms and levels to say what can be separated");
    return out;
  }
  out.confounded = separation.confounded();
  if (out.confounded.empty()) out.notes.emplace_back("the effects of all factors can be separated");
  out.notes.push_back(separation.interactions());
  if (auto note = correlation_note(columns); !note.empty()) out.notes.push_back(std::move(note));
  return out;
}

}  // namespace vitrine::trial
