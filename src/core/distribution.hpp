#pragma once
#include <limits>
#include <optional>
#include <string>
#include <vector>

#include "vitrine/core/random.hpp"
#include "vitrine/core/value.hpp"

namespace vitrine {

/// A number, or a population of numbers: fixed, uniform, normal, log-normal or a choice.
///
/// Native units. Normal and log-normal are truncated to [low, high], the range that the schema
/// gives its field; what that cuts away is `truncated_mass()`.
class Distribution {
 public:
  enum class Kind { fixed, uniform, normal, lognormal, choice };

  Distribution(double value = 0.0) : a_(value) {}
  static Distribution uniform(double low, double high);
  static Distribution normal(double mean, double sd);
  /// `median` and the standard deviation of the natural logarithm.
  static Distribution lognormal(double median, double log_sd);
  static Distribution choice(std::vector<double> values);

  Distribution truncated(double low, double high) const;

  Kind kind() const { return kind_; }
  double sample(Rng& rng) const;
  /// The value below which a share `u` of the population lies, u in (0, 1); rises with u.
  double quantile(double u) const;
  /// The part of the population in [low, high], or nothing where there is none.
  std::optional<Distribution> within(double low, double high) const;
  double mean() const;  ///< before truncation
  double truncated_mass() const;
  /// Smallest and largest value that `sample` can return.
  double lowest() const;
  double highest() const;

  /// As a user writes it, in a unit worth `to_native`: 8, {uniform: [4, 12]}, ...
  Value write(double to_native) const;
  /// Reads what `write` wrote; problems go to `problems` and leave a fixed 0.
  static Distribution read(const Value& value, double to_native, const std::string& key,
                           Diagnostics& problems);

 private:
  double unbounded_cdf(double x) const;

  Kind kind_ = Kind::fixed;
  double a_ = 0.0, b_ = 0.0;  // uniform: low, high; normal: mean, sd; log-normal: median, log sd
  double low_ = -std::numeric_limits<double>::infinity();
  double high_ = +std::numeric_limits<double>::infinity();
  std::vector<double> values_;
};

/// A word, or a choice of words with equal weights.
struct Choice {
  std::vector<std::string> options;

  Choice() = default;
  Choice(std::string word) : options{std::move(word)} {}
  Choice(std::vector<std::string> words) : options(std::move(words)) {}
  const std::string& sample(Rng& rng) const {
    return options[static_cast<std::size_t>(rng.below(options.size()))];
  }
};

}  // namespace vitrine
