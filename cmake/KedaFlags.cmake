# SPDX-License-Identifier: Apache-2.0
# Compiler and linker flags as two interface targets: keda_flags is what the code needs to be correct and
# safe, keda_warnings what its developers want to hear. Neither is exported, no global is touched.

include(CheckCCompilerFlag)

add_library(keda_flags INTERFACE)
# One rounding per operation: contraction would make decisions differ between machines.
target_compile_options(keda_flags INTERFACE
    -ffp-contract=off -fno-common -fstack-protector-strong -pthread
    "-ffile-prefix-map=${PROJECT_SOURCE_DIR}/=" "-ffile-prefix-map=${PROJECT_BINARY_DIR}/=")
target_compile_definitions(keda_flags INTERFACE _GNU_SOURCE=)
target_link_options(keda_flags INTERFACE -pthread -Wl,-z,relro,-z,now -Wl,--as-needed)

check_c_compiler_flag(-fcf-protection KEDA_HAVE_CF_PROTECTION)
if(KEDA_HAVE_CF_PROTECTION)
    target_compile_options(keda_flags INTERFACE -fcf-protection)
endif()

if(KEDA_SANITIZE)
    target_compile_options(keda_flags INTERFACE
        -fsanitize=${KEDA_SANITIZE} -fno-omit-frame-pointer -fno-sanitize-recover=all)
    target_link_options(keda_flags INTERFACE -fsanitize=${KEDA_SANITIZE})
else()
    target_compile_options(keda_flags INTERFACE
        $<$<NOT:$<CONFIG:Debug>>:-U_FORTIFY_SOURCE> $<$<NOT:$<CONFIG:Debug>>:-D_FORTIFY_SOURCE=2>)
    # Clang's sanitizer runtimes leave symbols for the program to define; elsewhere none may be missing.
    set(KEDA_NO_UNDEFINED -Wl,--no-undefined)
endif()

if(KEDA_COVERAGE)
    target_compile_options(keda_flags INTERFACE --coverage -fprofile-update=atomic)
    target_link_options(keda_flags INTERFACE --coverage)
endif()

add_library(keda_warnings INTERFACE)
if(PROJECT_IS_TOP_LEVEL)
    target_compile_options(keda_warnings INTERFACE
        -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wsign-conversion -Wstrict-prototypes
        -Wmissing-prototypes -Wold-style-definition -Wundef -Wformat=2 -Wcast-qual -Wwrite-strings
        -Wpointer-arith -Wswitch-enum -Wvla -Wnull-dereference -Wdouble-promotion
        -Wimplicit-fallthrough)
    if(KEDA_WERROR)
        target_compile_options(keda_warnings INTERFACE -Werror)
    endif()
endif()
