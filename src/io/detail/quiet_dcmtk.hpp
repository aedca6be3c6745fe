#pragma once
#include <dcmtk/config/osconfig.h>
#include <dcmtk/dcmdata/dctypes.h>

#include <mutex>

namespace vitrine::io::detail {

/// While one lives, on any thread, DCMTK prints nothing: what matters comes as an Error.
class QuietDcmtk {
 public:
  QuietDcmtk() {
    Shared& all = shared();
    const std::scoped_lock lock(all.guard);
    if (all.alive++ > 0) return;
    all.before = DCM_dcmdataLogger.getChainedLogLevel();
    DCM_dcmdataLogger.setLogLevel(OFLogger::OFF_LOG_LEVEL);
  }
  QuietDcmtk(const QuietDcmtk&) = delete;
  QuietDcmtk& operator=(const QuietDcmtk&) = delete;
  ~QuietDcmtk() {
    Shared& all = shared();
    const std::scoped_lock lock(all.guard);
    if (--all.alive == 0) DCM_dcmdataLogger.setLogLevel(all.before);
  }

 private:
  struct Shared {
    std::mutex guard;
    int alive = 0;
    OFLogger::LogLevel before = OFLogger::OFF_LOG_LEVEL;
  };
  static Shared& shared() {
    static Shared of_all;
    return of_all;
  }
};

}  // namespace vitrine::io::detail
