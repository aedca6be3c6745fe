#include "vitrine/cli/scenario_files.hpp"

#include <algorithm>
#include <cmath>
#include <cstring>

#include "vitrine/core/hash.hpp"
#include "vitrine/io/image_reader.hpp"
#include "vitrine/io/json.hpp"

namespace vitrine::cli {
namespace {

/// Do something with a file; its errors get the place where the scenario names the file.
template <class Action>
auto at(const LocatedText& file, const Action& action) {
  try {
    return action();
  } catch (const Error& error) {
    if (error.where()) throw;
    throw Error(error.kind(), error.what(), file.where);
  }
}

template <class T>
std::vector<float> converted(const io::Bytes& bytes) {
  std::vector<float> numbers(bytes.size() / sizeof(T));
  for (std::size_t i = 0; i < numbers.size(); ++i) {
    T stored;
    std::memcpy(&stored, bytes.data() + i * sizeof(T), sizeof(T));
    numbers[i] = static_cast<float>(stored);
  }
  return numbers;
}

struct Storage {
  std::size_t bytes;
  std::vector<float> (*convert)(const io::Bytes&);
};

Storage storage_of(Resources::Number type) {
  switch (type) {
    case Resources::Number::int8:
      return {1, converted<std::int8_t>};
    case Resources::Number::uint8:
      return {1, converted<std::uint8_t>};
    case Resources::Number::int16:
      return {2, converted<std::int16_t>};
    case Resources::Number::uint16:
      return {2, converted<std::uint16_t>};
    case Resources::Number::int32:
      return {4, converted<std::int32_t>};
    case Resources::Number::float32:
      return {4, converted<float>};
    case Resources::Number::float64:
      break;
  }
  return {8, converted<double>};
}

}  // namespace

std::filesystem::path ScenarioFiles::find(const std::string& name, const Location& where) const {
  const std::filesystem::path path = (folder_ / name).lexically_normal();
  std::error_code ignored;
  if (name.empty() || !std::filesystem::exists(path, ignored))
    throw Error(Error::Kind::io,
                str("there is no file '", name, "' (looked for ", path.string(),
                    "; paths are relative to the scenario's folder)"),
                where);
  return path;
}

void ScenarioFiles::remember(const std::filesystem::path& path) {
  for (const io::Path& part : io::files_of_image(path)) {
    const io::Bytes bytes = io::read_file(part, 16 * io::gibibyte);
    remember(part, bytes);
  }
}

void ScenarioFiles::remember(const std::filesystem::path& path, std::span<const std::byte> bytes) {
  const std::string name = path.lexically_normal().string();
  const auto same = [&](const trial::FileRecord& record) { return record.path == name; };
  if (std::none_of(read_.begin(), read_.end(), same))
    read_.push_back({name, sha256(bytes).hex(), bytes.size()});
}

LabelImage ScenarioFiles::labels(const LocatedText& file) {
  return at(file, [&] {
    const auto path = find(file.text, file.where);
    LabelImage labels = io::read_labels(path);
    remember(path);
    return labels;
  });
}

Image ScenarioFiles::image(const LocatedText& file) {
  return at(file, [&] {
    const auto path = find(file.text, file.where);
    Image image = io::read_image(path);
    remember(path);
    return image;
  });
}

Value ScenarioFiles::document(const LocatedText& file) {
  return at(file, [&] {
    const auto path = find(file.text, file.where);
    Value value =
        io::parse_json(io::read_text(path, 16 * io::mebibyte), path.string(), {16u << 20, 16});
    remember(path);
    return value;
  });
}

std::vector<float> ScenarioFiles::numbers(const LocatedText& document, const std::string& name,
                                          Number type, std::uint64_t count) {
  return at(document, [&] {
    const std::filesystem::path plain(name);
    require(!name.empty() && plain == plain.filename() && name != "." && name != "..",
            Error::Kind::unsupported, "'", document.text, "' keeps voxels in '", name,
            "' (only a file in its own directory is read). Put both in one directory.");
    const auto path = (folder_ / document.text).parent_path() / plain;
    const Storage storage = storage_of(type);
    const std::uint64_t expected = count * storage.bytes;
    const io::Bytes bytes = io::read_file(path, 16 * io::gibibyte);
    require(bytes.size() == expected, Error::Kind::data, "'", path.string(), "' has ", bytes.size(),
            " bytes, '", document.text, "' announces ", expected,
            bytes.size() < expected ? " (the file is cut short). Copy it again."
                                    : " (size or type of its numbers is wrong). Check them.");
    remember(path, bytes);
    return storage.convert(bytes);
  });
}

}  // namespace vitrine::cli
