# SPDX-License-Identifier: Apache-2.0
# Ways to link and to register a test. Called by tests/CMakeLists.txt and tests/tools; names no test itself.

include(KedaRooms)

# KEDA_BUILD_TESTS=AUTO means: if Criterion is installed. Resolved here into ON or OFF for this configuration.
if(KEDA_BUILD_TESTS STREQUAL "AUTO")
    pkg_check_modules(CRITERION IMPORTED_TARGET GLOBAL criterion)
    if(CRITERION_FOUND)
        set(KEDA_BUILD_TESTS ON)
    else()
        set(KEDA_BUILD_TESTS OFF)
        message(STATUS "No tests: Criterion is not installed")
    endif()
elseif(KEDA_BUILD_TESTS)
    pkg_check_modules(CRITERION REQUIRED IMPORTED_TARGET GLOBAL criterion)
endif()

# keda_room_archives(OUT ROOM...): each room once more as an archive, so that a test links what it calls of it.
function(keda_room_archives out)
    set(archives)
    foreach(room IN LISTS ARGN)
        if(TARGET keda_${room})
            if(NOT TARGET keda_${room}_archive)
                add_library(keda_${room}_archive STATIC EXCLUDE_FROM_ALL $<TARGET_OBJECTS:keda_${room}>)
                set_target_properties(keda_${room}_archive PROPERTIES LINKER_LANGUAGE C)
            endif()
            list(APPEND archives keda_${room}_archive)
        endif()
    endforeach()
    set(${out} ${archives} PARENT_SCOPE)
endfunction()

# keda_link_rooms(TARGET ROOM...): those rooms, as a program linked without PIE.
function(keda_link_rooms target)
    set_target_properties(${target} PROPERTIES POSITION_INDEPENDENT_CODE OFF C_STANDARD 11 C_EXTENSIONS OFF)
    target_include_directories(${target} PRIVATE
        "${PROJECT_SOURCE_DIR}/include" "${PROJECT_SOURCE_DIR}/libkeda" "${PROJECT_SOURCE_DIR}/tests")
    target_compile_definitions(${target} PRIVATE
        "KEDA_SOURCE_DIR=\"${PROJECT_SOURCE_DIR}\"" "KEDA_BINARY_DIR=\"${PROJECT_BINARY_DIR}\"")
    # Criterion's workers lose string literals of parameters in a position-independent program.
    # Plain programs may check by assert, whatever the build type.
    target_compile_options(${target} PRIVATE -fno-pie -UNDEBUG)
    target_link_options(${target} PRIVATE -no-pie)
    keda_room_archives(archives ${ARGN})
    if(TARGET tests_support)
        list(PREPEND archives tests_support)
    endif()
    list(JOIN archives "," archives)
    if(archives)
        # They may refer to each other in both directions.
        target_link_libraries(${target} PRIVATE "$<LINK_GROUP:RESCAN,${archives}>")
    endif()
    target_link_libraries(${target} PRIVATE keda_flags keda_warnings ${KEDA_DEPENDENCIES})
endfunction()

# keda_link_everything(TARGET): every room, the built-in table and every module, without dlopen.
function(keda_link_everything target)
    set(modules)
    foreach(name IN LISTS KEDA_MODULES_BUILT)
        list(APPEND modules module_${name}_objects)
    endforeach()
    keda_link_rooms(${target} ${KEDA_ROOMS} builtin_static ${modules})
    foreach(name IN LISTS KEDA_MODULES_BUILT)
        target_link_libraries(${target} PRIVATE PkgConfig::KEDA_MODULE_${name})
    endforeach()
endfunction()

# keda_add_test(NAME LABEL TIMEOUT COMMAND...): a ctest whose runner may leave its own counts in a file.
function(keda_add_test name label timeout)
    add_test(NAME ${name} COMMAND ${ARGN} WORKING_DIRECTORY "${PROJECT_SOURCE_DIR}")
    set_tests_properties(${name} PROPERTIES LABELS ${label} TIMEOUT ${timeout} ENVIRONMENT
        "PYTHONDONTWRITEBYTECODE=1;KEDA_BUILD_DIR=${PROJECT_BINARY_DIR};KEDA_COUNT_FILE=${PROJECT_BINARY_DIR}/counts/${name}")
endfunction()

# keda_add_criterion(FOLDER KIND [ROOM...]): tests_<folder> from <folder>/test_*.c; KIND is rooms or everything.
function(keda_add_criterion folder kind)
    keda_glob(sources "${PROJECT_SOURCE_DIR}/tests/${folder}/test_*.c")
    if(NOT sources)
        return()
    endif()
    add_executable(tests_${folder} ${sources})
    if(kind STREQUAL "everything")
        keda_link_everything(tests_${folder})
    else()
        keda_link_rooms(tests_${folder} ${ARGN})
    endif()
    if(TARGET keda_child)
        add_dependencies(tests_${folder} keda_child)
    endif()
    target_link_libraries(tests_${folder} PRIVATE PkgConfig::CRITERION)
    keda_add_test(unit.${folder} unit 300
        "${PROJECT_SOURCE_DIR}/tests/run-criterion.sh" $<TARGET_FILE:tests_${folder}>)
endfunction()
