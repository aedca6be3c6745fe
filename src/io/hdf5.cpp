#include "vitrine/io/hdf5.hpp"

#include <algorithm>
#include <cmath>
#include <functional>
#include <numeric>

#include "vitrine/core/error.hpp"
#include "vitrine/core/parallel.hpp"
#include "vitrine/core/value.hpp"
#include "vitrine/io/detail/deflate.hpp"
#include "vitrine/io/detail/h5.hpp"

namespace vitrine::io {
namespace {

using detail::Handle;
using detail::Quiet;

void check(herr_t result, const std::string& what) {
  require(result >= 0, Error::Kind::io, "HDF5 cannot ", what,
          ". Is the disk full, or memory short?");
}

Handle memory_file() {
  const Handle access(H5Pcreate(H5P_FILE_ACCESS), H5Pclose, "file properties");
  check(H5Pset_fapl_core(access, std::size_t{1} << 20, false), "keep a file in memory");
  const Handle creation(H5Pcreate(H5P_FILE_CREATE), H5Pclose, "file properties");
  check(H5Pset_obj_track_times(creation, false), "leave out times");  // of the root group
  return {H5Fcreate("results.h5", H5F_ACC_TRUNC, creation, access), H5Fclose, "the file"};
}

Handle disk_file(const Path& path) {
  const Handle creation(H5Pcreate(H5P_FILE_CREATE), H5Pclose, "file properties");
  check(H5Pset_obj_track_times(creation, false), "leave out times");
  // The run's own lock guards the directory; HDF5's fails on some network file systems.
  const Handle access(H5Pcreate(H5P_FILE_ACCESS), H5Pclose, "file properties");
  check(H5Pset_file_locking(access, false, true), "leave out locks");
  return {H5Fcreate(path.c_str(), H5F_ACC_TRUNC, creation, access), H5Fclose,
          str("the file '", path.string(), "'")};
}

/// Byte j of all numbers, then byte j + 1: HDF5's shuffle.
Bytes shuffled(std::span<const float> values) {
  const auto* bytes = reinterpret_cast<const std::byte*>(values.data());
  Bytes out(values.size_bytes());
  for (std::size_t j = 0; j < sizeof(float); ++j)
    for (std::size_t i = 0; i < values.size(); ++i)
      out[j * values.size() + i] = bytes[i * sizeof(float) + j];
  return out;
}

Handle text_type(std::size_t size) {
  Handle type(H5Tcopy(H5T_C_S1), H5Tclose, "a text type");
  check(H5Tset_size(type, size), "set the size of a text type");
  check(H5Tset_cset(type, H5T_CSET_UTF8), "set the encoding of a text type");
  return type;
}

/// Fixed length, padded with zero bytes.
Handle padded_type(std::size_t size) {
  Handle type = text_type(size);
  check(H5Tset_strpad(type, H5T_STR_NULLPAD), "pad text");
  return type;
}

Handle simple_space(const std::vector<hsize_t>& dims) {
  return {H5Screate_simple(int(dims.size()), dims.data(), nullptr), H5Sclose, "a data space"};
}

}  // namespace

struct H5File::State {
  Quiet quiet;
  Handle file;
  Handle with_groups{H5Pcreate(H5P_LINK_CREATE), H5Pclose, "link properties"};

  /// The data set that arrives by rows.
  struct Growing {
    Handle set;
    std::string path;
    std::vector<hsize_t> extent;
    bool packed;
    std::size_t next, row_size;
  };
  std::unique_ptr<Growing> growing;
  static constexpr int packing_level = 1;  // the noise of a scan packs no better at any other

  explicit State(Handle opened) : file(std::move(opened)) {
    check(H5Pset_create_intermediate_group(with_groups, 1), "make groups on the way");
    check(H5Pset_char_encoding(with_groups, H5T_CSET_UTF8), "name things in UTF-8");
  }

  void dataset(const std::string& path, hid_t stored, hid_t memory, const void* values,
               std::size_t value_bytes, const std::vector<std::size_t>& dims) {
    const Handle set = made(path, stored, value_bytes, dims);
    const std::size_t count =
        std::accumulate(dims.begin(), dims.end(), std::size_t{1}, std::multiplies<>());
    if (count > 0)
      check(H5Dwrite(set, memory, H5S_ALL, H5S_ALL, H5P_DEFAULT, values), str("write ", path));
  }

