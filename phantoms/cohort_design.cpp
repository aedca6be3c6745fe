#include "vitrine/phantoms/cohort_design.hpp"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <functional>
#include <map>
#include <numeric>
#include <optional>
#include <utility>

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
      Schema<CohortStratum>("stratum", "A named part of the cohort of a fixed size")
          .required("name", &CohortStratum::name, "what its patients are called after")
          .name_of_at_most(24)
          .optional("count", &CohortStratum::count, "number of its patients; or share")
          .between(1, 100000)
          .optional("share", &CohortStratum::share,
                    "of patients.count; all shares make 1; or count")
          .between(0, 1)
          .optional("anatomy", &CohortStratum::anatomy,
                    "keys of the anatomy: another value, or [low, high] of the cohort's values")
          .optional("lesions", &CohortStratum::lesions,
                    "kinds of lesions in place of the cohort's (those if nothing is said)")
          .rule("a stratum has count or share, one of the two",
                [](const CohortStratum& x) { return x.count.has_value() != x.share.has_value(); });
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
  if (stratum && stratum->anatomy.as<Value::Map>())
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

std::vector<std::uint32_t> stratum_sizes(const Cohort& cohort) {
  std::vector<std::uint32_t> sizes;
  std::vector<std::pair<double, std::size_t>> remainders;
  const double count = double(cohort.count.value_or(1));
  std::int64_t left = cohort.count.value_or(0);
  for (const CohortStratum& stratum : cohort.strata) {
    const double wanted =
        stratum.count ? double(*stratum.count) : stratum.share.value_or(0.0) * count;
    const double whole = std::floor(wanted + 1e-6);
    remainders.emplace_back(whole - wanted, sizes.size());
    sizes.push_back(static_cast<std::uint32_t>(whole));
    left -= std::int64_t(whole);
  }
  std::stable_sort(remainders.begin(), remainders.end());
  const bool counted = !cohort.strata.empty() && cohort.strata.front().count.has_value();
  for (std::size_t i = 0; !counted && left > 0 && i < remainders.size(); ++i, --left)
    ++sizes[remainders[i].second];
  return sizes;
}

std::int64_t patient_count(const Cohort& cohort) {
  if (cohort.strata.empty()) return cohort.count.value_or(1);
  const auto sizes = stratum_sizes(cohort);
  return std::accumulate(sizes.begin(), sizes.end(), std::int64_t{0});
}

std::vector<std::string> patient_ids(const Cohort& cohort) {
  std::vector<std::string> ids;
  const auto add = [&](const std::string& name, std::int64_t count) {
    for (std::int64_t i = 1; i <= count; ++i) {
      std::string number = str(i);
      number.insert(0, number.size() < 3 ? 3 - number.size() : 0, '0');
      ids.push_back(name + number);
    }
  };
  if (cohort.strata.empty()) add("case", patient_count(cohort));
  const auto sizes = stratum_sizes(cohort);
  for (std::size_t s = 0; s < sizes.size(); ++s) add(cohort.strata[s].name + '_', sizes[s]);
  return ids;
}

Place place_of(const Cohort& cohort, std::string_view case_id) {
  const std::size_t digits = case_id.find_last_not_of("0123456789") + 1;
  std::uint32_t number = 0;
  std::from_chars(case_id.data() + digits, case_id.data() + case_id.size(), number);
  Place place;
  if (cohort.strata.empty()) {
    place.of = static_cast<std::uint32_t>(patient_count(cohort));
  } else {
    place.of = 0;
    const auto sizes = stratum_sizes(cohort);
    for (std::size_t s = 0; s < sizes.size(); ++s)
      if (case_id.substr(0, digits) == cohort.strata[s].name + '_')
        place = {&cohort.strata[s], 0, sizes[s]};
  }
  require(number >= 1 && number <= place.of, Error::Kind::input, "'", case_id,
          "' has no place in a cohort of ", patient_count(cohort), " patients (they are ",
          patient_ids(cohort).front(), " to ", patient_ids(cohort).back(), ")");
  place.subject = number - 1;
  return place;
}

std::string stratum_name(const Cohort& cohort, std::string_view case_id) {
  return cohort.strata.empty() ? std::string() : place_of(cohort, case_id).stratum->name;
}

Cohort own_cohort(const Cohort& cohort, std::string_view case_id) {
  Cohort own = cohort;
  const bool independent = cohort.design == "independent";
  if (cohort.strata.empty()) {
    if (independent) own.count = 1;
    return own;
  }
  const Place place = place_of(cohort, case_id);
  CohortStratum mine = *place.stratum;
  if (mine.lesions) own.lesions = *std::exchange(mine.lesions, std::nullopt);
  mine.share.reset();
  mine.count = independent ? place.subject + 1 : place.of;
  own.count.reset();
  own.strata = {std::move(mine)};
  return own;
}

