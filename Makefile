# SPDX-License-Identifier: Apache-2.0
#
# The front doors. Each installs what it misses (Debian; as root or with sudo, saying so), then calls a preset
# of CMakePresets.json or a script. Everything is built in build/ and build-*/.

JOBS ?= $(shell nproc 2>/dev/null || echo 2)
FUZZ_SECONDS ?= 60
CTEST = ctest --no-tests=error --output-on-failure -j$(JOBS)

.PHONY: help build demo test test-live check bench fuzz coverage fmt clean

help:
	@echo 'make build      the library, its modules, kedad, kedactl and keda-vectors in build/'
	@echo 'make demo       Kafka lag scales worker processes from 0 up and back, no server needed'
	@echo 'make test       all tests that need no server'
	@echo 'make test-live  tests against real servers'
	@echo 'make check      sanitizers, clang, static analysis, format, lints'
	@echo 'make bench      HPA decisions beside Kubernetes own code: equal results, time (KEDA_BENCH_SEQUENCES); simulate; memory'
	@echo 'make fuzz       each fuzz target for FUZZ_SECONDS ($(FUZZ_SECONDS))'
	@echo 'make coverage   line and branch coverage of the tests'
	@echo 'make fmt        formats the C sources'
	@echo 'make clean      removes build folders'

build:
	scripts/install-deps build
	cmake --preset release
	cmake --build --preset release -j$(JOBS)

demo: build
	@build/bin/keda-demo build/demo.svg

test:
	scripts/install-deps build test
	cmake --preset release -DKEDA_BUILD_TESTS=ON
	cmake --build build -j$(JOBS)
	scripts/run-ctest build -LE live

test-live: build
	scripts/install-deps live
	KEDA_BUILD_DIR=$(CURDIR)/build tests/run-pytest.sh tests/live

check:
	scripts/install-deps build test check
	scripts/check

bench:
	scripts/install-deps build bench
	cmake --preset release -DKEDA_BUILD_BENCH=ON
	cmake --build build -j$(JOBS) --target hpa-generate hpa-run engine-memory kedad kedactl
	tests/bench/hpa-bench build
	tests/bench/simulate-bench build
	tests/bench/memory-bench build

fuzz:
	scripts/install-deps build test fuzz
	cmake --preset fuzz
	cmake --build --preset fuzz -j$(JOBS)
	scripts/fuzz build-fuzz $(FUZZ_SECONDS)

coverage:
	scripts/install-deps build test coverage
	cmake --preset coverage
	cmake --build --preset coverage -j$(JOBS)
	scripts/coverage build-coverage

fmt:
	scripts/install-deps check
	scripts/format

clean:
	rm -rf build build-*/
