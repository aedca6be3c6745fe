// NRRD and MetaImage: text headers, voxels behind them or in a file beside them.
#include <algorithm>
#include <map>
#include <optional>

#include "vitrine/core/error.hpp"
#include "vitrine/io/detail/image_header.hpp"

namespace vitrine::io::detail {
namespace {

constexpr std::size_t most_header_bytes = std::size_t{1} << 20;

/// The fields of a text header and where the data begin.
struct TextHeader {
  std::map<std::string, std::string, std::less<>> fields;
  std::size_t end = 0;

  /// A view into this header: not for one that is gone with the statement.
  std::optional<std::string_view> find(std::initializer_list<std::string_view>) && = delete;
  std::optional<std::string_view> find(std::initializer_list<std::string_view> names) const& {
    for (const std::string_view name : names)
      if (const auto field = fields.find(name); field != fields.end()) return field->second;
    return std::nullopt;
  }
};

std::string_view trimmed(std::string_view text) {
  const auto first = text.find_first_not_of(" \t\r");
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(" \t\r") - first + 1);
}

std::string lower_case(std::string_view text) {
  std::string out(text);
  for (char& c : out)
    if (c >= 'A' && c <= 'Z') c = char(c - 'A' + 'a');
  return out;
}

std::string_view need(std::optional<std::string_view> field, std::string_view name,
                      const Path& path) {
  require(field.has_value(), Error::Kind::data, "'", path.string(), "' lacks the field '", name,
          "'. Its header is damaged.");
  return *field;
}

[[noreturn]] void unsupported(const Path& path, std::string_view field, std::string_view value) {
  throw Error(Error::Kind::unsupported,
              str("'", path.string(), "': ", field, " '", value.substr(0, 80),
                  "' is not read. Convert it to a plain 3-D image of one number per voxel."));
}

std::string_view next_line(std::string_view text, std::size_t& at, const Path& path) {
  const std::size_t end = text.find('\n', at);
  require(end != std::string_view::npos, Error::Kind::data, "'", path.string(),
          "': its header has no end (the file is cut short, or of another format).");
  const std::string_view line = text.substr(at, end - at);
  at = end + 1;
  return line.ends_with('\r') ? line.substr(0, line.size() - 1) : line;
}

void put(TextHeader& header, std::string key, std::string_view value, const Path& path) {
  require(header.fields.emplace(key, trimmed(value)).second, Error::Kind::data, "'", path.string(),
          "' has the field '", key, "' twice. Its header is damaged.");
}

TextHeader parse_nrrd(std::string_view text, const Path& path) {
  TextHeader header;
  const bool magic =
      text.size() >= 8 && text.starts_with("NRRD000") && text[7] >= '1' && text[7] <= '5';
  require(magic, Error::Kind::data, "'", path.string(),
          "' is no NRRD file (it does not begin with NRRD0001 to NRRD0005).");
  std::size_t at = 0;
  next_line(text, at, path);
  // A header of a data file apart may end with the file.
  while (at < text.size()) {
    const std::string_view line = next_line(text, at, path);
    if (line.empty()) break;
    const std::size_t colon = line.find(':');
    if (line.starts_with('#') ||
        (colon != std::string_view::npos && line.substr(colon).starts_with(":=")))
      continue;
    require(colon != std::string_view::npos, Error::Kind::data, "'", path.string(),
            "': the header line '", line.substr(0, 80), "' is no field.");
    put(header, lower_case(line.substr(0, colon)), line.substr(colon + 1), path);
  }
  header.end = at;
  return header;
}

TextHeader parse_meta(std::string_view text, const Path& path) {
  TextHeader header;
  for (std::size_t at = 0;;) {
    const std::string_view line = next_line(text, at, path);
    if (trimmed(line).empty()) continue;
    const std::size_t equals = line.find('=');
    require(equals != std::string_view::npos, Error::Kind::data, "'", path.string(),
            "': the header line '", line.substr(0, 80), "' is no field.");
    const std::string key(trimmed(line.substr(0, equals)));
    put(header, key, line.substr(equals + 1), path);
    if (key != "ElementDataFile") continue;
    header.end = at;
    return header;
  }
}

std::size_t nrrd_voxel_bytes(const std::string& type, const Path& path) {
  static constexpr std::pair<std::string_view, std::size_t> known[] = {{"signed char", 1},
                                                                       {"int8", 1},
                                                                       {"int8_t", 1},
                                                                       {"uchar", 1},
                                                                       {"unsigned char", 1},
                                                                       {"uint8", 1},
                                                                       {"uint8_t", 1},
                                                                       {"short", 2},
                                                                       {"short int", 2},
                                                                       {"int16", 2},
                                                                       {"int16_t", 2},
                                                                       {"signed short", 2},
                                                                       {"signed short int", 2},
                                                                       {"ushort", 2},
                                                                       {"unsigned short", 2},
                                                                       {"unsigned short int", 2},
                                                                       {"uint16", 2},
                                                                       {"uint16_t", 2},
                                                                       {"int", 4},
                                                                       {"signed int", 4},
                                                                       {"int32", 4},
                                                                       {"int32_t", 4},
                                                                       {"uint", 4},
                                                                       {"unsigned int", 4},
                                                                       {"uint32", 4},
                                                                       {"uint32_t", 4},
                                                                       {"float", 4},
                                                                       {"double", 8}};
  for (const auto& [name, bytes] : known)
    if (type == name) return bytes;
  unsupported(path, "type", type);
}

std::size_t meta_voxel_bytes(std::string_view type, const Path& path) {
  static constexpr std::pair<std::string_view, std::size_t> known[] = {
      {"MET_CHAR", 1}, {"MET_UCHAR", 1}, {"MET_SHORT", 2}, {"MET_USHORT", 2},
      {"MET_INT", 4},  {"MET_UINT", 4},  {"MET_FLOAT", 4}, {"MET_DOUBLE", 8}};
  for (const auto& [name, bytes] : known)
    if (type == name) return bytes;
  unsupported(path, "ElementType", type);
}

std::array<std::array<double, 3>, 3> columns_of(const std::vector<double>& nine) {
  std::array<std::array<double, 3>, 3> columns{};
  for (std::size_t i = 0; i < 9; ++i) columns[i / 3][i % 3] = nine[i];
  return columns;
}

DataExtent extent_of(std::string_view sizes, std::string_view field, std::size_t voxel_bytes,
                     const Path& path) {
  const auto numbers = parse_numbers(sizes, 3, path, field);
  return {{numbers[0], numbers[1], numbers[2]}, voxel_bytes};
}

/// The header is text at the start of a file that may go on with gigabytes of voxels.
std::string_view header_part(const Bytes& file) {
  return {reinterpret_cast<const char*>(file.data()), std::min(file.size(), most_header_bytes)};
}

void check_nrrd_geometry(const TextHeader& header, const Path& path) {
  if (const auto units = header.find({"space units"}))
    for (std::string_view rest = *units; !rest.empty();) {
      const auto end = std::min(rest.find(' '), rest.size());
      if (const auto unit = rest.substr(0, end);
          !unit.empty() && unit != "\"mm\"" && unit != "\"\"")
        unsupported(path, "space units", *units);
      rest.remove_prefix(std::min(end + 1, rest.size()));
    }
  if (const auto directions = header.find({"space directions"})) {
    static constexpr std::string_view spaces[] = {"left-posterior-superior", "lps",
                                                  "right-anterior-superior", "ras",
                                                  "left-anterior-superior",  "las"};
    const std::string space = lower_case(need(header.find({"space"}), "space", path));
    if (std::find(std::begin(spaces), std::end(spaces), space) == std::end(spaces))
      unsupported(path, "space", space);
    check_axes(columns_of(parse_numbers(*directions, 9, path, "space directions")), path,
               "space directions");
    if (const auto origin = header.find({"space origin"}))
      parse_numbers(*origin, 3, path, "space origin");
  } else {
    const auto spacings = need(header.find({"spacings"}), "space directions", path);
    for (const double spacing : parse_numbers(spacings, 3, path, "spacings"))
      check_spacing(spacing, path);
  }
}

}  // namespace

