#pragma once
#include <functional>

#include "vitrine/io/audit.hpp"

namespace vitrine::cli {

/// The audit log of a trial's directory, checked in itself and against what lies beside it: every
/// record of a finished case and SHA256SUMS must be those that the log names. `each` is given its
/// lines. Throws Error (input) if `dir` holds no trial.
io::AuditChain check_audit(const io::Path& dir,
                           const std::function<void(const io::AuditLine&)>& each = {});

/// `audit.log, line 3: was changed after it was written ...`
std::string to_sentence(const io::AuditProblem& problem);

}  // namespace vitrine::cli
