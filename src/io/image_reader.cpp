#include "vitrine/io/image_reader.hpp"

#include <itkMetaImageIO.h>
#include <itkNiftiImageIO.h>
#include <itkNrrdImageIO.h>

#include <Eigen/SVD>
#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <mutex>
#include <numeric>
#include <set>
#include <type_traits>
#include <unordered_map>

#include "vitrine/core/buffer.hpp"
#include "vitrine/core/error.hpp"
#include "vitrine/core/value.hpp"
#include "vitrine/io/detail/image_header.hpp"
#include "vitrine/io/dicom.hpp"

namespace vitrine::io {
namespace {

itk::ImageIOBase::Pointer reader_for(detail::ImageFormat format) {
  switch (format) {
    case detail::ImageFormat::nifti:
      return itk::NiftiImageIO::New().GetPointer();
    case detail::ImageFormat::nrrd:
      return itk::NrrdImageIO::New().GetPointer();
    case detail::ImageFormat::meta:
      break;
  }
  return itk::MetaImageIO::New().GetPointer();
}

/// The rotation nearest to `axes`, with axes along the patient's made exact: files keep cosines in
/// 32-bit floats, whose error is below 1e-6.
Mat3 orthonormal(const Mat3& axes, const Path& path) {
  constexpr double tolerance = 1e-3;
  require(axes.allFinite() &&
              (axes.transpose() * axes - Mat3::Identity()).cwiseAbs().maxCoeff() <= tolerance,
          Error::Kind::data, "'", path.string(),
          "': its axes are not perpendicular and of length 1 (to 1e-3). Resample the image to an "
          "unsheared grid.");
  const Mat3 whole = axes.array().round();
  if ((axes - whole).cwiseAbs().maxCoeff() < 1e-6) return whole;
  const Eigen::JacobiSVD<Mat3> svd(axes, Eigen::ComputeFullU | Eigen::ComputeFullV);
  return svd.matrixU() * svd.matrixV().transpose();
}

Grid grid_of(const itk::ImageIOBase& io, const Path& path) {
  Grid grid;
  const unsigned dimensions = io.GetNumberOfDimensions();
  for (unsigned axis = 3; axis < dimensions; ++axis)
    require(io.GetDimensions(axis) == 1, Error::Kind::unsupported, "'", path.string(),
            "' is not three-dimensional.");
  require(dimensions >= 3, Error::Kind::unsupported, "'", path.string(), "' has ", dimensions,
          " dimensions (three are expected). Stack its slices.");
  Mat3 axes;
  for (unsigned axis = 0; axis < 3; ++axis) {
    grid.size[axis] = Index(io.GetDimensions(axis));
    detail::check_spacing(io.GetSpacing(axis), path);
    grid.spacing[axis] = nominal_spacing(io.GetSpacing(axis));
    grid.origin[axis] = io.GetOrigin(axis);
    const auto direction = io.GetDirection(axis);
    for (unsigned row = 0; row < 3; ++row) axes(row, axis) = direction[row];
  }
  require(grid.origin.allFinite(), Error::Kind::data, "'", path.string(),
          "': its origin is not finite.");
  grid.axes = orthonormal(axes, path);
  return grid;
}

template <class Stored>
void convert(const std::byte* bytes, std::span<float> out) {
  for (float& value : out) {
    Stored stored;
    std::memcpy(&stored, bytes, sizeof(stored));
    value = static_cast<float>(stored);
    bytes += sizeof(stored);
  }
}

/// `use(zero)`, its argument being of the type in which a file keeps its voxels.
template <class Use>
auto with_zero_of(itk::IOComponentEnum type, const Path& path, Use use) {
  using Type = itk::IOComponentEnum;
  switch (type) {
    case Type::UCHAR:
      return use(static_cast<unsigned char>(0));
    case Type::CHAR:
      return use(static_cast<signed char>(0));
    case Type::USHORT:
      return use(static_cast<unsigned short>(0));
    case Type::SHORT:
      return use(static_cast<short>(0));
    case Type::UINT:
      return use(0u);
    case Type::INT:
      return use(0);
    case Type::FLOAT:
      return use(0.0f);
    case Type::DOUBLE:
      return use(0.0);
    default:
      throw Error(Error::Kind::unsupported,
                  str("'", path.string(), "': voxels of type ",
                      itk::ImageIOBase::GetComponentTypeAsString(type), " are not read."));
  }
}

/// A voxel's place, written only where a message needs it.
struct Place {
  const Grid& grid;
  std::size_t offset;
  friend std::ostream& operator<<(std::ostream& out, const Place& place) {
    const auto n = Index(place.offset);
    const auto& size = place.grid.size;
    return out << '(' << n % size[0] << ", " << n / size[0] % size[1] << ", "
               << n / size[0] / size[1] << ')';
  }
};

/// Voxels as a file stores them.
struct Stored {
  Grid grid;
  itk::IOComponentEnum type;
  detail::PlainVoxels voxels;

