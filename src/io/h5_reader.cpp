#include "vitrine/io/h5_reader.hpp"

#include <fcntl.h>

#include <algorithm>

#include "vitrine/io/detail/h5.hpp"
#include "vitrine/io/detail/posix.hpp"

namespace vitrine::io {
namespace {

using detail::Handle;
using detail::Quiet;

constexpr std::size_t longest_text = 64 * kibibyte;
constexpr std::size_t best_ratio = 1032;  // of deflate: a small file cannot hold a large array

}  // namespace

struct H5Reader::State {
  Quiet quiet;
  Path path;
  std::uint64_t size = 0;
  Handle file;

  State(Path name, std::uint64_t bytes, Handle opened)
      : path(std::move(name)), size(bytes), file(std::move(opened)) {}

  template <class... Why>
  [[noreturn]] void refuse(const Why&... why) const {
    throw Error(Error::Kind::data, str("'", path.string(), "' cannot be used (", why...,
                                       "). Make the file again, or fetch a whole copy."));
  }
  template <class... Why>
  void expect(bool ok, const Why&... why) const {
    if (!ok) refuse(why...);
  }

  /// Objects that are in this very file.
  bool has(const std::string& object) const {
    if (object == "/") return true;
    for (std::size_t end = object.find('/', 1);; end = object.find('/', end + 1)) {
      const std::string part = object.substr(0, end);
      if (H5Lexists(file, part.c_str(), H5P_DEFAULT) <= 0) return false;
      H5L_info_t info{};
      if (H5Lget_info(file, part.c_str(), &info, H5P_DEFAULT) < 0 || info.type != H5L_TYPE_HARD)
        refuse(part, " is a link to somewhere else");
      if (end == std::string::npos) return true;
    }
  }
  Handle opened(const std::string& object) const {
    expect(has(object), "it has no ", object);
    const hid_t id = H5Oopen(file, object.c_str(), H5P_DEFAULT);
    expect(id >= 0, object, " is damaged");
    return {id, H5Oclose, object};
  }

  bool has_attribute(const std::string& object, const std::string& name) const {
    return has(object) && H5Aexists_by_name(file, object.c_str(), name.c_str(), H5P_DEFAULT) > 0;
  }
  struct Attribute {
    Handle handle, type, space;
  };
  Attribute attribute(const std::string& object, const std::string& name) const {
    expect(has_attribute(object, name), object, " has no attribute ", name);
    Handle handle(H5Aopen_by_name(file, object.c_str(), name.c_str(), H5P_DEFAULT, H5P_DEFAULT),
                  H5Aclose, name);
    Handle type(H5Aget_type(handle), H5Tclose, "a type");
    Handle space(H5Aget_space(handle), H5Sclose, "a data space");
    return {std::move(handle), std::move(type), std::move(space)};
  }

  /// HDF5 reads what a damaged header says, beyond its own buffers too: nothing is left to it.
  void check_storage(hid_t set, const std::string& object, std::size_t value_bytes,
                     std::size_t values) const {
    const std::size_t values_bytes = value_bytes * values;
    const Handle creation(H5Dget_create_plist(set), H5Pclose, "data set properties");
    const H5D_layout_t layout = H5Pget_layout(creation);
    expect(layout == H5D_COMPACT || layout == H5D_CONTIGUOUS || layout == H5D_CHUNKED, object,
           " is stored in a way that is not read");
    expect(H5Pget_external_count(creation) == 0, object, " is stored in another file");
    expect(values_bytes / best_ratio <= size, object, " cannot hold ", values_bytes,
           " bytes: the file has ", size);
    const int filters = H5Pget_nfilters(creation);
    for (int f = 0; f < filters; ++f) {
      unsigned flags = 0, config = 0;
      std::size_t parameters = 0;
      const H5Z_filter_t filter =
          H5Pget_filter2(creation, unsigned(f), &flags, &parameters, nullptr, 0, nullptr, &config);
      expect(filter == H5Z_FILTER_DEFLATE || filter == H5Z_FILTER_SHUFFLE ||
                 filter == H5Z_FILTER_FLETCHER32,
             object, " is packed by a filter that is not read (number ", filter, ')');
    }
    if (layout != H5D_CHUNKED) {
      expect(H5Dget_storage_size(set) == values_bytes, object, " has ", H5Dget_storage_size(set),
             " bytes where ", values_bytes, " belong");
      const haddr_t begin = layout == H5D_CONTIGUOUS ? H5Dget_offset(set) : 0;
      expect(values_bytes <= size && begin <= size - values_bytes, object,
             " lies behind the end of the file");
      return;
    }
    hsize_t chunk[H5S_MAX_RANK];
    const int rank = H5Pget_chunk(creation, H5S_MAX_RANK, chunk);
    std::size_t chunk_bytes = value_bytes;
    for (int d = 0; d < rank; ++d) {
      expect(chunk[d] <= gibibyte && chunk_bytes <= gibibyte / std::max<hsize_t>(chunk[d], 1) &&
                 chunk_bytes * chunk[d] / best_ratio <= size,
             object, " has chunks that are too large");
      chunk_bytes *= chunk[d];
    }
  }

