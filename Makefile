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
export CGO_ENABLED    := 1

.PHONY: help all stage emulator examples demo test lint format clean header

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
	cd examples/go && $(GO) build -o $(CURDIR)/$@ ./create_record
