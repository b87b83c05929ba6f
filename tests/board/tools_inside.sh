#!/bin/bash
# SPDX-License-Identifier: MIT
# Inside the board of t_tools.sh: tools_inside.sh BUILD TTYPAIR.KO
. "$(dirname "$0")/tap.sh"
build=$1
slots=/sys/class/simslot
out=$(mktemp -d)

# until COMMAND: at most 10 s
until_true() {
	local i
	for i in $(seq 200); do "$@" 2>/dev/null && return; sleep 0.05; done
	return 1
}
attr() { cat "$slots/$slot/$1"; }
is() { [ "$(attr "$1")" = "$2" ]; }

same "without the module attach says what to load" \
	"simslot-attach: line discipline 29 is not simslot's: load module simslot-tty" \
	"$("$build/simslot-attach" /dev/null 2>&1)"
modprobe simslot-tty && insmod "$2" || exit 1
same "what is no tty is refused" "simslot-attach: /dev/null is not a tty" \
	"$("$build/simslot-attach" /dev/null 2>&1)"

"$build/simslot-attach" --smartmouse --detect-line=-cts --clock 4000000 --supply 3000 --no-pps \
	/dev/ttySP0 >"$out/slot" 2>"$out/err" &
pid=$!
check "attach names the slot" until_true grep -q '^simslot[0-9]' "$out/slot"
slot=$(cat "$out/slot")
same "the reader is as the options say" "-rts -cts 4000000 3000 0" \
	"$(attr reader/reset_line) $(attr reader/detect_line) $(attr reader/clock) $(attr reader/supply) $(attr reader/pps)"
same "a second attach is refused" "simslot-attach: /dev/ttySP0 is a slot already" \
	"$(timeout 10 "$build/simslot-attach" /dev/ttySP0 2>&1)"
kill $pid
wait $pid
same "ends with its signal" 0 $?
check "and the slot with it" test ! -e "$slots/$slot"
same "a wrong line is named" "simslot-attach: reset_line cannot be 'cts': Invalid argument" \
	"$("$build/simslot-attach" --reset-line cts /dev/ttySP0 2>&1)"
check "and leaves no slot" test ! -e "$slots/$slot"

modprobe simslot-proxy || exit 1
"$build/simslot-vpcd" --port 40001 --name soft >"$out/vpcd" 2>"$out/err" &
pid=$!
check "vpcd names its slot" until_true grep -q '^simslot[0-9]' "$out/vpcd"
slot=$(cat "$out/vpcd")
same "empty without a card" "empty soft" "$(attr state) $(attr driver)"
python3 - <<'CARD' &
import socket

ATR = bytes.fromhex("3b82005518")
s = socket.create_connection(("127.0.0.1", 40001))


def exactly(n):
    b = b""
    while len(b) < n:
        got = s.recv(n - len(b))
        if not got:
            raise SystemExit
        b += got
    return b


def answer(b):
    s.sendall(len(b).to_bytes(2, "big") + b)


while True:
    m = exactly(int.from_bytes(exactly(2), "big"))
    if m == b"\x04":
        answer(ATR)
    elif len(m) > 1:
        # EF_ICCID (TS 102 221 13.2), anything else is fine too
        answer(bytes.fromhex("98940100000000001032") * (m[1] == 0xB0) + b"\x90\x00")
CARD
card=$!
check "a card that connects is ready" until_true is state ready
same "and read" "89491000000000000123 3b82005518" "$(attr iccid) $(attr atr)"
kill $card
check "a card that disconnects is removed" until_true is state empty
kill $pid
wait $pid
check "vpcd takes its slot away" test ! -e "$slots/$slot"
wait
check "modules unload" rmmod simslot_proxy simslot_tty simslot_uart simslot ttypair
finish
