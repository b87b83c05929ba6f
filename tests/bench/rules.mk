# SPDX-License-Identifier: MIT
# Measurements: each writes $(B)/bench/NAME.json, an array of
# {"figure","value","unit","limit","ok"}.

## bench-card   APDUs and wire bytes of reading each card image, beside what it needs
.PHONY: bench-card
bench-card: $(B)/bench/bench_card
	@$< $(B)/bench/card.json

$(B)/bench/bench_card: $(patsubst %.c,$(B)/o/%.o,tests/bench/bench_card.c tests/bench/need.c $(HELPER_SRC) $(CARD_SRC))
	@mkdir -p $(@D)
	$(CC) -pie -o $@ $^ $(PKG_LIBS)

## bench-kernel the module's speed, size and quiet on the arm64 board
.PHONY: bench-kernel
bench-kernel:
	@B=$(abspath $(B)) tests/bench/kernel.sh
