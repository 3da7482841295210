# SPDX-License-Identifier: Apache-2.0
# What libkeda links, found once by pkg-config. The list is closed: libkeda.so needs these and libc, nothing else.

find_package(PkgConfig REQUIRED)
set(THREADS_PREFER_PTHREAD_FLAG ON)
find_package(Threads REQUIRED)

pkg_check_modules(KEDA_LIBUV REQUIRED IMPORTED_TARGET GLOBAL libuv)
pkg_check_modules(KEDA_LIBCURL REQUIRED IMPORTED_TARGET GLOBAL libcurl)
pkg_check_modules(KEDA_JANSSON REQUIRED IMPORTED_TARGET GLOBAL jansson)
pkg_check_modules(KEDA_YAML REQUIRED IMPORTED_TARGET GLOBAL yaml-0.1)
pkg_check_modules(KEDA_CRYPTO REQUIRED IMPORTED_TARGET GLOBAL libcrypto)
set(KEDA_DEPENDENCIES PkgConfig::KEDA_LIBUV PkgConfig::KEDA_LIBCURL PkgConfig::KEDA_JANSSON
    PkgConfig::KEDA_YAML PkgConfig::KEDA_CRYPTO Threads::Threads ${CMAKE_DL_LIBS} m)

# Lists of utlist.h, of uthash: a header, nothing to link.
find_path(KEDA_UTHASH_INCLUDE utlist.h)
mark_as_advanced(KEDA_UTHASH_INCLUDE)
if(NOT KEDA_UTHASH_INCLUDE)
    message(FATAL_ERROR "utlist.h is missing (Debian package: uthash-dev)")
endif()
