# SPDX-License-Identifier: MIT
# Set-up and whole-machine tests.

## setup        install the Debian packages that building and testing need
.PHONY: setup check board-modules
setup:
	@scripts/setup.sh

## board-modules  the kernel modules for every board, in build/kmod/ARCH-SERIES
board-modules:
	@scripts/modules.sh amd64 6.1
	@scripts/modules.sh amd64 6.12
	@scripts/modules.sh arm64 6.1
