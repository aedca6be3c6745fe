# Every third-party package as an imported target, the same in our build and for users of the install:
#   Eigen3::Eigen  fmt::fmt  yaml-cpp::yaml-cpp  CLI11::CLI11  nlohmann_json::nlohmann_json  Boost::headers
#   OpenMP::OpenMP_CXX  OpenSSL::Crypto  SLEEF::sleef  random123::random123  xraylib::xraylib
#   libdeflate::libdeflate  hdf5::c  sqlite3::sqlite3  itk::image_io  dcmtk::dcmtk
# With VITRINE_DEPENDENCIES_OPTIONAL a missing package is no error until a target that needs it is linked.
#
# ITK, HDF5 and DCMTK are found by file. Debian's ITK configuration loads GDCM's, which names programs of packages that
# need not be installed; DCMTK's leaves its targets without include directories and links all of its 28 libraries;
# FindHDF5 adds curl and szip, which the shared library brings by itself.
include_guard(GLOBAL)

if(VITRINE_DEPENDENCIES_OPTIONAL)
  set(required QUIET)
else()
  set(required REQUIRED)
endif()
find_package(Eigen3 3.4 CONFIG ${required})
find_package(fmt 9 CONFIG ${required})
find_package(yaml-cpp 0.7 CONFIG ${required})
find_package(CLI11 2 CONFIG ${required})
find_package(nlohmann_json 3 CONFIG ${required})
find_package(Boost 1.74 ${required})
find_package(OpenMP ${required} COMPONENTS CXX)
find_package(OpenSSL ${required} COMPONENTS Crypto)
unset(required)

if(TARGET yaml-cpp AND NOT TARGET yaml-cpp::yaml-cpp)
  add_library(yaml-cpp::yaml-cpp INTERFACE IMPORTED)
  target_link_libraries(yaml-cpp::yaml-cpp INTERFACE yaml-cpp)
endif()

# _vitrine_package(<target> [OPTIONAL] DEBIAN <package> HEADER <file> [LIBRARIES ...] [SUFFIXES ...] [DEFINITIONS ...])
#
# An OPTIONAL package that is not there leaves no target.
function(_vitrine_package target)
  cmake_parse_arguments(PARSE_ARGV 1 arg "OPTIONAL" "DEBIAN;HEADER" "LIBRARIES;SUFFIXES;DEFINITIONS")
  if(TARGET ${target})
    return()
  endif()
  string(MAKE_C_IDENTIFIER ${target} id)
  find_path(VITRINE_${id}_INCLUDE ${arg_HEADER} PATH_SUFFIXES ${arg_SUFFIXES})
  set(found VITRINE_${id}_INCLUDE)
  foreach(library IN LISTS arg_LIBRARIES)
    string(MAKE_C_IDENTIFIER ${library} library_id)
    find_library(VITRINE_${id}_${library_id} ${library} PATH_SUFFIXES ${arg_SUFFIXES})
    list(APPEND found VITRINE_${id}_${library_id})
  endforeach()
  mark_as_advanced(${found})
  set(libraries "")
  foreach(entry IN LISTS found)
    if(NOT ${entry})
      if(NOT VITRINE_DEPENDENCIES_OPTIONAL AND NOT arg_OPTIONAL)
        message(FATAL_ERROR "${target}: ${entry} not found. Install the package ${arg_DEBIAN} (scripts/setup.sh does).")
      endif()
      return()
    endif()
    list(APPEND libraries ${${entry}})
  endforeach()
  list(POP_FRONT libraries include)
  add_library(${target} INTERFACE IMPORTED GLOBAL)
  set_target_properties(${target} PROPERTIES INTERFACE_INCLUDE_DIRECTORIES ${include})
  target_link_libraries(${target} INTERFACE ${libraries})
  target_compile_definitions(${target} INTERFACE ${arg_DEFINITIONS})
endfunction()

_vitrine_package(SLEEF::sleef DEBIAN libsleef-dev HEADER sleef.h LIBRARIES sleef)
_vitrine_package(random123::random123 DEBIAN librandom123-dev HEADER Random123/philox.h)
_vitrine_package(xraylib::xraylib DEBIAN libxrl-dev HEADER xraylib/xraylib.h LIBRARIES xrl)
_vitrine_package(libdeflate::libdeflate DEBIAN libdeflate-dev HEADER libdeflate.h LIBRARIES deflate)
_vitrine_package(hdf5::c DEBIAN libhdf5-dev HEADER hdf5.h LIBRARIES hdf5 SUFFIXES hdf5/serial)
_vitrine_package(sqlite3::sqlite3 DEBIAN libsqlite3-dev HEADER sqlite3.h LIBRARIES sqlite3)
_vitrine_package(itk::image_io DEBIAN libinsighttoolkit5-dev HEADER itkImage.h SUFFIXES ITK-5.2
                 LIBRARIES ITKIONIFTI-5.2 ITKIOMeta-5.2 ITKIONRRD-5.2 ITKIOImageBase-5.2 ITKCommon-5.2
                           itkvnl_algo-5.2 itkvnl-5.2 itksys-5.2)
_vitrine_package(dcmtk::dcmtk DEBIAN libdcmtk-dev HEADER dcmtk/dcmdata/dctk.h LIBRARIES dcmnet dcmdata oflog ofstd)