Pick<Anatomy> anatomy_of(const Cohort& cohort, std::uint64_t seed, std::string_view case_id) {
  if (cohort.strata.empty() && cohort.correlations.empty()) return cohort.anatomy;
  const bool spread = cohort.design == "latin_hypercube";
  const Place place = spread || !cohort.strata.empty() ? place_of(cohort, case_id) : Place{};
  const CohortStratum* mine = place.stratum;
  const std::string whose = mine ? mine->name + ' ' : "";
  const Uniform uniform = [&](const std::string& name) {
    Stratum part;
    if (spread)
      part = {make_stream(seed, "cohort " + whose + name, Draw::design), place.subject, place.of};
    return Rng(make_stream(seed, str(case_id, ' ', name), Draw::design), 0, part).uniform();
  };
  Diagnostics problems;
  const Value settings = settings_of(cohort, mine, uniform, problems);
  problems.throw_if_any();
  Pick<Anatomy> pick = anatomies().make(settings, problems);
  problems.throw_if_any();
  return pick;
}

namespace {

/// Sizes and names of the strata; `node` is the cohort's.
void check_strata(const Cohort& cohort, const Value& node, Diagnostics& problems) {
  const Value& all = *node.find("strata");
  const auto& list = *all.as<Value::List>();
  const auto place = [&](std::size_t i, const char* key) {
    const Value* there = list[i].find(key);
    return there ? there->where : list[i].where;
  };
  const auto& strata = cohort.strata;
  const bool counted = strata.front().count.has_value();
  double shares = 0.0;
  for (std::size_t i = 0; i < strata.size(); ++i) {
    shares += strata[i].share.value_or(0.0);
    const auto same = [&](const CohortStratum& other) { return other.name == strata[i].name; };
    if (std::any_of(strata.begin(), strata.begin() + std::ptrdiff_t(i), same))
      problems.error(place(i, "name"), str("two strata are called '", strata[i].name,
                                           "' (patients are named after them). Rename one."));
    if (strata[i].count.has_value() != counted)
      problems.error(place(i, counted ? "share" : "count"),
                     str("stratum '", strata[i].name, "' has a ", counted ? "share" : "count",
                         " (the first stratum has a ", counted ? "count" : "share",
                         "). Give all of them the same."));
    if (!strata[i].anatomy.empty() && !strata[i].anatomy.as<Value::Map>())
      problems.error(strata[i].anatomy.where, "a stratum's 'anatomy' must be a map of keys");
  }
  if (!problems.ok()) return;
  if (counted) {
    if (cohort.count)
      problems.error(node.find("count")->where,
                     str("'count' is given twice: ", *cohort.count,
                         " for all patients, and in every stratum (", patient_count(cohort),
                         " in all). Leave it out here, or give the strata shares."));
    return;
  }
  if (std::abs(shares - 1.0) > 1e-6)
    return problems.error(all.where, str("the shares of the strata make ", to_text(shares),
                                         " (they must make 1). Change one of them."));
  if (!cohort.count) return;
  const auto sizes = stratum_sizes(cohort);
  for (std::size_t i = 0; i < sizes.size(); ++i)
    if (sizes[i] == 0)
      problems.error(
          place(i, "share"),
          str("stratum '", strata[i].name, "' has no patient (", to_text(*strata[i].share), " of ",
              *cohort.count, "). Raise its share or patients.count, or leave it out."));
}

}  // namespace

void check_design(const Cohort& cohort, const Value& node, Diagnostics& problems) {
  const auto place = [&](const char* key) {
    const Value* there = node.find(key);
    return there ? there->where : node.where;
  };
  if (!cohort.strata.empty()) check_strata(cohort, node, problems);
  if (!cohort.count && (cohort.strata.empty() || cohort.strata.front().share))
    problems.error(node.where, "patients: 'count' is missing (number of patients)");
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
  const auto& fields = fields_of(cohort.anatomy.canonical);
  if (std::any_of(fields.begin(), fields.end(), [](const FieldInfo& field) {
        return field.required && field.type == FieldInfo::Type::text;
      }))
    return problems.error(place(cohort.strata.empty() ? "correlations" : "strata"),
                          "strata and correlations go with an anatomy that is drawn (this one is "
                          "read from a file). Leave them out.");
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
