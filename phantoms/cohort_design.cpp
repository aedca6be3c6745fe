#include "vitrine/phantoms/cohort_design.hpp"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <functional>
#include <map>
#include <numeric>
#include <optional>

#include "vitrine/core/math.hpp"
#include "vitrine/phantoms/cohort.hpp"

namespace vitrine::phantoms {

const Schema<Correlation>& Correlation::schema() {
  static const auto s =
      Schema<Correlation>("correlation", "Two parameters of the anatomy that go together")
          .required("between", &Correlation::between,
                    "the keys of two parameters; height_mm stands for that of the patient's sex")
          .required("coefficient", &Correlation::coefficient,
                    "correlation of their normal scores (rank correlation 6/pi asin(r/2))")
          .between(-0.999, 0.999)
          .rule("between takes the keys of two different parameters", [](const Correlation& c) {
            return c.between.size() == 2 && c.between[0] != c.between[1];
          });
  return s;
}

const Schema<CohortStratum>& CohortStratum::schema() {
  static const auto s =
      Schema<CohortStratum>("stratum", "A part of the cohort of a fixed size")
          .required("share", &CohortStratum::share, "of the cohort; all shares make 1")
          .between(0, 1)
          .required("anatomy", &CohortStratum::anatomy,
                    "keys of the anatomy: another value, or [low, high] of the cohort's values");
  return s;
}

namespace {

const std::vector<FieldInfo>& fields_of(const Value& anatomy) {
  static const std::vector<FieldInfo> none;
  const std::string kind = *anatomy.find("kind")->as<std::string>();
  for (const CatalogueInfo::Entry& entry : anatomies().info().entries)
    if (entry.kind == kind) return entry.fields;
  return none;
}

const FieldInfo* field_named(const Value& anatomy, std::string_view key) {
  for (const FieldInfo& field : fields_of(anatomy))
    if (field.key == key) return &field;
  return nullptr;
}

/// `height_mm` becomes `height_female_mm` where the anatomy knows only that.
std::string key_for(const Value& anatomy, const std::string& name, const std::string& sex) {
  if (sex.empty() || field_named(anatomy, name)) return name;
  for (const FieldInfo& field : fields_of(anatomy)) {
    const std::size_t at = field.key.find("_" + sex);
    if (at == std::string::npos) continue;
    std::string without = field.key;
    if (without.erase(at, sex.size() + 1) == name) return field.key;
  }
  return name;
}

void put(Value& map, const std::string& key, Value value) {
  for (Value::Member& member : std::get<Value::Map>(map.data))
    if (member.key == key) {
      member.value = std::move(value);
      return;
    }
  map.set(key, std::move(value));
}

std::vector<std::string> all_keys(const Value& anatomy) {
  std::vector<std::string> keys;
  for (const FieldInfo& field : fields_of(anatomy)) keys.push_back(field.key);
  return keys;
}

/// The keys that have a distribution or a number now.
std::vector<std::string> drawn_keys(const Value& anatomy) {
  std::vector<std::string> keys;
  for (const FieldInfo& field : fields_of(anatomy))
    if (field.type == FieldInfo::Type::distribution && anatomy.find(field.key))
      keys.push_back(field.key);
  return keys;
}

struct Range {
  double low, high;
  Location where;
};

/// [low, high] of a stratum, if it is that.
std::optional<Range> range_of(const Value& value) {
  const auto* list = value.as<Value::List>();
  if (!list || list->size() != 2) return std::nullopt;
  const double *low = (*list)[0].as<double>(), *high = (*list)[1].as<double>();
  if (!low || !high) return std::nullopt;
  return Range{*low, *high, value.where};
}

/// The parameters that correlations name, in that order, and their matrix.
struct Copula {
  std::vector<std::string> names;
  Eigen::MatrixXd matrix;

