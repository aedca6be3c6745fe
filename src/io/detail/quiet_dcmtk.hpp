#pragma once
#include <dcmtk/config/osconfig.h>
#include <dcmtk/dcmdata/dctypes.h>

#include <mutex>

namespace vitrine::io::detail {

/// While one lives, on any thread, DCMTK prints nothing: what matters comes as an Error.
class QuietDcmtk {
 public:
  QuietDcmtk() {
    const std::scoped_lock lock(guard_);
    if (alive_++ > 0) return;
    before_ = DCM_dcmdataLogger.getChainedLogLevel();
    DCM_dcmdataLogger.setLogLevel(OFLogger::OFF_LOG_LEVEL);
  }
  QuietDcmtk(const QuietDcmtk&) = delete;
  QuietDcmtk& operator=(const QuietDcmtk&) = delete;
  ~QuietDcmtk() {
    const std::scoped_lock lock(guard_);
    if (--alive_ == 0) DCM_dcmdataLogger.setLogLevel(before_);
  }

 private:
  inline static std::mutex guard_;
  inline static int alive_ = 0;
  inline static OFLogger::LogLevel before_ = OFLogger::OFF_LOG_LEVEL;
};

}  // namespace vitrine::io::detail
