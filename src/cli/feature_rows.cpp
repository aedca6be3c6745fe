#include "vitrine/cli/feature_study.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>
#include <set>

#include "vitrine/core/error.hpp"
#include "vitrine/core/value.hpp"
#include "vitrine/io/csv.hpp"

namespace vitrine::cli {
namespace {

using Names = std::vector<std::string>;

constexpr double no_value = std::numeric_limits<double>::quiet_NaN();

bool contains(const Names& names, const std::string& name) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

std::string join(const Names& names) {
  std::string text;
  for (const std::string& name : names) text += (text.empty() ? "'" : ", '") + name + "'";
  return text;
}

/// How the columns are called where nothing is said.
const Names subject_names{"patient", "subject", "case",      "patient_id", "subject_id",
                          "Patient", "Subject", "PatientID", "SubjectID",  "Case"};
const Names lesion_names{"lesion", "lesion_id", "Lesion", "LesionID", "roi", "ROI", "nodule"};
const Names repeat_names{"repeat", "replicate", "session", "Repeat", "Session"};
const Names factor_names{
    "arm",  "scanner", "kernel",  "dose",   "thickness", "slice_thickness", "algorithm",
    "site", "reader",  "Scanner", "Kernel", "Site",      "Reader"};
const Names volume_names{"original_shape_MeshVolume", "original_shape_VoxelVolume", "volume_mm3",
                         "morphology.volume_mesh", "morphology.volume_voxels"};
/// Columns that say where a row is from and are neither keys nor features.
const Names provenance_names{"image", "mask",  "label",      "Image", "Mask",
                             "Label", "error", "Unnamed: 0", "",      "aggregation_code"};
const Names tidy_names{"feature",     "ibsi_code",        "unit",   "value",
                       "aggregation", "aggregation_code", "reason", "filter"};

/// A column of PyRadiomics: image type, class, name.
bool of_pyradiomics(const std::string& name) {
  for (const char* type : {"original", "wavelet", "log-sigma", "square", "squareroot", "logarithm",
                           "exponential", "gradient", "lbp"}) {
    if (!name.starts_with(type)) continue;
    for (const char* family : {"_firstorder_", "_shape_", "_shape2D_", "_glcm_", "_glrlm_",
                               "_glszm_", "_gldm_", "_ngtdm_"})
      if (name.find(family) != std::string::npos) return true;
  }
  return false;
}

std::string text_of(const Table::Cell& cell) {
  if (const auto* text = std::get_if<std::string>(&cell)) return *text;
  const double value = std::get<double>(cell);
  return std::isnan(value) ? "" : to_text(value);
}

/// Reads one file; holds what is asked of all its columns.
class FileReader {
 public:
  FileReader(const std::string& file, const ColumnRoles& roles) {
    rows_.file = file;
    rows_.roles = roles;
    const std::string text = io::read_text(file, io::gibibyte);
    csv_ = io::parse_csv_rows(text, file, io::CsvFormat::of(text));
    require_at(1, !table().rows.empty(), "the table has a header and no rows");
  }

  FeatureRows operator()() {
    const bool tidy = contains(table().columns, "feature") && contains(table().columns, "value");
    find_roles();
    if (tidy)
      read_tidy();
    else
      read_wide();
    return std::move(rows_);
  }

 private:
  const Table& table() const { return csv_.table; }

  template <class... Args>
  void require_at(int line, bool ok, const Args&... message) const {
    if (!ok) throw Error(Error::Kind::data, str(message...), Location{rows_.file, line, 1, {}});
  }

  void find_roles() {
    ColumnRoles& roles = rows_.roles;
    const Names& columns = table().columns;
    const auto check = [&](const std::string& name, const char* option) {
      require_at(1, name.empty() || contains(columns, name), "there is no column '", name, "' (",
                 option, "). The columns are ", join(columns));
    };
    check(roles.subject, "--subject");
    check(roles.lesion, "--lesion");
    check(roles.repeat, "--repeat");
    check(roles.volume, "--volume");
    for (const auto& factor : roles.factors) check(factor.name, "--factor");
    for (const auto& name : roles.ignore) check(name, "--ignore");
    for (const auto& name : roles.extra)
      check(name, "--harmonise, --covariate, --fit-where, --truth or --label");
    const auto find = [&](std::string& role, const Names& names) {
      for (const std::string& name : names)
        if (role.empty() && contains(columns, name) && !contains(roles.ignore, name)) role = name;
    };
    find(roles.subject, subject_names);
    require_at(
        1, !roles.subject.empty(),
        "no column says which patient a row is of (rows of one patient are not independent). "
        "Name it with --subject COLUMN. The columns are ",
        join(columns));
    find(roles.lesion, lesion_names);
    find(roles.repeat, repeat_names);
    find(roles.volume, volume_names);
    if (roles.factors.empty())
      for (const std::string& name : factor_names)
        if (contains(columns, name) && !contains(roles.ignore, name) &&
            (roles.factors.empty() || roles.factors.front().name != "arm"))
          roles.factors.push_back({name});
  }

