#pragma once
#include <string>

#include "vitrine/core/catalogue.hpp"

namespace vitrine::trial {

/// Which entry of its catalogue a pick is; the pick must hold one.
template <class Interface>
const std::string& kind_of(const Pick<Interface>& pick) {
  return *pick.canonical.find("kind")->template as<std::string>();
}

}  // namespace vitrine::trial