void check_nrrd(const Path& path, std::uint64_t most_bytes) {
  const Bytes file = read_file(path, most_bytes + most_header_bytes);
  const TextHeader header = parse_nrrd(header_part(file), path);
  if (const auto dimension = need(header.find({"dimension"}), "dimension", path); dimension != "3")
    unsupported(path, "dimension", dimension);
  const std::size_t voxel_bytes =
      nrrd_voxel_bytes(lower_case(need(header.find({"type"}), "type", path)), path);
  check_nrrd_geometry(header, path);
  for (const auto skip : {"line skip", "lineskip", "byte skip", "byteskip"})
    if (const auto value = header.find({skip}); value && *value != "0")
      unsupported(path, skip, *value);
  if (voxel_bytes > 1) need(header.find({"endian"}), "endian", path);

  const std::string encoding = lower_case(need(header.find({"encoding"}), "encoding", path));
  if (encoding != "raw" && encoding != "gzip" && encoding != "gz")
    unsupported(path, "encoding", encoding);
  const Packing packing = encoding == "raw" ? Packing::none : Packing::packed;
  const auto expected =
      extent_of(need(header.find({"sizes"}), "sizes", path), "sizes", voxel_bytes, path)
          .bytes(path, most_bytes);
  if (const auto name = header.find({"data file", "datafile"})) {
    const Path data = sibling(path, *name);
    check_data(read_file(data, most_bytes + most_header_bytes), packing, expected, data);
  } else {
    check_data(std::span(file).subspan(header.end), packing, expected, path);
  }
}

