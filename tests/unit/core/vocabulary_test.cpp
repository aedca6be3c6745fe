#include <catch2/catch.hpp>
#include <cmath>
#include <memory>

#include "vitrine/core/catalogue.hpp"
#include "vitrine/core/table.hpp"
#include "vitrine/core/utf8.hpp"

using namespace vitrine;

namespace {

struct Shape {
  virtual ~Shape() = default;
  virtual double size() const = 0;
};
const Catalogue<Shape>& catalogue_for(const Shape*);

struct Ball final : Shape {
  struct Params {
    double radius = 5.0;
    Distribution angle;
    std::int64_t count = 1;
    bool hollow = false;
    std::vector<double> weights;
    std::optional<double> density;
  };
  static const Schema<Params>& schema() {
    static const auto s = Schema<Params>("ball", "A round thing")
                              .required("radius", &Params::radius, unit::cm, "how large")
                              .between(0.1, 15)
                              .optional("angle", &Params::angle, unit::deg, "which way")
                              .between(-90, 90)
                              .optional("count", &Params::count, "how many")
                              .between(1, 9)
                              .optional("hollow", &Params::hollow, "empty inside")
                              .optional("weights", &Params::weights, unit::percent, "shares")
                              .between(0, 100)
                              .optional("density", &Params::density, "only if known")
                              .rule("a hollow ball needs radius_cm >= 1",
                                    [](const Params& p) { return !p.hollow || p.radius >= 10.0; });
    return s;
  }
  explicit Ball(Params params) : p(std::move(params)) {}
  double size() const override { return p.radius; }
  Params p;
};

const Catalogue<Shape>& catalogue_for(const Shape*) {
  static const auto all = Catalogue<Shape>("shape", "Shapes").add<Ball>();
  return all;
}
const Catalogue<Shape>& shapes() { return catalogue_for(static_cast<const Shape*>(nullptr)); }

struct Pattern {
  virtual ~Pattern() = default;
  virtual double size() const = 0;
};

struct Pair final : Pattern {
  struct Params {
    Pick<Shape> of;
  };
  static const Schema<Params>& schema() {
    static const auto s =
        Schema<Params>("pair", "Two of the same").required("of", &Params::of, "what");
    return s;
  }
  explicit Pair(Params params) : p(std::move(params)) {}
  double size() const override { return 2.0 * p.of->size(); }
  Params p;
};

const Catalogue<Pattern>& patterns() {
  static const auto all = Catalogue<Pattern>("pattern", "Patterns").add<Pair>();
  return all;
}

Value ball(double radius_cm) {
  return Value().set("kind", Value("ball")).set("radius_cm", Value(radius_cm));
}

/// The only problem that reading `node` reports.
std::string problem(const Value& node) {
  Diagnostics problems;
  CHECK_FALSE(shapes().make(node, problems));
  REQUIRE(problems.entries().size() == 1);
  return problems.entries()[0].message;
}

using Catch::Contains;

}  // namespace

TEST_CASE("what a schema writes reads back as what it was, a default's own truncation included") {
  struct Person {
    Distribution age = Distribution::normal(58.0, 15.0).truncated(18.0, 95.0);
  };
  const auto schema = Schema<Person>("person", "Somebody")
                          .optional("age", &Person::age, unit::none, "how old")
                          .between(1, 110);
  Diagnostics problems;
  const auto read = [&](const Value& written) { return schema.read(written, problems).age; };
  const Distribution back = read(schema.write(Person{}));
  CHECK(back.lowest() == 18.0);
  CHECK(back.quantile(0.9) == Person{}.age.quantile(0.9));
  Value other;
  other.set("age", Distribution::normal(57.0, 15.0).write(1.0));
  CHECK(read(other).lowest() == 1.0);
  CHECK(problems.ok());
}

TEST_CASE("a schema reads keys in their unit and writes them back in canonical order") {
  Diagnostics problems;
  const auto params =
      Ball::schema().read(ball(0.8)
                              .set("weights_percent", Value::List{Value(25.0), Value(75.0)})
                              .set("angle_deg", Value(45.0)),
                          problems);
  REQUIRE(problems.ok());
  CHECK(params.radius == 8.0);  // mm
  CHECK(params.angle.mean() == Approx(std::acos(-1.0) / 4));
  CHECK(params.weights == std::vector<double>{0.25, 0.75});
  CHECK_FALSE(params.density);
  CHECK(to_json(Ball::schema().write(params)) ==
        R"({"radius_cm":0.8,"angle_deg":45,"count":1,"hollow":false,"weights_percent":[25,75]})");
}