  bool has_role(const std::string& name) const {
    const ColumnRoles& r = rows_.roles;
    return name == r.subject || name == r.lesion || name == r.repeat || contains(r.extra, name) ||
           std::any_of(r.factors.begin(), r.factors.end(),
                       [&](const auto& factor) { return factor.name == name; });
  }

  void read_wide() {
    const Names& columns = table().columns;
    const bool pyradiomics = std::any_of(columns.begin(), columns.end(), of_pyradiomics);
    std::vector<std::size_t> features, keys;
    Names unknown;
    for (std::size_t c = 0; c < columns.size(); ++c) {
      const std::string& name = columns[c];
      const bool is_number =
          std::all_of(table().rows.begin(), table().rows.end(),
                      [&](const auto& row) { return std::holds_alternative<double>(row[c]); });
      if (has_role(name)) {
        keys.push_back(c);
      } else if (contains(rows_.roles.ignore, name) || name.starts_with("diagnostics_") ||
                 name.starts_with("diagnostics.") || contains(provenance_names, name)) {
        continue;
      } else if (of_pyradiomics(name)) {
        for (std::size_t r = 0; r < table().rows.size(); ++r)
          require_at(csv_.line[r],
                     is_number || std::holds_alternative<double>(table().rows[r][c]) ||
                         text_of(table().rows[r][c]).empty(),
                     "'", name, "' is '", text_of(table().rows[r][c]),
                     "' (not a number). Leave the cell empty where there is no value");
        features.push_back(c);
      } else if (name == rows_.roles.volume || (is_number && !pyradiomics)) {
        features.push_back(c);
      } else {
        unknown.push_back(name);
      }
    }
    require_at(1, unknown.empty(), "nothing explains the column(s) ", join(unknown),
               " (no feature's name",
               pyradiomics ? " of PyRadiomics" : ", or not a number in every row",
               "). Say what each is: --subject, --lesion, --repeat, --factor NAME[:random], "
               "--covariate NAME, or --ignore NAME");
    require_at(1, !features.empty(),
               "no column holds features: numbers that no option explains. The columns are ",
               join(columns));
    for (const std::size_t c : keys) rows_.keys.push_back(columns[c]);
    for (const std::size_t c : features)
      rows_.features.push_back({columns[c], family(columns[c]), "", ""});
    rows_.values.resize(std::ssize(table().rows), std::ssize(features));
    for (std::size_t r = 0; r < table().rows.size(); ++r) {
      const auto& row = table().rows[r];
      auto& key = rows_.key.emplace_back();
      for (const std::size_t c : keys) key.push_back(text_of(row[c]));
      for (std::size_t f = 0; f < features.size(); ++f) {
        const auto* value = std::get_if<double>(&row[features[f]]);
        rows_.values(Index(r), Index(f)) = value ? *value : no_value;
      }
    }
    rows_.line = csv_.line;
  }

  static std::string family(const std::string& name) {
    if (!of_pyradiomics(name))
      return name.substr(0, name.find('.') == std::string::npos ? 0 : name.find('.'));
    const auto first = name.find('_'), second = name.find('_', first + 1);
    return name.substr(first + 1, second - first - 1);
  }

  /// Which rows of a tidy table are scans that can be compared; the others are counted.
  bool is_scan(const std::vector<Table::Cell>& row) {
    const auto at = [&](const char* name) -> std::string {
      return contains(table().columns, name) ? text_of(row[table().column(name)]) : "";
    };
    const std::string replicate = at("replicate");
    if (replicate == "truth" || replicate == "noiseless" || replicate.starts_with("visit")) {
      ++skipped_[replicate];
      return false;
    }
    for (const char* condition : {"perturbation", "preprocessing"}) {
      const bool is_factor = std::any_of(rows_.roles.factors.begin(), rows_.roles.factors.end(),
                                         [&](const auto& f) { return f.name == condition; });
      const std::string done = at(condition);
      if (done.empty() || done == "none" || is_factor) continue;
      ++skipped_[condition];
      return false;
    }
    return !at("feature").empty() && !at("feature").starts_with("diagnostics.") &&
           !at("feature").starts_with("mask.");
  }

