#include <algorithm>
#include <catch2/catch.hpp>
#include <cmath>
#include <memory>
#include <optional>
#include <vector>

#include "vitrine/config/explain.hpp"
#include "vitrine/config/json_schema.hpp"
#include "vitrine/config/plain.hpp"
#include "vitrine/config/yaml.hpp"
#include "vitrine/core/catalogue.hpp"

using namespace vitrine;

namespace {

struct Shape {
  virtual ~Shape() = default;
};
const Catalogue<Shape>& catalogue_for(const Shape*);

struct Round final : Shape {
  struct Params {
    Distribution radius{4.0};
    static const Schema<Params>& schema();
  };
  explicit Round(Params) {}
  static const Schema<Params>& schema() {
    static const auto s = Schema<Params>("round", "A ball")
                              .optional("radius", &Params::radius, unit::mm, "half the diameter")
                              .between(0.5, 75);
    return s;
  }
};

/// Picks from its own family, so that definitions refer to themselves.
struct Cluster final : Shape {
  struct Params {
    std::int64_t count = 2;
    Pick<Shape> of;
  };
  explicit Cluster(Params) {}
  static const Schema<Params>& schema() {
    static const auto s =
        Schema<Params>("cluster", "Several shapes | near each other")
            .required("count", &Params::count, "how many")
            .between(1, 9)
            .optional("of", &Params::of, "what it is made of")
            .rule("count must be odd", [](const Params& p) { return p.count % 2 == 1; });
    return s;
  }
};

const Catalogue<Shape>& catalogue_for(const Shape*) {
  // Without entries: `cluster` describes a pick of this very family while its list is being made.
  static const Catalogue<Shape> all("shape", "What a lesion looks like");
  return all;
}

struct Page {
  std::string name;
  std::vector<double> levels{1.0, 2.5};
  std::vector<std::string> features{"glcm"};
  Choice sex{std::vector<std::string>{"female", "male"}};
  Pick<Shape> shape;
  std::vector<Round::Params> rounds;
  Round::Params one;
  std::optional<double> maybe;
  bool flag = true;

  static const Schema<Page>& schema() {
    static const auto s = Schema<Page>("page", "A document with a field of every type")
                              .required("name", &Page::name, "what it is called")
                              .optional("levels", &Page::levels, unit::mm, "levels of the factor")
                              .between(0, 5)
                              .optional("features", &Page::features, "families to compute")
                              .one_of({"glcm", "statistics"})
                              .optional("sex", &Page::sex, "of the patient")
                              .one_of({"female", "male"})
                              .required("shape", &Page::shape, "shape of the lesion")
                              .optional("rounds", &Page::rounds, "a list of blocks")
                              .optional("one", &Page::one, "a block")
                              .optional("maybe", &Page::maybe, "nothing by default")
                              .optional("flag", &Page::flag, "on or off")
                              .rule("levels must differ", [](const Page&) { return true; });
    return s;
  }
};

const Schema<Round::Params>& Round::Params::schema() { return Round::schema(); }

CatalogueInfo::Entry page() {
  const auto& schema = Page::schema();
  return {schema.kind(), schema.summary(), schema.fields(), schema.rules()};
}

std::vector<CatalogueInfo> catalogues() {
  Catalogue<Shape> shapes("shape", "What a lesion looks like");
  shapes.add<Round>().add<Cluster>();
  return {shapes.info(), {std::string(config::block_family), "Parts of a document", {page()}}};
}

/// A validator for the part of JSON Schema that is written here; refuses keywords that it lacks.
class Validator {
 public:
  explicit Validator(Value root) : root_(std::move(root)) {}
  bool accepts(const Value& document) const { return valid(root_, document); }

