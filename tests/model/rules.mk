# SPDX-License-Identifier: MIT
# Random histories against a model; needs of the helper only the engine.

MODEL_SRC := $(wildcard tests/model/*.c helper/sync/*.c helper/model/*.c helper/store/ledger*.c helper/store/place.c helper/store/shelf.c)
MODEL_LIBS = -lsqlite3 -lutf8proc -luuid -lconfig -lcrypto
# What a check plays; soak: as many as fit, from another seed each time.
HISTORIES ?= 20000
SEED      ?= $(shell date +%s)000

$(B)/model/histories: $(patsubst %.c,$(B)/o/%.o,$(MODEL_SRC))
	@mkdir -p $(@D)
	$(CC) -pie -o $@ $^ $(MODEL_LIBS)

$(B)/model/histories-asan: $(patsubst %.c,$(B)/asan/%.o,$(MODEL_SRC))
	@mkdir -p $(@D)
	$(CC) $(SAN) -o $@ $^ $(MODEL_LIBS)

## model        HISTORIES=n random histories against the model (SIMSYNC_SEED=n: from that)
.PHONY: model soak
model: $(B)/model/histories $(B)/model/histories-asan
	@$(B)/model/histories $(sort $(wildcard tests/model/kept/*.history))
	@$(B)/model/histories -n $(HISTORIES)
	@$(B)/model/histories-asan -n $$(($(HISTORIES) / 40))

## soak         as many random histories as fit into SECONDS=n, from SEED=n
soak: $(B)/model/histories
	@$(B)/model/histories -t $(SECONDS) -s $(SEED)
