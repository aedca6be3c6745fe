#include <catch2/catch.hpp>

#include "vitrine/core/random.hpp"
#include "vitrine/onnx/model_file.hpp"

using namespace vitrine;
using namespace vitrine::onnx;

namespace {

/// A field of a protocol buffer: `key` is its number and wire type, all lengths are below 128.
std::string field(std::uint64_t number, const std::string& bytes) {
  return std::string{char(number << 3 | 2), char(bytes.size())} + bytes;
}
std::string field(std::uint64_t number, int value) { return {char(number << 3), char(value)}; }

std::string input(const std::string& name, const std::vector<int>& shape) {
  std::string dims;
  for (const int n : shape) dims += field(1, n > 0 ? field(1, n) : field(2, "any"));
  return field(11, field(1, name) + field(2, field(1, field(1, 1) + field(2, dims))));
}

std::string model(const std::string& graph) { return field(1, 7) + field(7, graph); }

std::vector<ModelInput> inputs_of(const std::string& file) {
  return model_inputs(std::as_bytes(std::span(file)));
}

}  // namespace

TEST_CASE("what a network must be given is what its file says") {
  const auto inputs = inputs_of(model(input("x", {1, 3, 0, 96})));
  REQUIRE(inputs.size() == 1);
  CHECK(inputs[0].name == "x");
  CHECK(inputs[0].shape == std::vector<Index>{1, 3, 0, 96});
}

TEST_CASE("an axis of negative length is one of any length") {
  const std::string minus_one = "\x08" + std::string(9, '\xFF') + "\x01";
  const std::string shape = field(2, field(1, minus_one) + field(1, field(1, 5)));
  const auto inputs = inputs_of(model(field(11, field(1, "x") + field(2, field(1, shape)))));
  CHECK(inputs.at(0).shape == std::vector<Index>{0, 5});
}

TEST_CASE("weights that are declared as inputs are none") {
  const std::string weights = field(5, field(8, "w"));
  const auto inputs = inputs_of(model(input("w", {4}) + input("x", {1, 1}) + weights));
  REQUIRE(inputs.size() == 1);
  CHECK(inputs[0].name == "x");
  CHECK_THROWS_WITH(inputs_of(model(input("w", {4}) + weights)), Catch::Contains("no ONNX file"));
}

TEST_CASE("a file that is none, or ends early, is refused") {
  CHECK_THROWS_WITH(inputs_of(""), Catch::Contains("no ONNX file"));
  CHECK_THROWS_WITH(inputs_of("PK\3\4 what is this"), Catch::Contains("no whole ONNX file"));
  CHECK_THROWS_WITH(inputs_of(std::string(11, '\xFF')), Catch::Contains("no whole ONNX file"));
  const std::string whole = model(input("x", {1, 3, 0, 96}));
  for (std::size_t length = 0; length < whole.size(); ++length)
    CHECK_THROWS_AS(inputs_of(whole.substr(0, length)), Error);
}

TEST_CASE("any bytes are read or refused, and nothing else happens") {
  Rng rng(make_stream(5, "onnx", Draw::test), 0);
  const std::string whole = model(input("x", {1, 3, 0, 96}) + field(5, field(8, "w")));
  std::size_t refused = 0;
  for (int n = 0; n < 20000; ++n) {
    std::string bytes = whole;
    bytes[std::size_t(rng.uniform() * double(bytes.size()))] = char(rng.uniform() * 256.0);
    try {
      static_cast<void>(inputs_of(bytes));
    } catch (const Error& error) {
      refused += error.kind() == Error::Kind::data;
    }
  }
  CHECK(refused > 1000);
}
