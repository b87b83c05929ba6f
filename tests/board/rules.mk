# SPDX-License-Identifier: MIT
# Set-up and whole-machine tests.

## setup        install the Debian packages that building and testing need
.PHONY: setup check board-modules
setup:
	@scripts/setup.sh

## check        set up, then every test; ends with "N passed, N failed"
check: setup
	@tests/run-check $(T)

## check-full   the same, with the tests and counts that take their time
.PHONY: check-full
check-full: setup
	@CHECK_FULL=1 tests/run-check $(T)

## check-debug  board tests and a storm on a kernel with every checker; SECONDS=180 of storm
.PHONY: check-debug
check-debug: setup
	@CHECK_DEBUG=1 SECONDS_OF_STORM=$(or $(SECONDS),180) tests/run-check $(T)

## board-modules  the kernel modules for every board, in build/kmod/ARCH-SERIES
board-modules:
	@scripts/modules.sh amd64 6.1
	@scripts/modules.sh amd64 6.12
	@scripts/modules.sh arm64 6.1

# Linked with this machine's cross libc, which is the board's: both are Debian 12.
$(B)/board/agent-arm64: tests/board/guest/agent.c tests/board/guest/frame.h
	@mkdir -p $(@D)
	aarch64-linux-gnu-gcc $(WARN) -O2 -o $@ $<

$(B)/board/exec: tests/board/exec.c tests/board/guest/frame.h
	@mkdir -p $(@D)
	$(CC) $(WARN) -O2 -o $@ $<
