#include <algorithm>

#include "vitrine/core/error.hpp"
#include "vitrine/dataset/detail/metadata.hpp"

namespace vitrine::dataset {
namespace {

/// Terms of the specification's section "Croissant context".
Value context() {
  Value terms;
  terms.set("@language", Value("en")).set("@vocab", Value("https://schema.org/"));
  for (const char* term : {"citeAs",       "column",        "equivalentProperty",
                           "extract",      "field",         "fileObject",
                           "fileProperty", "fileSet",       "format",
                           "includes",     "isLiveDataset", "jsonPath",
                           "key",          "md5",           "parentField",
                           "path",         "recordSet",     "references",
                           "regex",        "repeated",      "replace",
                           "separator",    "source",        "subField",
                           "transform"})
    terms.set(term, Value(str("cr:", term)));
  const auto typed = [](const char* id, const char* type) {
    return Value().set("@id", Value(id)).set("@type", Value(type));
  };
  terms.set("conformsTo", Value("dct:conformsTo"))
      .set("cr", Value("http://mlcommons.org/croissant/"))
      .set("data", typed("cr:data", "@json"))
      .set("dataType", typed("cr:dataType", "@vocab"))
      .set("dct", Value("http://purl.org/dc/terms/"))
      .set("examples", typed("cr:examples", "@json"))
      .set("rai", Value("http://mlcommons.org/croissant/RAI/"))
      .set("sc", Value("https://schema.org/"));
  return terms;
}

struct Column {
  const char *name, *description, *type;
};
constexpr Column columns[] = {
    {"id", "Unique name of the image", "sc:Text"},
    {"patient", "Synthetic patient", "sc:Text"},
    {"stratum", "Stratum of the trial, if it has any", "sc:Text"},
    {"arm", "Scanner, dose and reconstruction", "sc:Text"},
    {"replicate", "Scan, repeat or visit", "sc:Text"},
    {"subset", "training, validation or test; no patient is in two", "cr:Split"},
    {"fold", "Of cross-validation; -1: none", "sc:Integer"},
    {"image", "Path of the image", "sc:Text"},
    {"label", "Path of the truth", "sc:Text"},
    {"lesions", "Lesions in the image", "sc:Integer"},
};

Value record_set() {
  Value::List fields;
  for (const Column& column : columns)
    fields.push_back(
        Value()
            .set("@type", Value("cr:Field"))
            .set("@id", Value(str("images/", column.name)))
            .set("name", Value(column.name))
            .set("description", Value(column.description))
            .set("dataType", Value(column.type))
            .set("source", Value()
                               .set("fileObject", Value().set("@id", Value("images.csv")))
                               .set("extract", Value().set("column", Value(column.name)))));
  return Value()
      .set("@type", Value("cr:RecordSet"))
      .set("@id", Value("images"))
      .set("name", Value("images"))
      .set("description", Value("A row an image"))
      .set("key", Value().set("@id", Value("images/id")))
      .set("field", Value(std::move(fields)));
}

}  // namespace

TextFile croissant(const Dataset& dataset, const Layout& layout,
                   const std::vector<FileEntry>& files) {
  Value::List distribution;
  bool has_folders = false;
  for (const FileEntry& file : files) {
    has_folders = has_folders || file.path.ends_with('/');
    if (file.path.ends_with('/')) continue;
    distribution.push_back(Value()
                               .set("@type", Value("cr:FileObject"))
                               .set("@id", Value(file.path))
                               .set("name", Value(file.path))
                               .set("contentUrl", Value(file.path))
                               .set("contentSize", Value(str(file.bytes, " B")))
                               .set("encodingFormat", Value(detail::media_type(file.path)))
                               .set("sha256", Value(file.sha256)));
  }
  if (has_folders)
    distribution.push_back(Value()
                               .set("@type", Value("cr:FileSet"))
                               .set("@id", Value("slices"))
                               .set("name", Value("slices"))
                               .set("description", Value("Slices of the DICOM CT series"))
                               .set("encodingFormat", Value("application/dicom"))
                               .set("includes", Value("*/*/CT/*.dcm")));
  const bool is_listed = std::ranges::find(files, "images.csv", &FileEntry::path) != files.end();
  VITRINE_EXPECT(is_listed);
  const Value about = Value()
                          .set("@context", context())
                          .set("@type", Value("sc:Dataset"))
                          .set("conformsTo", Value("http://mlcommons.org/croissant/1.0"))
                          .set("name", Value(dataset.name))
                          .set("description", Value(detail::description(dataset, layout)))
                          .set("license", Value(detail::licence_of(dataset)))
                          .set("url", Value(detail::url_of(dataset)))
                          .set("creator", Value()
                                              .set("@type", Value("sc:Organization"))
                                              .set("name", Value(detail::creator_of(dataset))))
                          .set("datePublished", Value(dataset.published))
                          .set("version", Value("1.0.0"))
                          .set("citeAs", Value(str("Virtual imaging trial ", dataset.trial,
                                                   ", fingerprint ", dataset.fingerprint)))
                          .set("isLiveDataset", Value(false))
                          .set("distribution", Value(std::move(distribution)))
                          .set("recordSet", Value(Value::List{record_set()}));
  return {"croissant.json", to_json(about, 1) + '\n'};
}

}  // namespace vitrine::dataset
