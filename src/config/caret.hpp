#pragma once
#include <map>
#include <string>

#include "vitrine/core/value.hpp"

namespace vitrine::config {

/// File name -> its text.
using Texts = std::map<std::string, std::string>;

/// Every problem for a terminal, in the order of the files: `file:line:column (path): message`, the
/// source line and a caret under the column. A file that `texts` lacks is shown without its line.
std::string show(const Diagnostics& problems, const Texts& texts);

/// Every problem for a program: a JSON array of {file, line, column, path, message}.
std::string to_json_text(const Diagnostics& problems);

}  // namespace vitrine::config
