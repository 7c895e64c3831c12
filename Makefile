# libesa: build, try, test. `make help` lists what there is.
#
# Everything that is built or installed goes below target/. A copy of the static archive goes to where Go expects it.

CARGO  ?= cargo
CC     ?= cc
CXX    ?= c++
GO     ?= go
PYTHON ?= python3

comma := ,
VERSION := $(shell sed -n 's/^version = "\(.*\)"/\1/p' Cargo.toml | head -n 1)
# TRIPLE: the target, by Rust's name, if it isn't cargo's own. ZIG=1: zig compiles and links, for an old glibc.
STAGE   := $(CURDIR)/target/stage$(TRIPLE:%=-%)
VENV    := $(CURDIR)/target/venv
# Where cargo builds.
TARGET  := $(or $(shell $(TRIPLE:%=CARGO_BUILD_TARGET=%) CARGO="$(CARGO)" scripts/cargo-directory),$(abspath target))
RELEASE := $(TARGET)/release

# What the tests and examples of every language need to find.
export LIBESA_LIBRARY := $(STAGE)/lib/libesa.so
export ESA_EMULATOR   := $(TARGET)/debug/esa-emulator
export PYTHONPATH     := $(CURDIR)/bindings/python/src
export CGO_ENABLED    := 1

# What the library itself needs, and the languages that are available besides C and Python.
TO_BUILD := "$(CARGO)" "$(CC)" "$(PYTHON)" ar ld nm objcopy
HAS_CXX  := $(shell scripts/need "$(CXX)" 2>/dev/null && echo cpp)
HAS_GO   := $(shell scripts/need "$(GO)" 2>/dev/null && echo go)
LANGUAGES := c $(HAS_CXX) $(HAS_GO)
# Says why something is left out: what, commands
left_out = scripts/need $2 2>&1 | sed 's/^/LEFT OUT: $1; /' >&2

.PHONY: help all stage emulator emulate examples demo wheels test lint format clean header actions

help: ## list the targets
	@sed -n 's/^\([a-z-]*\):.*## /\1\t/p' $(MAKEFILE_LIST) | expand -t 12

all: stage examples ## build everything that ships, and the examples

# --- the library, as it ships -----------------------------------------------------------------------------------------

