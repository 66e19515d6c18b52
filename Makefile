# tare - build, test, install. `make help` lists the targets.

CC      ?= cc
BUILD   ?= build/release
PREFIX  ?= /usr/local
DESTDIR ?=
LAYERS  ?= base file kernel nn data calib run train engine plot ui script .

PACKAGES := lua5.4 jansson zlib libxxhash openblas ncursesw readline freetype2 libpng fontconfig
DEBIAN   := pkg-config libopenblas-pthread-dev libncurses-dev libreadline-dev liblua5.4-dev libjansson-dev \
            zlib1g-dev libxxhash-dev librandom123-dev libfreetype-dev libpng-dev libfontconfig-dev
DEBIAN_TEST := libcmocka-dev libvterm-dev tmux curl

WARN   := -Wall -Wextra -Wshadow -Wconversion -Wno-sign-conversion
OPT    ?= -O2 -g
CFLAGS += -std=gnu11 $(OPT) $(WARN) $(SANITIZE) -D_GNU_SOURCE -Iapp -MMD -MP
CFLAGS += $(shell pkg-config --cflags $(PACKAGES) 2>/dev/null) -pthread
LIBS   := $(shell pkg-config --libs $(PACKAGES) 2>/dev/null) -lm -pthread
MACHINE := $(shell $(CC) -dumpmachine)