  const std::byte* bytes() const { return voxels.memory.data() + voxels.first; }
};

/// ITK's readers share what nothing guards (that of NIfTI the name of the last file): one thread at
/// a time. Packed voxels are unpacked before, by all.
std::mutex& one_reader() {
  static std::mutex mutex;
  return mutex;
}

Stored read_stored(const Path& path, std::uint64_t most_bytes) {
  detail::CheckedImage checked = detail::check_image_file(path, most_bytes);
  const std::scoped_lock alone(one_reader());
  itk::Object::GlobalWarningDisplayOff();  // ITK prints; what matters comes as an exception
  try {
    const auto io = reader_for(checked.format);
    io->SetFileName(path.string());
    io->ReadImageInformation();
    require(io->GetNumberOfComponents() == 1, Error::Kind::unsupported, "'", path.string(),
            "' has ", io->GetNumberOfComponents(), " numbers per voxel (one is expected).");
    const Grid grid = grid_of(*io, path);
    const std::size_t bytes = std::size_t(grid.count()) * io->GetComponentSize();
    if (checked.voxels && checked.voxels->bytes == bytes)
      return {grid, io->GetComponentType(), std::move(*checked.voxels)};
    itk::ImageIORegion region(io->GetNumberOfDimensions());
    for (unsigned axis = 0; axis < io->GetNumberOfDimensions(); ++axis)
      region.SetSize(axis, io->GetDimensions(axis));
    io->SetIORegion(region);
    Stored stored{grid, io->GetComponentType(), {Buffer<std::byte>(bytes), 0, bytes}};
    io->Read(stored.voxels.memory.data());
    return stored;
  } catch (const itk::ExceptionObject& error) {
    throw Error(Error::Kind::data,
                str("'", path.string(), "' cannot be read (", error.GetDescription(), ")."));
  }
}

Image to_image(const Stored& stored, const Path& path) {
  Image image(stored.grid);
  with_zero_of(stored.type, path,
               [&](auto zero) { convert<decltype(zero)>(stored.bytes(), image.values()); });
  return image;
}

/// The labels in the order of their first voxel, and the voxels by them.
struct Found {
  std::vector<std::int64_t> values;
  std::vector<std::uint64_t> voxels;
  std::vector<std::uint16_t> index;
};

template <class Number>
Found find_labels(const Stored& stored, const Path& path) {
  constexpr std::size_t most = 65536;
  Found found;
  found.index.resize(std::size_t(stored.grid.count()));
  std::unordered_map<std::int64_t, std::uint16_t> known;
  const std::byte* bytes = stored.bytes();
  std::int64_t last = 0;
  std::uint16_t at = 0;
  for (std::size_t i = 0; i < found.index.size(); ++i, bytes += sizeof(Number)) {
    Number value;
    std::memcpy(&value, bytes, sizeof(value));
    if constexpr (std::is_floating_point_v<Number>)
      require(value == std::floor(value) && std::abs(value) <= Number(2147483647.0),
              Error::Kind::data, "'", path.native(), "': voxel ", Place{stored.grid, i}, " is ",
              value, " (labels are whole numbers of 32 bits). Convert the image.");
    const auto label = static_cast<std::int64_t>(value);
    if (label != last || i == 0) {
      const auto [entry, is_new] =
          known.try_emplace(label, static_cast<std::uint16_t>(found.values.size()));
      if (is_new) {
        require(found.values.size() < most, Error::Kind::unsupported, "'", path.string(),
                "' has more than ", most,
                " different labels (it looks like a CT image). Use "
                "'kind: hu_volume' for CT numbers.");
        found.values.push_back(label);
        found.voxels.push_back(0);
      }
      last = label;
      at = entry->second;
    }
    found.index[i] = at;
    ++found.voxels[at];
  }
  return found;
}

Found find_labels(const Stored& stored, const Path& path) {
  return with_zero_of(stored.type, path,
                      [&](auto zero) { return find_labels<decltype(zero)>(stored, path); });
}

/// 1 where a voxel is `label`, or without one is not zero. Throws unless all are whole numbers.
template <class Number>
void choose(const Stored& stored, std::optional<int> label, Mask& mask, const Path& path) {
  constexpr float most = 16777216.0f;  // beyond it floats are no longer dense in whole numbers
  const std::byte* bytes = stored.bytes();
  const auto wanted = float(label.value_or(0));
  const bool any = !label;
  for (std::uint8_t& inside : mask.values()) {
    Number number;
    std::memcpy(&number, bytes, sizeof(number));
    bytes += sizeof(number);
    const auto value = static_cast<float>(number);
    if constexpr (sizeof(Number) > 2)
      require(value == std::floor(value) && std::abs(value) < most, Error::Kind::data, "'",
              path.native(), "': voxel ",
              Place{stored.grid, std::size_t(&inside - mask.values().data())}, " is ", value,
              " (a mask holds whole numbers). Threshold the probabilities first.");
    inside = (value == wanted) != any ? 1 : 0;
  }
}

/// The first 20 different labels, for a message.
std::string labels_of(const Image& labels) {
  std::set<float> seen;
  for (const float value : labels.values())
    if (value != 0.0f && seen.size() < 20) seen.insert(value);
  std::string there;
  for (const float value : seen) there += str(there.empty() ? "" : ", ", value);
  return there.empty() ? "none" : there;
}

}  // namespace

double nominal_spacing(double spacing) {
  std::array<char, 32> text{};
  const auto end =
      std::to_chars(text.data(), text.data() + text.size(), spacing, std::chars_format::general, 7)
          .ptr;
  double rounded = spacing;
  std::from_chars(text.data(), end, rounded);
  return static_cast<float>(rounded) == static_cast<float>(spacing) ? rounded : spacing;
}

Image read_image(const Path& path, std::uint64_t most_bytes) {
  std::error_code error;
  Image image = std::filesystem::is_directory(path, error)
                    ? read_dicom_series(path, most_bytes)
                    : to_image(read_stored(path, most_bytes), path);
  const auto values = image.values();
  for (std::size_t i = 0; i < values.size(); ++i)
    require(std::isfinite(values[i]), Error::Kind::data, "'", path.native(), "': voxel ",
            Place{image.grid(), i}, " is ", values[i],
            " (a finite number is expected). Replace such voxels by air, -1000.");
  return image;
}

bool stores_whole_numbers(const Path& path, const Image& image) {
  std::error_code error;
  if (std::filesystem::is_directory(path, error)) {
    const auto values = image.values();
    return std::all_of(values.begin(), values.end(), [](float x) { return x == std::floor(x); });
  }
  try {
    const auto io = reader_for(detail::check_image_file(path, 4 * gibibyte).format);
    io->SetFileName(path.string());
    io->ReadImageInformation();
    return io->GetComponentType() != itk::IOComponentEnum::FLOAT &&
           io->GetComponentType() != itk::IOComponentEnum::DOUBLE;
  } catch (const itk::ExceptionObject& problem) {
    throw Error(Error::Kind::data,
                str("'", path.string(), "' cannot be read (", problem.GetDescription(), ")."));
  }
}

Mask read_mask(const Path& path, std::optional<int> label, std::uint64_t most_bytes) {
  const Stored stored = read_stored(path, most_bytes);
  Mask mask(stored.grid);
  with_zero_of(stored.type, path,
               [&](auto zero) { choose<decltype(zero)>(stored, label, mask, path); });
  if (std::ranges::find(mask.values(), 1) == mask.values().end()) {
    const std::string wanted =
        label ? str("no voxel with label ", *label) : std::string("no voxel that is not zero");
    throw Error(Error::Kind::data, str("'", path.string(), "' has ", wanted,
                                       " (labels there: ", labels_of(to_image(stored, path)),
                                       "). Choose another label or mask."));
  }
  return mask;
}

LabelImage read_labels(const Path& path, std::uint64_t most_bytes) {
  const Stored stored = read_stored(path, most_bytes);
  Found found = find_labels(stored, path);
  std::vector<std::uint16_t> order(found.values.size()), rank(order.size());
  std::iota(order.begin(), order.end(), std::uint16_t{0});
  std::sort(order.begin(), order.end(),
            [&](std::uint16_t a, std::uint16_t b) { return found.values[a] < found.values[b]; });
  LabelImage image{stored.grid, std::move(found.index), {}};
  for (std::size_t i = 0; i < order.size(); ++i) {
    rank[order[i]] = static_cast<std::uint16_t>(i);
    image.labels.push_back({found.values[order[i]], found.voxels[order[i]]});
  }
  for (std::uint16_t& voxel : image.index) voxel = rank[voxel];
  return image;
}

std::vector<Path> files_of_image(const Path& path) {
  std::error_code error;
  if (std::filesystem::is_directory(path, error)) {
    std::vector<Path> files;
    for (const auto& entry : std::filesystem::directory_iterator(path))
      if (entry.is_regular_file()) files.push_back(entry.path());
    std::sort(files.begin(), files.end());
    return files;
  }
  if (const auto data = detail::detached_data(path)) return {path, *data};
  return {path};
}

void require_same_grid(const Grid& image, const Grid& mask) {
  constexpr double tolerance = 0.01;  // mm
  std::string fields;
  const auto differ = [&](const char* field, const auto& of_image, const auto& of_mask) {
    const auto text = [](const auto& v) {
      return str('(', to_text(double(v[0])), ", ", to_text(double(v[1])), ", ",
                 to_text(double(v[2])), ')');
    };
    fields += str("\n  ", field, ": image ", text(of_image), ", mask ", text(of_mask));
  };
  if (image.size != mask.size) differ("size in voxels", image.size, mask.size);
  // Both are affine: the corners have the largest distances.
  double farthest = 0.0;
  for (const Index i : {Index{0}, image.size[0] - 1})
    for (const Index j : {Index{0}, image.size[1] - 1})
      for (const Index k : {Index{0}, image.size[2] - 1})
        farthest = std::max(farthest, (image.centre(i, j, k) - mask.centre(i, j, k)).norm());
  if (fields.empty() && farthest <= tolerance) return;
  const double extent = double(*std::max_element(image.size.begin(), image.size.end()));
  if ((image.spacing - mask.spacing).cwiseAbs().maxCoeff() * extent > tolerance)
    differ("spacing in mm", image.spacing, mask.spacing);
  if ((image.origin - mask.origin).norm() > tolerance)
    differ("origin in mm", image.origin, mask.origin);
  constexpr std::array axes{"direction of axis i", "direction of axis j", "direction of axis k"};
  const double reach = extent * image.spacing.maxCoeff();
  for (Index a = 0; a < 3; ++a)
    if ((image.axes.col(a) - mask.axes.col(a)).norm() * reach > tolerance)
      differ(axes[std::size_t(a)], image.axes.col(a), mask.axes.col(a));
  throw Error(Error::Kind::data, str("image and mask are not on one grid (voxels lie up to ",
                                     farthest, " mm apart, ", tolerance, " mm is allowed):", fields,
                                     "\nResample the mask to the image's grid."));
}

}  // namespace vitrine::io
