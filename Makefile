# The front door; `make help` lists what there is. `run` and `test` do all set-up themselves.
.DEFAULT_GOAL := help
FUZZ_SECONDS ?= 5
ARGS ?=
export FUZZ_SECONDS

sources = $(shell find agent cgroups platform api tests -name fixtures -prune -o \
	\( -name '*.cc' -o -name '*.h' \) -print 2>/dev/null)

.PHONY: help run test test-real build fuzz bench datapoints lint format clean setup-build setup-test setup-real \
	setup-bench

help: ## this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-10s %s\n", $$1, $$2 }' Makefile

run: build ## install what is missing, build, start in the foreground on loopback (ARGS=...)
	exec build/release/agent/node-metrics-agent $(ARGS)

test: setup-test ## install what is missing, build, run every test (FUZZ_SECONDS=5 for each target)
	tests/run all

test-real: setup-real ## the tests on real containers alone (as root: podman, runc, virtual machines)
	tests/run real

build: setup-build ## release build in build/release
	cmake --preset release
	cmake --build --preset release

fuzz: setup-test ## fuzz every target for FUZZ_SECONDS
	tests/run fuzz

bench: setup-bench ## measure the agent against its floor (as root: it makes cgroups), print Markdown
	cmake --preset bench
	cmake --build --preset bench
	tests/bench/run build/bench

datapoints: build ## put the table of datapoints that the program prints into README.md
	build/release/agent/node-metrics-agent datapoints > build/datapoints.md
	awk '/^<!-- datapoints: / { print; print ""; while ((getline line < "build/datapoints.md") > 0) print line; \
		print ""; skip = 1 } /^<!-- datapoints end/ { skip = 0 } !skip' README.md > build/README.md
	cp build/README.md README.md

lint: setup-test ## format check, clang-tidy and the checks of tests/lint
	tests/run lint

format: setup-test ## put all sources into the project's format
	clang-format -i $(sources)

clean: ## remove everything that was built
	rm -rf build

setup-build:
	@packaging/setup build

setup-test:
	@packaging/setup test

setup-real:
	@packaging/setup real

setup-bench:
	@packaging/setup bench

.PHONY: cross test-cross setup-cross
ARCH ?= arm64 armhf s390x

cross: setup-cross ## build for other processors in a Debian root of their own (as root; ARCH=arm64 armhf s390x)
	packaging/cross/build $(ARCH)

test-cross: setup-cross ## the same with all tests, run in an emulator
	packaging/cross/build --test $(ARCH)

setup-cross:
	@packaging/setup cross
