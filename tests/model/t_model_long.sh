#!/bin/sh
# SPDX-License-Identifier: MIT
# check: full
# timeout: 3000
# Three times as many, from another seed.
cd "$(dirname "$0")/../.." && exec env SIMSYNC_SEED=7000000 nice make -s model HISTORIES=60000
