#pragma once
#include <string>

#include "vitrine/core/value.hpp"
#include "vitrine/dataset/dataset.hpp"

namespace vitrine::dataset::detail {

/// What the data set is, in a sentence or two.
std::string description(const Dataset& dataset, const Layout& layout);

/// The licence's address at SPDX, or words that none is given.
std::string licence_of(const Dataset& dataset);

/// Who made it: as given, else the program.
std::string creator_of(const Dataset& dataset);

/// Where it is to be had: as given, else an identifier of what is in it.
std::string url_of(const Dataset& dataset);

/// A file's media type, by its name.
std::string media_type(const std::string& path);

}  // namespace vitrine::dataset::detail
