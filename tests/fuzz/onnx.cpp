#include <span>

#include "fuzz.hpp"
#include "vitrine/onnx/model_file.hpp"

using namespace vitrine;

/// The inputs that an ONNX file declares: there is one, and no axis has a negative length.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  return fuzz::taken([&] {
    const auto inputs = onnx::model_inputs(std::as_bytes(std::span(data, size)));
    fuzz::expect(!inputs.empty());
    for (const auto& input : inputs)
      for (const Index length : input.shape) fuzz::expect(length >= 0);
  });
}

std::vector<std::string> fuzz::seeds() {
  const auto field = [](int number, const std::string& bytes) {
    return std::string{char(number << 3 | 2), char(bytes.size())} + bytes;
  };
  const auto input = [&](const std::string& name) {
    const std::string dims = field(1, "\x08\x01") + field(1, "\x08\x60") + field(1, field(2, "n"));
    return field(11, field(1, name) + field(2, field(1, "\x08\x01" + field(2, dims))));
  };
  return {"\x08\x07" + field(7, input("x")),
          "\x08\x07" + field(7, field(5, field(8, "w")) + input("w") + input("x"))};
}
