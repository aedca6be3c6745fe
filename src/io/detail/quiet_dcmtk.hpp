#pragma once
#include <dcmtk/config/osconfig.h>
#include <dcmtk/dcmdata/dctypes.h>

namespace vitrine::io::detail {

/// While it lives DCMTK prints nothing: what matters comes as an Error.
class QuietDcmtk {
 public:
  QuietDcmtk() { DCM_dcmdataLogger.setLogLevel(OFLogger::OFF_LOG_LEVEL); }
  QuietDcmtk(const QuietDcmtk&) = delete;
  QuietDcmtk& operator=(const QuietDcmtk&) = delete;
  ~QuietDcmtk() { DCM_dcmdataLogger.setLogLevel(before_); }

 private:
  OFLogger::LogLevel before_ = DCM_dcmdataLogger.getChainedLogLevel();
};

}  // namespace vitrine::io::detail