TEST_CASE("what a schema writes reads as the same") {
  Diagnostics problems;
  const auto node = ball(0.37).set(
      "angle_deg", Value().set("normal", Value().set("mean", Value(3.0)).set("sd", Value(7.0))));
  const Value once = Ball::schema().write(Ball::schema().read(node, problems));
  const Value twice = Ball::schema().write(Ball::schema().read(once, problems));
  REQUIRE(problems.ok());
  CHECK(to_json(once) == to_json(twice));
}

TEST_CASE("a mistake is named, with the way out") {
  CHECK_THAT(problem(ball(80.0)), Contains("radius_cm") && Contains("80") && Contains("0.1 to 15"));
  CHECK_THAT(problem(Value().set("kind", Value("ball"))), Contains("'radius_cm' is missing"));
  CHECK_THAT(problem(ball(1.0).set("colour", Value("red"))), Contains("unknown key 'colour'"));
  CHECK_THAT(problem(ball(1.0).set("hollw", Value(true))), Contains("Did you mean 'hollow'?"));
  CHECK_THAT(problem(ball(1.0).set("count", Value(2.5))),
             Contains("count") && Contains("whole number"));
  CHECK_THAT(problem(ball(1.0).set("hollow", Value("yes"))), Contains("hollow"));
  CHECK_THAT(problem(ball(0.5).set("hollow", Value(true))),
             Contains("a hollow ball needs radius_cm >= 1"));
  CHECK_THAT(problem(ball(1.0).set("angle_deg",
                                   Value().set("uniform", Value::List{Value(0.0), Value(100.0)}))),
             Contains("angle_deg"));
  CHECK_THAT(problem(Value("bal")),
             Contains("unknown shape 'bal'") && Contains("Did you mean 'ball'?"));
  CHECK_THAT(problem(Value(3.0)), Contains("shape needs 'kind'"));
}

TEST_CASE("a normal that its range cuts by more than 5 % is refused") {
  const auto angle = [](double mean, double sd) {
    return ball(1.0).set(
        "angle_deg", Value().set("normal", Value().set("mean", Value(mean)).set("sd", Value(sd))));
  };
  CHECK_THAT(problem(angle(80.0, 20.0)), Contains("angle_deg"));
  Diagnostics problems;
  CHECK(shapes().make(angle(0.0, 20.0), problems));
}

TEST_CASE("a problem carries its place, and all problems are reported together") {
  Value node = ball(80.0);
  node.set("count", Value(77.0));
  std::get<Value::Map>(node.data)[1].value.where = {"lung.yaml", 15, 9, "shape.radius_cm"};
  Diagnostics problems;
  shapes().make(node, problems);
  REQUIRE(problems.entries().size() == 2);
  CHECK_THAT(to_string(problems.entries()[0].where), Contains("lung.yaml:15:9 (shape.radius_cm)"));
  try {
    problems.throw_if_any();
    FAIL("nothing was thrown");
  } catch (const Error& error) {
    CHECK(error.kind() == Error::Kind::input);
    CHECK_THAT(explain(error),
               Contains("lung.yaml:15:9") && Contains("radius_cm") && Contains("count"));
  }
}

TEST_CASE("a catalogue makes what a map or a bare word names, nested ones too") {
  Diagnostics problems;
  const auto pair =
      patterns().make(Value().set("kind", Value("pair")).set("of", ball(0.3)), problems);
  REQUIRE(pair);
  CHECK(pair->size() == 6.0);
  const Value* of = pair.canonical.find("of");
  REQUIRE(of);
  CHECK(*of->find("kind")->as<std::string>() == "ball");
  CHECK(of->find("count"));  // defaults are part of the canonical form
  CHECK(shapes().kinds() == std::vector<std::string>{"ball"});
  CHECK(shapes().make(Value("ball"), problems).thing == nullptr);  // radius_cm is required
  CHECK(shapes().info().entries[0].fields[0].key == "radius_cm");
  CHECK(shapes().info().entries[0].fields[0].max == 15.0);
  CHECK(patterns().info().entries[0].fields[0].family == "shape");
}

