#include <array>
#include <catch2/catch.hpp>
#include <chrono>
#include <cstdint>
#include <vector>

#include "vitrine/config/caret.hpp"
#include "vitrine/config/override.hpp"
#include "vitrine/config/plain.hpp"
#include "vitrine/config/yaml.hpp"

using namespace vitrine;
using config::parse_yaml;

namespace {

Value read(std::string_view text) {
  Diagnostics problems;
  Value value = parse_yaml(text, "t.yaml", problems);
  INFO(config::show(problems, {{"t.yaml", std::string(text)}}));
  REQUIRE(problems.ok());
  return value;
}

Diagnostics problems_of(std::string_view text) {
  Diagnostics problems;
  parse_yaml(text, "t.yaml", problems);
  return problems;
}

struct Malformed {
  std::string text;
  int line, column;
  std::string path;
  std::vector<std::string> fragments;
};

}  // namespace

TEST_CASE("every malformed text is refused at its place with a message that helps") {
  const std::vector<Malformed> all{
      {"a: 1\nb: 2\na: 3\n", 3, 1, "a", {"'a' is written twice", "line 1, column 1"}},
      {"a: {b: 1, c: 2, b: 3}\n", 1, 17, "a.b", {"written twice", "line 1, column 5"}},
      {"a: 1\n---\nb: 2\n", 2, 1, "", {"second document"}},
      {"\"a\" \"b\"\n", 1, 5, "", {"does not belong to the document above"}},
      {"a: &x 3\n", 1, 4, "a", {"anchors (&x)", "Remove"}},
      {"a: 1\nb: *x\n", 2, 4, "b", {"aliases", "Write the value again"}},
      {"<<: {a: 1}\n", 1, 1, "", {"merge keys (<<)", "Write the keys out"}},
      {"a: !!str 5\n", 1, 4, "a", {"tags (!!str)", "quotes"}},
      {"a: !mine {b: 1}\n", 1, 4, "a", {"tags (!mine)"}},
      {"a: ! 6\n", 1, 4, "a", {"tags (!)"}},
      {"a: .nan\n", 1, 4, "a", {"'.nan'", "finite"}},
      {"a: [1, -.INF]\n", 1, 8, "a[1]", {"'-.INF'", "finite"}},
      {"a: NaN\n", 1, 4, "a", {"finite"}},
      {"a: 010\n", 1, 4, "a", {"'010'", "octal", "Leave the 0 out"}},
      {"a: -007.5\n", 1, 4, "a", {"octal"}},
      {"a: 0o17\n", 1, 4, "a", {"octal", "decimal number"}},
      {"a: 0x1F\n", 1, 4, "a", {"hexadecimal"}},
      {"a: 0b11\n", 1, 4, "a", {"binary"}},
      {"a: 1:30\n", 1, 4, "a", {"base 60"}},
      {"a: 1_000\n", 1, 4, "a", {"'_'"}},
      {"a: 1,5\n", 1, 4, "a", {"no decimal point"}},
      {"a: [1 2]\n", 1, 5, "a[0]", {"several numbers"}},
      {"a: 1e400\n", 1, 4, "a", {"outside what a number can hold"}},
      {"seed: 12345678901234567890\n", 1, 7, "seed", {"too long a whole number"}},
      {"a: yes\n", 1, 4, "a", {"'yes'", "Write true"}},
      {"a: [x, Off]\n", 1, 8, "a[1]", {"'Off'", "Write false"}},
      {"a: True\n", 1, 4, "a", {"Write true"}},
      {"1: a\n", 1, 1, "", {"'1' cannot be a key", "a number"}},
      {"true: a\n", 1, 1, "", {"cannot be a key", "true/false"}},
      {"on: a\n", 1, 1, "", {"'on' cannot be a key"}},
      {"~: a\n", 1, 1, "", {"a key is missing"}},
      {": 5\n", 1, 1, "", {"a key is missing"}},
      {"'': 5\n", 1, 1, "", {"empty text cannot be a key"}},
      {"? [a]\n: 1\n", 1, 3, "", {"a list cannot be a key"}},
      {"? {a: 1}\n: 1\n", 1, 3, "", {"a map cannot be a key"}},
      {"a:\n  b:\nc: 1\n", 2, 3, "a.b", {"'b' has no value"}},
      {"a: ~\n", 1, 4, "a", {"has no value"}},
      {"a: null\n", 1, 4, "a", {"has no value"}},
      {"a:\n  - x\n  -\n  - y\n", 3, 3, "a[1]", {"list item has no value"}},
      {"{a:1, b: 2}\n", 1, 2, "a:1", {"needs a space", "Write a: 1."}},
      {"a:\n\tb: 1\n", 2, 1, "", {"tab", "Use spaces"}},
      {"a: b: c\n", 1, 5, "", {"':' is not expected here"}},
      {"a: 1\n  b: 2\n", 2, 4, "", {"':' is not expected here"}},
      {"a: 1\n- b\n", 2, 1, "", {"does not fit the map above"}},
      {"a: [1, 2\nb: 3\n", 2, 2, "a[2]", {"']' or ','", "line 1, column 4"}},
      {"a: {b: 1\n", 2, 1, "a", {"'}' or ','", "line 1, column 4"}},
      {"a: 1\n]\n", 2, 1, "", {"']' closes a bracket that was not opened"}},
      {"a: @x\n", 1, 4, "a", {"cannot begin with '@'"}},
      {"a: \"C:\\path\"\n", 1, 7, "a", {"escape", "single quotes"}},
      {"a: \"open\nb: 3\n", 1, 4, "a", {"no closing \""}},
      {"b: 'open\n", 1, 4, "b", {"no closing '"}},
      {"a: \"x\\0y\"\n", 1, 4, "a", {"NUL"}},
      {"a: \"x\\uFEFF\"\n", 1, 4, "a", {"byte order mark"}},
      {"%YAML 1.2\n---\na: 1\n", 1, 1, "", {"directives"}},
      {"a: 1\n%b: 2\n", 2, 1, "", {"directives"}},
      {"", 1, 1, "", {"document is empty"}},
      {"# only a comment\n", 1, 1, "", {"document is empty"}},
      {"\xEF\xBB\xBF"
       "a: 1\n",
       1,
       1,
       "",
       {"byte order mark"}},
      {"a: \xFF\n", 1, 4, "", {"not UTF-8"}},
      {"a: \xED\xA0\x80\n", 1, 4, "", {"not UTF-8"}},
      {std::string("a: x\0y\n", 7), 1, 5, "", {"control character"}},
      {"a: 1\rb: 2\r", 1, 5, "", {"control character"}},
      {"a: \"\xC3\xA9\\N\"\n", 1, 4, "a", {"escape \\N"}},
      {"äö: [é, yes]\n", 1, 9, "äö[1]", {"'yes'"}},
  };
  for (const Malformed& bad : all) {
    const Diagnostics problems = problems_of(bad.text);
    INFO(bad.text);
    REQUIRE(!problems.ok());
    const auto& [where, message] = problems.entries().front();
    INFO(to_string(where) << ": " << message);
    CHECK(where.file == "t.yaml");
    CHECK(where.line == bad.line);
    CHECK(where.column == bad.column);
    CHECK(where.path == bad.path);
    for (const std::string& fragment : bad.fragments)
      CHECK_THAT(message, Catch::Contains(fragment));
  }
}

