# libesa: build, try, test. `make help` lists what there is.
#
# Everything that is built or installed goes below target/.

CARGO  ?= cargo
CC     ?= cc
CXX    ?= c++
GO     ?= go
PYTHON ?= python3

VERSION := $(shell sed -n 's/^version = "\(.*\)"/\1/p' Cargo.toml | head -n 1)
STAGE   := $(CURDIR)/target/stage
VENV    := $(CURDIR)/target/venv
RELEASE := $(CURDIR)/target/release

# What the tests and examples of every language need to find.
export LIBESA_LIBRARY := $(STAGE)/lib/libesa.so
export ESA_EMULATOR   := $(CURDIR)/target/debug/esa-emulator
export PYTHONPATH     := $(CURDIR)/bindings/python/src
export CGO_ENABLED    := 1

.PHONY: help all stage emulator examples demo wheels test lint format clean header

help: ## list the targets
	@sed -n 's/^\([a-z-]*\):.*## /\1\t/p' $(MAKEFILE_LIST) | expand -t 12

all: stage examples ## build everything that ships, and the examples

# --- the library, as it ships -----------------------------------------------------------------------------------------

STAGED := $(STAGE)/.done
SOURCES := $(shell find src -name '*.rs') Cargo.toml Cargo.lock build.rs cbindgen.toml
HEADERS := include/esa.h include/esa.hpp

stage: $(STAGED) ## lay out the library below target/stage, as an installed one

# The two files are built one by one: together, or beside an rlib, they can't be optimised as a whole.
$(STAGED): $(SOURCES) $(HEADERS) scripts/static-archive scripts/libesa.pc.in Makefile
	@scripts/need $(CARGO) $(CC) ar ld nm objcopy
	$(CARGO) rustc --release --locked --features capi --lib --crate-type cdylib -- \
	    -C strip=symbols -C link-arg=-Wl,-soname,libesa.so.0,-z,nodelete
	$(CARGO) rustc --release --locked --features capi --lib --crate-type staticlib
	rm -rf $(STAGE)
	mkdir -p $(STAGE)/include $(STAGE)/lib/pkgconfig
	cp $(HEADERS) $(STAGE)/include/
	cp $(RELEASE)/libesa.so $(STAGE)/lib/libesa.so.$(VERSION)
	ln -s libesa.so.$(VERSION) $(STAGE)/lib/libesa.so.0
	ln -s libesa.so.0 $(STAGE)/lib/libesa.so
	scripts/static-archive $(RELEASE)/libesa.so $(RELEASE)/libesa.a $(STAGE)/lib/libesa.a
	sed 's/@VERSION@/$(VERSION)/' scripts/libesa.pc.in > $(STAGE)/lib/pkgconfig/libesa.pc
	touch $@

header: ## make include/esa.h anew from the sources
	$(CARGO) build --locked --features capi
	cp "$$(ls -t target/debug/build/libesa-*/out/esa.h | head -n 1)" include/esa.h

# --- the emulator and the examples ------------------------------------------------------------------------------------

emulator: ## build the emulator of the service
	@scripts/need $(CARGO)
	$(CARGO) build --locked --package esa-emulator

EXAMPLES := target/examples
C_FLAGS   := -std=c99 -Wall -Wextra -Wpedantic -Werror -O2
CXX_FLAGS := -std=c++17 -Wall -Wextra -Wpedantic -Werror -O2

examples: $(EXAMPLES)/create_record_c $(EXAMPLES)/create_record_cpp $(EXAMPLES)/create_record_go ## build the examples

$(EXAMPLES)/create_record_c: examples/c/create_record.c $(STAGED)
	@mkdir -p $(@D)
	$(CC) $(C_FLAGS) -I$(STAGE)/include $< -o $@ -L$(STAGE)/lib -Wl,-rpath,$(STAGE)/lib -lesa

$(EXAMPLES)/create_record_cpp: examples/cpp/create_record.cpp $(STAGED)
	@mkdir -p $(@D)
	$(CXX) $(CXX_FLAGS) -I$(STAGE)/include $< -o $@ -L$(STAGE)/lib -Wl,-rpath,$(STAGE)/lib -lesa

