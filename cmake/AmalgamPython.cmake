# The Python package: amalgam._core with nanobind, the program beside it, and the modules that both load.
# `cmake --install build --component python --prefix <site-packages>` puts it there; pip does the same for a wheel.
find_package(Python 3.10 REQUIRED COMPONENTS Interpreter Development.Module OPTIONAL_COMPONENTS Development.SABIModule)
execute_process(COMMAND ${Python_EXECUTABLE} -m nanobind --cmake_dir
  OUTPUT_STRIP_TRAILING_WHITESPACE OUTPUT_VARIABLE nanobind_ROOT COMMAND_ERROR_IS_FATAL ANY)
find_package(nanobind CONFIG REQUIRED)

nanobind_add_module(amalgam_python STABLE_ABI NB_STATIC python/binding.cpp python/binding_audit.cpp
  python/binding_curves.cpp)
set_target_properties(amalgam_python PROPERTIES OUTPUT_NAME _core LIBRARY_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/python)
target_link_libraries(amalgam_python PRIVATE amalgam_core)
target_include_directories(amalgam_python PRIVATE python)
target_compile_definitions(amalgam_python PRIVATE
  $<$<BOOL:${AMALGAM_IMAGES}>:AMALGAM_HAS_IMAGES> $<$<BOOL:${AMALGAM_TEXT}>:AMALGAM_HAS_TEXT>)
if(AMALGAM_SANITIZE)
  message(FATAL_ERROR "AMALGAM_PYTHON and AMALGAM_SANITIZE do not go together")
endif()

install(TARGETS amalgam_python LIBRARY DESTINATION amalgam COMPONENT python)
install(TARGETS amalgam RUNTIME DESTINATION amalgam COMPONENT python)
if(AMALGAM_IMAGES)
  install(TARGETS amalgam_opencv LIBRARY DESTINATION amalgam COMPONENT python)
endif()
install(FILES examples/models.py examples/text_models.py DESTINATION amalgam/zoo COMPONENT python)
if(NOT SKBUILD)
  install(DIRECTORY python/amalgam DESTINATION . COMPONENT python FILES_MATCHING PATTERN "*.py" PATTERN "*.pyi"
    PATTERN "py.typed")
endif()
