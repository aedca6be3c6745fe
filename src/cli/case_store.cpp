#include "vitrine/cli/case_store.hpp"

#include <algorithm>
#include <iterator>

#include "vitrine/io/json.hpp"

namespace vitrine::cli {
namespace {

Value write(const Table& table) {
  Value::List columns, rows;
  for (const auto& name : table.columns) columns.push_back(Value(name));
  for (const auto& row : table.rows) {
    Value::List cells;
    for (const auto& cell : row) {
      const double* number = std::get_if<double>(&cell);
      cells.push_back(number ? Value(*number) : Value(std::get<std::string>(cell)));
    }
    rows.push_back(Value(std::move(cells)));
  }
  return Value().set("columns", Value(std::move(columns))).set("rows", Value(std::move(rows)));
}

/// A member that must be there. Throws Error on any other shape: then the case is run again.
const Value& member(const Value& value, std::string_view key) {
  const Value* found = value.find(key);
  require(found != nullptr, Error::Kind::data, "a stored case lacks '", key, "'");
  return *found;
}

struct Part {
  std::string_view name;
  Table trial::CaseResult::*table;
};
constexpr Part parts[] = {{"patients", &trial::CaseResult::patients},
                          {"lesions", &trial::CaseResult::lesions},
                          {"features", &trial::CaseResult::features},
                          {"masks", &trial::CaseResult::masks},
                          {"profiles", &trial::CaseResult::profiles},
                          {"images", &trial::CaseResult::images},
                          {"visits", &trial::CaseResult::visits},
                          {"contrast", &trial::CaseResult::contrast},
                          {"visit_lesions", &trial::CaseResult::visit_lesions},
                          {"quality", &trial::CaseResult::quality},
                          {"quality_curves", &trial::CaseResult::quality_curves}};

}  // namespace

CaseStore::CaseStore(io::Path dir, Announce announce)
    : dir_(std::move(dir)), announce_(std::move(announce)) {}

std::vector<std::string> CaseStore::ids() const {
  std::vector<std::string> ids;
  for (const auto& entry : std::filesystem::directory_iterator(dir_ / ".state"))
    if (entry.path().extension() == ".json" && entry.path().stem() != "trial")
      ids.push_back(entry.path().stem().string());
  std::sort(ids.begin(), ids.end());
  return ids;
}

io::Path CaseStore::path_of(const std::string& case_id) const {
  return dir_ / ".state" / (case_id + ".json");
}

std::optional<trial::CaseResult> CaseStore::load(const std::string& case_id) {
  const io::Path path = path_of(case_id);
  if (!std::filesystem::exists(path)) return {};
  trial::CaseResult result;
  result.id = case_id;
  const auto table_of = [&](std::string_view key) -> Table* {
    const auto part = std::ranges::find(parts, key, &Part::name);
    return part == std::end(parts) ? nullptr : &(result.*part->table);
  };
  const Value value = io::parse_json(io::read_text(path), path.string(), table_of);
  try {
    for (const Part& part : parts) (void)member(value, part.name);
    for (const Value& file : std::get<Value::List>(member(value, "files").data)) {
      const double bytes = std::get<double>(member(file, "bytes").data);
      require(bytes >= 0.0 && bytes < 9e15, Error::Kind::data, "a file of ", to_text(bytes),
              " bytes is recorded");
      result.files.push_back({std::get<std::string>(member(file, "path").data),
                              std::get<std::string>(member(file, "sha256").data),
                              static_cast<std::uint64_t>(bytes)});
    }
    return result;
  } catch (const std::bad_variant_access&) {
    throw Error(Error::Kind::data, str("'", path.string(), "' is no stored case"));
  } catch (Error& error) {
    error.during(str("reading '", path.string(), "'"));
    throw;
  }
}

std::optional<trial::CaseResult> CaseStore::whole(const std::string& case_id) {
  try {
    auto result = load(case_id);
    if (!result) return {};
    for (const trial::FileRecord& file : result->files) {
      std::error_code error;
      if (std::filesystem::file_size(dir_ / file.path, error) != file.bytes || error) return {};
    }
    return result;
  } catch (const Error&) {
    return {};
  }
}

void CaseStore::save(const trial::CaseResult& result) {
  Value value;
  for (const Part& part : parts) value.set(std::string(part.name), write(result.*part.table));
  Value::List files;
  for (const trial::FileRecord& file : result.files)
    files.push_back(Value()
                        .set("path", Value(file.path))
                        .set("sha256", Value(file.sha256))
                        .set("bytes", Value(double(file.bytes))));
  value.set("files", Value(std::move(files)));
  io::make_directories(dir_ / ".state");
  const std::string text = to_json(value);
  if (announce_) announce_(result, sha256(text));
  io::write_file(path_of(result.id), text);
}

}  // namespace vitrine::cli
