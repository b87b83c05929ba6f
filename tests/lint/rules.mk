# SPDX-License-Identifier: MIT
# Static analysis of everything.

# make has a LINT of its own, the name of a program: nobody asked for that.
ifeq ($(origin LINT),default)
LINT :=
endif

## lint         every analyser there is; LINT="gcc_6_1 spdx": these only
.PHONY: lint
lint: setup
	@scripts/lint.sh $(LINT)
