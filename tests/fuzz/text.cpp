#include "fuzz.hpp"
#include "vitrine/core/hash.hpp"
#include "vitrine/io/audit.hpp"
#include "vitrine/io/checksums.hpp"
#include "vitrine/io/csv.hpp"
#include "vitrine/io/json.hpp"

using namespace vitrine;

namespace {

std::string checksum_line(const std::string& path) {
  return io::checksums_text({{path, sha256(path)}});
}

/// The first line of an audit log.
std::string audit_line() {
  const std::string content =
      str(R"({"line":1,"time":"2026-03-01T12:00:00Z","event":"run_started","previous":")",
          std::string(64, '0'), "\"}");
  return str(content.substr(0, content.size() - 1), ",\"sha256\":\"", sha256(content).hex(),
             "\"}\n");
}

}  // namespace

/// The first byte says what the rest is: a table of features, JSON of a stored case, SHA256SUMS, or
/// an audit log. What is taken survives being written out and read again; an audit log is refused
/// by none of its bytes, and a whole one is the seed or nothing.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return -1;
  const std::string text(reinterpret_cast<const char*>(data) + 1, size - 1);
  return fuzz::taken([&] {
    if (data[0] % 4 == 0) {
      const Table table = io::parse_csv(text, "fuzz.csv");
      for (const auto& row : table.rows) fuzz::expect(row.size() == table.columns.size());
      fuzz::expect(io::parse_csv(table.to_csv(), "again.csv").to_csv() == table.to_csv());
    } else if (data[0] % 4 == 1) {
      const std::string once = to_json(io::parse_json(text, "fuzz.json"));
      fuzz::expect(to_json(io::parse_json(once, "again.json")) == once);
    } else if (data[0] % 4 == 3) {
      const auto chain = io::read_audit(text, "audit.log");
      if (chain.problems.empty()) fuzz::expect(text.empty() || text == audit_line());
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
      "\2" + checksum_line("images/case001/a.nii.gz") + checksum_line("report.html"),
      "\3" + audit_line() + audit_line()};
}
