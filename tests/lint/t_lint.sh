#!/bin/bash
# SPDX-License-Identifier: MIT
# Which checks make lint asks for: all (lint.sh without a name), or those of LINT.
. "$(dirname "$0")/../board/tap.sh"
cd "$TAP_TOP" || exit 1
unset LINT

# asked COMMAND...: the words that scripts/lint.sh would be given
asked() { "$@" 2>&1 | sed -n 's#^scripts/lint\.sh *##p'; }
given() { "$@" 2>&1 | grep -c '^scripts/lint\.sh'; }

same 'make lint runs lint.sh once' 1 "$(given make -s -n lint)"
same 'make lint names no check, which is all of them' '' "$(asked make -s -n lint)"
same 'make lint LINT="spdx versions" names these' 'spdx versions' \
	"$(asked make -s -n lint LINT='spdx versions')"
same 'so does LINT in the environment' spdx "$(LINT=spdx asked make -s -n lint)"
finish
