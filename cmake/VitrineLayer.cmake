# vitrine_layer(<name> USES <layers...> [SOURCES ...] [HOT ...] [WIDE ...] [PUBLIC <targets...>] [PRIVATE <targets...>])
#
# One layer = one directory = one namespace = one target. USES is the whole list of layers whose headers this one may
# include; scripts/check_layers.py holds it to that. PUBLIC names the packages seen in headers (Eigen3::Eigen, nothing
# else), PRIVATE those used in sources alone. HOT files (*.hot.cpp) are compiled once per instruction-set level, each
# time with VITRINE_ISA_LEVEL defined to the level's name, which they use as their innermost namespace. Those among them
# that are WIDE are compiled for v4 (AVX-512) too: more lanes at once, the bits of v3.
# Headers are found, and installed, as "vitrine/<name>/x.hpp"; those under detail/, and simd.hpp, which only hot files
# can compile, stay at home.
set(VITRINE_HOT_OPTIONS -O3 -fno-math-errno -fno-trapping-math -Wno-psabi)
if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
  # GCC splits loops that fill two arrays and computes what they share twice.
  list(APPEND VITRINE_HOT_OPTIONS -fno-tree-loop-distribution)
endif()
set(VITRINE_HOT_portable -march=x86-64 -ffp-contract=off)
set(VITRINE_HOT_v3 -march=x86-64-v3 -ffp-contract=fast)
set(VITRINE_HOT_v4 -march=x86-64-v4 -ffp-contract=fast)
if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
  list(APPEND VITRINE_HOT_v4 -Wno-maybe-uninitialized -Wno-uninitialized)  # GCC 12's own header
endif()
set(VITRINE_INCLUDE_DIR ${PROJECT_BINARY_DIR}/include)

function(vitrine_layer name)
  cmake_parse_arguments(PARSE_ARGV 1 arg "" "" "USES;SOURCES;HOT;WIDE;PUBLIC;PRIVATE")
  if(arg_UNPARSED_ARGUMENTS)
    message(FATAL_ERROR "vitrine_layer(${name}): unexpected ${arg_UNPARSED_ARGUMENTS}")
  endif()
  set(target vitrine_${name})
  list(TRANSFORM arg_USES PREPEND vitrine:: OUTPUT_VARIABLE uses)

  # The build tree shows the layer's folder under the name that includes spell.
  set(home ${VITRINE_INCLUDE_DIR}/vitrine/${name})
  file(MAKE_DIRECTORY ${VITRINE_INCLUDE_DIR}/vitrine)
  file(CREATE_LINK ${CMAKE_CURRENT_SOURCE_DIR} ${home} SYMBOLIC)
  file(GLOB_RECURSE headers RELATIVE ${CMAKE_CURRENT_SOURCE_DIR} CONFIGURE_DEPENDS ${CMAKE_CURRENT_SOURCE_DIR}/*.hpp)
  list(FILTER headers EXCLUDE REGEX "(^|/)(detail/|simd\\.hpp$)")
  list(TRANSFORM headers PREPEND ${home}/)

  add_library(${target} STATIC ${arg_SOURCES})
  add_library(vitrine::${name} ALIAS ${target})
  target_sources(${target} PUBLIC FILE_SET HEADERS BASE_DIRS ${VITRINE_INCLUDE_DIR} FILES ${headers})
  target_compile_features(${target} PUBLIC cxx_std_20)
  target_link_libraries(${target} PUBLIC ${uses} ${arg_PUBLIC} PRIVATE ${arg_PRIVATE})
  set_target_properties(${target} PROPERTIES EXPORT_NAME ${name} LINKER_LANGUAGE CXX)
  set_property(GLOBAL APPEND PROPERTY VITRINE_LAYERS ${name})
  install(TARGETS ${target} EXPORT vitrine-targets ARCHIVE DESTINATION ${CMAKE_INSTALL_LIBDIR}
          FILE_SET HEADERS DESTINATION ${CMAKE_INSTALL_INCLUDEDIR})

  if(arg_HOT)
    foreach(level portable v3 v4)
      set(hot ${target}_hot_${level})
      set(sources ${arg_HOT})
      if(level STREQUAL "v4")
        set(sources ${arg_WIDE})
      endif()
      if(NOT sources)
        continue()
      endif()
      add_library(${hot} OBJECT ${sources})
      target_include_directories(${hot} PRIVATE ${VITRINE_INCLUDE_DIR})
      target_link_libraries(${hot} PRIVATE ${uses} ${arg_PUBLIC} ${arg_PRIVATE})
      target_compile_options(${hot} PRIVATE ${VITRINE_HOT_OPTIONS} ${VITRINE_HOT_${level}})
      target_compile_definitions(${hot} PRIVATE VITRINE_ISA_LEVEL=${level})
      target_sources(${target} PRIVATE $<TARGET_OBJECTS:${hot}>)
      set_property(GLOBAL APPEND PROPERTY VITRINE_HOT_TARGETS ${hot})
    endforeach()
  endif()
endfunction()
