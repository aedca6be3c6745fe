#pragma once
#include <string>
#include <vector>

namespace vitrine::io {

/// Who runs this process, for logs. Texts are UTF-8 whatever the system says.
std::string user_name();  ///< by the user database; "user 1000" where it knows no name
std::string host_name();

/// The words that this process was started with; none where the system does not tell.
std::vector<std::string> command_line();

/// Now in Coordinated Universal Time to the second, ISO 8601: `2026-03-01T12:00:00Z`.
std::string utc_time();

}  // namespace vitrine::io