  void read_tidy() {
    const Names& columns = table().columns;
    std::vector<std::size_t> keys;
    for (std::size_t c = 0; c < columns.size(); ++c)
      if (has_role(columns[c])) keys.push_back(c);
    for (const std::size_t c : keys) rows_.keys.push_back(columns[c]);
    const auto cell = [&](std::size_t r, const char* name) {
      return contains(columns, name) ? text_of(table().rows[r][table().column(name)])
                                     : std::string();
    };
    std::map<std::string, std::set<std::string>> aggregations;
    std::vector<std::size_t> scans;
    std::vector<std::size_t> truths;
    for (std::size_t r = 0; r < table().rows.size(); ++r) {
      const std::string after = cell(r, "preprocessing");
      if (cell(r, "replicate") == "truth" && (after.empty() || after == "none"))
        truths.push_back(r);
      if (!is_scan(table().rows[r])) continue;
      scans.push_back(r);
      aggregations[cell(r, "feature")].insert(cell(r, "aggregation"));
    }
    const auto id_of = [&](std::size_t r) {
      std::string id = cell(r, "feature");
      if (const std::string filter = cell(r, "filter"); !filter.empty() && filter != "original")
        id = filter + ":" + id;
      if (aggregations[cell(r, "feature")].size() > 1) id += ":" + cell(r, "aggregation");
      return id;
    };
    std::map<Names, std::size_t> row_of;
    std::map<std::string, std::size_t> feature_of;
    std::map<std::pair<std::size_t, std::size_t>, int> line_of;
    std::vector<std::tuple<std::size_t, std::size_t, double>> values;
    for (const std::size_t r : scans) {
      Names key;
      for (const std::size_t c : keys) key.push_back(text_of(table().rows[r][c]));
      const std::string id = id_of(r);
      const auto [row, new_row] = row_of.try_emplace(key, rows_.key.size());
      if (new_row) {
        rows_.key.push_back(key);
        rows_.line.push_back(csv_.line[r]);
      }
      const auto [feature, new_feature] = feature_of.try_emplace(id, rows_.features.size());
      if (new_feature)
        rows_.features.push_back(
            {id, id.substr(0, id.find('.')), cell(r, "ibsi_code"), cell(r, "unit")});
      const auto [before, fresh] =
          line_of.try_emplace({row->second, feature->second}, csv_.line[r]);
      require_at(
          csv_.line[r], fresh, "'", id, "' of ", join(key), " is on line ", before->second,
          " already (the columns ", join(rows_.keys),
          " do not tell the two apart). Name the column that does with --factor or --repeat, "
          "or take one out");
      const auto* value = std::get_if<double>(&table().rows[r][table().column("value")]);
      require_at(csv_.line[r], value || cell(r, "value").empty(), "'", id, "' is '",
                 cell(r, "value"), "' (not a number)");
      values.emplace_back(row->second, feature->second, value ? *value : no_value);
    }
    require_at(1, !values.empty(), "no row holds a scan's feature");
    rows_.values.setConstant(std::ssize(rows_.key), std::ssize(rows_.features), no_value);
    for (const auto& [r, f, value] : values) rows_.values(Index(r), Index(f)) = value;
    take_truths(truths, feature_of, id_of);
    for (const auto& [what, count] : skipped_)
      rows_.notes.push_back(str(count, " value(s) of '", what, "' are not compared"));
  }

  /// True values of the object, one of a lesion and feature; where phases of motion have several,
  /// none.
  void take_truths(const std::vector<std::size_t>& truths,
                   const std::map<std::string, std::size_t>& feature_of,
                   FunctionRef<std::string(std::size_t)> id_of) {
    const ColumnRoles& roles = rows_.roles;
    if (truths.empty() || roles.lesion.empty()) return;
    const std::size_t subject = table().column(roles.subject),
                      lesion = table().column(roles.lesion);
    std::map<std::tuple<std::string, std::string, std::size_t>, double> value_of;
    for (const std::size_t r : truths) {
      const auto& row = table().rows[r];
      const auto feature = feature_of.find(id_of(r));
      const auto* value = std::get_if<double>(&row[table().column("value")]);
      if (feature == feature_of.end() || !value) continue;
      const auto [at, fresh] = value_of.try_emplace(
          {text_of(row[subject]), text_of(row[lesion]), feature->second}, *value);
      if (!fresh && at->second != *value) at->second = no_value;
    }
    rows_.truth.setConstant(rows_.values.rows(), rows_.values.cols(), no_value);
    const Names subjects = rows_.column(roles.subject), lesions = rows_.column(roles.lesion);
    for (Index i = 0; i < rows_.truth.rows(); ++i)
      for (Index f = 0; f < rows_.truth.cols(); ++f)
        if (const auto at =
                value_of.find({subjects[std::size_t(i)], lesions[std::size_t(i)], std::size_t(f)});
            at != value_of.end())
          rows_.truth(i, f) = at->second;
  }

  io::CsvRows csv_;
  FeatureRows rows_;
  std::map<std::string, Index> skipped_;
};

}  // namespace

Names FeatureRows::column(const std::string& name) const {
  const auto at = std::find(keys.begin(), keys.end(), name);
  require(at != keys.end(), Error::Kind::data, file, ": there is no column '", name,
          "' that is not a feature. There are ", join(keys));
  Names result;
  for (const auto& row : key) result.push_back(row[std::size_t(at - keys.begin())]);
  return result;
}

FeatureRows read_feature_rows(const std::string& file, const ColumnRoles& roles) {
  return FileReader(file, roles)();
}

}  // namespace vitrine::cli
