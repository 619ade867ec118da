# A thin front: meson and ninja build, the scripts under tools/ do the rest. `make help` lists.

PREFIX ?= /usr/local
DESTDIR ?=
FUZZ_SECONDS ?= 60
FUZZ_TARGET ?=
export FUZZ_SECONDS FUZZ_TARGET

SOAK_MINUTES ?= 60
.PHONY: all help demo test bench soak fuzz install deb format web clean
.DEFAULT_GOAL := all

all: build/build.ninja
	@ninja -C build

build/build.ninja:
	@command -v meson >/dev/null && command -v ninja >/dev/null || { \
	    echo 'meson or ninja is missing: run tools/install-deps --build-only (as root or with sudo)' >&2; \
	    exit 1; }
	@meson setup build --buildtype=release -Dwerror=false -Dtests=false || { \
	    rm -rf build; \
	    echo 'the set-up failed; where a library is missing, run tools/install-deps --build-only' >&2; \
	    exit 1; }

help:
	@echo 'make           build the release binary, build/bulwark'
	@echo 'make demo      install what building needs, build, load advisories, scan this machine'
	@echo 'make test      install what testing needs and run every gate'
	@echo 'make bench     measure the scanner, the policies and the gates'
	@echo 'make soak      the gates for an hour under load and faults; SOAK_MINUTES=5'
	@echo 'make fuzz      FUZZ_SECONDS=60 a target; FUZZ_TARGET=name for one alone'
	@echo 'make install   to $$PREFIX (/usr/local), below $$DESTDIR'
	@echo 'make deb       a Debian package in build-deb/, for Debian 12 and 13'
	@echo 'make format    clang-format over the sources'
	@echo 'make web       build the page of --format html after a change in web/report (npm)'
	@echo 'make clean     remove every build directory'

demo:
	@tools/demo

test:
	@tools/install-deps
	@tools/test

bench: all
	@bench/run
	@bench/policies
	@bench/guard
	@bench/runtime

soak: all
	@bench/soak --minutes $(SOAK_MINUTES)

fuzz:
	@tools/fuzz

install: build/build.ninja
	@meson configure build -Dprefix='$(PREFIX)'
	@ninja -C build
	@DESTDIR='$(DESTDIR)' meson install -C build --no-rebuild

deb:
	@tools/make-deb

format:
	@clang-format -i $$(git ls-files '*.c' '*.h')

web:
	@tools/build-web

clean:
	@rm -rf build build-*/