  explicit Copula(const std::vector<Correlation>& correlations) {
    for (const Correlation& c : correlations)
      for (const std::string& name : c.between)
        if (std::find(names.begin(), names.end(), name) == names.end()) names.push_back(name);
    matrix = Eigen::MatrixXd::Identity(std::ssize(names), std::ssize(names));
    for (const Correlation& c : correlations) {
      const auto i = index(c.between[0]), j = index(c.between[1]);
      matrix(i, j) = matrix(j, i) = c.coefficient;
    }
  }
  Eigen::Index index(const std::string& name) const {
    return std::find(names.begin(), names.end(), name) - names.begin();
  }
};

/// A number in (0, 1) of this patient for a name, always the same.
using Uniform = std::function<double(const std::string& name)>;

/// One patient's settings of the anatomy.
Value settings_of(const Cohort& cohort, const CohortStratum* stratum, const Uniform& uniform,
                  Diagnostics& problems) {
  Value settings = cohort.anatomy.canonical;
  std::string sex;
  if (const FieldInfo* field = field_named(settings, "sex")) {
    Choice sexes;
    const Value* own = stratum ? stratum->anatomy.find("sex") : nullptr;
    Codec<Choice>::read(own ? *own : *settings.find("sex"), sexes, *field, 1.0, problems);
    if (sexes.options.empty()) return settings;
    const double n = double(sexes.options.size());
    sex = sexes.options[std::size_t(std::min(uniform("sex") * n, n - 1.0))];
    put(settings, "sex", sex);
  }
  std::map<std::string, Range> ranges;
  std::vector<std::pair<std::string, std::string>> keys;  // drawn here: name and key
  if (stratum)
    for (const Value::Member& member : *stratum->anatomy.as<Value::Map>()) {
      if (member.key == "sex") continue;
      const std::string key = key_for(settings, member.key, sex);
      const FieldInfo* field = field_named(settings, key);
      const auto range = range_of(member.value);
      if (!field) {
        problems.error(member.key_where, str("the anatomy has no '", member.key, "'.",
                                             suggestion(member.key, all_keys(settings))));
      } else if (range && field->type == FieldInfo::Type::distribution) {
        ranges.insert({key, *range});
        keys.emplace_back(member.key, key);
      } else {
        put(settings, key, member.value);
      }
    }
  const Copula copula(cohort.correlations);
  Eigen::VectorXd scores(copula.matrix.rows());
  for (Eigen::Index i = 0; i < scores.size(); ++i)
    scores[i] = math::normal_quantile(uniform(copula.names[std::size_t(i)]));
  if (scores.size() > 0) scores = Eigen::VectorXd(copula.matrix.llt().matrixL() * scores);
  for (const std::string& name : copula.names) {
    const std::string key = key_for(settings, name, sex);
    const auto same = [&](const auto& each) { return each.second == key; };
    if (std::none_of(keys.begin(), keys.end(), same)) keys.emplace_back(name, key);
  }
  for (const auto& [name, key] : keys) {
    const FieldInfo* field = field_named(settings, key);
    const Value* value = settings.find(key);
    const bool varies = field && field->type == FieldInfo::Type::distribution;
    const auto range = ranges.find(key);
    if (!varies || !value) {
      const std::string follows = str("'", name,
                                      "' has no distribution of its own (it follows from "
                                      "other parameters). Give it one in the anatomy.");
      problems.error(range == ranges.end() ? Location{} : range->second.where,
                     varies ? follows
                            : str("the anatomy has no number '", name, "' to draw.",
                                  suggestion(name, drawn_keys(settings))));
      continue;
    }
    Distribution d;
    const auto before = problems.entries().size();
    Codec<Distribution>::read(*value, d, *field, 1.0, problems);
    if (problems.entries().size() != before) continue;
    if (range != ranges.end()) {
      const auto part = d.within(range->second.low, range->second.high);
      if (!part) {
        problems.error(
            range->second.where,
            str("no patient has '", name, "' from ", to_text(range->second.low), " to ",
                to_text(range->second.high), " (the cohort's ", key, " is ", to_json(*value), ")"));
        continue;
      }
      d = *part;
    } else if (d.kind() == Distribution::Kind::fixed) {
      const bool by_stratum = stratum && stratum->anatomy.find(name);
      if (!by_stratum)
        problems.error({}, str("'", name,
                               "' is a fixed number (it cannot go with another one). Give "
                               "it a distribution."));
      continue;
    }
    const Eigen::Index at = copula.index(name);
    put(settings, key,
        Value(d.quantile(at < scores.size() ? math::normal_cdf(scores[at]) : uniform(name))));
  }
  return settings;
}

}  // namespace

std::uint32_t subject_of(const Cohort& cohort, std::string_view case_id) {
  const std::size_t digits = case_id.find_last_not_of("0123456789") + 1;
  std::uint32_t number = 0;
  std::from_chars(case_id.data() + digits, case_id.data() + case_id.size(), number);
  require(number >= 1 && number <= cohort.count, Error::Kind::input, "'", case_id,
          "' has no place in a cohort of ", cohort.count, " patients (its number must be 1 to ",
          cohort.count, ")");
  return number - 1;
}

std::vector<std::uint32_t> stratum_sizes(const Cohort& cohort) {
  std::vector<std::uint32_t> sizes;
  std::vector<std::pair<double, std::size_t>> remainders;
  for (const CohortStratum& stratum : cohort.strata) {
    const double wanted = stratum.share * double(cohort.count);
    const double whole = std::floor(wanted + 1e-6);
    remainders.emplace_back(whole - wanted, sizes.size());
    sizes.push_back(static_cast<std::uint32_t>(whole));
  }
  std::stable_sort(remainders.begin(), remainders.end());
  std::int64_t left = cohort.count - std::accumulate(sizes.begin(), sizes.end(), std::int64_t{0});
  for (std::size_t i = 0; left > 0 && i < remainders.size(); ++i, --left)
    ++sizes[remainders[i].second];
  return sizes;
}

Pick<Anatomy> anatomy_of(const Cohort& cohort, std::uint64_t seed, std::string_view case_id) {
  if (cohort.strata.empty() && cohort.correlations.empty()) return cohort.anatomy;
  const bool spread = cohort.design == "latin_hypercube";
  const auto count = static_cast<std::uint32_t>(cohort.count);
  const std::uint32_t subject = spread || !cohort.strata.empty() ? subject_of(cohort, case_id) : 0;
  const Uniform uniform = [&](const std::string& name) {
    Stratum place;
    if (spread) place = {make_stream(seed, "cohort " + name, Draw::design), subject, count};
    return Rng(make_stream(seed, str(case_id, ' ', name), Draw::design), 0, place).uniform();
  };
  const CohortStratum* mine = nullptr;
  if (!cohort.strata.empty()) {
    // Who is in which stratum is a permutation of the subjects.
    std::uint32_t place =
        Stratum{make_stream(seed, "cohort strata", Draw::design), subject, count}.part(0);
    const auto sizes = stratum_sizes(cohort);
    std::size_t s = 0;
    while (s + 1 < sizes.size() && place >= sizes[s]) place -= sizes[s++];
    mine = &cohort.strata[s];
  }
  Diagnostics problems;
  const Value settings = settings_of(cohort, mine, uniform, problems);
  problems.throw_if_any();
  Pick<Anatomy> pick = anatomies().make(settings, problems);
  problems.throw_if_any();
  return pick;
}

void check_design(const Cohort& cohort, const Value& node, Diagnostics& problems) {
  const auto place = [&](const char* key) {
    const Value* there = node.find(key);
    return there ? there->where : node.where;
  };
  double shares = 0.0;
  for (const CohortStratum& stratum : cohort.strata) {
    shares += stratum.share;
    if (!stratum.anatomy.as<Value::Map>())
      return problems.error(stratum.anatomy.where, "a stratum's 'anatomy' must be a map of keys");
  }
  if (!cohort.strata.empty() && std::abs(shares - 1.0) > 1e-6)
    problems.error(place("strata"), str("the shares of the strata make ", to_text(shares),
                                        " (they must make 1). Change one of them."));
  const Copula copula(cohort.correlations);
  if (!copula.names.empty()) {
    const double least =
        Eigen::SelfAdjointEigenSolver<Eigen::MatrixXd>(copula.matrix).eigenvalues().minCoeff();
    if (least < 1e-6)
      problems.error(
          place("correlations"),
          str("the correlations contradict one another (the least eigenvalue of their matrix is ",
              std::round(least * 1000.0) / 1000.0,
              "; a population needs it above 0). Multiply all "
              "coefficients by less than ",
              std::floor(100.0 / (1.0 - least)) / 100.0, "."));
  }
  if (!problems.ok() || (cohort.strata.empty() && copula.names.empty())) return;
  // Every stratum, at both ends of the choice of sex: every key is looked at.
  std::vector<std::string> said;  // each problem once
  const auto tried = [&](const CohortStratum* stratum) {
    for (const double u : {0.25, 0.75}) {
      Diagnostics found;
      const Value settings = settings_of(
          cohort, stratum, [u](const std::string&) { return u; }, found);
      if (found.ok()) anatomies().make(settings, found);
      for (const Diagnostics::Entry& entry : found.entries()) {
        if (std::find(said.begin(), said.end(), entry.message) != said.end()) continue;
        said.push_back(entry.message);
        problems.error(entry.where.line > 0 ? entry.where : place("correlations"), entry.message);
      }
    }
  };
  if (cohort.strata.empty()) return tried(nullptr);
  for (const CohortStratum& stratum : cohort.strata) tried(&stratum);
}

}  // namespace vitrine::phantoms
