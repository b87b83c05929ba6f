#!/bin/sh
# SPDX-License-Identifier: MIT
# timeout: 900
# Random histories over 2 to 6 replicas against the model, and those that once failed.
cd "$(dirname "$0")/../.." && exec nice make -s model HISTORIES=1000
