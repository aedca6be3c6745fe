#include "vitrine/onnx/model_file.hpp"

#include <algorithm>
#include <cstdint>

namespace vitrine::onnx {
namespace {

using Bytes = std::span<const std::byte>;

void require_whole(bool whole) {
  require(whole, Error::Kind::data,
          "the file is no whole ONNX file (its protocol buffer ends too early or holds what cannot "
          "be). "
          "Export or copy the network again");
}

/// The fields of one message of a protocol buffer (encoding: protobuf.dev/programming-guides/
/// encoding), one after the other.
class Message {
 public:
  explicit Message(Bytes rest) : rest_(rest) {}

  /// False at the end.
  bool next() {
    if (rest_.empty()) return false;
    const std::uint64_t key = varint();
    constexpr std::uint64_t wire_types = 8;
    field_ = key / wire_types;
    number_ = 0;
    bytes_ = {};
    switch (key % wire_types) {
      case 0:
        number_ = varint();
        return true;
      case 1:
        take(sizeof(std::uint64_t));
        return true;
      case 2:
        bytes_ = take(varint());
        return true;
      case 5:
        take(sizeof(std::uint32_t));
        return true;
      default:
        require_whole(false);
        return false;
    }
  }
  std::uint64_t field() const { return field_; }
  std::uint64_t number() const { return number_; }
  Bytes bytes() const { return bytes_; }
  std::string text() const { return {reinterpret_cast<const char*>(bytes_.data()), bytes_.size()}; }

 private:
  Bytes take(std::uint64_t count) {
    require_whole(count <= rest_.size());
    const Bytes taken = rest_.first(std::size_t(count));
    rest_ = rest_.subspan(std::size_t(count));
    return taken;
  }
  std::uint64_t varint() {
    std::uint64_t value = 0;
    constexpr unsigned bits = 7, most = 64;
    for (unsigned shift = 0; shift < most; shift += bits) {
      const auto byte = std::uint64_t(take(1).front());
      value |= (byte & 0x7F) << shift;
      if (byte < 0x80) return value;
    }
    require_whole(false);
    return value;
  }

  Bytes rest_, bytes_;
  std::uint64_t field_ = 0, number_ = 0;
};

/// The last value of a field that holds a message; empty if it is not there.
Bytes part(Bytes message, std::uint64_t field) {
  Bytes found;
  for (Message m(message); m.next();)
    if (m.field() == field) found = m.bytes();
  return found;
}

/// ValueInfoProto: name 1, type 2 (tensor_type 1: shape 2: dim 1: dim_value 1).
ModelInput input_of(Bytes value_info) {
  ModelInput input;
  for (Message m(value_info); m.next();)
    if (m.field() == 1) input.name = m.text();
  for (Message m(part(part(part(value_info, 2), 1), 2)); m.next();) {
    if (m.field() != 1) continue;
    Index& length = input.shape.emplace_back(0);
    for (Message dimension(m.bytes()); dimension.next();)
      if (dimension.field() == 1) length = std::max(Index(0), Index(dimension.number()));
  }
  return input;
}

}  // namespace

std::vector<ModelInput> model_inputs(Bytes file) {
  // ModelProto: graph 7; GraphProto: initializer 5 (its name 8), input 11.
  constexpr std::uint64_t graph = 7, initializer = 5, tensor_name = 8, graph_input = 11;
  std::vector<ModelInput> inputs;
  std::vector<std::string> weights;
  for (Message m(part(file, graph)); m.next();) {
    if (m.field() == graph_input) inputs.push_back(input_of(m.bytes()));
    if (m.field() != initializer) continue;
    for (Message tensor(m.bytes()); tensor.next();)
      if (tensor.field() == tensor_name) weights.push_back(tensor.text());
  }
  std::erase_if(inputs, [&](const ModelInput& input) {
    return std::ranges::find(weights, input.name) != weights.end();
  });
  require(!inputs.empty(), Error::Kind::data,
          "the file is no ONNX file of a network with an input. Export the network again");
  return inputs;
}

}  // namespace vitrine::onnx
