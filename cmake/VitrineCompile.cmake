# What holds for every translation unit of the project: language level, warnings, arithmetic, contracts, ccache.
set(CMAKE_CXX_STANDARD 20)
set(CMAKE_CXX_STANDARD_REQUIRED ON)
set(CMAKE_CXX_EXTENSIONS OFF)
set(CMAKE_EXPORT_COMPILE_COMMANDS ON)
set(CMAKE_POSITION_INDEPENDENT_CODE ON)
if(NOT CMAKE_BUILD_TYPE AND NOT CMAKE_CONFIGURATION_TYPES)
  set(CMAKE_BUILD_TYPE Release)
endif()

add_compile_options(-Wall -Wextra -Wconversion -Wshadow)
if(VITRINE_WERROR)
  add_compile_options(-Werror)
endif()
# A fused multiply-add rounds once where source code says twice, so it changes bits from one machine to the next.
# Only *.hot.cpp files are exempt; their level is recorded with every result.
add_compile_options(-ffp-contract=off)
if(VITRINE_CONTRACTS)
  add_compile_definitions(VITRINE_CONTRACTS)
endif()

find_program(VITRINE_CCACHE ccache)
mark_as_advanced(VITRINE_CCACHE)
if(VITRINE_CCACHE AND NOT DEFINED CMAKE_CXX_COMPILER_LAUNCHER)
  # Objects name their sources from the top of the checkout, so one checkout finds what another compiled.
  add_compile_options(-fdebug-prefix-map=${PROJECT_SOURCE_DIR}=.)
  set(CMAKE_CXX_COMPILER_LAUNCHER env CCACHE_BASEDIR=${PROJECT_SOURCE_DIR} CCACHE_NOHASHDIR=1 ${VITRINE_CCACHE})
endif()