STAGED := $(STAGE)/.done
GO_LIBRARY := bindings/go/lib/$(shell scripts/go-platform $(TRIPLE))/libesa.a
SOURCES := $(shell find src -name '*.rs') Cargo.toml Cargo.lock build.rs cbindgen.toml
HEADERS := include/esa.h include/esa.hpp
LAYOUT  := scripts/layout scripts/static-archive scripts/libesa.pc.in scripts/native-libraries scripts/manual.py \
    scripts/header.py $(wildcard cmake/* examples/c/man/*) THIRD-PARTY-NOTICES LICENSE

stage: $(STAGED) $(GO_LIBRARY) ## lay out the library below target/stage, as an installed one, and beside the Go package

# The two files are built separately: together, or beside an rlib, whole-program optimisation isn't possible.
BUILT := target/built$(TRIPLE:%=-%)
GLIBC ?= 2.17
CARGO_RUSTC := $(if $(ZIG),cargo-zigbuild,$(CARGO)) rustc --release --locked \
    $(TRIPLE:%=--target %$(if $(ZIG),$(if $(findstring linux-gnu,$(TRIPLE)),.$(GLIBC))))
BUILD := $(CARGO_RUSTC) --features capi --lib
ifneq ($(findstring musl,$(TRIPLE)),)
# Rust treats musl as always static, and then builds no shared library.
$(STAGED): export RUSTFLAGS := $(RUSTFLAGS) -C target-feature=-crt-static
endif
APPLE := $(findstring apple,$(TRIPLE))
SHARED := $(if $(APPLE),libesa.dylib,libesa.so)
NAMED := $(if $(APPLE),-Wl$(comma)-install_name$(comma)@rpath/libesa.0.dylib,-Wl$(comma)-soname$(comma)libesa.so.0$(comma)-z$(comma)nodelete)
$(STAGED): $(SOURCES) $(HEADERS) $(LAYOUT) Makefile
	@scripts/need $(TO_BUILD)
	@$(TRIPLE:%=CARGO="$(CARGO)" scripts/can-build % $(ZIG))
	$(BUILD) --crate-type cdylib -- -C strip=symbols -C link-arg=$(NAMED)
	$(BUILD) --crate-type staticlib -- --print native-static-libs=$(RELEASE)/libesa.native-static-libs
	rm -rf $(STAGE) $(BUILT)
	mkdir -p $(BUILT)
	cp $(RELEASE)/$(SHARED) $(BUILT)/
	TRIPLE="$(TRIPLE)" scripts/static-archive $(RELEASE)/$(SHARED) $(RELEASE)/libesa.a $(BUILT)/libesa.a
	$(call layout,install,$(STAGE),,$(STAGE)/lib,$(STAGE)/include,$(STAGE)/share/man,$(STAGE)/share/doc/libesa)
	touch $@

$(GO_LIBRARY): $(STAGED)
	@mkdir -p $(@D)
	cp $(STAGE)/include/esa.h $(STAGE)/lib/libesa.a $(@D)/

# action, prefix, DESTDIR, directories of libraries, headers, manual pages and documents
layout = FROM=$(BUILT) VERSION=$(VERSION) PYTHON="$(PYTHON)" PREFIX="$2" DESTDIR="$3" LIBDIR="$4" INCLUDEDIR="$5" \
    MANDIR="$6" DOCDIR="$7" scripts/layout $1

# GNU's lower-case names work, too.
PREFIX     ?= $(or $(prefix),/usr/local)
LIBDIR     ?= $(or $(libdir),$(PREFIX)/lib)
INCLUDEDIR ?= $(or $(includedir),$(PREFIX)/include)
MANDIR     ?= $(or $(mandir),$(PREFIX)/share/man)
DOCDIR     ?= $(or $(docdir),$(PREFIX)/share/doc/libesa)

.PHONY: install deb uninstall notices abi-baseline

install: stage ## install below PREFIX (/usr/local; DESTDIR=… for packages; LIBDIR, INCLUDEDIR, MANDIR, DOCDIR)
	@$(call layout,install,$(PREFIX),$(DESTDIR),$(LIBDIR),$(INCLUDEDIR),$(MANDIR),$(DOCDIR))
	@echo "installed below $(DESTDIR)$(PREFIX)"

deb: stage ## make Debian's packages, below target/debian
	@scripts/deb $(VERSION)

uninstall: ## remove what install has installed
	@$(call layout,uninstall,$(PREFIX),$(DESTDIR),$(LIBDIR),$(INCLUDEDIR),$(MANDIR),$(DOCDIR))

notices: ## write THIRD-PARTY-NOTICES again, after a change of Cargo.lock
	CARGO="$(CARGO)" $(PYTHON) scripts/notices.py write

abi-baseline: stage ## record that the binary interface has grown
	CC="$(CC)" $(PYTHON) scripts/abi.py record

header: ## generate include/esa.h from the sources, and Python's table from it
	$(CARGO) build --locked --features capi
	cp "$$(ls -t $(TARGET)/debug/build/libesa-*/out/esa.h | head -n 1)" include/esa.h
	$(PYTHON) scripts/ctypes_table.py

actions: ## generate the table of the service's actions, and the documents' list, from data/actions.tsv
	$(PYTHON) scripts/action_table.py write
	$(PYTHON) scripts/action_docs.py write

# --- the emulator and the examples ------------------------------------------------------------------------------------

emulator: ## build the emulator of the service
	@scripts/need "$(CARGO)"
	$(CARGO) build --locked --package esa-emulator

STAGED_EMULATOR := target/emulator$(TRIPLE:%=-%)
.PHONY: stage-emulator

