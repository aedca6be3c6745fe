# find_package(vitrine) for other projects: the layers as vitrine::<layer>, and the packages behind them.
include(CMakePackageConfigHelpers)
set(vitrine_cmake_dir ${CMAKE_INSTALL_LIBDIR}/cmake/vitrine)

get_property(layers GLOBAL PROPERTY VITRINE_LAYERS)
if(layers)
  configure_package_config_file(cmake/vitrineConfig.cmake.in ${PROJECT_BINARY_DIR}/vitrineConfig.cmake
                                INSTALL_DESTINATION ${vitrine_cmake_dir})
  write_basic_package_version_file(${PROJECT_BINARY_DIR}/vitrineConfigVersion.cmake COMPATIBILITY SameMinorVersion)
  install(EXPORT vitrine-targets NAMESPACE vitrine:: DESTINATION ${vitrine_cmake_dir})
  install(FILES ${PROJECT_BINARY_DIR}/vitrineConfig.cmake ${PROJECT_BINARY_DIR}/vitrineConfigVersion.cmake
                cmake/Dependencies.cmake
          DESTINATION ${vitrine_cmake_dir})
endif()
if(TARGET vitrine_cli)
  install(TARGETS vitrine_cli RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR})
endif()
