#!/bin/sh
# SPDX-License-Identifier: MIT
# timeout: 1500
# 20,000 random histories over 2 to 6 replicas against the model (the first seed is
# printed; SIMSYNC_SEED=n plays others), 500 with sanitizers, and those that once failed.
cd "$(dirname "$0")/../.." && exec nice make -s model
