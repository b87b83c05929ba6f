# SPDX-License-Identifier: MIT
# shellcheck shell=bash
# The stage for end-to-end tests and the demo: a handset, a slot, software SIMs and real
# servers. Sourced. STAGE is its folder; everything started here ends with the script.
#
#	stage_up [--no-helper]	servers, handset, the slot's mechanics
#	card_up NAME IMAGE	a SIM beside the phone; keeps its state in $STAGE/NAME.state
#	card_in NAME		into the slot
#	card_out		out of it
#	card_ask NAME CMD...	a word on the card's control socket
#	card_edit NAME LINE...	edit it while it is out ("another phone")
#	on CMD...		on the handset, as root (on_owner: as its owner)
#	sim ARGS...		simsync on the handset, as its owner
#	slot_attr NAME		content of /sys/class/simslot/simslot0/NAME
#	wait_sync WORD...	until sync_state is one of these
#
# STAGE_END: a function of the script's own that ends it, and calls stage_down.

STAGE_TOP=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
STAGE_B=${B:-$STAGE_TOP/build}
STAGE_PIDS=()
OWNER_PASSWORD='correct horse'
SERVER_PASSWORD='server secret'

stage_note() { printf '%s\n' "$*" >&2; }

stage_up() {
	STAGE=${STAGE:-$(mktemp -d "${TMPDIR:-/tmp}/stage.XXXXXX")}
	mkdir -p "$STAGE"
	trap '"${STAGE_END:-stage_down}"' EXIT
	trap 'exit 143' TERM INT HUP
	stage_note "building the software SIM"
	make -s -j2 -C "$STAGE_TOP" B="$STAGE_B" "$STAGE_B/simcard" "$STAGE_B/wire" || return
	stage_note "starting Radicale and Apache"
	"$STAGE_TOP/tests/board/servers.sh" start "$STAGE/servers" || return
	rm -f "$STAGE/board/qtest.sock"
	# Before the module loads: lines are known by their changes.
	(
		until [ -S "$STAGE/board/qmp.sock" ]; do sleep 0.05; done
		exec "$STAGE_B/wire" --qtest "$STAGE/board/qtest.sock" \
			--qmp "$STAGE/board/qmp.sock" --control "$STAGE/wire.sock" \
			2>&1
	) >"$STAGE/wire.log" 2>&1 &
	STAGE_PIDS+=($!)
	"$STAGE_TOP/tests/board/handset.sh" start "$STAGE/board" \
		--servers "$STAGE/servers" "$@"
}

stage_down() {
	local p
	[ -n "${STAGE:-}" ] || return 0
	"$STAGE_TOP/tests/board/handset.sh" stop "$STAGE/board" --pull 2>/dev/null
	"$STAGE_TOP/tests/board/servers.sh" stop "$STAGE/servers" 2>/dev/null
	for p in "${STAGE_PIDS[@]}"; do kill "$p" 2>/dev/null; done
	wait 2>/dev/null
	return 0
}

wire() { "$STAGE_B/wire" --ask "$STAGE/wire.sock" "$*"; }

# card_up NAME IMAGE [OPTIONS OF simcard]
card_up() {
	local name=$1 image=$2
	shift 2
	"$STAGE_B/simcard" --uart "$STAGE/board/uart.sock" --control "$STAGE/$name.sock" \
		--state "$STAGE/$name.state" "$@" "$image" >"$STAGE/$name.log" 2>&1 &
	STAGE_PIDS+=($!)
	echo $! >"$STAGE/$name.pid"
	local i
	for i in $(seq 100); do [ -S "$STAGE/$name.sock" ] && return; sleep 0.05; done
	cat "$STAGE/$name.log" >&2
	return 1
}

card_in() { wire insert "$STAGE/$1.sock" >/dev/null; }
card_out() { wire remove >/dev/null; }
card_edit() { local name=$1; shift; card_ask "$name" edit "$@"; }
card_ask() { local name=$1; shift; "$STAGE_B/wire" --ask "$STAGE/$name.sock" "$*"; }

on() { "$STAGE_B/board/exec" "$STAGE/board" --timeout "${ON_SECONDS:-60}" "$@"; }
on_owner() { "$STAGE_B/board/exec" "$STAGE/board" --timeout "${ON_SECONDS:-60}" --user owner "$@"; }
sim() { on_owner simsync "$@"; }
slot_attr() { on cat "/sys/class/simslot/simslot0/$1" </dev/null; }

# wait_sync WORD...: at most WAIT_SECONDS (60); says what it was at the end.
wait_sync() {
	# shellcheck disable=SC2016 # expanded on the handset
	on sh -c 'end=$(($(cut -d. -f1 /proc/uptime) + '"${WAIT_SECONDS:-60}"'))
		while [ $(cut -d. -f1 /proc/uptime) -lt $end ]; do
			s=$(cat /sys/class/simslot/simslot0/sync_state)
			for w in "$@"; do [ "$w" = "$s" ] && exit 0; done
			sleep 0.1
		done
		echo "sync_state is $s: $(cat /sys/class/simslot/simslot0/sync_detail)" >&2
		exit 1' sh "$@" </dev/null
}