stage-emulator: ## lay out the emulator as a release has it, below target/emulator (TRIPLE=…; static for musl)
	@scripts/need "$(CARGO)"
	@$(TRIPLE:%=CARGO="$(CARGO)" scripts/can-build % $(ZIG))
	$(CARGO_RUSTC) --package esa-emulator --bin esa-emulator -- -C strip=symbols
	rm -rf $(STAGED_EMULATOR)
	mkdir -p $(STAGED_EMULATOR)
	cp $(RELEASE)/esa-emulator tests/emulator/README.md tests/emulator/THIRD-PARTY-NOTICES LICENSE $(STAGED_EMULATOR)/

PORT ?= 8080

emulate: emulator ## run the emulator with sample data (PORT=… for another port)
	@scripts/need "$(PYTHON)"
	@$(PYTHON) scripts/emulate.py $(PORT)

EXAMPLES := target/examples
C_FLAGS   := -std=c99 -Wall -Wextra -Wpedantic -Werror -O2
CXX_FLAGS := -std=c++17 -Wall -Wextra -Wpedantic -Werror -O2

EXAMPLE_NAMES := create_record bind_domains
LIBUV := $(shell pkg-config --exists libuv 2>&1 && echo libuv)
# Only in C: one for each event loop.
EVENT_LOOPS := event_loop_epoll $(LIBUV:%=event_loop_%)

EXAMPLE_PROGRAMS := $(foreach language,$(LANGUAGES),$(EXAMPLE_NAMES:%=$(EXAMPLES)/%_$(language)) $(EXAMPLES)/call_action_$(language)) \
    $(EVENT_LOOPS:%=$(EXAMPLES)/%_c) $(HAS_CXX:%=$(EXAMPLES)/event_loop_cpp)

examples: $(EXAMPLE_PROGRAMS) ## build the examples
	@$(call left_out,examples,"$(CXX)" "$(GO)")
	@$(if $(LIBUV),,echo "LEFT OUT: examples/c/event_loop_libuv.c, since there is no libuv for pkg-config" >&2)

$(EXAMPLES)/event_loop_libuv_c: private LIBRARIES = $(shell pkg-config --cflags --libs libuv)

$(EXAMPLES)/%_c: examples/c/%.c $(STAGED)
	@mkdir -p $(@D)
	$(CC) $(C_FLAGS) -I$(STAGE)/include $< -o $@ -L$(STAGE)/lib -Wl,-rpath,$(STAGE)/lib -lesa $(LIBRARIES)

$(EXAMPLES)/%_cpp: examples/cpp/%.cpp $(STAGED)
	@mkdir -p $(@D)
	$(CXX) $(CXX_FLAGS) -I$(STAGE)/include $< -o $@ -L$(STAGE)/lib -Wl,-rpath,$(STAGE)/lib -lesa

