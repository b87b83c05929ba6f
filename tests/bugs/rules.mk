# SPDX-License-Identifier: MIT
# The tests are tested: each patch of this folder is a bug they have to see.

BUG_SRC   := $(wildcard helper/sync/*.c helper/model/*.c helper/store/ledger*.c helper/store/place.c helper/store/shelf.c)
BUG_TESTS := test_engine test_engine_switch test_engine_decide test_pairs test_item_merge_pair

$(B)/bugs/test_%: $(B)/o/tests/unit/test_%.o $(patsubst %.c,$(B)/o/%.o,$(BUG_SRC))
	@mkdir -p $(@D)
	$(CC) -pie -o $@ $^ $(MODEL_LIBS) -lcmocka

$(B)/bugs/histories: $(B)/model/histories
	@mkdir -p $(@D)
	cp $< $@

.PHONY: bug-tests bugs
bug-tests: $(addprefix $(B)/bugs/,histories $(BUG_TESTS))

## bugs         38 bugs put into the engine one at a time: each is seen by a test
bugs:
	@B=$(B) tests/bugs/run
