#include "vitrine/core/error.hpp"
#include "vitrine/core/table.hpp"
#include "vitrine/dataset/detail/metadata.hpp"

namespace vitrine::dataset {

namespace detail {

std::string description(const Dataset& dataset, const Layout& layout) {
  return str(
      "Synthetic CT images of synthetic patients with the truth of their lesions, made by the "
      "virtual imaging trial ",
      dataset.trial, " (vitrine ", dataset.version, ", fingerprint ", dataset.fingerprint,
      "). No image shows a person. Layout: ", layout.summary, ".");
}

std::string licence_of(const Dataset& dataset) {
  return dataset.licence.empty() ? "Not given: ask whoever gave you these files."
                                 : str("https://spdx.org/licenses/", dataset.licence, ".html");
}

std::string creator_of(const Dataset& dataset) {
  return dataset.creator.empty() ? "vitrine " + dataset.version : dataset.creator;
}

std::string url_of(const Dataset& dataset) {
  return dataset.url.empty() ? "urn:vitrine:" + dataset.fingerprint + ':' + dataset.name
                             : dataset.url;
}

std::string media_type(const std::string& path) {
  constexpr std::pair<const char*, const char*> types[] = {{".nii.gz", "application/x-nifti+gzip"},
                                                           {".dcm", "application/dicom"},
                                                           {".csv", "text/csv"},
                                                           {".json", "application/json"},
                                                           {".md", "text/markdown"}};
  for (const auto& [end, type] : types)
    if (path.ends_with(end)) return type;
  return "application/octet-stream";
}

}  // namespace detail

namespace {

Value reference(const std::string& id) { return Value().set("@id", Value(id)); }

Value entity(const std::string& id, const char* type, const std::string& name) {
  return Value().set("@id", Value(id)).set("@type", Value(type)).set("name", Value(name));
}

}  // namespace

TextFile image_table(const Dataset& dataset, const Layout& layout) {
  Table table;
  table.columns = {"id",     "patient", "stratum", "arm",   "replicate",
                   "subset", "fold",    "image",   "label", "lesions"};
  for (const Item& item : dataset.items)
    table.add({item.id, item.patient, item.stratum, item.arm, item.replicate,
               to_string(item.subset), double(item.fold), layout.image_path(dataset, item),
               item.labelled ? layout.label_path(dataset, item) : std::string(),
               double(item.lesions.size())});
  return {"images.csv", table.to_csv()};
}

TextFile ro_crate(const Dataset& dataset, const Layout& layout,
                  const std::vector<FileEntry>& files) {
  const std::string made_by = "#vitrine", creator = "#creator", making = "#trial";
  Value::List parts, graph;
  for (const FileEntry& file : files) parts.push_back(reference(file.path));
  graph.push_back(Value()
                      .set("@id", Value("ro-crate-metadata.json"))
                      .set("@type", Value("CreativeWork"))
                      .set("conformsTo", reference("https://w3id.org/ro/crate/1.1"))
                      .set("about", reference("./")));
  const bool licensed = !dataset.licence.empty();
  graph.push_back(entity("./", "Dataset", dataset.name)
                      .set("description", Value(detail::description(dataset, layout)))
                      .set("datePublished", Value(dataset.published))
                      .set("license", licensed ? reference(detail::licence_of(dataset))
                                               : Value(detail::licence_of(dataset)))
                      .set("identifier", Value(detail::url_of(dataset)))
                      .set("version", Value(dataset.fingerprint))
                      .set("creator", reference(creator))
                      .set("mentions", reference(making))
                      .set("hasPart", Value(std::move(parts))));
  if (licensed)
    graph.push_back(entity(detail::licence_of(dataset), "CreativeWork", dataset.licence)
                        .set("description", Value("SPDX licence " + dataset.licence)));
  graph.push_back(entity(creator, dataset.creator.empty() ? "SoftwareApplication" : "Organization",
                         detail::creator_of(dataset)));
  graph.push_back(
      entity(made_by, "SoftwareApplication", "vitrine").set("version", Value(dataset.version)));
  graph.push_back(
      entity(making, "CreateAction", "virtual imaging trial " + dataset.trial)
          .set("description", Value("simulation with the fingerprint " + dataset.fingerprint))
          .set("instrument", reference(made_by))
          .set("result", reference("./")));
  for (const FileEntry& file : files) {
    if (file.path.ends_with('/')) {
      graph.push_back(entity(file.path, "Dataset", file.path)
                          .set("description", Value("Slices of a DICOM CT series")));
      continue;
    }
    graph.push_back(entity(file.path, "File", file.path)
                        .set("contentSize", Value(std::to_string(file.bytes)))
                        .set("encodingFormat", Value(detail::media_type(file.path)))
                        .set("sha256", Value(file.sha256)));
  }
  const Value crate = Value()
                          .set("@context", Value("https://w3id.org/ro/crate/1.1/context"))
                          .set("@graph", Value(std::move(graph)));
  return {"ro-crate-metadata.json", to_json(crate, 1) + '\n'};
}

}  // namespace vitrine::dataset
