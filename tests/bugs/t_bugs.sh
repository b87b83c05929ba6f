#!/bin/sh
# SPDX-License-Identifier: MIT
# check: full
# timeout: 3000
# Each bug of this folder is seen by the random histories or another test of the engine.
cd "$(dirname "$0")/../.." && exec nice make -s bugs
