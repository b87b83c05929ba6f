#!/bin/sh
# SPDX-License-Identifier: MIT
# to-server.sh DIR NAME: QEMU runs this for each connection of the guest to a server;
# DIR/NAME.port says where the server listens now. What goes to stderr, the guest would get.
read -r port <"$1/$2.port" && exec socat - "TCP:127.0.0.1:$port" 2>/dev/null
