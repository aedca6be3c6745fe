#pragma once
#include <string_view>

namespace vitrine {

/// Atomic number of a chemical symbol, hydrogen to uranium; 0 if there is none of that name.
int atomic_number(std::string_view symbol);

/// Standard atomic weight, g/mol.
double atomic_weight(int atomic_number);

}  // namespace vitrine
