# What stands at the top level, and that no machine's paths got into the sources.
#
#   cmake -D ROOT=... -P tree.cmake
cmake_minimum_required(VERSION 3.25)

set(allowed app core ui resources tests packaging CMakeLists.txt CMakePresets.json LICENSE README.md
    build) # build: ignored by git
set(problems)
file(GLOB entries RELATIVE ${ROOT} ${ROOT}/*)
foreach(entry IN LISTS entries)
    if(NOT entry IN_LIST allowed AND NOT entry MATCHES "^\\.")
        list(APPEND problems "${entry}: does not belong to the top level")
    endif()
endforeach()

file(GLOB_RECURSE files ${ROOT}/app/* ${ROOT}/core/* ${ROOT}/ui/* ${ROOT}/packaging/*
    ${ROOT}/tests/*.cpp ${ROOT}/tests/*.h ${ROOT}/tests/*.txt)
foreach(file IN LISTS files)
    if(file MATCHES "\\.(png|svg|ico)$")
        continue()
    endif()
    file(STRINGS ${file} found REGEX "(^|[^A-Za-z.])/(home|root|work)/")
    if(found)
        file(RELATIVE_PATH relative ${ROOT} ${file})
        list(APPEND problems "${relative}: holds a path of one machine: ${found}")
    endif()
endforeach()

if(problems)
    list(JOIN problems "\n  " text)
    message(FATAL_ERROR "The tree is not as it should be:\n  ${text}")
endif()
