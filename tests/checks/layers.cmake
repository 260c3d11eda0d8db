# Who may include whom. Fails naming file and line.
#
#   cmake -D ROOT=... -P layers.cmake
cmake_minimum_required(VERSION 3.25)

# What each folder of core may include beside itself.
set(may_base "")
set(may_format base)
set(may_cache base)
set(may_trace base cache)
set(may_tokenizer base format trace)
set(may_sampling base)
set(may_reasoning base format sampling trace)
set(may_model base format cache trace)
set(may_engine base format cache trace tokenizer sampling reasoning model)
set(may_analysis base trace)
set(may_store base cache trace analysis)
set(may_exchange base cache trace tokenizer analysis store)
set(may_runs base trace reasoning engine store)
set(may_tasks base format)
set(may_eval base format trace tokenizer tasks reasoning engine store exchange runs)
set(may_train base format sampling tokenizer model tasks exchange)

set(problems)

function(complain file line why)
    file(RELATIVE_PATH relative ${ROOT} ${file})
    set(problems ${problems} "${relative}: ${why}: ${line}" PARENT_SCOPE)
endfunction()

# lines_matching(<out> <file> <regex>): semicolons and brackets in the source are no CMake lists.
function(lines_matching out file regex)
    file(STRINGS ${file} lines REGEX ${regex})
    set(${out} ${lines} PARENT_SCOPE)
endfunction()

# forbid(<file> <regex> <why>)
function(forbid file regex why)
    lines_matching(found ${file} ${regex})
    if(found)
        complain(${file} "${found}" ${why})
        set(problems ${problems} PARENT_SCOPE)
    endif()
endfunction()

# core
file(GLOB_RECURSE core_files ${ROOT}/core/*.h ${ROOT}/core/*.cpp)
foreach(file IN LISTS core_files)
    file(RELATIVE_PATH relative ${ROOT}/core ${file})
    string(REGEX MATCH "^[a-z]+" folder ${relative})
    if(NOT DEFINED may_${folder})
        complain(${file} "" "core/${folder} is not in the table of tests/checks/layers.cmake")
        continue()
    endif()
    lines_matching(includes ${file} "^#include \"[a-z]+/")
    foreach(line IN LISTS includes)
        string(REGEX REPLACE "^#include \"([a-z]+)/.*" "\\1" other ${line})
        if(NOT other STREQUAL folder AND NOT other IN_LIST may_${folder})
            complain(${file} "${line}" "core/${folder} may not include core/${other}")
        endif()
    endforeach()
    forbid(${file} "^#include <Q[A-Z]" "core has no Qt")
    forbid(${file} "std::(cout|cerr|clog)|[^a-z_]f?printf\\(" "core prints nothing")
    if(NOT relative MATCHES "^(model|train)/torch/.*(_p\\.h|\\.cpp)$")
        forbid(${file} "^#include <(torch|ATen|c10)/"
            "torch belongs to core/model/torch and core/train/torch alone")
    endif()
    if(NOT relative MATCHES "^store/.*(_p\\.h|\\.cpp)$")
        forbid(${file} "^#include <sqlite3.h>" "SQLite belongs to core/store alone")
    endif()
    if(NOT relative MATCHES "(_p\\.h|\\.cpp)$")
        forbid(${file} "^#include <nlohmann/" "a public header shows no JSON library")
    endif()
endforeach()

# ui and app
file(GLOB_RECURSE ui_files ${ROOT}/ui/*.h ${ROOT}/ui/*.cpp ${ROOT}/app/*.h ${ROOT}/app/*.cpp)
foreach(file IN LISTS ui_files)
    file(RELATIVE_PATH relative ${ROOT} ${file})
    forbid(${file} "^#include [<\"](torch/|ATen/|c10/|sqlite3.h|model/torch/|train/torch/)"
        "the window and the command line see core's public headers only")
    forbid(${file} "^#include \"(base|format|cache|trace|tokenizer|sampling|reasoning|model|engine|analysis|store|exchange|runs|eval)/.*_p\\.h"
    forbid(${file} "^#include \"(base|format|cache|trace|tokenizer|sampling|reasoning|model|engine|analysis|store|exchange|runs|tasks|train)/.*_p\\.h"
        "private headers of core stay in core")
    if(NOT relative STREQUAL "ui/plots/qcp.h")
        forbid(${file} "^#include [<\"]qcustomplot.h" "include plots/qcp.h instead")
    endif()
    if(relative MATCHES "^app/cli/")
        forbid(${file} "^#include <Q[A-Z]" "the command line has no Qt")
    endif()
endforeach()

if(problems)
    list(JOIN problems "\n  " text)
    message(FATAL_ERROR "The layers are broken:\n  ${text}")
endif()