$(EXAMPLES)/%_go: examples/go/%/main.go $(wildcard bindings/go/*.go bindings/go/*.[ch]) $(GO_LIBRARY)
	@scripts/need "$(GO)" "$(CC)"
	@mkdir -p $(@D)
	@rm -f $@ # Go doesn't notice when the static archive changes.
	cd examples/go && $(GO) build -o $(CURDIR)/$@ ./$*

$(EXAMPLES)/%_rust: examples/rust/%.rs $(SOURCES)
	@scripts/need "$(CARGO)"
	@mkdir -p $(@D)
	$(CARGO) build --locked --example $*
	cp $(TARGET)/debug/examples/$* $@

demo: ## run the four examples against the emulator, also with a lost answer and a busy account
	@scripts/need $(TO_BUILD)
	@$(MAKE) --no-print-directory stage emulator examples
	@$(PYTHON) scripts/demo.py $(LANGUAGES) python

# --- Python's packages ------------------------------------------------------------------------------------------------

wheels: $(VENV)/.done ## Python's wheels and source distributions, below target/python
	@scripts/need "$(CARGO)"
	rm -rf target/python
	for package in python python-emulator; do \
	    (cd bindings/$$package && CARGO="$(CARGO)" $(VENV)/bin/python -m hatchling build -d $(CURDIR)/target/python) || exit 1; \
	done

# --- releases ---------------------------------------------------------------------------------------------------------

RELEASE_TOOLS := target/tools/release/.done
RELEASE_PYTHON := $(CURDIR)/target/tools/release/bin/python
# The compiler of a release.
RELEASE_RUST = $(shell sed -n 's/^RUST = "\(.*\)"/\1/p' scripts/release/__main__.py)
.PHONY: release release-check version

$(RELEASE_TOOLS): scripts/release/requirements.txt
	rm -rf $(@D)
	$(PYTHON) -m venv $(@D)
	$(@D)/bin/pip install --quiet --require-hashes -r $<
	touch $@

release: $(RELEASE_TOOLS) ## make what a release has below target/release-files (TARGETS=… for some of its targets; DRAFT=1)
	$(RELEASE_PYTHON) scripts/release $(if $(DRAFT),--draft) $(TARGETS)

# One target takes minutes, so it is the default.
CHECKED = $(if $(filter all,$(TARGETS)),$(shell sed -n 's/^    Target."\([^"]*\)".*/\1/p' scripts/release/targets.py),$\
    $(or $(TARGETS),x86_64-unknown-linux-gnu))

release-check: stage emulator $(VENV)/.done ## make the files of a release for x86-64 (TARGETS=… for others, TARGETS=all), and use each of them
	@if scripts/toolchain $(RELEASE_RUST) $(CHECKED) && $(MAKE) -s $(RELEASE_TOOLS); then \
	    $(MAKE) -s release DRAFT=1 TARGETS="$(CHECKED)" && CC="$(CC)" GO="$(GO)" PYTHON="$(PYTHON)" tests/release/run && \
	        GO="$(GO)" $(VENV)/bin/pytest -q -rs tests/release; \
	else \
	    echo "LEFT OUT: making a release, since its tools can't be installed" >&2; \
	fi

version: ## set the version everywhere (TO=…)
	$(PYTHON) -c 'import sys; sys.path.insert(0, "scripts/release"); import versions; versions.set_version("$(TO)")'
	$(CARGO) metadata --format-version 1 --offline >/dev/null # Cargo.lock has it as well.

# --- tests ------------------------------------------------------------------------------------------------------------

REQUIREMENTS := bindings/python/tests/requirements.txt tests/oracle/python/requirements.txt tests/engines/requirements.txt \
    tests/packaging/requirements.txt scripts/requirements.txt

$(VENV)/.done: $(REQUIREMENTS)
	@scripts/need "$(PYTHON)"
	rm -rf $(VENV)
	$(PYTHON) -m venv $(VENV)
	$(VENV)/bin/pip install --quiet $(REQUIREMENTS:%=-r %)
	touch $@

.PHONY: test-rust test-c test-abi test-consumers test-cpp test-python test-go test-oracles test-engines test-page test-docs test-packaging

test: ## run every test in every language
	@scripts/need $(TO_BUILD) "$(CXX)" pkg-config
	@$(MAKE) --no-print-directory test-rust test-c test-abi test-consumers test-cpp test-python $(HAS_GO:%=test-go) \
	    test-oracles test-engines test-page test-docs test-packaging
	@$(call left_out,the tests of Go,"$(GO)")

test-rust: emulator ## the library, the emulator, and the snippets of Rust's documentation
	$(CARGO) test --locked --features capi
	$(CARGO) test --locked --features _multi-driver --test rust # The same over the driver of event loops.
	$(CARGO) test --locked --features capi,_portable --lib --test rust -- --skip multi # As on systems other than Linux.
	$(CARGO) test --locked --features platform-roots --lib tls
	$(CARGO) test --locked --features log,tracing --lib log::
	$(CARGO) test --locked --package esa-emulator

test-c: stage emulator ## the C interface as it ships
	@scripts/need "$(CC)" "$(PYTHON)"
	CC="$(CC)" CXX="$(CXX)" tests/c/run

test-abi: stage $(VENV)/.done ## programs that were built with earlier versions
	CC="$(CC)" $(VENV)/bin/pytest -q tests/abi

test-consumers: stage emulator ## programs that are built from an installed library, in every way
	@scripts/need "$(CC)" "$(CXX)" "$(CARGO)" pkg-config
	CC="$(CC)" CXX="$(CXX)" CARGO="$(CARGO)" GO="$(GO)" MAKE="$(MAKE)" tests/consumers/run

test-cpp: stage emulator ## the C++ header
	@scripts/need "$(CXX)"
	CXX="$(CXX)" CC="$(CC)" tests/cpp/run

test-python: stage emulator $(VENV)/.done ## the Python layer
	$(VENV)/bin/python -X dev -m pytest -q bindings/python

test-go: stage emulator ## the Go layer
	@scripts/need "$(GO)" "$(CC)"
	cd bindings/go && $(GO) test -race -count=1 ./...
	cd bindings/go && GOEXPERIMENT=cgocheck2 $(GO) test -count=1 ./...

test-oracles: stage emulator $(VENV)/.done ## the official SDKs against the emulator, and against the library
	$(VENV)/bin/pytest -q tests/oracle/python
	$(if $(HAS_GO),cd tests/oracle/go && $(GO) test -count=1 ./...,@$(call left_out,the official SDK of Go,"$(GO)"))

ENGINES := target/tests/engines
LIBPQ   := $(shell pkg-config --exists libpq 2>&1 && echo libpq)
ENGINE_WORKERS := $(HAS_GO:%=$(ENGINES)/go_worker) $(LIBPQ:%=$(ENGINES)/postgresql_worker)

$(ENGINES)/postgresql_worker: tests/engines/postgresql_worker.c $(STAGED)
	@mkdir -p $(@D)
	$(CC) $(C_FLAGS) -I$(STAGE)/include $(shell pkg-config --cflags libpq) $< -o $@ \
	    -L$(STAGE)/lib -Wl,-rpath,$(STAGE)/lib -lesa -lpthread $(shell pkg-config --libs libpq)

$(ENGINES)/go_worker: $(wildcard tests/engines/go/* bindings/go/*.go) $(GO_LIBRARY)
	@scripts/need "$(GO)" "$(CC)"
	@mkdir -p $(@D)
	@rm -f $@ # Go doesn't notice when the static archive changes.
	cd tests/engines/go && $(GO) build -o $(CURDIR)/$@ .

test-engines: stage emulator $(ENGINE_WORKERS) $(VENV)/.done ## locks of Redis, PostgreSQL and etcd that processes share
	$(VENV)/bin/pytest -q -rs tests/engines

test-page: stage emulator $(VENV)/.done ## the emulator's page in a Chromium
	@if command -v chromium && command -v chromedriver; then \
	    $(VENV)/bin/pytest -q tests/browser; \
	else \
	    echo "LEFT OUT: the emulator's page, since there isn't both chromium and chromedriver" >&2; \
	fi

test-docs: examples $(EXAMPLES)/create_record_rust emulator $(VENV)/.done ## the snippets of the documents, and the examples
	$(VENV)/bin/pytest -q -rs tests/docs

test-packaging: stage emulator $(VENV)/.done ## Debian's packages, and the wrap for Meson
	CC="$(CC)" $(VENV)/bin/pytest -q -rs tests/packaging

# --- checks that take longer ------------------------------------------------------------------------------------------

.PHONY: check-memory check-threads check-msrv load soak fuzz model mutants

check-memory: stage emulator ## the C tests under valgrind and AddressSanitizer, and the Go ones under the latter
	CARGO="$(CARGO)" tests/c/check-memory
	cd bindings/go && $(GO) test -asan -count=1 ./...

check-threads: stage emulator ## the C tests with ThreadSanitizer in the library
	CARGO="$(CARGO)" CC="$(CC)" tests/c/check-threads

MSRV = $(shell sed -n 's/^rust-version = "\(.*\)"/\1/p' Cargo.toml).0

check-msrv: ## build the library and the emulator with the oldest Rust that Cargo.toml allows
	@if scripts/toolchain $(MSRV); then \
	    RUSTUP_HOME=$(TOOLS)/rustup $(CARGO) +$(MSRV) check --locked --features capi --package libesa --package esa-emulator \
	        --target-dir target/msrv; \
	else \
	    echo "LEFT OUT: building with Rust $(MSRV), which can't be installed" >&2; \
	fi

LOAD := $(CARGO) test --locked --features capi --test load -- --ignored --nocapture --exact

load: emulator ## 2,200 records, and random calls of 64 threads in a strict and a lagging world (LOAD_SEED=… or random, LOAD_CALLS=…)
	$(LOAD) --test-threads=1 load::every_one_of_many_records_is_made_once \
	    world::outcomes_are_true_in_a_large_strict_world world::outcomes_are_true_in_a_large_lagging_world

soak: emulator ## ten minutes of calls, in which memory and descriptors may not grow (SOAK_SECONDS=…)
	$(LOAD) soak::nothing_grows

MODEL_WORLDS ?= 100000

model: ## a hundred thousand random worlds, in which every outcome has to be true (MODEL_WORLDS=…, MODEL_SEED=…)
	MODEL_WORLDS=$(MODEL_WORLDS) $(CARGO) test --release --locked --lib model -- --nocapture

mutants: ## break the library in one place after the other, and check that a test notices
	CARGO="$(CARGO)" $(PYTHON) tests/mutants/run.py

TOOLS      := $(CURDIR)/target/tools
FUZZERS    := $(notdir $(basename $(wildcard fuzz/fuzz_targets/*.rs)))
FUZZ_SECONDS ?= 60
# 0: a different seed each time.
FUZZ_SEED    ?= 0

fuzz: ## fuzz each target for a minute (FUZZ_SECONDS=…, FUZZ_SEED=…)
	@test -x $(TOOLS)/bin/cargo-fuzz || $(CARGO) install --quiet --locked --root $(TOOLS) cargo-fuzz@0.13.2 || \
	    { echo "LEFT OUT: fuzzing, since cargo-fuzz can't be installed" >&2; exit 0; }; \
	for fuzzer in $(FUZZERS); do \
	    mkdir -p target/fuzz/corpus/$$fuzzer; \
	    PATH="$(TOOLS)/bin:$$PATH" RUSTC_BOOTSTRAP=1 $(CARGO) fuzz run --fuzz-dir fuzz --target-dir target/fuzz $$fuzzer \
	        target/fuzz/corpus/$$fuzzer fuzz/seeds/$$fuzzer -- -max_total_time=$(FUZZ_SECONDS) -seed=$(FUZZ_SEED) -timeout=10 -verbosity=0 \
	        -print_final_stats=1 || exit 1; \
	done

# --- speed and size ---------------------------------------------------------------------------------------------------

.PHONY: bench bench-clients bench-contention bench-bulk

BENCH := target/bench
BENCH_C := -D_GNU_SOURCE -Ibenches/clients -I$(STAGE)/include
BENCH_LINK := -L$(STAGE)/lib -Wl,-rpath,$(STAGE)/lib -lesa -lpthread

bench: bench-clients ## compare with the raw socket, libcurl and the official SDKs (QUICK=1: within a minute)
	$(VENV)/bin/python benches/run $(if $(QUICK),--quick)

bench-clients: stage $(VENV)/.done $(BENCH)/curl $(BENCH)/libesa_c $(BENCH)/libesa_multi $(BENCH)/libesa_cpp
	@scripts/need "$(CARGO)" "$(GO)"
	$(CARGO) build --release --locked --package esa-bench
	$(CARGO) test --release --locked --quiet --lib --features capi --no-run
	cp $(RELEASE)/server $(RELEASE)/raw $(RELEASE)/ureq $(BENCH)/
	$(VENV)/bin/python -m compileall -q bindings/python/src benches/clients # As an installed package is.
	rm -f $(BENCH)/*_go # Go doesn't notice when the static archive changes.
	cd benches/clients/go && $(GO) build -o $(CURDIR)/$(BENCH)/libesa_go ./libesa
	cd benches/clients/go && $(GO) build -o $(CURDIR)/$(BENCH)/official_go ./official

$(BENCH)/curl: benches/clients/curl.c benches/clients/driver.h
	@mkdir -p $(@D)
	$(CC) $(C_FLAGS) $(BENCH_C) $< -o $@ -ldl -lpthread

$(BENCH)/libesa_c: benches/clients/libesa.c benches/clients/libesa.h benches/clients/driver.h $(STAGED)
	@mkdir -p $(@D)
	$(CC) $(C_FLAGS) $(BENCH_C) $< -o $@ $(BENCH_LINK)

$(BENCH)/libesa_multi: benches/clients/multi.c benches/clients/libesa.h $(STAGED)
	@mkdir -p $(@D)
	$(CC) $(C_FLAGS) $(BENCH_C) $< -o $@ $(BENCH_LINK)

$(BENCH)/libesa_cpp: benches/clients/libesa.cpp benches/clients/driver.h $(STAGED)
	@mkdir -p $(@D)
	$(CXX) $(CXX_FLAGS) $(BENCH_C) $< -o $@ $(BENCH_LINK)

$(BENCH)/contention: benches/contention/worker.c $(STAGED)
	@mkdir -p $(@D)
	$(CC) $(C_FLAGS) -I$(STAGE)/include $< -o $@ $(BENCH_LINK)

bench-contention: $(BENCH)/contention $(ENGINE_WORKERS) $(VENV)/.done ## many processes that share an account, an hour (QUICK=1: a few minutes; ONLY="bulk, redis": only these rows)
	@scripts/need "$(CARGO)" "$(PYTHON)"
	$(CARGO) build --release --locked --package esa-emulator
	CARGO="$(CARGO)" ESA_EMULATOR=$(RELEASE)/esa-emulator $(VENV)/bin/python benches/contention/run.py $(if $(QUICK),--quick) $(if $(ONLY),--only "$(ONLY)")

bench-bulk: stage ## a thousand names in bulk and one by one, two minutes
	@scripts/need "$(CARGO)" "$(PYTHON)"
	$(CARGO) build --release --locked --package esa-emulator
	ESA_EMULATOR=$(RELEASE)/esa-emulator $(PYTHON) benches/bulk/run.py

# --- form -------------------------------------------------------------------------------------------------------------

C_FILES := $(shell find include examples tests benches -name '*.[ch]' -o -name '*.[ch]pp' | grep -v '^include/esa\.h$$')

lint: stage $(VENV)/.done ## check the form of everything
	@scripts/need "$(CARGO)" "$(GO)"
	$(CARGO) fmt --all --check
	$(CARGO) clippy --locked --workspace --all-targets -- -D warnings
	$(CARGO) clippy --locked --features capi --all-targets -- -D warnings
	RUSTDOCFLAGS="-D warnings" $(CARGO) doc --locked --no-deps --quiet
	CARGO="$(CARGO)" $(PYTHON) scripts/notices.py check
	$(PYTHON) scripts/action_table.py check
	$(PYTHON) scripts/action_docs.py check
	$(VENV)/bin/ruff check .
	$(VENV)/bin/ruff format --check .
	cd bindings/python && $(VENV)/bin/mypy
	test -z "$$(gofmt -l bindings examples tests benches)" || { gofmt -d bindings examples tests benches; exit 1; }
	cd bindings/go && $(GO) vet ./...
	cd examples/go && $(GO) vet ./...
	cd tests/oracle/go && $(GO) vet ./...
	cd tests/engines/go && $(GO) vet ./...
	cd benches/clients/go && $(GO) vet ./...
	$(VENV)/bin/clang-format --dry-run --Werror $(C_FILES)

format: $(VENV)/.done ## put everything into form
	$(CARGO) fmt --all
	$(VENV)/bin/ruff format .
	gofmt -w bindings examples tests benches
	$(VENV)/bin/clang-format -i $(C_FILES)

clean: ## remove all that was built or installed here
	rm -rf target $(wildcard bindings/go/lib/*/esa.h bindings/go/lib/*/libesa.a)
