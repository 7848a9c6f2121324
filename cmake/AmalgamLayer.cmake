# Warnings, errors and sanitizers: the same for every target.
function(amalgam_settings target)
  target_compile_options(${target} PRIVATE -Wall -Wextra -Wpedantic -Wshadow -Wnon-virtual-dtor
    $<$<BOOL:${AMALGAM_WERROR}>:-Werror>
    # False alarms of GCC 12 on string concatenation (GCC bug 105651).
    $<$<CXX_COMPILER_ID:GNU>:-Wno-restrict>)
  if(AMALGAM_FUZZ)
    # libFuzzer sees what an input reaches in all layers; its main() is linked into the targets alone.
    target_compile_options(${target} PUBLIC -fsanitize=fuzzer-no-link)
    target_link_options(${target} PUBLIC -fsanitize=fuzzer-no-link)
  endif()
  if(AMALGAM_COVERAGE)
    target_compile_options(${target} PUBLIC -fprofile-instr-generate -fcoverage-mapping)
    target_link_options(${target} PUBLIC -fprofile-instr-generate)
  endif()
  if(AMALGAM_SANITIZE)
    target_compile_options(${target} PUBLIC -fsanitize=${AMALGAM_SANITIZE} -fno-omit-frame-pointer
      -fno-sanitize-recover=all)
    target_link_options(${target} PUBLIC -fsanitize=${AMALGAM_SANITIZE})
  endif()
endfunction()

# Makes src/<name> includable as "<name>/...", and nothing else of src.
function(amalgam_expose_folder name)
  file(MAKE_DIRECTORY ${CMAKE_BINARY_DIR}/layers/${name})
  file(CREATE_LINK ${CMAKE_CURRENT_SOURCE_DIR}/src/${name} ${CMAKE_BINARY_DIR}/layers/${name}/${name} SYMBOLIC)
endfunction()

# amalgam_layer(<name> [PUBLIC_HEADERS error ...] [LINKS target ...] [PRIVATE target ...] [SOURCES file ...])
# Builds src/<name> as amalgam_<name>. Its include folder holds its own headers and those of include/amalgam that
# belong to it; headers of higher layers are not on the path.
function(amalgam_layer name)
  cmake_parse_arguments(LAYER "" "" "PUBLIC_HEADERS;LINKS;PRIVATE;SOURCES" ${ARGN})
  file(GLOB_RECURSE sources CONFIGURE_DEPENDS src/${name}/*.cpp)
  add_library(amalgam_${name} STATIC ${sources} ${LAYER_SOURCES})
  amalgam_settings(amalgam_${name})
  amalgam_expose_folder(${name})
  set(include ${CMAKE_BINARY_DIR}/layers/${name})
  file(MAKE_DIRECTORY ${include}/amalgam)
  foreach(header ${LAYER_PUBLIC_HEADERS})
    file(CREATE_LINK ${CMAKE_CURRENT_SOURCE_DIR}/include/amalgam/${header}.h ${include}/amalgam/${header}.h SYMBOLIC)
  endforeach()
  target_include_directories(amalgam_${name} PUBLIC $<BUILD_INTERFACE:${include}>)
  target_link_libraries(amalgam_${name} PUBLIC ${LAYER_LINKS} PRIVATE ${LAYER_PRIVATE})
  set_property(GLOBAL APPEND PROPERTY AMALGAM_LAYERS amalgam_${name})
endfunction()

# amalgam_embed(<variable> <header> function=file+file ...): a source file that defines each function as the files' text,
# one after another: those of Python two lines apart, as formatters want it between definitions.
function(amalgam_embed variable header)
  set(text "#include \"${header}\"\n\nnamespace amalgam {\n")
  foreach(pair ${ARGN})
    string(REPLACE "=" ";" parts ${pair})
    list(GET parts 0 function)
    list(GET parts 1 file)
    string(REPLACE "+" ";" files ${file})
    set(literals "")
    foreach(file ${files})
      file(READ ${file} content)
      set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${CMAKE_CURRENT_SOURCE_DIR}/${file})
      if(literals AND file MATCHES "\\.py$")
        string(APPEND literals " \"\\n\\n\"")
      endif()
      string(APPEND literals " R\"AMALGAM(${content})AMALGAM\"")
    endforeach()
    string(APPEND text "\nstd::string_view ${function}() {\n  return${literals};\n}\n")
  endforeach()
  string(APPEND text "\n}  // namespace amalgam\n")
  set(output ${CMAKE_BINARY_DIR}/embedded/${variable}.cpp)
  file(GENERATE OUTPUT ${output} CONTENT "${text}")
  set(${variable} ${output} PARENT_SCOPE)
endfunction()
