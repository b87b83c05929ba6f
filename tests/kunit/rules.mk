# SPDX-License-Identifier: MIT
# Tests of the kernel module that run on a board.

KMOD_TESTS := kmod_proxy kmod_tty
.PHONY: kmod-tests
## kmod-tests   programs for the boards' tests of the module, in build/board/
kmod-tests: $(addprefix $(B)/board/,$(KMOD_TESTS))

$(B)/board/kmod_%: tests/board/guest/kmod_%.c tests/board/guest/kmod_rig.c tests/board/guest/kmod_rig.h
	@mkdir -p $(@D)
	$(CC) $(WARN) -O2 -Ikmod/uapi -o $@ $< tests/board/guest/kmod_rig.c -lpthread

# The storm has the software card in the reader.
STORM_SRC := $(addprefix tests/board/guest/,kmod_storm.c storm_card.c storm_use.c kmod_rig.c) $(CARD_SRC)
$(B)/board/kmod_storm: $(STORM_SRC) tests/board/guest/storm.h tests/board/guest/kmod_rig.h
	@mkdir -p $(@D)
	$(CC) $(WARN) -O2 $(INC) -o $@ $(STORM_SRC) -lpthread -lm

include tests/kunit/suites.mk

# Suspend needs a board that survives it: not one whose root is on 9p.
$(B)/board/arm64/kmod_%: tests/board/guest/kmod_%.c tests/board/guest/kmod_rig.c tests/board/guest/kmod_rig.h
	@mkdir -p $(@D)
	aarch64-linux-gnu-gcc $(WARN) -O2 -static -Ikmod/uapi -o $@ $< tests/board/guest/kmod_rig.c -lpthread
