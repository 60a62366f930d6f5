# make lab     the whole world on this machine: networks, core bank, gateway; ONCE=1 ends after one round
# make soak    load, faults and kill -9 for MINUTES=15, every book checked; CONFIG=release as it runs in production
# make test    every test, one after the other: timings of real sockets stay honest on a small machine
# make bench   release build and its figures; JSON=1 prints them as JSON
# make simulate  the engine against delays, losses, doubles and crashes; RUNS=10000 many seeds, SEED=7 one again
# make fuzz    a decoder against random input: TARGET=xml (messages, envelopes, profiles) SECONDS=120; docs/fuzzing.md
# make check   format and tables
.DEFAULT_GOAL := help
.PHONY: help deps swift-check build lab soak test bench simulate fuzz fuzz-smoke check lint tables format clean
SHELL := /bin/bash

CONFIG ?= debug
ONCE ?=
MINUTES ?= 15
JSON ?=
SEED ?=
TARGET ?= xml
SECONDS ?= 120
RUNS ?= $(if $(SEED),1,1000)
SWIFT ?= swift
PACKAGES := libxml2-dev libsqlite3-dev zlib1g-dev libssl-dev pkg-config
PC_NAMES := libxml-2.0 sqlite3 zlib openssl
SWIFT_NEEDED := 6.2
BIN := .build/$(CONFIG)
FORMATTED := Sources Tests Package.swift
# A log has no use for a line per compiled file; a terminal has.
QUIET := $(if $(CI),--quiet)
say = printf '\033[1m==> %s\033[0m\n'

help:
	@sed -n 's/^# make/make/p' Makefile

swift-check:
	@command -v $(SWIFT) >/dev/null 2>&1 || { \
	  echo "Swift is missing: install $(SWIFT_NEEDED) or later from https://www.swift.org/install and run this again." >&2; \
	  exit 1; }
	@found=$$($(SWIFT) --version 2>/dev/null | sed -n 's/.*Swift version \([0-9][0-9.]*\).*/\1/p' | head -n 1); \
	if [ "$$(printf '%s\n' $(SWIFT_NEEDED) "$$found" | sort -V | head -n 1)" != "$(SWIFT_NEEDED)" ]; then \
	  echo "Swift $${found:-(unknown)} is too old: $(SWIFT_NEEDED) or later is on https://www.swift.org/install." >&2; \
	  exit 1; fi

deps:
	@if command -v pkg-config >/dev/null 2>&1 && pkg-config --exists $(PC_NAMES); then exit 0; fi; \
	command="apt-get update && apt-get install -y --no-install-recommends $(PACKAGES)"; \
	if ! command -v apt-get >/dev/null 2>&1; then \
	  echo "Missing: the development files of $(PC_NAMES), and pkg-config. Install them with this system's own tool." >&2; \
	  exit 1; \
	elif [ "$$(id -u)" = 0 ]; then root=; \
	elif command -v sudo >/dev/null 2>&1; then root=sudo; \
	else echo "Missing packages. As root, run: $$command" >&2; exit 1; fi; \
	$(say) "installing $(PACKAGES)"; \
	$$root apt-get update -qq && \
	$$root env DEBIAN_FRONTEND=noninteractive apt-get install -qq -y --no-install-recommends $(PACKAGES) >/dev/null || { \
	  echo "The installation failed. As root, run: $$command" >&2; exit 1; }

build: swift-check deps
	@$(say) "building ($(CONFIG)); the first build takes some minutes"
	@$(SWIFT) build -c $(CONFIG) $(QUIET)

lab: build
	@$(say) "the lab$(if $(ONCE),: one round)"
	@$(BIN)/lab $(if $(ONCE),--once)

soak: build
	@$(say) "the lab, for $(MINUTES) minutes"
	@$(BIN)/lab --soak $(MINUTES) $(if $(SEED),--seed $(SEED))

test: swift-check deps
	@$(say) "building the tests"
	@$(SWIFT) build --build-tests $(QUIET)
	@$(say) "testing"
	@$(SWIFT) test --skip-build --disable-xctest --no-parallel

bench:
	@$(MAKE) --no-print-directory build CONFIG=release
	@$(say) "measuring"
	@.build/release/measure $(if $(JSON),--json)

simulate: swift-check deps
	@$(say) "building the tests"
	@$(SWIFT) build --build-tests $(QUIET)
	@$(say) "simulating"
	@$(if $(SEED),SIM_SEED=$(SEED)) SIM_SEEDS=$(RUNS) \
	  $(SWIFT) test --skip-build --disable-xctest --filter SimulationTests

fuzz: swift-check deps
	@$(say) "fuzzing $(TARGET)"
	@Tests/Fuzz/fuzz.sh run $(TARGET) $(SECONDS)

fuzz-smoke: swift-check deps
	@$(say) "fuzzing every decoder for some seconds"
	@Tests/Fuzz/fuzz.sh smoke

check: lint tables

lint: swift-check
	@$(say) "format"
	@$(SWIFT) format lint --strict --recursive $(FORMATTED)

tables: build
	@$(say) "tables"
	@$(BIN)/interlock tables check

format: swift-check
	@$(SWIFT) format format --in-place --recursive $(FORMATTED)

clean:
	@rm -rf .build lab-state
