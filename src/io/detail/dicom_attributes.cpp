#include "vitrine/io/detail/dicom_attributes.hpp"

#include <dcmtk/dcmdata/dcostrmb.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <memory>

namespace vitrine::io::detail {
namespace {

std::size_t characters(std::string_view utf8) {
  return std::size_t(
      std::count_if(utf8.begin(), utf8.end(), [](char c) { return (c & 0xC0) != 0x80; }));
}

/// What a value may hold (PS3.5 table 6.2-1); DCMTK leaves the check out for UTF-8.
std::size_t most_characters(DcmEVR type) {
  switch (type) {
    case EVR_SH:
      return 16;
    case EVR_LO:
    case EVR_PN:
      return 64;
    case EVR_ST:
      return 1024;
    case EVR_DS:
    case EVR_IS:
      return 65534;  // of all values together
    default:
      return 10240;
  }
}

}  // namespace

void check(const OFCondition& result, std::string_view what) {
  require(result.good(), Error::Kind::data, "DICOM refuses ", what, " (", result.text(), ").");
}

std::string decimal(double number) {
  require(std::isfinite(number), Error::Kind::numeric, "DICOM cannot hold the number ", number);
  if (number == 0.0) return "0";
  std::array<char, 32> text{};
  auto end = std::to_chars(text.data(), text.data() + text.size(), number).ptr;
  for (int digits = 16; end - text.data() > 16; --digits)
    end = std::to_chars(text.data(), text.data() + text.size(), number, std::chars_format::general,
                        digits)
              .ptr;
  return {text.data(), end};
}

std::string decimals(std::initializer_list<double> numbers) {
  std::string text;
  for (const double number : numbers) text += str(text.empty() ? "" : "\\", decimal(number));
  return text;
}

std::string decimals(const Vec3& v) { return decimals({v.x(), v.y(), v.z()}); }

void Attributes::put(const DcmTagKey& tag, const std::string& text) {
  DcmTag known(tag);
  require(text.find('\\') == std::string::npos || known.getEVR() == EVR_DS ||
              known.getEVR() == EVR_IS || known.getEVR() == EVR_CS,
          Error::Kind::input, "the text '", text, "' for DICOM's ", known.getTagName(),
          " has a backslash (it would mean two values). Leave it out.");
  check(data_.putAndInsertString(tag, text.c_str()), str("'", text, "' for ", known.getTagName()));
  const std::size_t most = most_characters(known.getEVR());
  require(characters(text) <= most, Error::Kind::input, "the text '", text,
          "' does not fit into DICOM's ", known.getTagName(), " (at most ", most,
          " characters). Use a shorter one.");
  DcmElement* element = nullptr;
  check(data_.findAndGetElement(tag, element), known.getTagName());
  const OFCondition fits = element->checkValue("1-n", OFFalse);
  require(fits.good(), Error::Kind::input, "the text '", text, "' does not fit into DICOM's ",
          known.getTagName(), " (", fits.text(), "). Use shorter, plain text.");
}
void Attributes::put(const DcmTagKey& tag, std::optional<double> number) {
  if (number) put(tag, decimal(*number));
}

void Attributes::numbers(const DcmTagKey& tag, const std::string& text) {
  check(data_.putAndInsertString(tag, text.c_str()), DcmTag(tag).getTagName());
}

void Attributes::integer(const DcmTagKey& tag, std::optional<double> number) {
  if (number) put(tag, std::to_string(std::llround(*number)));
}

void Attributes::real(const DcmTagKey& tag, std::optional<double> number) {
  if (number) check(data_.putAndInsertFloat64(tag, *number), DcmTag(tag).getTagName());
}

void Attributes::point(const DcmTagKey& tag, const Vec3& at) {
  check(data_.putAndInsertFloat64Array(tag, at.data(), 3), DcmTag(tag).getTagName());
}

void Attributes::word(const DcmTagKey& tag, Uint16 value) {
  check(data_.putAndInsertUint16(tag, value), DcmTag(tag).getTagName());
}

void Attributes::maybe(const DcmTagKey& tag, const std::string& text) {
  if (!text.empty()) put(tag, text);
}

void Attributes::describe(const DcmTagKey& tag, std::string text) {
  const std::size_t most = most_characters(DcmTag(tag).getEVR());
  while (characters(text) > most) {
    while ((text.back() & 0xC0) == 0x80) text.pop_back();
    text.pop_back();
  }
  maybe(tag, text);
}

void Attributes::pointer(const DcmTagKey& tag, const DcmTagKey& to) {
  check(data_.putAndInsertTagKey(tag, to), DcmTag(tag).getTagName());
}

Attributes Attributes::item(const DcmTagKey& sequence) {
  DcmItem* made = nullptr;
  constexpr long at_the_end = -2;
  check(data_.findOrCreateSequenceItem(sequence, made, at_the_end), DcmTag(sequence).getTagName());
  return Attributes(*made);
}

void Attributes::no_items(const DcmTagKey& sequence) {
  check(data_.insertEmptyElement(sequence), DcmTag(sequence).getTagName());
}

void Attributes::code(const DcmTagKey& sequence, const DicomCode& code) {
  Attributes to = item(sequence);
  to.put(characters(code.value) > most_characters(EVR_SH) ? DCM_LongCodeValue : DCM_CodeValue,
         code.value);
  to.put(DCM_CodingSchemeDesignator, code.scheme);
  to.describe(DCM_CodeMeaning, code.meaning);
}

Attributes Attributes::refer(const DcmTagKey& sequence, const char* sop_class,
                             const std::string& instance) {
  Attributes to = item(sequence);
  to.put(DCM_ReferencedSOPClassUID, sop_class);
  to.put(DCM_ReferencedSOPInstanceUID, instance);
  return to;
}

void put_common(Attributes& to, const char* sop_class, const std::string& instance,
                bool synthetic) {
  to.put(DCM_SpecificCharacterSet, "ISO_IR 192");
  to.put(DCM_SOPClassUID, sop_class);
  to.put(DCM_SOPInstanceUID, instance);
  if (!synthetic) return;
  // The dictionary of 2022 does not know this attribute (CP-1965): its type is given here.
  auto yes = std::make_unique<DcmCodeString>(DcmTag(0x0008, 0x001C, EVR_CS));
  check(yes->putString("YES"), "Synthetic Data");
  check(to.data().insert(yes.get()), "Synthetic Data");
  static_cast<void>(yes.release());  // the data set owns it now
}

void put_patient_and_study(Attributes& to, const DicomSeries& series) {
  const auto& patient = series.patient;
  to.put(DCM_PatientName, patient.name);
  to.put(DCM_PatientID, patient.id);
  to.put(DCM_PatientBirthDate, patient.birth_date);
  to.put(DCM_PatientSex, patient.sex);
  if (patient.age_years) {
    const std::string digits = std::to_string(*patient.age_years);
    to.put(DCM_PatientAge,
           std::string(3 - std::min<std::size_t>(3, digits.size()), '0') + digits + "Y");
  }
  to.put(DCM_PatientSize, patient.height_m);
  to.put(DCM_PatientWeight, patient.weight_kg);
  if (series.synthetic) {
    to.put(DCM_PatientIdentityRemoved, "YES");
    to.put(DCM_DeidentificationMethod, "Synthetic: there was never a person");
  }
  if (const auto& trial = series.trial; !trial.protocol_id.empty()) {
    to.put(DCM_ClinicalTrialSponsorName, trial.sponsor);
    to.put(DCM_ClinicalTrialProtocolID, trial.protocol_id);
    to.put(DCM_ClinicalTrialProtocolName, trial.protocol_name);
    to.put(DCM_ClinicalTrialSiteID, trial.site_id);
    to.put(DCM_ClinicalTrialSiteName, trial.site_name);
    to.put(DCM_ClinicalTrialSubjectID, trial.subject_id.empty() ? patient.id : trial.subject_id);
    to.put(DCM_ClinicalTrialCoordinatingCenterName, trial.coordinating_center);
    to.maybe(DCM_ClinicalTrialTimePointID, trial.time_point_id);
    to.maybe(DCM_ClinicalTrialSeriesID, trial.series_id);
  }
  to.put(DCM_StudyInstanceUID, series.study_uid);
  to.put(DCM_StudyDate, series.date);
  to.put(DCM_StudyTime, series.time);
  to.put(DCM_StudyID, series.study_id);
  to.put(DCM_ReferringPhysicianName, std::string());
  to.put(DCM_AccessionNumber, std::string());
  to.describe(DCM_StudyDescription, series.study_description);
}

void put_series(Attributes& to, const char* modality, const std::string& uid, int number,
                const DicomSeries& ct) {
  to.put(DCM_Modality, modality);
  to.put(DCM_SeriesInstanceUID, uid);
  to.put(DCM_SeriesNumber, std::to_string(number));
  to.put(DCM_SeriesDate, ct.date);
  to.put(DCM_SeriesTime, ct.time);
}

std::string ct_instance_uid(const DicomSeries& series, Index k) {
  return dicom_uid(str(series.series_uid, "/slice ", k + 1));
}

void require_complete(const DicomSeries& series) {
  require(
      !series.patient.id.empty() && !series.study_uid.empty() && !series.series_uid.empty() &&
          !series.frame_of_reference_uid.empty(),
      Error::Kind::input,
      "a DICOM series needs a patient id and the UIDs of study, series and frame of reference.");
  require(dcmDataDict.isDictionaryLoaded(), Error::Kind::unsupported,
          "DCMTK's data dictionary is not found. Install the package libdcmtk17, and unset "
          "DCMDICTPATH if it is set.");
}

Bytes serialise(DcmFileFormat& file, std::string_view what) {
  constexpr E_TransferSyntax syntax = EXS_LittleEndianExplicit;
  check(file.validateMetaInfo(syntax), "the file's meta information");
  Bytes bytes(file.calcElementLength(syntax, EET_ExplicitLength) + 4096);
  DcmOutputBufferStream stream(bytes.data(), offile_off_t(bytes.size()));
  file.transferInit();
  check(file.write(stream, syntax, EET_ExplicitLength, nullptr, EGL_recalcGL, EPD_withoutPadding),
        what);
  file.transferEnd();
  void* start = nullptr;
  offile_off_t length = 0;
  stream.flushBuffer(start, length);
  bytes.resize(std::size_t(length));
  return bytes;
}

}  // namespace vitrine::io::detail