  /// The data set after checking type class, size in bytes of a value, and dimensions.
  Handle array(const std::string& object, H5T_class_t type_class, std::size_t bytes,
               const std::vector<std::size_t>& dims) const {
    Handle set = opened(object);
    expect(H5Iget_type(set) == H5I_DATASET, object, " is no array");
    const Handle type(H5Dget_type(set), H5Tclose, "a type");
    expect(H5Tget_class(type) == type_class && (bytes == 0 || H5Tget_size(type) == bytes), object,
           " has values of another type than expected");
    const Handle space(H5Dget_space(set), H5Sclose, "a data space");
    expect(H5Sget_simple_extent_type(space) != H5S_NULL, object, " is empty");
    hsize_t extent[H5S_MAX_RANK];
    const int rank = H5Sget_simple_extent_dims(space, extent, nullptr);
    const bool same = rank == int(dims.size()) && std::equal(dims.begin(), dims.end(), extent);
    std::string found, wanted;
    for (int d = 0; d < rank; ++d) found += str(d > 0 ? " x " : "", extent[d]);
    for (std::size_t d = 0; d < dims.size(); ++d) wanted += str(d > 0 ? " x " : "", dims[d]);
    expect(same, object, " has ", found.empty() ? "1" : found, " values where ",
           wanted.empty() ? "1" : wanted, " belong");
    std::size_t count = 1;
    for (const std::size_t n : dims) count *= n;
    if (count > 0) check_storage(set, object, H5Tget_size(type), count);
    return set;
  }