$(EXAMPLES)/create_record_go: examples/go/create_record/main.go $(wildcard bindings/go/*.go) $(STAGED)
	@scripts/need $(GO) $(CC)
	@mkdir -p $(@D)
	@rm -f $@ # Go doesn't notice when the static archive changes.
	cd examples/go && $(GO) build -o $(CURDIR)/$@ ./create_record

demo: stage emulator examples ## run the four examples against the emulator
	@scripts/need $(PYTHON)
	@$(PYTHON) scripts/demo.py

# --- Python's packages ------------------------------------------------------------------------------------------------

wheels: $(VENV)/.done ## Python's wheels and source distributions, below target/python
	@scripts/need $(CARGO)
	rm -rf target/python
	for package in python python-emulator; do \
	    (cd bindings/$$package && CARGO="$(CARGO)" $(VENV)/bin/python -m hatchling build -d $(CURDIR)/target/python) || exit 1; \
	done

# --- tests ------------------------------------------------------------------------------------------------------------

REQUIREMENTS := bindings/python/tests/requirements.txt tests/oracle/python/requirements.txt scripts/requirements.txt

$(VENV)/.done: $(REQUIREMENTS)
	@scripts/need $(PYTHON)
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 9))' || { echo "missing: Python 3.9 or newer" >&2; exit 1; }
	rm -rf $(VENV)
	$(PYTHON) -m venv $(VENV)
	$(VENV)/bin/pip install --quiet $(REQUIREMENTS:%=-r %)
	touch $@

.PHONY: test-rust test-c test-cpp test-python test-go test-oracles test-page test-docs

test: test-rust test-c test-cpp test-python test-go test-oracles test-page test-docs ## run every test in every language

test-rust: emulator ## the library, the emulator, and the snippets of Rust's documentation
	$(CARGO) test --locked --features capi
	$(CARGO) test --locked --features platform-roots --lib tls
	$(CARGO) test --locked --package esa-emulator

test-c: stage emulator ## the C interface as it ships
	@scripts/need $(CC) $(PYTHON)
	CC="$(CC)" CXX="$(CXX)" tests/c/run

test-cpp: stage emulator ## the C++ header
	@scripts/need $(CXX)
	CXX="$(CXX)" CC="$(CC)" tests/cpp/run

test-python: stage emulator $(VENV)/.done ## the Python layer
	$(VENV)/bin/python -X dev -m pytest -q bindings/python

test-go: stage emulator ## the Go layer
	@scripts/need $(GO) $(CC)
	cd bindings/go && $(GO) test -race -count=1 ./...
	cd bindings/go && GOEXPERIMENT=cgocheck2 $(GO) test -count=1 ./...

test-oracles: stage emulator $(VENV)/.done ## the official SDKs against the emulator, and against the library
	@scripts/need $(GO)
	$(VENV)/bin/pytest -q tests/oracle/python
	cd tests/oracle/go && $(GO) test -count=1 ./...

test-page: stage emulator $(VENV)/.done ## the emulator's page in a Chromium
	@if command -v chromium && command -v chromedriver; then \
	    $(VENV)/bin/pytest -q tests/browser; \
	else \
	    echo "LEFT OUT: the emulator's page, since there isn't both chromium and chromedriver" >&2; \
	fi

test-docs: examples emulator $(VENV)/.done ## the snippets of the documents, and the examples
	$(VENV)/bin/pytest -q tests/docs

# --- checks that take longer ------------------------------------------------------------------------------------------

.PHONY: check-memory load soak fuzz

check-memory: stage emulator ## the C tests under valgrind and AddressSanitizer
	CARGO="$(CARGO)" tests/c/check-memory

LOAD := $(CARGO) test --locked --features capi --test load -- --ignored --nocapture --exact

load: emulator ## 2,200 records from 4 processes, with every tenth answer lost
	$(LOAD) load::every_one_of_many_records_is_made_once

soak: emulator ## ten minutes of calls, in which nothing may grow (SOAK_SECONDS=… for others)
	$(LOAD) soak::nothing_grows

TOOLS      := $(CURDIR)/target/tools
FUZZERS    := $(notdir $(basename $(wildcard fuzz/fuzz_targets/*.rs)))
FUZZ_SECONDS ?= 60

fuzz: ## fuzz each target for a minute (FUZZ_SECONDS=… for others)
	@test -x $(TOOLS)/bin/cargo-fuzz || $(CARGO) install --quiet --locked --root $(TOOLS) cargo-fuzz@0.13.2 || \
	    { echo "LEFT OUT: fuzzing, since cargo-fuzz can't be installed" >&2; exit 0; }; \
	for fuzzer in $(FUZZERS); do \
	    mkdir -p target/fuzz/corpus/$$fuzzer; \
	    PATH="$(TOOLS)/bin:$$PATH" RUSTC_BOOTSTRAP=1 $(CARGO) fuzz run --fuzz-dir fuzz --target-dir target/fuzz $$fuzzer \
	        target/fuzz/corpus/$$fuzzer fuzz/seeds/$$fuzzer -- -max_total_time=$(FUZZ_SECONDS) -timeout=10 -verbosity=0 \
	        -print_final_stats=1 || exit 1; \
	done

# --- form -------------------------------------------------------------------------------------------------------------

C_FILES := $(shell find include examples tests -name '*.[ch]' -o -name '*.[ch]pp' | grep -v '^include/esa\.h$$')

lint: stage $(VENV)/.done ## check the form of everything
	@scripts/need $(CARGO) $(GO)
	$(CARGO) fmt --all --check
	$(CARGO) clippy --locked --workspace --all-targets -- -D warnings
	$(CARGO) clippy --locked --features capi --all-targets -- -D warnings
	RUSTDOCFLAGS="-D warnings" $(CARGO) doc --locked --no-deps --quiet
	$(VENV)/bin/ruff check .
	$(VENV)/bin/ruff format --check .
	cd bindings/python && $(VENV)/bin/mypy
	test -z "$$(gofmt -l bindings examples tests)" || { gofmt -d bindings examples tests; exit 1; }
	cd bindings/go && $(GO) vet ./...
	cd examples/go && $(GO) vet ./...
	cd tests/oracle/go && $(GO) vet ./...
	$(VENV)/bin/clang-format --dry-run --Werror $(C_FILES)

format: $(VENV)/.done ## put everything into form
	$(CARGO) fmt --all
	$(VENV)/bin/ruff format .
	gofmt -w bindings examples tests
	$(VENV)/bin/clang-format -i $(C_FILES)

clean: ## remove all that was built or installed here
	rm -rf target