  /// A list whose values come in order, written chunk by chunk: HDF5 sees the chunks of `dataset`.
  class List {
   public:
    List(State& state, std::string path, hid_t stored, std::size_t value_bytes, std::size_t count)
        : path_(std::move(path)),
          type_(stored),
          value_bytes_(value_bytes),
          count_(count),
          set_(state.made(path_, stored, value_bytes, {count})),
          buffer_(std::min(count * value_bytes, room(count, value_bytes))) {}

    void add(const void* value, std::size_t bytes) {
      const auto* from = static_cast<const std::byte*>(value);
      std::fill(std::copy(from, from + bytes, buffer_.begin() + std::ptrdiff_t(filled_)),
                buffer_.begin() + std::ptrdiff_t(filled_ + value_bytes_), std::byte{0});
      filled_ += value_bytes_;
      if (filled_ == buffer_.size()) flush();
    }
    void flush() {
      const hsize_t start = done_, part = filled_ / value_bytes_, all = count_;
      if (part == 0) return;
      const Handle there = simple_space({all}), here = simple_space({part});
      check(H5Sselect_hyperslab(there, H5S_SELECT_SET, &start, nullptr, &part, nullptr),
            str("choose a part of ", path_));
      check(H5Dwrite(set_, type_, here, there, H5P_DEFAULT, buffer_.data()), str("write ", path_));
      done_ += part;
      filled_ = 0;
    }

   private:
    static std::size_t room(std::size_t count, std::size_t value_bytes) {
      return std::size_t(chunk({count}, value_bytes).front()) * value_bytes;
    }

    std::string path_;
    hid_t type_;
    std::size_t value_bytes_, count_;
    Handle set_;
    Bytes buffer_;
    std::size_t filled_ = 0, done_ = 0;
  };

  /// A data set without values; above 64 KiB it is packed.
  Handle made(const std::string& path, hid_t stored, std::size_t value_bytes,
              const std::vector<std::size_t>& dims) {
    make_parents(path);
    const std::vector<hsize_t> extent(dims.begin(), dims.end());
    const Handle space = simple_space(extent);
    const Handle creation(H5Pcreate(H5P_DATASET_CREATE), H5Pclose, "data set properties");
    check(H5Pset_obj_track_times(creation, false), "leave out times");
    const std::size_t count =
        std::accumulate(dims.begin(), dims.end(), std::size_t{1}, std::multiplies<>());
    if (count * value_bytes > std::size_t{64} << 10) {
      check(H5Pset_chunk(creation, int(extent.size()), chunk(extent, value_bytes).data()),
            str("split ", path));
      check(H5Pset_shuffle(creation), str("pack ", path));
      check(H5Pset_deflate(creation, 4), str("pack ", path));
    }
    return {H5Dcreate2(file, path.c_str(), stored, space, with_groups, creation, H5P_DEFAULT),
            H5Dclose, path};
  }

  void rows(const std::string& path, const std::vector<std::size_t>& dims, bool packed) {
    make_parents(path);
    const std::vector<hsize_t> extent(dims.begin(), dims.end());
    std::vector<hsize_t> chunk = extent;
    chunk.front() = 1;
    const Handle creation(H5Pcreate(H5P_DATASET_CREATE), H5Pclose, "data set properties");
    check(H5Pset_obj_track_times(creation, false), "leave out times");
    check(H5Pset_chunk(creation, int(chunk.size()), chunk.data()), str("split ", path));
    if (packed) {
      check(H5Pset_shuffle(creation), str("pack ", path));
      check(H5Pset_deflate(creation, packing_level), str("pack ", path));
    }
    const Handle space = simple_space(extent);
    const hid_t id =
        H5Dcreate2(file, path.c_str(), H5T_IEEE_F32LE, space, with_groups, creation, H5P_DEFAULT);
    growing =
        std::make_unique<Growing>(Growing{Handle(id, H5Dclose, path), path, extent, packed, 0, 1});
    for (std::size_t i = 1; i < extent.size(); ++i) growing->row_size *= extent[i];
  }