void check_meta(const Path& path, std::uint64_t most_bytes) {
  const Bytes file = read_file(path, most_bytes + most_header_bytes);
  const TextHeader header = parse_meta(header_part(file), path);
  const auto must_be = [&](std::string_view key, std::initializer_list<std::string_view> allowed) {
    const auto value = header.find({key});
    if (value && std::find(allowed.begin(), allowed.end(), *value) == allowed.end())
      unsupported(path, key, *value);
  };
  must_be("ObjectType", {"Image"});
  must_be("NDims", {"3"});
  must_be("ElementNumberOfChannels", {"1"});
  must_be("BinaryData", {"True", "true", "1"});
  must_be("HeaderSize", {"0"});
  must_be("DistanceUnits", {"mm"});
  need(header.find({"NDims"}), "NDims", path);

  if (const auto spacing = header.find({"ElementSpacing", "ElementSize"}))
    for (const double mm : parse_numbers(*spacing, 3, path, "ElementSpacing"))
      check_spacing(mm, path);
  if (const auto origin = header.find({"Offset", "Position", "Origin"}))
    parse_numbers(*origin, 3, path, "Offset");
  if (const auto axes = header.find({"TransformMatrix", "Rotation", "Orientation"}))
    check_axes(columns_of(parse_numbers(*axes, 9, path, "TransformMatrix")), path,
               "TransformMatrix");

  const auto type = need(header.find({"ElementType"}), "ElementType", path);
  const auto size = need(header.find({"DimSize"}), "DimSize", path);
  const auto expected =
      extent_of(size, "DimSize", meta_voxel_bytes(type, path), path).bytes(path, most_bytes);
  const std::string packed = lower_case(header.find({"CompressedData"}).value_or("False"));
  const Packing packing = packed == "true" || packed == "1" ? Packing::packed : Packing::none;
  const auto where = need(header.find({"ElementDataFile"}), "ElementDataFile", path);
  if (where == "LOCAL" || where == "Local" || where == "local") {
    check_data(std::span(file).subspan(header.end), packing, expected, path);
  } else {
    if (where.starts_with("LIST") || where.find('%') != std::string_view::npos)
      unsupported(path, "ElementDataFile", where);
    const Path data = sibling(path, where);
    check_data(read_file(data, most_bytes), packing, expected, data);
  }
}

std::optional<Path> detached_data(const Path& path) {
  const std::string name = lower_case(path.filename().string());
  if (name.ends_with(".nrrd") || name.ends_with(".nhdr")) {
    const Bytes file = read_file(path);
    const TextHeader header = parse_nrrd(header_part(file), path);
    if (const auto data = header.find({"data file", "datafile"})) return sibling(path, *data);
  } else if (name.ends_with(".mha") || name.ends_with(".mhd")) {
    const Bytes file = read_file(path);
    const TextHeader header = parse_meta(header_part(file), path);
    const auto data = header.find({"ElementDataFile"});
    if (data && lower_case(*data) != "local") return sibling(path, *data);
  }
  return {};
}

}  // namespace vitrine::io::detail
