# SPDX-License-Identifier: Apache-2.0
# Install rules, by component: runtime (library and the process pool's helper), development, plugins, tools.

include(CMakePackageConfigHelpers)

set(KEDA_INSTALL_CMAKEDIR "${CMAKE_INSTALL_LIBDIR}/cmake/keda")
set(KEDA_INSTALL_PLUGINDIR "${CMAKE_INSTALL_LIBDIR}/keda")

install(DIRECTORY include/keda DESTINATION "${CMAKE_INSTALL_INCLUDEDIR}"
    COMPONENT development FILES_MATCHING PATTERN "*.h")

if(TARGET keda)
    install(TARGETS keda EXPORT kedaTargets
        LIBRARY DESTINATION "${CMAKE_INSTALL_LIBDIR}" COMPONENT runtime NAMELINK_COMPONENT development)
    install(EXPORT kedaTargets NAMESPACE keda:: DESTINATION "${KEDA_INSTALL_CMAKEDIR}"
        COMPONENT development)
endif()
if(TARGET keda_static)
    install(TARGETS keda_static EXPORT kedaStaticTargets
        ARCHIVE DESTINATION "${CMAKE_INSTALL_LIBDIR}" COMPONENT development)
    install(EXPORT kedaStaticTargets NAMESPACE keda:: DESTINATION "${KEDA_INSTALL_CMAKEDIR}"
        COMPONENT development)
endif()
foreach(name IN LISTS KEDA_MODULES_BUILT)
    if(TARGET keda_module_${name})
        install(TARGETS keda_module_${name}
            LIBRARY DESTINATION "${KEDA_INSTALL_PLUGINDIR}" COMPONENT plugins)
    endif()
endforeach()
if(TARGET keda_child)
    install(TARGETS keda_child RUNTIME DESTINATION "${KEDA_INSTALL_PLUGINDIR}" COMPONENT runtime)
endif()
foreach(program kedad kedactl)
    if(TARGET ${program})
        install(TARGETS ${program} RUNTIME DESTINATION "${CMAKE_INSTALL_BINDIR}" COMPONENT tools)
    endif()
endforeach()

# What a static link needs, found by the package file and by pkg-config alike.
set(KEDA_STATIC_PKGS "KEDA_LIBUV libuv" "KEDA_LIBCURL libcurl" "KEDA_JANSSON jansson" "KEDA_YAML yaml-0.1"
    "KEDA_CRYPTO libcrypto")
foreach(name IN LISTS KEDA_STATIC_PLUGINS)
    list(APPEND KEDA_STATIC_PKGS "KEDA_MODULE_${name} ${KEDA_MODULE_${name}_PKG}")
endforeach()
set(KEDA_STATIC_PKGS_QUOTED)
foreach(pair IN LISTS KEDA_STATIC_PKGS)
    string(APPEND KEDA_STATIC_PKGS_QUOTED " \"${pair}\"")
endforeach()
set(KEDA_PC_PLUGIN_LIBS)
foreach(name IN LISTS KEDA_STATIC_PLUGINS)
    list(JOIN KEDA_MODULE_${name}_LDFLAGS " " flags)
    string(APPEND KEDA_PC_PLUGIN_LIBS "${flags} ")
endforeach()

configure_package_config_file(cmake/kedaConfig.cmake.in "${PROJECT_BINARY_DIR}/kedaConfig.cmake"
    INSTALL_DESTINATION "${KEDA_INSTALL_CMAKEDIR}" PATH_VARS KEDA_INSTALL_PLUGINDIR)
write_basic_package_version_file("${PROJECT_BINARY_DIR}/kedaConfigVersion.cmake"
    COMPATIBILITY SameMinorVersion)
install(FILES "${PROJECT_BINARY_DIR}/kedaConfig.cmake" "${PROJECT_BINARY_DIR}/kedaConfigVersion.cmake"
    DESTINATION "${KEDA_INSTALL_CMAKEDIR}" COMPONENT development)

# Relative to the .pc file, so that a moved prefix still works.
file(RELATIVE_PATH KEDA_PC_UP "${CMAKE_INSTALL_FULL_LIBDIR}/pkgconfig" "${CMAKE_INSTALL_PREFIX}")
string(REGEX REPLACE "/$" "" KEDA_PC_UP "${KEDA_PC_UP}")
configure_file(libkeda.pc.in "${PROJECT_BINARY_DIR}/libkeda.pc" @ONLY)
install(FILES "${PROJECT_BINARY_DIR}/libkeda.pc" DESTINATION "${CMAKE_INSTALL_LIBDIR}/pkgconfig"
    COMPONENT development)
