# The front door; `make help` lists what there is. `run` and `test` do all set-up themselves.
.DEFAULT_GOAL := help
FUZZ_SECONDS ?= 5
ARGS ?=
export FUZZ_SECONDS

sources = $(shell find agent cgroups platform api tests -name fixtures -prune -o \
	\( -name '*.cc' -o -name '*.h' \) -print 2>/dev/null)

.PHONY: help run test test-real test-packages build fuzz bench datapoints lint format clean setup-build setup-test setup-real \
	setup-bench

help: ## this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-16s %s\n", $$1, $$2 }' Makefile

run: build ## install what is missing, build, start in the foreground on loopback (ARGS=...)
	exec build/release/agent/node-metrics-agent $(ARGS)

test: setup-test setup-packages ## install what is missing, build, run every test (FUZZ_SECONDS=5 for each target)
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

test-packages: setup-packages ## the packages, the static program and the image, as far as `make test` tries them (as root)
	tests/run packages

# Packages -------------------------------------------------------------------------------------------------
.PHONY: deb rpm test-deb test-rpm test-manual setup-packages

deb: setup-packages ## Debian packages for this machine's processor in build/deb
	packaging/debian/build
	@echo "Now, as root: apt-get install ./$$(ls build/deb/node-metrics-agent_*.deb)"

rpm: setup-packages ## the RPM of the static program in build/rpm (`make static` first; PROGRAM=... packs another)
	packaging/rpm/build $(PROGRAM)
	@echo "Now, as root: rpm -U $$(ls build/rpm/node-metrics-agent-[0-9]*.rpm)"

test-deb: setup-packages ## the Debian package in a clean Debian 12, in others, booted by nspawn and in virtual machines (as root)
	tests/packaging/deb_root.py
	tests/packaging/deb_others.py
	tests/packaging/deb_systemd.py

test-rpm: setup-packages ## the RPM in a root of its own (as root)
	tests/packaging/rpm_root.py

test-manual: setup-packages build ## man pages and completions
	tests/packaging/manual.py build/release/agent/node-metrics-agent

setup-packages:
	@packaging/setup packages

# DC/OS ----------------------------------------------------------------------------------------------------
.PHONY: test-dcos test-dcos-booted

test-dcos: build setup-packages ## what takes Telegraf's place on DC/OS, and nginx before three agents (as root, 30 s)
	python3 tests/packaging/dcos.py build/release/agent/node-metrics-agent
	python3 tests/packaging/adminrouter.py build/release/agent/node-metrics-agent

test-dcos-booted: setup-packages ## the package for DC/OS under a booted systemd, after `make deb` (as root)
	python3 tests/packaging/dcos_booted.py

# Static programs, image, releases ---------------------------------------------------------------------------
.PHONY: static image test-static test-image test-image-booted dist test-dist

# ARCH: amd64, arm64, armhf; this machine's when nothing is said, all three for dist. For cross also s390x.
ARCH ?=

static: setup-packages ## programs without shared libraries in build/static (ARCH="amd64 arm64 armhf"; others' as root)
	packaging/static/build $(ARCH)
	@echo "Now copy it to any Linux of its processor and run it; it needs nothing else"

image: static ## the OCI image of them in build/oci
	packaging/oci/build $(ARCH)
	@echo "Now, where it shall run: podman load -i $$(ls build/oci/*.oci.tar)"

test-static: static ## what the static program is, takes and answers
	python3 tests/packaging/static.py build/static/$$(dpkg --print-architecture)/node-metrics-agent

test-image: image ## the image at work (as root: podman)
	python3 tests/packaging/image.py

test-image-booted: image ## the same in a virtual machine with cgroup version 2 alone (as root; fetches podman)
	python3 tests/packaging/image_booted.py

dist: setup-packages ## everything that a release has in build/dist, with SHA256SUMS (as root; ARCH=amd64 alone is faster)
	packaging/dist $(ARCH)
	@echo "Now: README.md, Install, says for each file of build/dist how it is installed"

test-dist: setup-packages ## `make dist` twice in different directories: the same bytes
	packaging/dist-twice $(ARCH)

# Other processors -------------------------------------------------------------------------------------------
.PHONY: cross test-cross setup-cross

cross: setup-cross ## build for other processors in a Debian root of their own (as root; ARCH="arm64 armhf s390x")
	packaging/cross/build $(ARCH)

test-cross: setup-cross ## the same with all tests, run in an emulator
	packaging/cross/build --test $(ARCH)

setup-cross:
	@packaging/setup cross
