# SPDX-License-Identifier: Apache-2.0
# Reads libkeda/rooms.txt and libkeda/modules.txt and turns a room into an object library.
# Called by libkeda/CMakeLists.txt and tests/CMakeLists.txt; names no room itself.

# keda_read_rooms(): sets KEDA_ROOMS and, per room, KEDA_ROOM_<room>_USES and _TESTS_ALL in the caller.
macro(keda_read_rooms)
    set(KEDA_ROOMS)
    file(STRINGS "${PROJECT_SOURCE_DIR}/libkeda/rooms.txt" _lines REGEX "^room ")
    foreach(_line IN LISTS _lines)
        string(REGEX REPLACE " +" ";" _words "${_line}")
        cmake_parse_arguments(_room "" "room;tests" "uses;headers" ${_words})
        list(APPEND KEDA_ROOMS ${_room_room})
        set(KEDA_ROOM_${_room_room}_USES ${_room_uses})
        set(KEDA_ROOM_${_room_room}_TESTS ${_room_tests})
    endforeach()
    set_property(DIRECTORY "${PROJECT_SOURCE_DIR}" APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS
        "${PROJECT_SOURCE_DIR}/libkeda/rooms.txt" "${PROJECT_SOURCE_DIR}/libkeda/modules.txt")
endmacro()

# keda_glob(OUT PATTERN...): sources, sorted, so that two builds list the same objects in the same order.
function(keda_glob out)
    file(GLOB found CONFIGURE_DEPENDS ${ARGN})
    list(SORT found)
    set(${out} ${found} PARENT_SCOPE)
endfunction()

# keda_add_objects(TARGET SOURCE...): an object library with the project's flags, usable in .so, .a and tests.
function(keda_add_objects target)
    add_library(${target} OBJECT ${ARGN})
    set_target_properties(${target} PROPERTIES
        POSITION_INDEPENDENT_CODE ON C_VISIBILITY_PRESET hidden C_STANDARD 11 C_EXTENSIONS OFF)
    target_include_directories(${target} PRIVATE "${PROJECT_SOURCE_DIR}/include")
    target_compile_definitions(${target} PRIVATE KEDA_BUILDING)
    target_link_libraries(${target} PRIVATE keda_flags keda_warnings)
endfunction()

# keda_add_room(ROOM): target keda_<room> when the room has sources.
function(keda_add_room room)
    keda_glob(sources "${PROJECT_SOURCE_DIR}/libkeda/${room}/*.c")
    if(NOT sources)
        return()
    endif()
    keda_add_objects(keda_${room} ${sources})
    target_include_directories(keda_${room} PRIVATE "${PROJECT_SOURCE_DIR}/libkeda")
    target_compile_definitions(keda_${room} PRIVATE
        "KEDA_MODULE_DIR=\"${CMAKE_INSTALL_FULL_LIBDIR}/keda\"")
    target_link_libraries(keda_${room} PRIVATE ${KEDA_DEPENDENCIES})
endfunction()

# keda_room_closure(OUT ROOM...): the rooms, and all they use in turn.
function(keda_room_closure out)
    set(waiting ${ARGN})
    set(done)
    while(waiting)
        list(POP_FRONT waiting room)
        if(NOT room IN_LIST done)
            list(APPEND done ${room})
            list(APPEND waiting ${KEDA_ROOM_${room}_USES})
        endif()
    endwhile()
    set(${out} ${done} PARENT_SCOPE)
endfunction()

# keda_needs_engine(OUT ROOM...): whether any of them calls the engine through a public header.
function(keda_needs_engine out)
    set(${out} FALSE PARENT_SCOPE)
    foreach(room IN LISTS ARGN)
        if(KEDA_ROOM_${room}_TESTS STREQUAL "all")
            set(${out} TRUE PARENT_SCOPE)
        endif()
    endforeach()
endfunction()

# keda_room_objects(OUT ROOM...): their object files; rooms without sources contribute none.
function(keda_room_objects out)
    set(objects)
    foreach(room IN LISTS ARGN)
        if(TARGET keda_${room})
            list(APPEND objects $<TARGET_OBJECTS:keda_${room}>)
        endif()
    endforeach()
    set(${out} ${objects} PARENT_SCOPE)
endfunction()
