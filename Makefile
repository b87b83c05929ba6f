# SPDX-License-Identifier: MIT
# simsync: module (Kbuild), helper, tests. `make help` lists the targets.

VERSION := 0.1.0
B       ?= build
KDIR    ?= /lib/modules/$(shell uname -r)/build
CC      ?= cc
PKG_CONFIG ?= pkg-config
DESTDIR ?=
PREFIX  ?= /usr

export SIMSYNC_CACHE ?= $(or $(XDG_CACHE_HOME),$(HOME)/.cache)/simsync

PKGS := libnl-3.0 libnl-genl-3.0 sqlite3 libcurl libcrypto expat jansson libconfig libutf8proc uuid
# Asked only when a helper object is built: a fresh machine gets them in `make setup`.
PKG_CFLAGS = $(shell $(PKG_CONFIG) --cflags $(PKGS))
PKG_LIBS   = $(shell $(PKG_CONFIG) --libs $(PKGS)) -lpam -lm

WARN := -std=c11 -D_GNU_SOURCE -Wall -Wextra -Werror -Wshadow -Wstrict-prototypes \
	-Wmissing-prototypes -Wvla -Wformat=2 -Wno-format-nonliteral
INC  := -Ihelper -Ikmod/uapi -Ikmod -Itests
CFLAGS ?= -O2 -g
HARDEN := -fstack-protector-strong -fPIE -D_FORTIFY_SOURCE=2
SAN  := -O1 -g -fsanitize=address,undefined -fno-sanitize-recover=all -fno-omit-frame-pointer

HELPER_SRC := $(filter-out helper/main.c helper/bridge/%,$(wildcard helper/*.c helper/*/*.c))
CARD_SRC   := $(filter-out tests/card/main.c,$(wildcard tests/card/*.c))
PURE_SRC   := $(wildcard kmod/iso7816*.c kmod/apdu.c kmod/proxy_record.c)
UNIT       := $(patsubst tests/unit/%.c,%,$(wildcard tests/unit/test_*.c))

.PHONY: all helper modules clean help
# The build folder may be named from here or from the root: its files by both names.
DEPS = -MMD -MP -MT $(@:$(CURDIR)/%=%) -MT $(CURDIR)/$(@:$(CURDIR)/%=%)

# Objects stay: a test is up to date or not by them.
.SECONDARY:
all: helper card

help:
	@sed -n 's/^## //p' $(MAKEFILE_LIST)

## helper       build/simsync, the user space side
helper: $(B)/simsync

## card         build/simcard, the software card of the tests
card: $(B)/simcard

$(B)/o/%.o: %.c
	@mkdir -p $(@D)
	$(CC) $(WARN) $(CFLAGS) $(HARDEN) $(INC) $(PKG_CFLAGS) -DSIMSYNC_VERSION='"$(VERSION)"' $(DEPS) -c -o $@ $<

$(B)/asan/%.o: %.c
	@mkdir -p $(@D)
	$(CC) $(WARN) $(SAN) $(INC) $(PKG_CFLAGS) -DSIMSYNC_VERSION='"$(VERSION)"' $(DEPS) -c -o $@ $<

$(B)/simsync: $(patsubst %.c,$(B)/o/%.o,helper/main.c $(HELPER_SRC))
	$(CC) -pie -o $@ $^ $(PKG_LIBS)

$(B)/simcard: $(patsubst %.c,$(B)/o/%.o,tests/card/main.c $(CARD_SRC))
	$(CC) -pie -o $@ $^ -lm

# Every unit test links with everything but the mains: one library, no lists.
$(B)/asan/all.a: $(patsubst %.c,$(B)/asan/%.o,$(HELPER_SRC) $(CARD_SRC) $(PURE_SRC))
	@rm -f $@
	ar rcs $@ $^

$(B)/unit/%: $(B)/asan/tests/unit/%.o $(B)/asan/all.a
	@mkdir -p $(@D)
	$(CC) $(SAN) -o $@ $< $(B)/asan/all.a $(PKG_LIBS) -lcmocka

## unit         unit tests with ASan and UBSan
.PHONY: unit
unit: $(addprefix $(B)/unit/,$(UNIT))
	@set -e; for t in $^; do CMOCKA_MESSAGE_OUTPUT=TAP $$t; done

## modules      the kernel modules for KDIR
modules:
	$(MAKE) -C $(KDIR) M=$(CURDIR) modules

clean:
	rm -rf $(B)

-include $(wildcard tests/*/rules.mk packaging/rules.mk)
-include $(shell find $(B) -type f -name '*.d' 2>/dev/null)
