#include <cmath>

#include "scratch.hpp"
#include "vitrine/io/table_spool.hpp"

using namespace vitrine;

namespace {

/// Texts of many lengths, numbers, missing numbers, and a column of both.
Table rows(int first, int count) {
  Table table;
  table.columns = {"case", "value, quoted", "mixed"};
  for (int i = first; i < first + count; ++i) {
    const Table::Cell mixed = i % 3 == 0 ? Table::Cell(0.1 * i) : Table::Cell(str("\"", i, "\"\n"));
    table.add({str("case", i, std::string(std::size_t(i % 40), 'x')),
               i % 7 == 0 ? std::nan("") : std::sqrt(double(i)), mixed});
  }
  return table;
}

std::string csv_of(const io::TableSpool& spool) {
  std::string text;
  spool.csv([&](std::span<const std::byte> piece) {
    text.append(reinterpret_cast<const char*>(piece.data()), piece.size());
  });
  return text;
}

template <class T>
io::Bytes h5_of(const T& table) {
  io::H5File file;
  io::write_table(file, "/before", Table{{"a"}, {{1.0}}});
  io::write_table(file, "/group/table", table);
  io::write_table(file, "/after", Table{{"a"}, {{"b"}}});
  return file.bytes();
}

}  // namespace

TEST_CASE("a table that came in parts is, as CSV and HDF5, the whole table to the byte") {
  const Scratch scratch;
  const int length = GENERATE(0, 1, 700, 100000);  // nothing, one array, several chunks, a file
  CAPTURE(length);
  io::TableSpool spool(scratch.path());
  spool.append(Table{});
  for (int first = 0; first < length; first += 333)
    spool.append(rows(first, std::min(333, length - first)));
  if (length == 0) spool.append(rows(0, 0));
  const Table whole = rows(0, length);
  CHECK(spool.rows() == std::size_t(length));
  CHECK(csv_of(spool) == whole.to_csv());
  CHECK(h5_of(spool) == h5_of(whole));
  CHECK(csv_of(spool) == whole.to_csv());  // again
  // Whatever lies on disk has no name: a program that is killed leaves nothing.
  CHECK(std::filesystem::is_empty(scratch.path()));
}

TEST_CASE("a table without columns becomes nothing, and other columns do not go on a table") {
  const Scratch scratch;
  io::TableSpool spool(scratch.path());
  spool.append(Table{});
  CHECK(spool.columns().empty());
  CHECK(h5_of(spool).size() < h5_of(rows(0, 1)).size());
  spool.append(rows(0, 2));
  CHECK_THAT(complaint(Error::Kind::data,
                       [&] {
                         spool.append(Table{{"other"}, {}});
                       }),
             Catch::Contains("does not go on"));
  CHECK(spool.rows() == 2);
  io::TableSpool nowhere(scratch / "gone");
  CHECK_THAT(complaint(Error::Kind::io, [&] { nowhere.append(rows(0, 100000)); }),
             Catch::Contains("gone"));
}

TEST_CASE("a file in pieces replaces the one before only when it is whole") {
  const Scratch scratch;
  const io::Path path = scratch / "a.csv";
  io::write_file(path, "before");
  { io::FileInPieces(path).write(bytes_of("cut off")); }
  CHECK(io::read_text(path) == "before");
  io::FileInPieces file(path);
  file.write(bytes_of("first, "));
  file.write(bytes_of("second"));
  CHECK(io::read_text(path) == "before");
  const io::SealedFile sealed = file.finish();
  CHECK(io::read_text(path) == "first, second");
  CHECK(sealed.sha256 == sha256("first, second"));
  CHECK(sealed.bytes == 13);
  CHECK(std::distance(std::filesystem::directory_iterator(scratch.path()), {}) == 1);
}
