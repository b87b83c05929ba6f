# SPDX-License-Identifier: MIT
# shellcheck shell=bash
# For t_bad_*.sh: what bad input may and may not do. Sourced after tap.sh and stage.sh.
#
# After each fault: a sentence that names the thing, the place and the way out; nothing
# half-written, nothing lost; and the next run after the fault is gone ends with
# everything in sync.

COLLECTION=collections/collection-root/owner/contacts

bad_up() {
	stage_up || { echo "Bail out! the stage is not up"; exit 1; }
	[ -z "${BOARD_NICE:-}" ] || renice -n "$BOARD_NICE" -p "$(cat "$STAGE/board/qemu.pid")" >&2
}

# owner ARGS: simsync as the owner; its exit code in RC, its two outputs in OUT and ERR.
owner() {
	RC=0
	on_owner simsync "$@" >"$STAGE/out" 2>"$STAGE/err" </dev/null || RC=$?
	OUT=$(cat "$STAGE/out") ERR=$(cat "$STAGE/err")
}

# says NAME TEXT WORD...: every WORD (extended regular expression) is in TEXT.
says() {
	local name=$1 text=$2 w missing=()
	shift 2
	for w in "$@"; do
		grep -qE -- "$w" <<<"$text" || missing+=("$w")
	done
	if [ ${#missing[@]} = 0 ]; then
		ok "$name"
	else
		not_ok "$name"
		{ printf 'not said: %s\n' "${missing[@]}"; echo "it says: $text"; } | diag
	fi
}

# not_in TEXT WORD: for `check`.
not_in() { ! grep -qF -- "$2" <<<"$1"; }

# ends NAME CODE WORD...: the last `owner` ended with CODE and said WORD... on stderr.
ends() {
	local name=$1 code=$2
	shift 2
	[ "$RC" = "$code" ] || {
		not_ok "$name"
		printf 'exit code %s, want %s\n%s\n%s\n' "$RC" "$code" "$OUT" "$ERR" | diag
		return
	}
	says "$name" "$ERR" "$@"
}

slot_line() { echo "$(slot_attr sync_state): $(slot_attr sync_detail)"; }

# shows NAME STATES WORD...: what sysfs says of the run; STATES as "error|partial".
shows() {
	local name=$1 states=$2 line
	shift 2
	no_run
	line=$(slot_line)
	says "$name" "$line" "^($states): " "$@"
}

# ---- what is where ----------------------------------------------------------

# The three, in a form that compares. Server: what a person would miss.
phone_has() { sim contacts export </dev/null | tr -d '\r' | grep -v '^REV' | sort; }
server_has() { cat "$STAGE/servers/radicale/$COLLECTION"/*.vcf 2>/dev/null | tr -d '\r' | grep -v '^REV' | sort; }
card_has() { "$STAGE_B/simcard" show "$STAGE/$1.state" 2>/dev/null || "$STAGE_B/simcard" show "$2"; }

keep() {
	phone_has >"$STAGE/phone.was"
	server_has >"$STAGE/server.was"
	card_has a >"$STAGE/card.was"
}

# kept NAME: nothing of what keep() saw is gone or changed anywhere.
kept() {
	phone_has >"$STAGE/phone.now"
	server_has >"$STAGE/server.now"
	card_has a >"$STAGE/card.now"
	local w bad=
	for w in phone server card; do
		cmp -s "$STAGE/$w.was" "$STAGE/$w.now" || bad="$bad $w"
	done
	if [ -z "$bad" ]; then
		ok "$1"
	else
		not_ok "$1"
		for w in $bad; do
			echo "$w changed:"
			diff "$STAGE/$w.was" "$STAGE/$w.now" | head -n 12
		done | diag
	fi
}

# in_sync NAME: the next run ends well and a plan after it has nothing to do.
in_sync() {
	owner sync
	if [ "$RC" != 0 ]; then
		not_ok "$1"
		printf 'exit code %s\n%s\n%s\n' "$RC" "$OUT" "$ERR" | diag
		return
	fi
	owner plan
	if [ "$RC" = 0 ] && grep -qE '^ok: nothing to do' <<<"$OUT"; then
		ok "$1"
	else
		not_ok "$1"
		printf 'plan, exit code %s\n%s\n%s\n' "$RC" "$OUT" "$ERR" | diag
	fi
}

# no_content NAME: neither any sync_detail so far nor the journal names a contact.
CONTENT='Müller|Bernd|Hilde|Zahnarzt|30123456|17612345678|bist du morgen|example\.org'
no_content() {
	local found
	if ! on journalctl -b --no-pager -o cat >"$STAGE/journal" 2>&1 </dev/null; then
		not_ok "$1"
		diag <"$STAGE/journal"
		return
	fi
	# Where nothing was said, nothing was named.
	if ! grep -q simsync "$STAGE/journal" || ! [ -s "$STAGE/details" ]; then
		not_ok "$1"
		echo "the journal or the details say nothing of simsync" | diag
		return
	fi
	found=$(grep -hE "$CONTENT" "$STAGE/journal" "$STAGE/details" | head -n 6)
	same "$1" '' "$found"
}

# insert CARD STATE...: put it in; the run udev starts ends in one of STATE.
insert() {
	local name=$1
	shift
	card_in "$name" || return
	wait_run "$@"
}

# Until no run is under way and none is due.
no_run() {
	# shellcheck disable=SC2016 # expanded on the handset
	on sh -c 'udevadm settle
		for i in $(seq 900); do
			[ -e /run/simsync/trigger ] || [ -e /run/simsync/trigger.run ] ||
				[ "$(systemctl is-active simsync.service)" = activating ] || exit 0
			sleep 0.1
		done
		echo "a run does not end" >&2
		exit 1' </dev/null
}

# wait_run STATE...: and note what it said. Several events may have asked for several runs.
wait_run() {
	wait_sync "$@" && no_run && wait_sync "$@" || { not_ok "a run ends in: $*"; return 1; }
	slot_line >>"$STAGE/details"
}

enroll() {
	on_owner --tty --type assword "$OWNER_PASSWORD" simsync card enroll --policy both
}

add_server() {
	on_owner --tty --type assword "$SERVER_PASSWORD" simsync remote add \
		http://10.0.2.100:5232/owner/contacts/ \
		--webdav http://10.0.2.100:5280/dav/ --user owner --plain
}