  void append(std::span<const float> values) {
    VITRINE_EXPECT(growing && values.size() % growing->row_size == 0);
    const std::size_t size = growing->row_size, count = values.size() / size;
    VITRINE_EXPECT(growing->next + count <= growing->extent.front());
    std::vector<Bytes> packed(growing->packed ? count : 0);
    parallel_for(std::ssize(packed), [&](std::int64_t i) {
      const auto row = std::size_t(i);
      packed[row] = detail::deflate(shuffled(values.subspan(row * size, size)), detail::Wrap::zlib,
                                    packing_level);
    });
    std::vector<hsize_t> at(growing->extent.size(), 0);
    for (std::size_t row = 0; row < count; ++row) {
      at.front() = growing->next++;
      const void* bytes = growing->packed ? static_cast<const void*>(packed[row].data())
                                          : values.data() + row * size;
      const std::size_t length = growing->packed ? packed[row].size() : size * sizeof(float);
      check(H5Dwrite_chunk(growing->set, H5P_DEFAULT, 0, at.data(), length, bytes),
            str("write ", growing->path));
    }
  }

  void close() {
    growing.reset();
    check(H5Fflush(file, H5F_SCOPE_GLOBAL), "complete the file");
    check(H5Fclose(file.release()), "complete the file");
  }

  /// Groups made on the way by HDF5 itself would carry times.
  void make_parents(const std::string& path) {
    require(path.size() > 1 && path.front() == '/', Error::Kind::data, "'", path,
            "' is no absolute HDF5 path");
    for (std::size_t at = path.find('/', 1); at != std::string::npos; at = path.find('/', at + 1))
      make_group(path.substr(0, at));
  }
  void make_group(const std::string& path) {
    if (H5Lexists(file, path.c_str(), H5P_DEFAULT) > 0) return;
    const Handle creation(H5Pcreate(H5P_GROUP_CREATE), H5Pclose, "group properties");
    check(H5Pset_obj_track_times(creation, false), "leave out times");
    const Handle group(H5Gcreate2(file, path.c_str(), with_groups, creation, H5P_DEFAULT), H5Gclose,
                       path);
  }

  void attribute(const std::string& path, const std::string& name, hid_t type, hid_t memory,
                 const void* value) {
    const Handle object(H5Oopen(file, path.c_str(), H5P_DEFAULT), H5Oclose,
                        str("an attribute of ", path, ", which is not there,"));
    const Handle space(H5Screate(H5S_SCALAR), H5Sclose, "a data space");
    const Handle attribute(H5Acreate2(object, name.c_str(), type, space, H5P_DEFAULT, H5P_DEFAULT),
                           H5Aclose, str("the attribute ", name, " of ", path));
    check(H5Awrite(attribute, memory, value), str("write the attribute ", name, " of ", path));
  }