  template <class T>
  std::vector<T> read(const std::string& object, H5T_class_t type_class, hid_t memory,
                      const std::vector<std::size_t>& dims) const {
    const Handle set = array(object, type_class, sizeof(T), dims);
    std::size_t count = 1;
    for (const std::size_t n : dims) count *= n;
    std::vector<T> out(count);
    if (count > 0)
      expect(H5Dread(set, memory, H5S_ALL, H5S_ALL, H5P_DEFAULT, out.data()) >= 0, object,
             " is damaged");
    return out;
  }
};

H5Reader::H5Reader(const Path& path) {
  // Says what is wrong with the path better than HDF5 does.
  { const auto file = detail::open_file("read", path, O_RDONLY | O_NONBLOCK); }
  std::error_code error;
  require(std::filesystem::is_regular_file(path, error), Error::Kind::io, "cannot read '",
          path.string(), "' (it is no regular file). Name an HDF5 file.");
  const std::uint64_t size = std::filesystem::file_size(path, error);
  const Quiet quiet;
  require(H5Fis_hdf5(path.c_str()) > 0, Error::Kind::data, "'", path.string(),
          "' is no HDF5 file. Check that it is the right one.");
  // Locks fail on some network file systems.
  const Handle access(H5Pcreate(H5P_FILE_ACCESS), H5Pclose, "file properties");
  static_cast<void>(H5Pset_file_locking(access, false, true));
  const hid_t id = H5Fopen(path.c_str(), H5F_ACC_RDONLY, access);
  require(id >= 0, Error::Kind::data, "'", path.string(),
          "' cannot be used (it is cut short or damaged: it has ", size,
          " bytes). Make the file again, or fetch a whole copy.");
  state_ = std::make_unique<State>(path, size, Handle(id, H5Fclose, "the file"));
}
H5Reader::~H5Reader() = default;
H5Reader::H5Reader(H5Reader&&) noexcept = default;
H5Reader& H5Reader::operator=(H5Reader&&) noexcept = default;

const Path& H5Reader::path() const { return state_->path; }
std::uint64_t H5Reader::file_size() const { return state_->size; }
bool H5Reader::has(const std::string& object) const { return state_->has(object); }
bool H5Reader::has_attribute(const std::string& object, const std::string& name) const {
  return state_->has_attribute(object, name);
}

std::string H5Reader::text(const std::string& object, const std::string& name) const {
  const auto [attribute, type, space] = state_->attribute(object, name);
  const std::size_t size = H5Tget_size(type);
  state_->expect(H5Tget_class(type) == H5T_STRING && H5Tis_variable_str(type) == 0 &&
                     size <= longest_text && H5Sget_simple_extent_npoints(space) == 1,
                 "the attribute ", name, " of ", object, " is no text of fixed length");
  std::string out(size, '\0');
  state_->expect(H5Aread(attribute, type, out.data()) >= 0, "the attribute ", name, " of ", object,
                 " is damaged");
  out.resize(std::min(out.size(), out.find('\0')));
  return out;
}

std::int64_t H5Reader::integer(const std::string& object, const std::string& name) const {
  const auto [attribute, type, space] = state_->attribute(object, name);
  std::int64_t out = 0;
  state_->expect(H5Tget_class(type) == H5T_INTEGER && H5Tget_size(type) == sizeof out &&
                     H5Sget_simple_extent_npoints(space) == 1 &&
                     H5Aread(attribute, H5T_NATIVE_INT64, &out) >= 0,
                 "the attribute ", name, " of ", object, " is no whole number");
  return out;
}

std::vector<double> H5Reader::doubles(const std::string& object,
                                      const std::vector<std::size_t>& dims) const {
  return state_->read<double>(object, H5T_FLOAT, H5T_NATIVE_DOUBLE, dims);
}
std::vector<float> H5Reader::floats(const std::string& object,
                                    const std::vector<std::size_t>& dims) const {
  return state_->read<float>(object, H5T_FLOAT, H5T_NATIVE_FLOAT, dims);
}
std::vector<std::int64_t> H5Reader::integers(const std::string& object,
                                             const std::vector<std::size_t>& dims) const {
  return state_->read<std::int64_t>(object, H5T_INTEGER, H5T_NATIVE_INT64, dims);
}
std::vector<std::uint8_t> H5Reader::bytes(const std::string& object,
                                          const std::vector<std::size_t>& dims) const {
  return state_->read<std::uint8_t>(object, H5T_INTEGER, H5T_NATIVE_UINT8, dims);
}

std::vector<std::string> H5Reader::strings(const std::string& object, std::size_t count) const {
  const Handle set = state_->array(object, H5T_STRING, 0, {count});
  const Handle type(H5Dget_type(set), H5Tclose, "a type");
  const std::size_t size = H5Tget_size(type);
  state_->expect(H5Tis_variable_str(type) == 0 && size <= longest_text &&
                     count <= 64 * mebibyte / std::max<std::size_t>(size, 1),
                 object, " is no list of texts of fixed length");
  std::string all(size * count, '\0');
  if (count > 0)
    state_->expect(H5Dread(set, type, H5S_ALL, H5S_ALL, H5P_DEFAULT, all.data()) >= 0, object,
                   " is damaged");
  std::vector<std::string> out;
  for (std::size_t i = 0; i < count; ++i) {
    std::string one = all.substr(i * size, size);
    one.resize(std::min(one.size(), one.find('\0')));
    out.push_back(std::move(one));
  }
  return out;
}

namespace {

/// Of an array that was checked: a box of it, as floats.
bool read_box(hid_t set, const std::vector<std::size_t>& first,
              const std::vector<std::size_t>& count, std::span<float> out) {
  const std::vector<hsize_t> start(first.begin(), first.end()), size(count.begin(), count.end());
  const Handle from(H5Dget_space(set), H5Sclose, "a data space");
  const Handle to(H5Screate_simple(int(size.size()), size.data(), nullptr), H5Sclose,
                  "a data space");
  return H5Sselect_hyperslab(from, H5S_SELECT_SET, start.data(), nullptr, size.data(), nullptr) >=
             0 &&
         H5Dread(set, H5T_NATIVE_FLOAT, to, from, H5P_DEFAULT, out.data()) >= 0;
}

}  // namespace

void H5Reader::box(const std::string& object, const std::vector<std::size_t>& dims,
                   const std::vector<std::size_t>& first, const std::vector<std::size_t>& count,
                   std::span<float> out) const {
  const Handle opened = state_->opened(object);
  state_->expect(H5Iget_type(opened) == H5I_DATASET, object, " is no array");
  const Handle type(H5Dget_type(opened), H5Tclose, "a type");
  const bool whole = H5Tget_class(type) == H5T_INTEGER;
  const Handle set = state_->array(object, whole ? H5T_INTEGER : H5T_FLOAT, 0, dims);
  std::size_t values = 1;
  for (std::size_t d = 0; d < dims.size(); ++d) {
    VITRINE_EXPECT(first[d] + count[d] <= dims[d]);
    values *= count[d];
  }
  VITRINE_EXPECT(out.size() == values);
  if (values > 0) state_->expect(read_box(set, first, count, out), object, " is damaged");
}

void H5Reader::rows(const std::string& object, const std::vector<std::size_t>& dims,
                    std::size_t first, std::span<float> out) const {
  const Handle set = state_->array(object, H5T_FLOAT, sizeof(float), dims);
  std::size_t row = 1;
  for (std::size_t d = 1; d < dims.size(); ++d) row *= dims[d];
  VITRINE_EXPECT(out.size() % row == 0 && first + out.size() / row <= dims.front());
  std::vector<std::size_t> start(dims.size(), 0), count = dims;
  start.front() = first;
  count.front() = out.size() / row;
  state_->expect(read_box(set, start, count, out), object, " is damaged between rows ", first,
                 " and ", first + count.front());
}

}  // namespace vitrine::io
