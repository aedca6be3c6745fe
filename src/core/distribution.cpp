#include "vitrine/core/distribution.hpp"

#include <algorithm>
#include <cmath>

#include "vitrine/core/detail/wording.hpp"
#include "vitrine/core/math.hpp"

namespace vitrine {

Distribution Distribution::uniform(double low, double high) {
  Distribution d(low);
  d.kind_ = Kind::uniform;
  d.b_ = high;
  return d;
}

Distribution Distribution::normal(double mean, double sd) {
  Distribution d(mean);
  d.kind_ = Kind::normal;
  d.b_ = sd;
  return d;
}

Distribution Distribution::lognormal(double median, double log_sd) {
  Distribution d(median);
  d.kind_ = Kind::lognormal;
  d.b_ = log_sd;
  return d;
}

Distribution Distribution::choice(std::vector<double> values) {
  Distribution d;
  d.kind_ = Kind::choice;
  d.values_ = std::move(values);
  return d;
}

Distribution Distribution::truncated(double low, double high) const {
  Distribution d = *this;
  d.low_ = low;
  d.high_ = high;
  return d;
}

double Distribution::sample(Rng& rng) const {
  if (kind_ == Kind::fixed) return a_;
  if (kind_ == Kind::choice) return values_[static_cast<std::size_t>(rng.below(values_.size()))];
  return quantile(rng.uniform());
}

double Distribution::quantile(double u) const {
  if (kind_ == Kind::fixed) return a_;
  if (kind_ == Kind::uniform) return a_ + (b_ - a_) * u;
  if (kind_ == Kind::choice) {
    std::vector<double> ascending = values_;
    std::sort(ascending.begin(), ascending.end());
    const auto at = static_cast<std::size_t>(u * double(ascending.size()));
    return ascending[std::min(at, ascending.size() - 1)];
  }
  // Truncated (log-)normal by inversion: one draw a value, whatever the truncation.
  const double from = unbounded_cdf(low_);
  const double to = unbounded_cdf(high_);
  const double z = math::normal_quantile(from + (to - from) * u);
  const double value = kind_ == Kind::normal ? a_ + b_ * z : a_ * math::exp(b_ * z);
  return std::clamp(value, low_, high_);
}

std::optional<Distribution> Distribution::within(double low, double high) const {
  Distribution part = *this;
  part.low_ = std::max(low_, low);
  part.high_ = std::min(high_, high);
  if (kind_ == Kind::choice) {
    std::erase_if(part.values_, [&](double value) { return value < low || value > high; });
    if (part.values_.empty()) return std::nullopt;
  } else if (kind_ == Kind::uniform) {
    part.a_ = std::max(a_, low);
    part.b_ = std::min(b_, high);
    if (part.a_ > part.b_) return std::nullopt;
  } else if (kind_ == Kind::fixed) {
    if (a_ < low || a_ > high) return std::nullopt;
  } else if (unbounded_cdf(part.high_) - unbounded_cdf(part.low_) < 1e-9) {
    return std::nullopt;
  }
  return part;
}

double Distribution::mean() const {
  if (kind_ == Kind::uniform) return 0.5 * (a_ + b_);
  if (kind_ == Kind::lognormal) return a_ * math::exp(0.5 * b_ * b_);
  if (kind_ != Kind::choice) return a_;
  double sum = 0.0;
  for (const double value : values_) sum += value;
  return sum / double(values_.size());
}

double Distribution::truncated_mass() const {
  if (kind_ != Kind::normal && kind_ != Kind::lognormal) return 0.0;
  return unbounded_cdf(low_) + (1.0 - unbounded_cdf(high_));
}

double Distribution::lowest() const {
  if (kind_ == Kind::choice) return *std::min_element(values_.begin(), values_.end());
  if (kind_ == Kind::fixed || kind_ == Kind::uniform) return a_;
  return kind_ == Kind::lognormal ? std::max(low_, 0.0) : low_;
}

double Distribution::highest() const {
  if (kind_ == Kind::choice) return *std::max_element(values_.begin(), values_.end());
  if (kind_ == Kind::fixed) return a_;
  return kind_ == Kind::uniform ? b_ : high_;
}

double Distribution::unbounded_cdf(double x) const {
  if (std::isinf(x)) return x < 0 ? 0.0 : 1.0;
  if (b_ == 0.0) return x < a_ ? 0.0 : 1.0;
  if (kind_ == Kind::normal) return math::normal_cdf((x - a_) / b_);
  return x <= 0.0 ? 0.0 : math::normal_cdf(math::log(x / a_) / b_);
}

Value Distribution::write(double to_native) const {
  const auto number = [&](double native) { return Value(native / to_native); };
  Value out;
  switch (kind_) {
    case Kind::fixed:
      return number(a_);
    case Kind::uniform:
      out.set("uniform", Value::List{number(a_), number(b_)});
      break;
    case Kind::normal:
      out.set("normal", Value().set("mean", number(a_)).set("sd", number(b_)));
      break;
    case Kind::lognormal:
      out.set("lognormal", Value().set("median", number(a_)).set("log_sd", Value(b_)));
      break;
    case Kind::choice: {
      Value::List list;
      for (const double value : values_) list.push_back(number(value));
      out.set("choice", std::move(list));
      break;
    }
  }
  return out;
}

namespace {

/// Numbers of a list, or nothing and a problem.
std::vector<double> numbers(const Value& value, std::string_view what, Diagnostics& problems) {
  std::vector<double> all;
  if (const auto* list = value.as<Value::List>())
    for (const Value& item : *list)
      if (const double* number = item.as<double>()) all.push_back(*number);
  const auto* list = value.as<Value::List>();
  if (!list || all.empty() || all.size() != list->size()) {
    problems.error(value.where,
                   str(what, " takes a list of numbers (this is ", name_of_type(value), ")"));
    all.clear();
  }
  return all;
}

/// The two numbers of {first: x, second: y}, or false and a problem.
bool pair_of(const Value& value, const char* first, const char* second, double& a, double& b,
             Diagnostics& problems) {
  const Value* x = value.find(first);
  const Value* y = value.find(second);
  const auto* map = value.as<Value::Map>();
  if (map && map->size() == 2 && x && y && x->as<double>() && y->as<double>()) {
    a = *x->as<double>();
    b = *y->as<double>();
    if (b >= 0.0) return true;
    problems.error(y->where, str("'", second, "' is ", b, " (a spread cannot be negative)"));
    return false;
  }
  problems.error(value.where, str("write {", first, ": NUMBER, ", second, ": NUMBER}"));
  return false;
}

}  // namespace

Distribution Distribution::read(const Value& value, double to_native, const std::string& key,
                                Diagnostics& problems) {
  if (const double* number = value.as<double>()) return Distribution(*number * to_native);
  const auto* map = value.as<Value::Map>();
  if (!map || map->size() != 1) {
    problems.error(
        value.where,
        str("'", key, "' must be a number or a distribution such as {uniform: [4, 12]} (this is ",
            detail::as_found(value), ')', detail::unit_advice(value)));
    return {};
  }
  const auto& [kind, body, where] = map->front();
  double a = 0.0;
  double b = 0.0;
  if (kind == "uniform") {
    const auto limits = numbers(body, "uniform", problems);
    if (limits.size() == 2 && limits[0] <= limits[1])
      return uniform(limits[0] * to_native, limits[1] * to_native);
    if (!limits.empty()) problems.error(body.where, "uniform takes [low, high] with low <= high");
  } else if (kind == "normal") {
    if (pair_of(body, "mean", "sd", a, b, problems)) return normal(a * to_native, b * to_native);
  } else if (kind == "lognormal") {
    if (pair_of(body, "median", "log_sd", a, b, problems)) {
      if (a > 0.0) return lognormal(a * to_native, b);
      problems.error(body.where, "the median of a lognormal must be positive");
    }
  } else if (kind == "choice") {
    auto list = numbers(body, "choice", problems);
    for (double& item : list) item *= to_native;
    if (!list.empty()) return choice(std::move(list));
  } else {
    problems.error(where, str("unknown distribution '", kind, "'.",
                              suggestion(kind, {"uniform", "normal", "lognormal", "choice"})));
  }
  return {};
}

}  // namespace vitrine