 private:
  /// Whole rows of the last dimensions, about 256 KiB together.
  static std::vector<hsize_t> chunk(std::vector<hsize_t> extent, std::size_t value_bytes) {
    hsize_t room = (std::size_t{256} << 10) / value_bytes;
    for (std::size_t i = extent.size(); i-- > 0;) {
      extent[i] = std::clamp<hsize_t>(extent[i], 1, std::max<hsize_t>(room, 1));
      room /= extent[i];
    }
    return extent;
  }
};

H5File::H5File() : state_(std::make_unique<State>(memory_file())) {}
H5File::H5File(const Path& path) : state_(std::make_unique<State>(disk_file(path))) {}
H5File::~H5File() = default;
H5File::H5File(H5File&&) noexcept = default;
H5File& H5File::operator=(H5File&&) noexcept = default;

namespace {

template <class State, class T>
void add(State& state, const std::string& path, hid_t stored, hid_t memory,
         std::span<const T> values, const std::vector<std::size_t>& dims) {
  const std::size_t count =
      std::accumulate(dims.begin(), dims.end(), std::size_t{1}, std::multiplies<>());
  require(count == values.size(), Error::Kind::data, "'", path, "' has ", values.size(),
          " values, its dimensions ask for ", count);
  state.dataset(path, stored, memory, values.data(), sizeof(T), dims);
}

}  // namespace

void H5File::dataset(const std::string& path, std::span<const double> values,
                     const std::vector<std::size_t>& dims) {
  add(*state_, path, H5T_IEEE_F64LE, H5T_NATIVE_DOUBLE, values, dims);
}
void H5File::dataset(const std::string& path, std::span<const float> values,
                     const std::vector<std::size_t>& dims) {
  add(*state_, path, H5T_IEEE_F32LE, H5T_NATIVE_FLOAT, values, dims);
}
void H5File::dataset(const std::string& path, std::span<const std::int64_t> values,
                     const std::vector<std::size_t>& dims) {
  add(*state_, path, H5T_STD_I64LE, H5T_NATIVE_INT64, values, dims);
}
void H5File::dataset(const std::string& path, std::span<const std::uint8_t> values,
                     const std::vector<std::size_t>& dims) {
  add(*state_, path, H5T_STD_U8LE, H5T_NATIVE_UINT8, values, dims);
}

void H5File::strings(const std::string& path, const std::vector<std::string>& values) {
  texts(path, values.size(), [&](FunctionRef<void(std::string_view)> take) {
    for (const std::string& value : values) take(value);
  });
}

void H5File::numbers(const std::string& path, std::size_t count, Each<double> each) {
  State::List list(*state_, path, H5T_IEEE_F64LE, sizeof(double), count);
  each([&](double value) { list.add(&value, sizeof value); });
  list.flush();
}

void H5File::texts(const std::string& path, std::size_t count, Each<std::string_view> each) {
  // Fixed length: variable-length text lives in a heap that packs nothing. The longest decides.
  std::size_t longest = 1;
  each([&](std::string_view text) { longest = std::max(longest, text.size()); });
  const Handle type = padded_type(longest);
  State::List list(*state_, path, type, longest, count);
  each([&](std::string_view text) { list.add(text.data(), text.size()); });
  list.flush();
}

void H5File::group(const std::string& path) { state_->make_parents(path + "/"); }

void H5File::attribute(const std::string& path, const std::string& name, const std::string& text) {
  const Handle type = text_type(text.size() + 1);
  state_->attribute(path, name, type, type, text.c_str());
}
void H5File::attribute(const std::string& path, const std::string& name, double number) {
  state_->attribute(path, name, H5T_IEEE_F64LE, H5T_NATIVE_DOUBLE, &number);
}
void H5File::attribute(const std::string& path, const std::string& name, std::int64_t number) {
  state_->attribute(path, name, H5T_STD_I64LE, H5T_NATIVE_INT64, &number);
}

void H5File::rows(const std::string& path, const std::vector<std::size_t>& dims, bool packed) {
  state_->rows(path, dims, packed);
}

void H5File::append(std::span<const float> values) { state_->append(values); }

void H5File::close() { state_->close(); }

Bytes H5File::bytes() {
  check(H5Fflush(state_->file, H5F_SCOPE_GLOBAL), "complete the file");
  const ssize_t size = H5Fget_file_image(state_->file, nullptr, 0);
  require(size > 0, Error::Kind::io, "HDF5 cannot give the results file's bytes. Is memory short?");
  Bytes image(static_cast<std::size_t>(size));
  const ssize_t got = H5Fget_file_image(state_->file, image.data(), image.size());
  require(got == size, Error::Kind::io,
          "HDF5 cannot give the results file's bytes. Is memory short?");
  return image;
}

void write_columns(H5File& file, const std::string& group, const CellsByColumn& table) {
  file.group(group);
  for (std::size_t column = 0; column < table.columns.size(); ++column) {
    const std::string path = str(group, '/', table.columns[column]);
    if (table.is_numeric(column)) {
      file.numbers(path, table.rows, [&](FunctionRef<void(double)> take) {
        table.each_cell(column, [&](const Table::Cell& cell) { take(std::get<double>(cell)); });
      });
      continue;
    }
    file.texts(path, table.rows, [&](FunctionRef<void(std::string_view)> take) {
      table.each_cell(column, [&](const Table::Cell& cell) {
        const double* number = std::get_if<double>(&cell);
        if (!number)
          take(std::get<std::string>(cell));
        else
          take(std::isnan(*number) ? std::string() : to_text(*number));
      });
    });
  }
  const Value::List columns(table.columns.begin(), table.columns.end());
  file.attribute(group, "columns", to_json(Value(columns)));
  file.attribute(group, "rows", std::int64_t(table.rows));
}

void write_table(H5File& file, const std::string& group, const Table& table) {
  const auto is_numeric = [&](std::size_t column) {
    return std::all_of(table.rows.begin(), table.rows.end(), [&](const auto& row) {
      return std::holds_alternative<double>(row[column]);
    });
  };
  const auto each_cell = [&](std::size_t column, FunctionRef<void(const Table::Cell&)> take) {
    for (const auto& row : table.rows) take(row[column]);
  };
  write_columns(file, group, {table.columns, table.rows.size(), is_numeric, each_cell});
}

}  // namespace vitrine::io
