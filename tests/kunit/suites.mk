# SPDX-License-Identifier: MIT
# KUnit suites as a module for KUNIT_KDIR, a kernel with CONFIG_KUNIT. Copies
# are built, so that objects of the module proper are left alone.

KUNIT_KDIR ?= $(KDIR)
# Module.symvers of the modules proper: the state machine runs in the real core.
KUNIT_SYMVERS ?=
KUNIT_DIR  ?= $(B)/kunit

## kunit        build/kunit/simslot-kunit.ko for KUNIT_KDIR; runs at insmod
.PHONY: kunit
kunit:
	@mkdir -p $(KUNIT_DIR)/kunit $(KUNIT_DIR)/uapi/linux
	cp -u kmod/iso7816*.[ch] kmod/apdu.[ch] kmod/identity.c kmod/simslot.h tests/kunit/*.c tests/kunit/Kbuild $(KUNIT_DIR)
	cp -u tests/kunit/suites.h $(KUNIT_DIR)
	cp -u tests/kunit/*.h $(KUNIT_DIR)/kunit
	cp -u kmod/uapi/linux/simslot.h $(KUNIT_DIR)/uapi/linux
	$(MAKE) -C $(KUNIT_KDIR) M=$(abspath $(KUNIT_DIR)) \
		KBUILD_EXTRA_SYMBOLS=$(KUNIT_SYMVERS) modules
