#include "vitrine/io/dicom_push.hpp"

#include <dcmtk/config/osconfig.h>
#include <dcmtk/dcmnet/diutil.h>
#include <dcmtk/dcmnet/scu.h>

#include <algorithm>
#include <optional>
#include <set>

#include "vitrine/core/error.hpp"
#include "vitrine/io/detail/dicom_items.hpp"
#include "vitrine/io/detail/quiet_dcmtk.hpp"

namespace vitrine::io {
namespace {

constexpr int most_failures = 3;  // connections in a row

class QuietNetwork {
 public:
  QuietNetwork() { DCM_dcmnetLogger.setLogLevel(OFLogger::OFF_LOG_LEVEL); }
  QuietNetwork(const QuietNetwork&) = delete;
  QuietNetwork& operator=(const QuietNetwork&) = delete;
  ~QuietNetwork() { DCM_dcmnetLogger.setLogLevel(before_); }

 private:
  OFLogger::LogLevel before_ = DCM_dcmnetLogger.getChainedLogLevel();
};

/// One association.
class Connection {
 public:
  Connection(const DicomServer& server, std::span<const DicomInstance> instances) {
    scu_.setAETitle(server.own_title.c_str());
    scu_.setPeerAETitle(server.title.c_str());
    scu_.setPeerHostName(server.host.c_str());
    scu_.setPeerPort(server.port);
    scu_.setConnectionTimeout(server.timeout_s);
    scu_.setACSETimeout(Uint32(server.timeout_s));
    scu_.setDIMSETimeout(Uint32(server.timeout_s));
    scu_.setDIMSEBlockingMode(DIMSE_NONBLOCKING);
    scu_.setDatasetConversionMode(OFTrue);
    std::set<std::pair<std::string, std::string>> wanted;
    for (const DicomInstance& one : instances) wanted.insert({one.sop_class, one.transfer_syntax});
    for (const auto& [sop_class, syntax] : wanted) {
      OFList<OFString> syntaxes;
      syntaxes.push_back(syntax.c_str());
      if (syntax != UID_LittleEndianImplicitTransferSyntax)
        syntaxes.push_back(UID_LittleEndianImplicitTransferSyntax);
      scu_.addPresentationContext(sop_class.c_str(), syntaxes);
    }
    OFCondition made = scu_.initNetwork();
    if (made.good()) made = scu_.negotiateAssociation();
    if (made.bad()) problem_ = made.text();
  }
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;
  ~Connection() {
    if (problem_)
      scu_.abortAssociation();
    else
      scu_.releaseAssociation();
  }

  /// Why there is no connection, or no longer.
  const std::optional<std::string>& problem() const { return problem_; }

  PushOutcome store(const DicomInstance& one) {
    DcmFileFormat file;
    if (const auto read = file.loadFile(one.file.c_str()); read.bad())
      return {Pushed::not_sent, 0, str("the file cannot be read: ", read.text())};
    const auto context =
        scu_.findAnyPresentationContextID(one.sop_class.c_str(), one.transfer_syntax.c_str());
    if (context == 0) return {Pushed::refused, 0, "the server does not take this kind of object"};
    Uint16 status = 0;
    const OFCondition sent =
        scu_.sendSTORERequest(context, OFFilename(), file.getDataset(), status);
    if (sent.bad()) {
      problem_ = sent.text();
      return {Pushed::not_sent, 0, *problem_};
    }
    // B000 to B007: stored, with a warning (PS3.4, annex B.2.3).
    if (status == 0 || (status & 0xF000u) == 0xB000u)
      return {Pushed::stored, status, status == 0 ? "" : DU_cstoreStatusString(status)};
    return {Pushed::refused, status, DU_cstoreStatusString(status)};
  }

 private:
  DcmSCU scu_;
  std::optional<std::string> problem_;
};

}  // namespace

std::string_view to_string(Pushed outcome) {
  switch (outcome) {
    case Pushed::stored:
      return "stored";
    case Pushed::refused:
      return "refused";
    case Pushed::not_sent:
      break;
  }
  return "not_sent";
}

std::vector<DicomInstance> dicom_files_below(const Path& dir) {
  const detail::QuietDcmtk quiet;
  std::vector<Path> paths;
  try {
    for (const auto& entry : std::filesystem::recursive_directory_iterator(dir))
      if (entry.is_regular_file()) paths.push_back(entry.path());
  } catch (const std::filesystem::filesystem_error& error) {
    throw Error(Error::Kind::io,
                str("'", dir.string(), "' cannot be listed (", error.code().message(), ")"));
  }
  std::ranges::sort(paths);
  std::vector<DicomInstance> found;
  for (const Path& path : paths) {
    DcmFileFormat file;
    if (file.loadFile(path.c_str(), EXS_Unknown, EGL_noChange, 256, ERM_metaOnly).bad()) continue;
    DcmItem& meta = *file.getMetaInfo();
    const DicomInstance one{path, detail::DicomFile::text(meta, DCM_MediaStorageSOPClassUID),
                            detail::DicomFile::text(meta, DCM_MediaStorageSOPInstanceUID),
                            detail::DicomFile::text(meta, DCM_TransferSyntaxUID)};
    if (!one.sop_class.empty() && !one.sop_instance.empty() && !one.transfer_syntax.empty())
      found.push_back(one);
  }
  return found;
}

void push_dicom(const DicomServer& server, std::span<const DicomInstance> instances,
                const std::function<void(std::size_t, const PushOutcome&)>& report) {
  const detail::QuietDcmtk quiet;
  const QuietNetwork quiet_too;
  std::optional<Connection> connection;
  int failures = 0;
  for (std::size_t i = 0; i < instances.size(); ++i) {
    PushOutcome outcome;
    do {
      if (!connection || connection->problem()) connection.emplace(server, instances);
      if (connection->problem()) {
        outcome = {Pushed::not_sent, 0, *connection->problem()};
      } else {
        outcome = connection->store(instances[i]);
      }
      failures = connection->problem() ? failures + 1 : 0;
    } while (connection->problem() && failures < most_failures);
    report(i, outcome);
    if (failures >= most_failures) {
      for (std::size_t rest = i + 1; rest < instances.size(); ++rest) report(rest, outcome);
      return;
    }
  }
}

}  // namespace vitrine::io