 private:
  bool valid(const Value& schema, const Value& x) const {
    for (const auto& [keyword, value, where] : *schema.as<Value::Map>())
      if (!holds(schema, keyword, value, x)) return false;
    return true;
  }
  bool holds(const Value& schema, const std::string& keyword, const Value& value,
             const Value& x) const {
    const auto* number = x.as<double>();
    const auto* list = x.as<Value::List>();
    const auto* map = x.as<Value::Map>();
    if (keyword == "type") return is(*value.as<std::string>(), x);
    if (keyword == "minimum") return !number || *number >= *value.as<double>();
    if (keyword == "exclusiveMinimum") return !number || *number > *value.as<double>();
    if (keyword == "maximum") return !number || *number <= *value.as<double>();
    if (keyword == "minItems") return !list || double(list->size()) >= *value.as<double>();
    if (keyword == "maxItems") return !list || double(list->size()) <= *value.as<double>();
    if (keyword == "const") return to_json(value) == to_json(x);
    if (keyword == "pattern") return x.as<std::string>() && x.as<std::string>()->ends_with(".yaml");
    if (keyword == "$ref")
      return valid(*root_.find("$defs")->find(value.as<std::string>()->substr(8)), x);
    if (keyword == "items")
      return !list ||
             std::all_of(list->begin(), list->end(), [&](auto& i) { return valid(value, i); });
    if (keyword == "enum" || keyword == "oneOf" || keyword == "required") {
      const auto& options = *value.as<Value::List>();
      const auto agrees = [&](const Value& option) {
        if (keyword == "enum") return to_json(option) == to_json(x);
        return keyword == "oneOf" ? valid(option, x) : x.find(*option.as<std::string>()) != nullptr;
      };
      const auto n = std::count_if(options.begin(), options.end(), agrees);
      return keyword == "required" ? !map || n == std::ssize(options) : n == 1;
    }
    if (keyword == "properties") {
      for (const auto& [key, property, where] : *value.as<Value::Map>())
        if (const Value* member = x.find(key); member && !valid(property, *member)) return false;
      return true;
    }
    if (keyword == "additionalProperties")
      return !map || std::all_of(map->begin(), map->end(), [&](const auto& m) {
        return schema.find("properties")->find(m.key);
      });
    const std::vector<std::string> notes{"$schema", "title", "description", "default", "$defs"};
    INFO("keyword " << keyword);
    REQUIRE(std::find(notes.begin(), notes.end(), keyword) != notes.end());
    return true;
  }
  static bool is(const std::string& type, const Value& x) {
    if (type == "object") return x.as<Value::Map>();
    if (type == "array") return x.as<Value::List>();
    if (type == "string") return x.as<std::string>();
    if (type == "boolean") return x.as<bool>();
    return x.as<double>() && (type == "number" || *x.as<double>() == std::floor(*x.as<double>()));
  }

  Value root_;
};

Value yaml(std::string_view text) {
  Diagnostics problems;
  Value value = config::parse_yaml(text, "t.yaml", problems);
  INFO(text);
  REQUIRE(problems.ok());
  return value;
}

}  // namespace

TEST_CASE("the JSON Schema accepts what the schema accepts and refuses what it refuses") {
  const auto all = catalogues();
  const Validator validator(config::json_schema(page(), all, {"one"}));
  for (const char* good : {
           "{name: x, shape: round}",
           "{name: x, shape: {kind: round}, levels_mm: [0, 5], features: [glcm, statistics], flag: "
           "false}",
           "{name: x, shape: {kind: round, radius_mm: {uniform: [1, 2]}}, sex: male, maybe: 3}",
           "{name: x, shape: {kind: round, radius_mm: {normal: {mean: 4, sd: 1}}}, sex: {choice: "
           "[male]}}",
           "{name: x, shape: {kind: round, radius_mm: {lognormal: {median: 4, log_sd: 0.1}}}, one: "
           "{radius_mm: 2}}",
           "{name: x, shape: {kind: round, radius_mm: {choice: [1, 2]}}, one: other.yaml}",
           "{name: x, shape: {kind: cluster, count: 3, of: {kind: cluster, count: 1, of: round}}}",
           "{name: x, shape: round, rounds: [{radius_mm: 1}, {}]}",
       }) {
    INFO(good);
    CHECK(validator.accepts(yaml(good)));
  }
  for (const char* bad : {
           "{shape: round}",
           "{name: 3, shape: round}",
           "{name: x, shape: square}",
           "{name: x, shape: cluster}",
           "{name: x, shape: {radius_mm: 3}}",
           "{name: x, shape: round, level: 3}",
           "{name: x, shape: round, levels_mm: [6]}",
           "{name: x, shape: round, features: [glrlm]}",
           "{name: x, shape: round, sex: other}",
           "{name: x, shape: round, sex: {choice: []}}",
           "{name: x, shape: round, flag: 1}",
           "{name: x, shape: {kind: round, radius_mm: 80}}",
           "{name: x, shape: {kind: round, radius_mm: {uniform: [1, 80]}}}",
           "{name: x, shape: {kind: round, radius_mm: {uniform: [1]}}}",
           "{name: x, shape: {kind: round, radius_mm: {normal: {mean: 4, sd: -1}}}}",
           "{name: x, shape: {kind: round, radius_mm: {cauchy: [1, 2]}}}",
           "{name: x, shape: {kind: cluster, count: 1.5}}",
           "{name: x, shape: {kind: cluster, count: 3, of: {kind: cluster}}}",
           "{name: x, shape: round, rounds: [{radius: 1}]}",
           "{name: x, shape: round, one: 7}",
       }) {
    INFO(bad);
    CHECK_FALSE(validator.accepts(yaml(bad)));
  }
}

TEST_CASE("the JSON Schema carries descriptions and defaults, and tolerates an unknown family") {
  const Value schema = config::json_schema(page(), {});
  const Value& levels = *schema.find("properties")->find("levels_mm");
  CHECK(*levels.find("description")->as<std::string>() == "levels of the factor");
  CHECK(to_json(*levels.find("default")) == "[1,2.5]");
  CHECK(to_json(*schema.find("properties")->find("sex")->find("default")) ==
        R"({"choice":["female","male"]})");
  CHECK(Validator(schema).accepts(yaml("{name: x, shape: {kind: anything}}")));
}

