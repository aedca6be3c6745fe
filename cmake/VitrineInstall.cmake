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
  # The program says itself what its manual page and completions are.
  set(shared ${PROJECT_BINARY_DIR}/share)
  file(MAKE_DIRECTORY ${shared})
  add_custom_command(OUTPUT ${shared}/vitrine.1 ${shared}/vitrine ${shared}/_vitrine ${shared}/vitrine.fish
                     COMMAND vitrine_cli man > ${shared}/vitrine.1
                     COMMAND vitrine_cli completion bash > ${shared}/vitrine
                     COMMAND vitrine_cli completion zsh > ${shared}/_vitrine
                     COMMAND vitrine_cli completion fish > ${shared}/vitrine.fish
                     DEPENDS vitrine_cli VERBATIM)
  add_custom_target(vitrine_shared ALL DEPENDS ${shared}/vitrine.1)

  install(TARGETS vitrine_cli RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR} COMPONENT program)
  install(PROGRAMS ${VITRINE_ONNX_NODE} DESTINATION ${CMAKE_INSTALL_BINDIR} COMPONENT program)
  install(FILES ${shared}/vitrine.1 DESTINATION ${CMAKE_INSTALL_MANDIR}/man1 COMPONENT program)
  install(FILES ${shared}/vitrine DESTINATION ${CMAKE_INSTALL_DATADIR}/bash-completion/completions COMPONENT program)
  install(FILES ${shared}/_vitrine DESTINATION ${CMAKE_INSTALL_DATADIR}/zsh/vendor-completions COMPONENT program)
  install(FILES ${shared}/vitrine.fish DESTINATION ${CMAKE_INSTALL_DATADIR}/fish/vendor_completions.d COMPONENT program)
  install(DIRECTORY scenarios DESTINATION ${CMAKE_INSTALL_DATADIR}/vitrine COMPONENT program)
  install(FILES LICENSE RENAME copyright DESTINATION ${CMAKE_INSTALL_DATADIR}/doc/vitrine COMPONENT program)

  # cpack -G DEB --config build/release/CPackConfig.cmake: the program as a Debian package; libraries that it needs
  # become its dependencies (dpkg-shlibdeps, package dpkg-dev). What needs OpenCV is a package of its own.
  set(CPACK_GENERATOR DEB)
  set(CPACK_COMPONENTS_ALL program)
  if(TARGET vitrine_onnx_opencv)
    install(TARGETS vitrine_onnx_opencv RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR} COMPONENT onnx)
    install(FILES LICENSE RENAME copyright DESTINATION ${CMAKE_INSTALL_DATADIR}/doc/vitrine-onnx COMPONENT onnx)
    list(APPEND CPACK_COMPONENTS_ALL onnx)
    set(CPACK_COMPONENT_ONNX_DESCRIPTION "Networks in ONNX files for vitrine stress, run by OpenCV")
    set(CPACK_DEBIAN_ONNX_PACKAGE_NAME vitrine-onnx)
    set(CPACK_DEBIAN_ONNX_FILE_NAME DEB-DEFAULT)
    set(CPACK_DEBIAN_ONNX_PACKAGE_DEPENDS "vitrine (= ${PROJECT_VERSION})")
    set(CPACK_DEBIAN_PROGRAM_PACKAGE_SUGGESTS "vitrine-onnx, nodejs")
  endif()
  set(CPACK_DEB_COMPONENT_INSTALL ON)
  set(CPACK_DEBIAN_PROGRAM_PACKAGE_NAME vitrine)
  set(CPACK_DEBIAN_PROGRAM_FILE_NAME DEB-DEFAULT)
  set(CPACK_DEBIAN_PACKAGE_SHLIBDEPS ON)
  set(CPACK_DEBIAN_PROGRAM_PACKAGE_RECOMMENDS "librsvg2-bin, fonts-dejavu-core")  # vitrine report --png
  set(CPACK_DEBIAN_PACKAGE_SECTION science)
  set(CPACK_DEBIAN_PACKAGE_MAINTAINER "The Vitrine authors <vitrine@localhost>")
  set(CPACK_PACKAGE_DESCRIPTION_SUMMARY ${PROJECT_DESCRIPTION})
  set(CPACK_PACKAGING_INSTALL_PREFIX /usr)
  set(CPACK_STRIP_FILES ON)
  include(CPack)
endif()
