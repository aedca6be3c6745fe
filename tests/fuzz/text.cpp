#include "fuzz.hpp"
#include "vitrine/io/checksums.hpp"
#include "vitrine/io/csv.hpp"
#include "vitrine/io/json.hpp"

using namespace vitrine;

namespace {

std::string checksum_line(const std::string& path) {
  return io::checksums_text({{path, sha256(path)}});
}

}  // namespace

/// The first byte says what the rest is: a table of features, JSON of a stored case, or SHA256SUMS.
/// What is taken survives being written out and read again.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return -1;
  const std::string text(reinterpret_cast<const char*>(data) + 1, size - 1);
  return fuzz::taken([&] {
    if (data[0] % 3 == 0) {
      const Table table = io::parse_csv(text, "fuzz.csv");
      for (const auto& row : table.rows) fuzz::expect(row.size() == table.columns.size());
      fuzz::expect(io::parse_csv(table.to_csv(), "again.csv").to_csv() == table.to_csv());
    } else if (data[0] % 3 == 1) {
      const std::string once = to_json(io::parse_json(text, "fuzz.json"));
      fuzz::expect(to_json(io::parse_json(once, "again.json")) == once);
    } else {
      const auto files = io::parse_checksums(text, "SHA256SUMS");
      for (const auto& file : files) fuzz::expect(io::Path(file.path).is_relative());
      fuzz::expect(io::parse_checksums(io::checksums_text(files), "again").size() == files.size());
    }
  });
}

std::vector<std::string> fuzz::seeds() {
  using namespace std::string_literals;
  return {
      "\0"s +
          "case,feature,value,reason\ncase001,glcm.contrast,1.25,\ncase002,\"a,\"\"b\"\"\",,flat_"
          "region\n",
      "\1{\"columns\":[\"case\",\"v\"],\"rows\":[[\"a\\u00e9\",-1.5e-3],[true,null]],\"files\":[]}",
      "\2" + checksum_line("images/case001/a.nii.gz") + checksum_line("report.html")};
}