TEST_CASE("explain shows every key with its type, range, default and meaning") {
  const auto all = catalogues();
  const std::string text = config::explain_name("shape.round", all);
  CHECK(text ==
        "shape.round: A ball\n\n"
        "  radius_mm  number or distribution, 0.5 to 75, default 4\n"
        "             half the diameter\n\n"
        "Example\n"
        "  kind: round\n"
        "  radius_mm: 4\n");
  CHECK(config::explain_name("round", all) == text);
  const std::string cluster = config::explain_name("cluster", all);
  CHECK_THAT(cluster, Catch::Contains("Rules\n  - count must be odd"));
  CHECK_THAT(cluster, Catch::Contains("whole number, 1 to 9, required"));
  const std::string document = config::explain_name("page", all);
  CHECK_THAT(document, Catch::Contains("rounds[].radius_mm"));
  CHECK_THAT(document, Catch::Contains("one.radius_mm"));
  CHECK_THAT(document, Catch::Contains("list of text: glcm, statistics, default [glcm]"));
  for (std::size_t at = 0; at < document.size();) {
    const std::size_t end = document.find('\n', at);
    CHECK(end - at <= 100);
    at = end + 1;
  }
}

TEST_CASE("explain and list answer a name that is unknown or shared") {
  auto all = catalogues();
  const auto message = [&](std::string_view name) -> std::string {
    try {
      return config::explain_name(name, all);
    } catch (const Error& error) {
      CHECK(error.kind() == Error::Kind::input);
      return error.what();
    }
  };
  CHECK_THAT(message("clustr"), Catch::Contains("Did you mean 'cluster'?"));
  CHECK_THAT(message("zzzzzz"), Catch::Contains("`vitrine list`"));
  all.push_back({"margin", "How a lesion ends", {{"round", "Softly", {}, {}}}});
  CHECK_THAT(message("round"), Catch::Contains("shape.round, margin.round"));
  CHECK_THAT(message("margin.round"), Catch::Contains("takes no parameters"));
  CHECK(message("margin") == "margin: How a lesion ends\n  round  Softly\n");
  CHECK_THROWS_WITH(config::list_text(all, "shap"), Catch::Contains("Did you mean 'shape'?"));
}

TEST_CASE("explain takes the dotted path of one key") {
  const auto all = catalogues();
  CHECK_THAT(config::explain_name("shape.round.radius_mm", all),
             Catch::StartsWith("shape.round.radius_mm: number or distribution, 0.5 to 75") &&
                 Catch::Contains("half the diameter"));
  CHECK(config::explain_name("round.radius_mm", all) ==
        config::explain_name("shape.round.radius_mm", all));
  CHECK_THROWS_WITH(config::explain_name("round.radius", all),
                    "'round' has no key 'radius'. Did you mean 'radius_mm'?");
  CHECK_THROWS_WITH(config::explain_name("round.radius_mm.deeper", all),
                    Catch::Contains("goes on where there are no more keys"));
  const Value json = config::explain_json("round.radius_mm", all);
  REQUIRE(json.as<Value::List>());
  REQUIRE(json.as<Value::List>()->size() == 1);
  CHECK(*json.as<Value::List>()->front().find("in")->as<std::string>() == "shape.round");
  CHECK(*config::explain_json("round", all).find("family")->as<std::string>() == "shape");
}

TEST_CASE("lists name every entry, for people and for programs") {
  const auto all = catalogues();
  const std::string text = config::list_text(all);
  for (const char* name :
       {"shape: What a lesion looks like", "  round    A ball", "  cluster  Several", "  page  "})
    CHECK_THAT(text, Catch::Contains(name));
  const Value json = yaml(to_json(config::list_json(all, "shape")));
  REQUIRE(json.as<Value::List>()->size() == 1);
  const Value& round = json.as<Value::List>()->front().find("entries")->as<Value::List>()->front();
  CHECK(
      to_json(round) ==
      R"({"kind":"round","summary":"A ball","fields":[{"key":"radius_mm","type":"number or distribution",)"
      R"("doc":"half the diameter","required":false,"default":4,"allowed":"0.5 to 75","unit":"mm"}],"rules":[]})");
}

TEST_CASE("every example is YAML, and one without required keys is valid") {
  const auto all = catalogues();
  for (const auto& catalogue : all)
    for (const auto& entry : catalogue.entries) yaml(config::example_yaml(catalogue, entry));
  Diagnostics problems;
  Round::schema().read(yaml(config::example_yaml(all[0], all[0].entries[0])), problems);
  CHECK(problems.ok());
}

TEST_CASE("the reference page is a well-formed set of Markdown tables") {
  const std::string text = config::catalogue_markdown(catalogues());
  CHECK_THAT(text, Catch::Contains("### shape.cluster"));
  CHECK_THAT(text,
             Catch::Contains(
                 "| `radius_mm` | number or distribution | 0.5 to 75 | `4` | half the diameter |"));
  CHECK_THAT(text, Catch::Contains("| `count` | whole number | 1 to 9 | required | how many |"));
}