TEST_CASE("all problems of a document are reported in one go, and the rest is still read") {
  Diagnostics problems;
  const Value root =
      parse_yaml("a: yes\nb: 010\nc: [1, .inf, 3]\nd: &x 4\ne: fine\n", "t.yaml", problems);
  CHECK(problems.entries().size() == 4);
  CHECK(root.find("a")->empty());
  CHECK(root.find("c")->as<Value::List>()->size() == 3);
  CHECK(*root.find("d")->as<double>() == 4.0);
  CHECK(*root.find("e")->as<std::string>() == "fine");
}

TEST_CASE("a schema's complaint about a value that reading refused is not repeated") {
  Diagnostics reading, checking;
  const Value root = parse_yaml("a: yes\nb: 5\n", "t.yaml", reading);
  checking.error(root.find("a")->where, "'a' must be a number (this is nothing)");
  checking.error(root.find("b")->where, "'b' is 5 (out of range: 0 to 1)");
  const Diagnostics all = config::without_echoes(reading, checking);
  REQUIRE(all.entries().size() == 2);
  CHECK_THAT(all.entries()[1].message, Catch::Contains("out of range"));
}

TEST_CASE("words without quotes are numbers, true, false or text; words in quotes are text") {
  const Value root = read(
      "n: [0, -1, +5, .5, 5., 1e-5, 0.25, 6.02E23, -0]\nf: [true, false]\n"
      "t: ['010', \"yes\", v1.2, 1.2.3, 2026-01-01, 5 mm, y, e5, '', 'it''s', \"\\u00e9\", a#b, "
      "'~']\n");
  const std::array<double, 9> numbers{0, -1, 5, 0.5, 5, 1e-5, 0.25, 6.02e23, 0};
  const auto& n = *root.find("n")->as<Value::List>();
  for (std::size_t i = 0; i < numbers.size(); ++i) CHECK(*n[i].as<double>() == numbers[i]);
  CHECK(*(*root.find("f")->as<Value::List>())[0].as<bool>() == true);
  CHECK(to_json(*root.find("t")) ==
        R"(["010","yes","v1.2","1.2.3","2026-01-01","5 mm","y","e5","","it's","é","a#b","~"])");
}

TEST_CASE("nodes and keys know their line, column and path") {
  const Value root = read(
      "patients:\r\n  lesions:\r\n    - organ: lung\r\n      shape: {kind: round, radius_mm: "
      "8}\r\n");
  const Value& lesion = root.find("patients")->find("lesions")->as<Value::List>()->front();
  const auto& shape = *lesion.find("shape")->as<Value::Map>();
  CHECK(to_string(shape[1].value.where) == "t.yaml:4:39 (patients.lesions[0].shape.radius_mm)");
  CHECK(to_string(shape[1].key_where) == "t.yaml:4:28 (patients.lesions[0].shape.radius_mm)");
  CHECK(to_string(lesion.where) == "t.yaml:3:7 (patients.lesions[0])");
}

TEST_CASE("text that YAML writes is text that YAML reads") {
  for (const char* text : {"lung", "yes",   "010", "-5",   "a: b", "",   " x",  "it's", "a\nb",
                           "1:30", ".nan",  "#c",  "null", "[x",   "-",  "- a", "?",    "true",
                           "a, b", "C:\\x", "é",   "key:", "1 2",  ":a", "<<",  "..."}) {
    const Value list(
        Value::List{Value(text), Value(Value::Map{{text[0] ? text : "k", Value(1.5), {}}})});
    INFO(config::to_yaml(list));
    if (std::string_view(text) == "a\nb") {
      CHECK(*read(config::to_yaml(Value(text))).as<std::string>() == text);
    } else {
      CHECK(to_json(read(config::to_yaml(list))) == to_json(list));
    }
  }
}

TEST_CASE("bombs are refused at once") {
  const auto begin = std::chrono::steady_clock::now();
  const auto message = [](const std::string& text) {
    return problems_of(text).entries().back().message;
  };

  std::string laughs = "a: &a [x, x, x, x, x, x, x, x, x]\n";
  for (char c = 'b'; c <= 'i'; ++c) {
    laughs += str(c, ": &", c, " [");
    for (int i = 0; i < 9; ++i) laughs += str(i ? ", *" : "*", char(c - 1));
    laughs += "]\n";
  }
  CHECK(problems_of(laughs).entries().size() == 9 + 8 * 9);
  CHECK_THAT(message("a: &a [*a]\n"), Catch::Contains("aliases"));
  for (const char* open : {"[", "{", "- ", "? ", "{a: ", "[{a: "}) {
    std::string deep;
    for (int i = 0; i < 20'000; ++i) deep += open;
    CHECK_THAT(message(deep), Catch::Contains("nested more than 64 deep"));
  }
  std::string wide = "[1";
  for (std::size_t i = 0; i < config::max_nodes; ++i) wide += ",1";
  CHECK_THAT(message(wide + "]"), Catch::Contains("more than 200000 values"));
  CHECK_THAT(message(std::string(config::max_document_bytes + 1, ' ')), Catch::Contains("bytes"));
  std::string keys;
  for (int i = 0; i < 2000; ++i) keys += str('k', i, ": 1\n");
  CHECK_THAT(message(keys), Catch::Contains("more than 1000 keys"));
  CHECK_THAT(message(std::string(500, 'k') + ": 1\n"), Catch::Contains("longer than 128 bytes"));
  std::string many;
  for (int i = 0; i < 500; ++i) many += "- yes\n";
  CHECK(problems_of(many).entries().size() == config::max_problems + 1);
  std::string lines;  // each a separate list item, in lines that begin nothing
  for (int i = 0; i < 300'000; ++i) lines += "-\n";
  CHECK_THAT(message(lines), Catch::Contains("too many problems"));

  const std::chrono::duration<double> elapsed = std::chrono::steady_clock::now() - begin;
  CHECK(elapsed.count() < 20.0);  // seconds; about 1 on an idle machine
}

TEST_CASE("hostile bytes never do more than produce problems") {
  std::uint64_t state = 20260101;  // Knuth's MMIX generator: any fixed sequence serves
  const auto next = [&](std::size_t below) {
    state = state * 6364136223846793005u + 1442695040888963407u;
    return std::size_t(state >> 33) % below;
  };
  const std::string scenario =
      "vitrine: 1\ntrial:\n  name: \"lung: nodule\"\n  seed: 7\npatients:\n  anatomy: {kind: "
      "thorax, w_mm: "
      "{normal: {mean: 330, sd: 25}}}\n  lesions:\n    - {organ: lung, count: {choice: [1, 2]}}\n  "
      "  - organ: 'it''s'\n"
      "      note: |\n        text\n         more\n";
  const std::string tokens = " \n:-,[]{}\"'#&*!|>?%@`~<\t\\x0é1.";
  std::size_t refused = 0;
  for (int round = 0; round < 6000; ++round) {
    std::string text = round % 3 ? scenario : std::string();
    if (round % 3 == 0)
      for (std::size_t i = 0, n = next(60); i < n; ++i)
        text += round % 2 ? char(next(256)) : tokens[next(tokens.size())];
    for (std::size_t edit = 0, n = round % 3 ? 1 + next(4) : 0; edit < n; ++edit) {
      const std::size_t at = next(text.size());
      if (next(2)) {
        text.insert(at, 1, tokens[next(tokens.size())]);
      } else {
        text.erase(at, 1 + next(5));
      }
    }
    Diagnostics problems;
    INFO("round " << round << ":\n" << text);
    Value root;
    REQUIRE_NOTHROW(root = parse_yaml(text, "t.yaml", problems));
    REQUIRE((!problems.ok() || !root.empty()));
    for (const auto& [where, message] : problems.entries()) {
      REQUIRE(where.line >= 1);
      REQUIRE(where.column >= 1);
      REQUIRE(message.size() > 10);
      REQUIRE(message.find('\0') == std::string::npos);
    }
    REQUIRE_NOTHROW(config::show(problems, {{"t.yaml", text}}));
    refused += problems.ok() ? 0 : 1;
  }
  CHECK(refused > 3000);
  CHECK(refused < 6000);
}

TEST_CASE("an override replaces, adds and reports") {
  Value root =
      read("patients:\n  count: 6\n  lesions:\n    - {organ: lung, shape: {kind: lobulated}}\n");
  Diagnostics problems;
  config::apply_override(root, "patients.count=3", problems);
  config::apply_override(root, "patients.lesions[0].shape.kind=round", problems);
  config::apply_override(root, "arms.vary.kernel=[soft, sharp]", problems);
  config::apply_override(root, "patients.diameter_mm={uniform: [4, 6]}", problems);
  CHECK(problems.ok());
  CHECK(
      to_json(root) ==
      R"({"patients":{"count":3,"lesions":[{"organ":"lung","shape":{"kind":"round"}}],"diameter_mm":{"uniform":[4,6]}},)"
      R"("arms":{"vary":{"kernel":["soft","sharp"]}}})");
  CHECK(to_string(root.find("patients")->find("count")->where) == "--set (patients.count)");
  CHECK(
      to_string(root.find("arms")->find("vary")->find("kernel")->as<Value::List>()->at(1).where) ==
      "--set (arms.vary.kernel[1])");

  const std::vector<std::pair<std::string, std::string>> bad{
      {"patients.count", "is no assignment"},
      {"=3", "is no assignment"},
      {"a..b=3", "is no assignment"},
      {"[0]=3", "is no assignment"},
      {"a[x]=3", "is no assignment"},
      {"a[0=3", "is no assignment"},
      {"patients.count=", "--set (patients.count): the document is empty"},
      {"patients.count=yes", "--set (patients.count): 'yes' is refused"},
      {"a=[1, 010]", "--set (a[1]): '010'"},
      {"patients.count.x=1", "'patients.count' is a number, not a map"},
      {"patients.lesions.organ=x", "'patients.lesions' is a list, not a map"},
      {"patients.lesions[1].organ=x", "'patients.lesions' has 1 items"},
      {"patients[0]=x", "'patients' is a map, not a list"},
      {"new.a[0]=x", "is nothing, not a list"},
  };
  const std::string before = to_json(root);
  for (const auto& [assignment, fragment] : bad) {
    Diagnostics complaints;
    config::apply_override(root, assignment, complaints);
    INFO(assignment);
    REQUIRE(complaints.entries().size() == 1);
    const auto& entry = complaints.entries().front();
    CHECK_THAT(str(to_string(entry.where), ": ", entry.message), Catch::Contains(fragment));
    CHECK(to_json(root) == before);
  }
}

TEST_CASE("the caret stands under the character that is meant") {
  const std::string text = "trial: {}\npatients:\n  größe: [ä, yes]\n";
  Diagnostics problems = problems_of(text);
  CHECK(config::show(problems, {{"t.yaml", text}}) ==
        "t.yaml:3:14 (patients.größe[1]): 'yes' is refused (readers disagree whether it is "
        "true/false or text). "
        "Write true, or put text in quotes.\n"
        "  3 |   größe: [ä, yes]\n"
        "    |              ^\n");
  CHECK(config::show(problems, {}).find('^') == std::string::npos);

  const std::string longest =
      "a: [" + std::string(300, 'x') + ", yes, " + std::string(300, 'y') + "]\n";
  const std::string shown = config::show(problems_of(longest), {{"t.yaml", longest}});
  const auto line = shown.find("  1 | ") + 6;
  const auto caret = shown.find("    | ", line) + 6;
  CHECK(shown.substr(line + shown.substr(caret).find('^'), 3) == "yes");
  CHECK(shown.substr(line).find('\n') < 110);
}

TEST_CASE("problems are shown in the order of the file and written as JSON") {
  Diagnostics problems;
  problems.error({"a.yaml", 9, 1, "late"}, "second");
  problems.error({"a.yaml", 2, 5, "early \"x\""}, "first");
  problems.error({"--set", 0, 0, "seed"}, "third");
  CHECK(config::show(problems, {}) ==
        "a.yaml:2:5 (early \"x\"): first\na.yaml:9:1 (late): second\n--set (seed): third\n");
  const Value back = read(config::to_json_text(problems));
  REQUIRE(back.as<Value::List>()->size() == 3);
  const Value& first = back.as<Value::List>()->front();
  CHECK(to_json(first) ==
        R"({"file":"a.yaml","line":2,"column":5,"path":"early \"x\"","message":"first"})");
  CHECK(config::to_json_text({}) == "[]");
}

TEST_CASE("files for Python programs may leave values out and capitalise true and false") {
  const std::string text = "a:\nb: {c: ~, d: True}\ne: [False, 'True']\nf: null\n";
  Diagnostics problems;
  const Value value = parse_yaml(text, "t.yaml", problems, config::Dialect::python);
  REQUIRE(problems.ok());
  CHECK(value.find("a")->empty());
  CHECK(value.find("a")->where.line == 1);
  CHECK(value.find("b")->find("c")->empty());
  CHECK(*value.find("b")->find("d")->as<bool>());
  CHECK_FALSE(*(*value.find("e")->as<Value::List>())[0].as<bool>());
  CHECK(*(*value.find("e")->as<Value::List>())[1].as<std::string>() == "True");
  CHECK(value.find("f")->empty());
  CHECK(problems_of(text).entries().size() == 5);  // all of that is refused elsewhere
  Diagnostics list;
  parse_yaml("a: [1, ~]\n", "t.yaml", list, config::Dialect::python);
  CHECK(list.entries().size() == 1);
}
