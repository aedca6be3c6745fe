#pragma once
#include <dcmtk/config/osconfig.h>
#include <dcmtk/dcmdata/dctk.h>

#include <cmath>
#include <string>
#include <vector>

#include "vitrine/core/error.hpp"
#include "vitrine/io/file.hpp"

namespace vitrine::io::detail {

/// A DICOM file in memory, and answers about its items that name the file when something is absent.
class DicomFile {
 public:
  /// Throws Error (data) if it is no DICOM file.
  explicit DicomFile(const Path& path) : path_(path) {
    const auto status =
        file_.loadFile(path.c_str(), EXS_Unknown, EGL_noChange, DCM_MaxReadLength, ERM_fileOnly);
    require(status.good(), Error::Kind::data, "'", path.string(), "' cannot be read as DICOM (",
            status.text(), ").");
  }

  DcmDataset& data() { return *file_.getDataset(); }
  const Path& path() const { return path_; }

  static std::string text(DcmItem& item, const DcmTagKey& tag) {
    OFString value;
    if (item.findAndGetOFStringArray(tag, value).bad()) return {};
    std::string out = value.c_str();
    while (!out.empty() && out.back() == ' ') out.pop_back();
    return out;
  }
  double number(DcmItem& item, const DcmTagKey& tag, unsigned long position = 0) const {
    Float64 value = 0;
    const bool ok = item.findAndGetFloat64(tag, value, position).good() && std::isfinite(value);
    require(ok, Error::Kind::data, "'", path_.string(), "' lacks a good value of ",
            DcmTag(tag).getTagName(), '.');
    return value;
  }
  long whole(DcmItem& item, const DcmTagKey& tag) const {
    Uint16 unsigned_value = 0;
    if (item.findAndGetUint16(tag, unsigned_value).good()) return unsigned_value;
    Sint32 value = 0;  // an integer string
    require(item.findAndGetSint32(tag, value).good(), Error::Kind::data, "'", path_.string(),
            "' lacks ", DcmTag(tag).getTagName(), '.');
    return value;
  }
  /// Items of a sequence; none if it is absent.
  static std::vector<DcmItem*> items(DcmItem& item, const DcmTagKey& tag) {
    std::vector<DcmItem*> found;
    DcmSequenceOfItems* sequence = nullptr;
    if (item.findAndGetSequence(tag, sequence).bad() || !sequence) return found;
    for (DcmObject* at = sequence->nextInContainer(nullptr); at; at = sequence->nextInContainer(at))
      found.push_back(static_cast<DcmItem*>(at));
    return found;
  }

 private:
  Path path_;
  DcmFileFormat file_;
};

/// What a mask file can give, by name and number.
struct NamedRegion {
  std::string name;
  long number = 0;
};

/// The region that `label` asks for; throws Error (data) that lists what there is.
const NamedRegion& choose_region(const std::vector<NamedRegion>& regions, const std::string& label,
                                 const Path& path);

}  // namespace vitrine::io::detail
