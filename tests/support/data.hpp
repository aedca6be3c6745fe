#pragma once
#include <filesystem>

namespace vitrine::test {

/// Folder that the project was built from.
std::filesystem::path source_root();

/// Folder of reference data that are no part of the project: the one that `variable` of the
/// environment names, else shared/`name` beside the project.
std::filesystem::path reference_data(const char* variable, const char* name);

}  // namespace vitrine::test
