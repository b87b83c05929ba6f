#!/bin/bash
# SPDX-License-Identifier: MIT
# storm_inside.sh PROGRAM TTYPAIR SECONDS SEED: the storm, on the board
cd "$(dirname "$0")/../card/images" || exit 1
insmod "$2" || exit 1
"$1" "$3" "$PWD" "$4" || exit
rmmod ttypair
