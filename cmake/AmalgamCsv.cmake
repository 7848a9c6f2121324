# libcsv comes without a CMake or pkg-config file.
find_path(AMALGAM_CSV_INCLUDE csv.h REQUIRED)
find_library(AMALGAM_CSV_LIBRARY csv REQUIRED)
add_library(csv::csv UNKNOWN IMPORTED)
set_target_properties(csv::csv PROPERTIES IMPORTED_LOCATION ${AMALGAM_CSV_LIBRARY}
  INTERFACE_INCLUDE_DIRECTORIES ${AMALGAM_CSV_INCLUDE})
