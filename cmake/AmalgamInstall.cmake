include(CMakePackageConfigHelpers)

# Users link Amalgam::amalgam; the layers are how it is built.
get_property(layers GLOBAL PROPERTY AMALGAM_LAYERS)
set_target_properties(amalgam_core PROPERTIES EXPORT_NAME amalgam)
target_include_directories(amalgam_core INTERFACE $<INSTALL_INTERFACE:${CMAKE_INSTALL_INCLUDEDIR}>)
install(TARGETS amalgam RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR})
install(TARGETS amalgam_core ${layers} EXPORT AmalgamTargets
  ARCHIVE DESTINATION ${CMAKE_INSTALL_LIBDIR}/amalgam)
if(AMALGAM_IMAGES)
  install(TARGETS amalgam_opencv LIBRARY DESTINATION ${CMAKE_INSTALL_LIBDIR}/amalgam)
endif()
install(DIRECTORY include/amalgam DESTINATION ${CMAKE_INSTALL_INCLUDEDIR})
install(EXPORT AmalgamTargets NAMESPACE Amalgam:: DESTINATION ${CMAKE_INSTALL_LIBDIR}/cmake/Amalgam)
configure_package_config_file(cmake/AmalgamConfig.cmake.in ${CMAKE_BINARY_DIR}/AmalgamConfig.cmake
  INSTALL_DESTINATION ${CMAKE_INSTALL_LIBDIR}/cmake/Amalgam)
write_basic_package_version_file(${CMAKE_BINARY_DIR}/AmalgamConfigVersion.cmake COMPATIBILITY SameMinorVersion)
install(FILES ${CMAKE_BINARY_DIR}/AmalgamConfig.cmake ${CMAKE_BINARY_DIR}/AmalgamConfigVersion.cmake cmake/AmalgamCsv.cmake
  DESTINATION ${CMAKE_INSTALL_LIBDIR}/cmake/Amalgam)
