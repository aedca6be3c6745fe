#pragma once
/// Every mistake that a check of .clang-tidy must find in a header.
int defined_in_header() { return 1; }