SOURCES := $(foreach layer,$(LAYERS),$(wildcard app/$(layer)/*.c))
OBJECTS := $(patsubst app/./%,app/%,$(SOURCES))
OBJECTS := $(OBJECTS:%.c=$(BUILD)/%.o)
MAIN    := $(BUILD)/app/main.o
LIBRARY := $(BUILD)/libtare.a
UNIT    := $(patsubst tests/unit/%.c,$(BUILD)/tests/%,$(wildcard tests/unit/test_*.c))
BENCH   := $(patsubst tests/bench/%.c,$(BUILD)/bench/%,$(wildcard tests/bench/*.c))
FUZZ    := $(patsubst tests/fuzz/fuzz_%.c,$(BUILD)/fuzz/%,$(wildcard tests/fuzz/fuzz_*.c))
SUPPORT := $(patsubst %.c,$(BUILD)/%.o,$(wildcard tests/ref/*.c tests/unit/support/*.c))

.PHONY: all demo test setup build unit fuzz bench install uninstall clean help check-libraries
.SECONDARY:

all: build
	@ln -f $(BUILD)/tare tare 2>/dev/null || cp -f $(BUILD)/tare tare

build: check-libraries
	@$(MAKE) --no-print-directory $(if $(filter -j%,$(MAKEFLAGS)),,-j$$(nproc)) $(BUILD)/tare

help:
	@echo "make demo       install what is missing (Debian), build ./tare, and run the main comparison"
	@echo "make test       the same set-up and cmocka, then every test"
	@echo "make            build ./tare"
	@echo "make setup      install what is missing, or say what to install"
	@echo "make bench      measure the kernels and training"
	@echo "make install    PREFIX=$(PREFIX) DESTDIR=$(DESTDIR)"

# ---- the two commands ------------------------------------------------------------------------------------------------

demo: setup
	@$(MAKE) --no-print-directory all
	@if [ -t 0 ] && [ -t 1 ]; then ./tare run scripts/02_two_stages.lua --workbench; \
	else ./tare run scripts/02_two_stages.lua; fi

test: DEBIAN += $(DEBIAN_TEST)
test: setup
	@$(MAKE) --no-print-directory all
	@sh tests/run.sh

# ---- what is needed --------------------------------------------------------------------------------------------------

# Debian as root or with sudo: install. Elsewhere: say what to install.
setup:
	@missing=; for p in $(DEBIAN); do dpkg-query -W -f '$${Status}' $$p 2>/dev/null | grep -q 'install ok installed' \
	    || missing="$$missing $$p"; done; \
	if [ -z "$$missing" ]; then exit 0; fi; \
	if ! command -v apt-get >/dev/null; then \
	    echo "tare needs these libraries with their headers (Debian's names; no apt-get here to install them):"; \
	    echo "   $(DEBIAN)"; $(MAKE) --no-print-directory check-libraries; exit $$?; fi; \
	if [ "$$(id -u)" = 0 ]; then as=; elif command -v sudo >/dev/null; then as=sudo; else \
	    echo "please install, as root: apt-get install$$missing"; exit 1; fi; \
	echo "installing$$missing"; \
	$$as apt-get update -qq && $$as env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends \
	    $$missing >/dev/null

check-libraries:
	@bad=; command -v pkg-config >/dev/null || { echo "missing: pkg-config (Debian: pkg-config)"; exit 1; }; \
	for p in lua5.4:liblua5.4-dev jansson:libjansson-dev zlib:zlib1g-dev libxxhash:libxxhash-dev \
	    openblas:libopenblas-pthread-dev ncursesw:libncurses-dev readline:libreadline-dev \
	    freetype2:libfreetype-dev libpng:libpng-dev fontconfig:libfontconfig-dev; do \
	    pkg-config --exists $${p%%:*} || { echo "missing library: $${p%%:*} (Debian: $${p##*:})"; bad=1; }; done; \
	echo '#include <Random123/philox.h>' | $(CC) -E -x c - >/dev/null 2>&1 \
	    || { echo "missing header: Random123/philox.h (Debian: librandom123-dev)"; bad=1; }; \
	[ -z "$$bad" ] || { echo "'make setup' installs them on Debian"; exit 1; }

# ---- building --------------------------------------------------------------------------------------------------------

# Vector kernels: the same source for several instruction sets of x86-64, chosen at run time (app/kernel/isa.c).
$(BUILD)/app/kernel/%.o: CFLAGS += -O3 -fno-math-errno
ifneq (,$(findstring x86_64,$(MACHINE)))
$(BUILD)/app/kernel/%_avx2.o: CFLAGS += -mavx2 -mfma -ffp-contract=fast
$(BUILD)/app/kernel/%_avx512.o: CFLAGS += -mavx512f -mavx512vl -mavx512dq -mavx512bw -mfma -ffp-contract=fast
endif

$(BUILD)/%.o: %.c Makefile
	@mkdir -p $(@D)
	$(CC) $(CFLAGS) -c $< -o $@

$(LIBRARY): $(filter-out $(MAIN),$(OBJECTS))
	@rm -f $@
	$(AR) rcs $@ $^

$(BUILD)/tare: $(MAIN) $(LIBRARY)
	$(CC) $(CFLAGS) $(LDFLAGS) $^ $(LIBS) -o $@

$(BUILD)/libsupport.a: $(SUPPORT)
	@rm -f $@
	$(AR) rcs $@ $^

$(BUILD)/tests/%: tests/unit/%.c $(BUILD)/libsupport.a $(LIBRARY)
	@mkdir -p $(@D)
	$(CC) $(CFLAGS) -Itests $(LDFLAGS) $^ $(LIBS) -lcmocka -o $@

$(BUILD)/bench/%: tests/bench/%.c $(LIBRARY)
	@mkdir -p $(@D)
	$(CC) $(CFLAGS) $(LDFLAGS) $^ $(LIBS) -o $@

# FUZZ_MAIN: what calls a target; empty where the compiler brings its own (tests/fuzz/README.md).
FUZZ_MAIN ?= $(BUILD)/tests/fuzz/main.o
$(BUILD)/fuzz/%: $(BUILD)/tests/fuzz/fuzz_%.o $(BUILD)/tests/fuzz/folder.o $(FUZZ_MAIN) $(LIBRARY)
	@mkdir -p $(@D)
	$(CC) $(CFLAGS) $(LDFLAGS) $^ $(LIBS) -o $@

$(BUILD)/tests/fuzz/%.o: CFLAGS += -Itests

$(BUILD)/peer/%: tests/peer/%.c $(LIBRARY)
	@mkdir -p $(@D)
	$(CC) $(CFLAGS) $(LDFLAGS) $^ $(LIBS) -o $@

$(BUILD)/cli/%: tests/cli/%.c Makefile
	@mkdir -p $(@D)
	$(CC) $(CFLAGS) $(LDFLAGS) $< -o $@

$(BUILD)/fault/sweep: tests/fault/sweep.c Makefile
	@mkdir -p $(@D)
	$(CC) $(CFLAGS) $(LDFLAGS) $< -lutil -o $@

$(BUILD)/fault/shim.so: tests/fault/shim.c Makefile
	@mkdir -p $(@D)
	$(CC) $(CFLAGS) -shared -fPIC $(LDFLAGS) $< -o $@

$(BUILD)/ui/%: tests/ui/%.c Makefile
	@mkdir -p $(@D)
	$(CC) $(CFLAGS) $(LDFLAGS) $(filter %.c,$^) $(EMULATOR) -lutil -o $@

$(BUILD)/ui/screens: tests/ui/emulator.c tests/ui/emulator.h
$(BUILD)/ui/screens: EMULATOR := -lvterm

$(SUPPORT): CFLAGS += -Itests

# Beside build, whose sub-make writes the same library, the tests come after it; two writers would spoil it.
ifneq (,$(filter all build,$(MAKECMDGOALS)))
unit: build
	@$(MAKE) --no-print-directory $@
else
unit: $(UNIT)
endif

fuzz: $(FUZZ)

bench: all
	@$(MAKE) --no-print-directory $(if $(filter -j%,$(MAKEFLAGS)),,-j$$(nproc)) $(BENCH)
	@for b in $(BENCH); do $$b || exit 1; done

# ---- installing ------------------------------------------------------------------------------------------------------

SHARE := $(DESTDIR)$(PREFIX)/share/tare

install: build
	install -D -m 755 $(BUILD)/tare $(DESTDIR)$(PREFIX)/bin/tare
	@for f in $$(find lua scripts data -type f ! -path 'data/downloads/*'); do install -D -m 644 $$f $(SHARE)/$$f; done
	install -D -m 755 scripts/fetch-data $(SHARE)/scripts/fetch-data
	install -D -m 644 README.md $(SHARE)/README.md
	install -D -m 644 app/COPYING $(SHARE)/COPYING

uninstall:
	rm -f $(DESTDIR)$(PREFIX)/bin/tare
	rm -rf $(SHARE)

clean:
	rm -rf build tare

-include $(OBJECTS:.o=.d)
