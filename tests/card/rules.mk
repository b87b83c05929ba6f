# SPDX-License-Identifier: MIT
# The slot's mechanics; build/simcard itself is in the top Makefile.

## wire         build/wire, which puts software cards into a board's slot
.PHONY: wire
wire: $(B)/wire

$(B)/wire: tests/board/wire.c
	@mkdir -p $(@D)
	$(CC) $(WARN) $(CFLAGS) $(HARDEN) -pie -o $@ $<
