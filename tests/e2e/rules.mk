# SPDX-License-Identifier: MIT

## demo         the main job on a handset in QEMU (INTERACTIVE=1: leave it running)
.PHONY: demo
demo: setup
	@tests/e2e/demo.sh
