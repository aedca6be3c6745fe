#pragma once
#include <string>

#include "vitrine/core/schema.hpp"
#include "vitrine/model/material.hpp"

namespace vitrine::detail {

/// Report a material that there is not, at its key.
inline void check_material(const std::string& name, const char* key, const Value& node,
                           Diagnostics& problems) {
  try {
    material(name);
  } catch (const Error& error) {
    const Value* value = node.find(key);
    problems.error(value ? value->where : node.where, error.what());
  }
}

}  // namespace vitrine::detail