TEST_CASE("numbers become the shortest text that reads back as the same number") {
  for (const double x : {0.1, 1.0 / 3.0, 1e-300, -2.5e17, 123456789.0, 5e-324})
    CHECK(std::strtod(to_text(x).c_str(), nullptr) == x);
  CHECK(to_text(0.1) == "0.1");
  CHECK(to_text(3.0) == "3");
  CHECK(to_text(std::nan("")) == "nan");
}

TEST_CASE("JSON keeps the order of keys, escapes text and has no not-a-number") {
  const Value v = Value()
                      .set("b", Value(1.5))
                      .set("a", Value::List{Value(true), Value(), Value("q\"\\\n\x01")})
                      .set("n", Value(std::nan("")));
  CHECK(to_json(v) == "{\"b\":1.5,\"a\":[true,null,\"q\\\"\\\\\\n\\u0001\"],\"n\":null}");
  CHECK_THAT(to_json(v, 2), Contains("\n  \"b\": 1.5"));
}

TEST_CASE("the nearest word is suggested and a distant one is not") {
  const std::vector<std::string> known{"radius_mm", "thickness_mm", "kernel"};
  CHECK(closest("radius", known) == "radius_mm");
  CHECK(closest("kernal", known) == "kernel");
  CHECK(closest("banana", known).empty());
  CHECK_THAT(suggestion("banana", known), Contains("Known: radius_mm"));
}

TEST_CASE("letters that changed places are one mistake") {
  CHECK(closest("sfot", {"smooth", "soft", "sharp"}) == "soft");
  CHECK(closest("cuont", {"kind", "count"}) == "count");
  CHECK(closest("tosf", {"soft", "sharp"}).empty());
}

TEST_CASE("text of any bytes becomes UTF-8, and is cut between characters") {
  for (const char* whole : {"", "plain", "\u00e4\u20ac\U0001d11e"})
    CHECK(clean_utf8(whole) == whole);
  // RFC 3629: a lone continuation, an overlong form, a surrogate, beyond U+10FFFF, a cut sequence.
  for (const std::string_view broken :
       {"\x80", "\xc0\xaf", "\xed\xa0\x80", "\xf4\x90\x80\x80", "\xe2\x82"}) {
    INFO(broken.size() << " bytes");
    const std::string clean = clean_utf8(str("a", broken, "b"));
    CHECK(clean.front() == 'a');
    CHECK(clean.back() == 'b');
    CHECK(clean.find("\uFFFD") == 1);
    CHECK(clean_utf8(clean) == clean);
  }
  const std::string text = "\u00e4\u20acbc";
  CHECK(shortened(text, 4) == text);
  CHECK(shortened(text, 3) == "\u00e4\u20ac\u2026");
  CHECK(shortened(text, 1) == "\u2026");
  CHECK(shortened(text, 0).empty());
  CHECK(shortened("a\tb\n", 4) == "a b ");
}

TEST_CASE("a table writes RFC 4180 text and knows its columns") {
  Table table;
  table.columns = {"case", "value"};
  table.add({std::string("a,\"b\"\nc"), 0.1});
  table.add({std::string("plain"), std::nan("")});
  CHECK(table.to_csv() == "case,value\n\"a,\"\"b\"\"\nc\",0.1\nplain,\n");
  CHECK(table.column("value") == 1);
  CHECK_THROWS_WITH(table.column("valu"), Contains("Did you mean 'value'?"));
}

TEST_CASE("an error tells what failed, where, and during what") {
  Error error(Error::Kind::data, "the file ends early", Location{"a.yaml", 3, 1, "x"});
  error.during("reading the profile").during("running case 7");
  const std::string story = explain(error);
  CHECK(story.find("the file ends early") < story.find("reading the profile"));
  CHECK(story.find("reading the profile") < story.find("running case 7"));
  CHECK_THAT(story, Contains("a.yaml:3:1"));
  CHECK_THROWS_AS(require(false, Error::Kind::io, "no ", 3), Error);
}
