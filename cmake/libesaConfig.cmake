# The installed libesa, wherever its prefix is: libesa::libesa (shared) and libesa::static.
# By its real path, since /lib may be a link to /usr/lib.
get_filename_component(_libesa_libdir "${CMAKE_CURRENT_LIST_DIR}/../.." REALPATH)
get_filename_component(_libesa_prefix "${_libesa_libdir}/@LIBDIR_TO_PREFIX@" ABSOLUTE)
set(_libesa_includedir "${_libesa_prefix}/@INCLUDE_FROM_PREFIX@")

if(NOT TARGET libesa::libesa)
  add_library(libesa::libesa SHARED IMPORTED)
  set_target_properties(libesa::libesa PROPERTIES
    IMPORTED_LOCATION "${_libesa_libdir}/@SHARED@"
    IMPORTED_SONAME "@SONAME@"
    INTERFACE_INCLUDE_DIRECTORIES "${_libesa_includedir}")

  add_library(libesa::static STATIC IMPORTED)
  set_target_properties(libesa::static PROPERTIES
    IMPORTED_LOCATION "${_libesa_libdir}/libesa.a"
    INTERFACE_LINK_LIBRARIES "@NATIVE_LIBRARIES@"
    INTERFACE_INCLUDE_DIRECTORIES "${_libesa_includedir}")
endif()

foreach(_libesa_file IN ITEMS "${_libesa_libdir}/@SHARED@" "${_libesa_libdir}/libesa.a" "${_libesa_includedir}/esa.h")
  if(NOT EXISTS "${_libesa_file}")
    set(libesa_FOUND FALSE)
    set(libesa_NOT_FOUND_MESSAGE "libesa is not whole: ${_libesa_file} is missing")
  endif()
endforeach()
unset(_libesa_file)
unset(_libesa_includedir)
unset(_libesa_prefix)
unset(_libesa_libdir)
