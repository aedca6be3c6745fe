#pragma once
#include <cstdint>
#include <string>
#include <vector>

#include "vitrine/core/codec.hpp"
#include "vitrine/model/volume.hpp"

namespace vitrine {

/// Text that remembers where it was written: the name of a file, or what must be looked up there.
struct LocatedText {
  std::string text;
  Location where;

  bool empty() const { return text.empty(); }
};

template <>
struct Codec<LocatedText> {
  static void describe(FieldInfo& field) { field.type = FieldInfo::Type::text; }
  static void read(const Value& value, LocatedText& out, const FieldInfo& field, double to_native,
                   Diagnostics& problems) {
    Codec<std::string>::read(value, out.text, field, to_native, problems);
    out.where = value.where;
  }
  static Value write(const LocatedText& text, double) { return Value(text.text); }
};

/// An image of whole numbers, by the labels that occur in it: two bytes a voxel, however large the
/// labels are.
struct LabelImage {
  struct Label {
    std::int64_t value = 0;
    std::uint64_t voxels = 0;
  };
  Grid grid;
  std::vector<std::uint16_t> index;  ///< into `labels`, i fastest
  std::vector<Label> labels;         ///< ascending
};

/// The files that a scenario names. Nothing below io opens a file: who needs one asks here, and
/// whoever runs the program hands this down and remembers what was read, with its SHA-256.
///
/// Every call throws Error with the place of the name if the file is missing or damaged.
class Resources {
 public:
  enum class Number : std::uint8_t { int8, uint8, int16, uint16, int32, float32, float64 };

  virtual ~Resources() = default;
  virtual LabelImage labels(const LocatedText& file) = 0;
  /// Voxel values after the file's own scaling, in HU where it is a CT image.
  virtual Image image(const LocatedText& file) = 0;
  /// A JSON document.
  virtual Value document(const LocatedText& file) = 0;
  /// `count` numbers, little-endian and nothing else, of a file beside `document`.
  virtual std::vector<float> numbers(const LocatedText& document, const std::string& name,
                                     Number type, std::uint64_t count) = 0;
};

}  // namespace vitrine
