# SPDX-License-Identifier: MIT
# Static analysis of everything.

## lint         every analyser there is; LINT="gcc_6_1 spdx": these only
.PHONY: lint
lint: setup
	@scripts/lint.sh $(LINT)
