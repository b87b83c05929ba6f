# SPDX-License-Identifier: MIT
# Measurements: each writes $(B)/bench/NAME.json, an array of
# {"figure","value","unit","limit","ok"}.

## bench-card   APDUs and wire bytes of reading each card image, beside what it needs
.PHONY: bench-card
bench-card: $(B)/bench/bench_card
	@$< $(B)/bench/card.json

$(B)/bench/bench_card: $(patsubst %.c,$(B)/o/%.o,tests/bench/bench_card.c tests/bench/figure.c tests/bench/need.c $(HELPER_SRC) $(CARD_SRC))
	@mkdir -p $(@D)
	$(CC) -pie -o $@ $^ $(PKG_LIBS)

## bench-sync   what a run costs: nothing new, ten changes, the first; 10,000 and 100,000 contacts
.PHONY: bench-sync
bench-sync: $(B)/bench/bench_sync
	@$< $(B)/bench/sync.json

$(B)/bench/bench_sync: $(patsubst %.c,$(B)/o/%.o,tests/bench/bench_sync.c tests/bench/book_server.c tests/bench/figure.c tests/bench/sync_world.c $(HELPER_SRC) $(CARD_SRC))
	@mkdir -p $(@D)
	$(CC) -pie -o $@ $^ $(PKG_LIBS)

## bench-kernel the module's speed, size and quiet on the arm64 board
.PHONY: bench-kernel
bench-kernel:
	@B=$(abspath $(B)) tests/bench/kernel.sh
