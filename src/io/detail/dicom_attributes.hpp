#pragma once
#include <dcmtk/config/osconfig.h>
#include <dcmtk/dcmdata/dctk.h>

#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>

#include "vitrine/core/error.hpp"
#include "vitrine/io/dicom.hpp"

namespace vitrine::io::detail {

/// Throws Error (data) that names `what` if DCMTK did not do it.
void check(const OFCondition& result, std::string_view what);

/// A number as Decimal String: at most 16 characters, shortest that reads back the same if it fits.
/// Throws Error (numeric) for a number that is not finite.
std::string decimal(double number);
std::string decimals(std::initializer_list<double> numbers);
std::string decimals(const Vec3& v);

/// Attributes of one data set or of an item in it, written by name with their type from the
/// dictionary. Throws Error (input) for text that DICOM cannot hold.
class Attributes {
 public:
  explicit Attributes(DcmItem& data) : data_(data) {}

  void put(const DcmTagKey& tag, const std::string& text);
  void put(const DcmTagKey& tag, std::optional<double> number);
  /// Numbers of `decimal`, which need no check, with backslashes between them.
  void numbers(const DcmTagKey& tag, const std::string& text);
  void integer(const DcmTagKey& tag, std::optional<double> number);
  void real(const DcmTagKey& tag, std::optional<double> number);
  void point(const DcmTagKey& tag, const Vec3& at);
  void word(const DcmTagKey& tag, Uint16 value);
  /// Only if there is something to say.
  void maybe(const DcmTagKey& tag, const std::string& text);
  /// The same for a description, which is cut where DICOM has no room for all of it.
  void describe(const DcmTagKey& tag, std::string text);
  /// The address of another attribute.
  void pointer(const DcmTagKey& tag, const DcmTagKey& to);

  /// A new item at the end of a sequence.
  Attributes item(const DcmTagKey& sequence);
  /// A sequence without items.
  void no_items(const DcmTagKey& sequence);
  /// A new item that is a coded concept (DICOM PS3.3, 8.8).
  void code(const DcmTagKey& sequence, const DicomCode& code);
  /// A new item that refers to an instance.
  Attributes refer(const DcmTagKey& sequence, const char* sop_class, const std::string& instance);

  DcmItem& data() { return data_; }

 private:
  DcmItem& data_;
};

/// What every instance says: character set, class, identifier, and Synthetic Data if it is.
void put_common(Attributes& to, const char* sop_class, const std::string& instance, bool synthetic);
void put_patient_and_study(Attributes& to, const DicomSeries& series);

/// Which series of a study, made when the CT series was.
void put_series(Attributes& to, const char* modality, const std::string& uid, int number,
                const DicomSeries& ct);

/// Identifier of slice k (from 0) of a CT series.
std::string ct_instance_uid(const DicomSeries& series, Index k);

/// Throws Error (input) unless the identifiers are there that nothing goes without, Error
/// (unsupported) if DCMTK has no dictionary.
void require_complete(const DicomSeries& series);

/// A whole file, explicit VR little endian.
Bytes serialise(DcmFileFormat& file, std::string_view what);

}  // namespace vitrine::io::detail
