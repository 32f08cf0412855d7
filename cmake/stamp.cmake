# virtmeter_stamp(SOURCE…): those sources know which version they are and of which revision they were made.
find_package(Git QUIET)
if(GIT_FOUND AND EXISTS ${PROJECT_SOURCE_DIR}/.git)
  execute_process(COMMAND ${GIT_EXECUTABLE} describe --always --dirty --tags
    WORKING_DIRECTORY ${PROJECT_SOURCE_DIR}
    OUTPUT_VARIABLE revision OUTPUT_STRIP_TRAILING_WHITESPACE ERROR_QUIET)
endif()
if(NOT revision)
  set(revision unknown)
endif()

function(virtmeter_stamp)
  set_source_files_properties(${ARGN} PROPERTIES
    COMPILE_DEFINITIONS "VIRTMETER_VERSION=\"${PROJECT_VERSION}\";VIRTMETER_REVISION=\"${revision}\"")
endfunction()
