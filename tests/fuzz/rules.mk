# SPDX-License-Identifier: MIT
# Fuzzing with libFuzzer, ASan and UBSan: every tests/fuzz/fuzz_NAME.c is a
# target of its own, linked with everything the unit tests link with. Seeds are
# the files of tests/fuzz/seeds/NAME, findings go to $(B)/fuzz/NAME/crash.

FUZZ_CC      ?= clang
# Per target; the name is not the shell's own SECONDS.
SECONDS      ?= 20
FUZZ_SAN     := -O1 -g -fsanitize=address,undefined -fno-sanitize-recover=all \
		-fno-omit-frame-pointer
FUZZ_TARGETS := $(patsubst tests/fuzz/fuzz_%.c,%,$(wildcard tests/fuzz/fuzz_*.c))
FUZZ         ?= $(FUZZ_TARGETS)
FUZZ_OBJ     := $(patsubst %.c,$(B)/fuzz/o/%.o,$(HELPER_SRC) $(CARD_SRC) $(PURE_SRC))

$(B)/fuzz/o/%.o: %.c
	@mkdir -p $(@D)
	$(FUZZ_CC) $(WARN) $(FUZZ_SAN) -fsanitize=fuzzer-no-link $(INC) $(PKG_CFLAGS) \
		-DSIMSYNC_VERSION='"$(VERSION)"' $(DEPS) -c -o $@ $<

$(B)/fuzz/all.a: $(FUZZ_OBJ)
	@rm -f $@
	ar rcs $@ $^

$(B)/fuzz/fuzz_%: $(B)/fuzz/o/tests/fuzz/fuzz_%.o $(B)/fuzz/all.a
	$(FUZZ_CC) $(FUZZ_SAN) -fsanitize=fuzzer -o $@ $< $(B)/fuzz/all.a $(PKG_LIBS)

.PRECIOUS: $(B)/fuzz/o/%.o

## fuzz         every fuzz target for SECONDS=n each (FUZZ="atr t0": these only)
.PHONY: fuzz fuzz-build
fuzz-build: $(patsubst %,$(B)/fuzz/fuzz_%,$(FUZZ))

fuzz: fuzz-build
	@n=0; bad=0; echo "1..$(words $(FUZZ))"; \
	for t in $(FUZZ); do \
		n=$$((n + 1)); d=$(B)/fuzz/$$t; \
		mkdir -p $$d/corpus $$d/crash; \
		seeds=tests/fuzz/seeds/$$t; [ -d $$seeds ] || seeds=; \
		if $(B)/fuzz/fuzz_$$t -max_total_time=$(SECONDS) -timeout=10 \
			-rss_limit_mb=1024 -max_len=4096 -print_final_stats=1 \
			-artifact_prefix=$$d/crash/ \
			$$d/corpus $$seeds >$$d/log 2>&1; then \
			echo "ok $$n - fuzz $$t: $$(sed -n \
				's/^stat::number_of_executed_units: *//p' \
				$$d/log) inputs in $(SECONDS) s"; \
		else \
			bad=1; echo "not ok $$n - fuzz $$t: see $$d/log"; \
			tail -n 20 $$d/log | sed 's/^/# /'; \
		fi; \
	done; exit $$bad
