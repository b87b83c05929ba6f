# SPDX-License-Identifier: MIT
# A run ended at every instant; as a program of its own, because it is killed.

## crash        every instant at which a run can end, each in turn
.PHONY: crash
crash: $(B)/crash/crash
	@$<

$(B)/crash/crash: $(patsubst %.c,$(B)/o/%.o,$(wildcard tests/crash/*.c) $(HELPER_SRC) $(CARD_SRC))
	@mkdir -p $(@D)
	$(CC) -pie -Wl,--export-dynamic -o $@ $^ $(PKG_LIBS)
