#!/bin/bash
# SPDX-License-Identifier: MIT
# make demo: the main job, as a person sees it. A handset in QEMU, SIMs going in and out,
# a real Radicale and a real Apache. Ends with what was measured; any step that does not
# come out as said ends it with an error.
#
#	demo.sh			plays it
#	INTERACTIVE=1 demo.sh	and leaves the handset running with a shell
. "$(dirname "$0")/stage.sh"
set -u

STAGE=$(mktemp -d "${TMPDIR:-/tmp}/simsync-demo.XXXXXX")
IMAGES=$STAGE_TOP/tests/card/images
STEP=0
declare -a FIGURES=()

if [ -t 1 ]; then BOLD=$'\e[1m' DIM=$'\e[2m' GREEN=$'\e[32m' OFF=$'\e[0m'; else BOLD='' DIM='' GREEN='' OFF=''; fi

# tick WHAT: on a line that goes when something else is said
tick() { [ ! -t 1 ] || printf '\r\e[K   … %s ' "$*"; }
untick() { [ ! -t 1 ] || printf '\r\e[K'; }

step() { untick; STEP=$((STEP + 1)); printf '\n%s%d. %s%s\n' "$BOLD" "$STEP" "$*" "$OFF"; tick "working"; }
say() { untick; printf '   %s\n' "$*"; tick "working"; }
good() { untick; printf '   %s✓ %s%s\n' "$GREEN" "$*" "$OFF"; tick "looking at what came of it"; }
fail() {
	untick
	printf '   ✗ %s\n' "$*"
	echo "   what the slot says: $(slot_attr sync_state): $(slot_attr sync_detail)"
	on journalctl -u 'simsync*' --no-pager -n 20 </dev/null 2>/dev/null | sed 's/^/   /'
	exit 1
}
figure() { FIGURES+=("$(printf '%-52s %s' "$1" "$2")"); }
indent() { "$STAGE_TOP/tests/e2e/indent.py"; }

# shown COMMAND...: as the owner, on the handset, the way a person types it
shown() {
	local rc
	untick
	printf '   %s$ %s%s\n' "$DIM" "$(printf '%s ' "$@" | sed 's/ $//')" "$OFF"
	on_owner "$@" </dev/null 2>&1 | indent
	rc=${PIPESTATUS[0]}
	tick "looking at what came of it"
	return "$rc"
}

# typed PROMPT TEXT... -- COMMAND...: the same on a terminal, with what is typed
typed() {
	local args=() rc
	untick
	while [ "$1" != -- ]; do args+=(--type "$1" "$2"); shift 2; done
	shift
	printf '   %s$ %s%s\n' "$DIM" "$*" "$OFF"
	on_owner --tty "${args[@]}" "$@" </dev/null 2>&1 | indent
	rc=${PIPESTATUS[0]}
	tick "looking at what came of it"
	return "$rc"
}

# waiting WHAT WORD...: wait_sync with something to see
waiting() {
	local what=$1 from=$SECONDS pid rc
	shift
	wait_sync "$@" &
	pid=$!
	if [ -t 1 ]; then
		while kill -0 "$pid" 2>/dev/null; do
			tick "until $what, $((SECONDS - from)) s"
			sleep 0.5
		done
		untick
	fi
	wait "$pid"
	rc=$?
	return $rc
}

# starting: what stage_up is at, as it says it
starting() {
	local from=$SECONDS at='' now
	while sleep 0.5; do
		now=$(tail -qn 1 "$STAGE/start.log" 2>/dev/null)
		if [ -t 2 ]; then
			printf '\r\e[K   … %s, %d s ' "${now:-starting}" $((SECONDS - from)) >&2
		elif [ "$now" != "$at" ]; then
			say "… $now" >&2
			at=$now
		fi
	done
}

# leave_stage: what the handset wrote stays where something went wrong
leave_stage() {
	local rc=$?
	stage_down
	# 143: somebody has seen enough
	[ $rc = 0 ] || [ $rc = 143 ] && rm -rf "$STAGE" || echo "   what the parts wrote: $STAGE"
	exit $rc
}

# settle: what ended until now is known; await_run: until one more run has ended
LAST_RUN=0
ended_run() {
	sim history --json </dev/null 2>/dev/null |
		jq -r 'first(.[] | select(.end != null) | .run) // 0' 2>/dev/null
}
settle() { LAST_RUN=$(ended_run); LAST_RUN=${LAST_RUN:-0}; }
await_run() {
	local what=$1 from=$SECONDS run rc=1
	while [ $((SECONDS - from)) -lt "${WAIT_SECONDS:-120}" ]; do
		tick "until $what, $((SECONDS - from)) s"
		run=$(ended_run)
		if [ "${run:-0}" -gt "$LAST_RUN" ]; then
			LAST_RUN=$run rc=0
			break
		fi
		sleep 0.3
	done
	untick
	return $rc
}

now_ns() { python3 -c 'import time; print(time.monotonic_ns())'; }
ms() { awk -v a="$1" -v b="$2" 'BEGIN { printf "%.0f ms", (b - a) / 1e6 }'; }
seconds() { awk -v a="$1" -v b="$2" 'BEGIN { printf "%.1f s", (b - a) / 1e9 }'; }
count_of() { card_ask "$1" count | tr ' ' '\n' | sed -n "s/^$2=//p"; }

# insert NAME: into the slot; INSERTED is the edge's time
insert() {
	INSERTED=$(wire insert "$STAGE/$1.sock") || fail "the SIM does not fit"
	INSERTED=${INSERTED#ok }
}

# event_since NS NAME: time of the first such event after NS, in host time
event_since() {
	local i t
	for i in $(seq 100); do
		t=$(awk -v from="$1" -v name="$2" '$1 > from && index($0, name) { print $1; exit }' "$STAGE/events")
		[ -n "$t" ] && { echo "$t"; return; }
		sleep 0.1
	done
	return 1
}

# Radicale keeps a file a contact, and a cache that is not counted.
dav_files() { find "$STAGE/servers/radicale/collections" -path '*/.Radicale.cache' -prune -o -name '*.vcf' -print; }
dav_contacts() { dav_files | wc -l; }
dav_has() { dav_files | tr '\n' '\0' | xargs -0 grep -qF -- "$1"; }
# book NAME: the SIM's phonebook as it is in its chips
book() { "$STAGE_B/simcard" show "$STAGE/$1.state" | sed -n '/5F3A\/4F3A /,/5F3A\/4F4A /p' | grep '"'; }
# leave: the SIM is pulled and the run that comes of it ends
leave() {
	settle
	card_out
	await_run "the phone notices that the SIM is gone" || fail "the removal made no run"
	same "cat /sys/class/simslot/simslot0/state" empty "$(slot_attr state)"
}
same() { [ "$2" = "$3" ] && good "$1: $3" || fail "$1: $3, should be $2"; }

# ---- the play ---------------------------------------------------------------

echo "${BOLD}simsync: a SIM put into the handset is synced${OFF}"
began=$(now_ns)

step "The handset starts (arm64, Debian's stock kernel $("$STAGE_TOP/scripts/kernel.sh" arm64 6.1 | tail -n 1), systemd; slot empty)"
untick
starting &
watcher=$!
STAGE_PIDS+=("$watcher")
STAGE_END=leave_stage
stage_up 2>"$STAGE/start.log"
rc=$?
kill "$watcher" 2>/dev/null
wait "$watcher" 2>/dev/null
[ ! -t 2 ] || printf '\r\e[K' >&2
[ $rc = 0 ] || { cat "$STAGE/start.log"; echo "the handset did not start"; exit 1; }
card_up a "$IMAGES/card-a.card" || exit 1
card_up b "$IMAGES/card-b.card" || exit 1
# a subscription of its own: SIM A's ICCID on another card would be SIM A emptied
sed 's/89490200001234567896/89490200005555444433/' "$IMAGES/euicc.card" >"$STAGE/e.card"
card_up e "$STAGE/e.card" || exit 1
(ON_SECONDS=3600 on simsync events </dev/null 2>/dev/null |
	python3 -uc 'import sys, time
for line in sys.stdin:
    print(time.monotonic_ns(), line, end="")' >"$STAGE/events") &
STAGE_PIDS+=($!)
good "up after $(seconds "$began" "$(now_ns)"), with building what was missing"
same "cat /sys/class/simslot/simslot0/state" empty "$(slot_attr state)"
shown simsync status

step "The owner names the server"
say "(/etc/simsync/simsync.conf, by who built the phone: owner = \"owner\";)"
on sh -c 'echo "owner = \"owner\";" >>/etc/simsync/simsync.conf' </dev/null || fail "no configuration"
typed assword "$SERVER_PASSWORD" -- simsync remote add http://10.0.2.100:5232/owner/contacts/ \
	--webdav http://10.0.2.100:5280/dav/ --user owner --plain || fail "the server was not accepted"

step "SIM A goes in: 40 contacts, 5 messages. It is new here, so the person is asked first"
insert a
waiting "SIM A is found" ask || fail "nobody was asked"
t=$(event_since "$INSERTED" card-ready) || fail "the kernel did not say card-ready"
figure "card detect to card-ready (debounce 50 ms)" "$(ms "$INSERTED" "$t")"
same "sync_state" ask "$(slot_attr sync_state)"
say "sync_detail: $(slot_attr sync_detail)"
same "commands the SIM has had (SELECT and READ of EF_ICCID)" 2 "$(count_of a apdus)"
settle
agreed=$(now_ns)
ON_SECONDS=200 typed assword "$OWNER_PASSWORD" "[both]" both -- simsync card enroll || fail "not enrolled"
WAIT_SECONDS=180 waiting "SIM A is synced" ok || fail "not synced"
synced=$(now_ns)
await_run "the run ends" || fail "no run"
figure "SIM A: consent to synced everywhere" "$(seconds "$agreed" "$synced")"
figure "SIM A: APDUs, characters on the wire" "$(count_of a apdus), $(count_of a bytes)"
same "contacts in the phone" 40 "$(sim contacts list --json </dev/null | jq length)"
# One of them is long: shown as one, held by the card and the server in two parts.
same "messages in the phone, the long one by its two parts" 5 \
	"$(sim sms list --json </dev/null | jq 'map(.parts // 1) | add')"
same "contacts on the server (Radicale)" 40 "$(dav_contacts)"
same "messages on the server (Apache)" 5 "$(find "$STAGE/servers/apache/files" -name '*.ndjson' -exec cat {} + | grep -c '"tpdu"\|TPDU')"
shown simsync status

step "A contact is edited on the phone"
before=$(count_of a apdus)
settle
edited=$(now_ns)
shown simsync contacts edit 'Oma Hilde' --phone +494121555666 || fail "not edited"
await_run "the edit goes out" || fail "no run came of it"
same "simsync history says why" "changed on the phone" \
	"$(sim history --json </dev/null | jq -r 'first(.[] | select(.end != null) | .trigger)')"
figure "edit on the phone to on the SIM and server" "$(seconds "$edited" "$(now_ns)")"
figure "  APDUs of that run" "$(($(count_of a apdus) - before))"
book a | grep 'Oma Hilde' | grep -qF +494121555666 || fail "the SIM does not have it"
good "on the SIM, read back:$(book a | grep 'Oma Hilde')"
dav_has +494121555666 && good "on the server" || fail "the server does not have it"

step "SIM A is pulled out, edited by another phone (one that does not count its edits), put back"
leave
taxi=$(book a | sed -n 's/^ *\([0-9]*\) .*"Taxi".*/\1/p')
card_edit a contact "$taxi" tel=+493044332211 >/dev/null || fail "the other phone could not"
good "edited elsewhere:$(book a | grep '"Taxi"')"
before=$(count_of a apdus)
settle
insert a
await_run "the SIM is synced" || fail "no run"
waiting "the SIM is synced" ok || fail "not synced"
figure "insert to synced, one record edited elsewhere" "$(seconds "$INSERTED" "$(now_ns)")"
figure "  APDUs of that run" "$(($(count_of a apdus) - before))"
shown simsync contacts show Taxi
sim contacts show Taxi </dev/null | grep -qF +493044332211 && good "the edit is on the phone" || fail "not on the phone"
dav_has +493044332211 && good "and on the server" || fail "not on the server"

step "SIM B goes in: new, empty, with room for names of 14 bytes"
leave
insert b
waiting "SIM B is found" ask || fail "nobody was asked"
say "sync_detail: $(slot_attr sync_detail)"
settle
ON_SECONDS=200 typed assword "$OWNER_PASSWORD" "[both]" fill -- simsync card enroll || fail "not enrolled"
await_run "SIM B is filled" || fail "not filled"
waiting "SIM B is filled" ok partial || fail "not filled"
same "contacts on SIM B" 40 "$(book b | wc -l)"
figure "SIM B filled: APDUs, characters on the wire" "$(count_of b apdus), $(count_of b bytes)"
say "cut to what fits, on the SIM:$(book b | grep 'Arbeit Z')"
shown simsync contacts show 'Arbeit Zentrale' || fail "the cut name came back"
settle
shown simsync sync || fail "the second run failed"
same "simsync plan, after it" "ok: nothing to do" "$(sim plan </dev/null | head -n 1)"
same "contacts in the phone, names whole" 40 "$(sim contacts list --json </dev/null | jq length)"
same "contacts on the server" 40 "$(dav_contacts)"
dav_has 'Arbeit Zentrale' && good "the server has the whole name" || fail "the server lost the name"

step "An eUICC goes in and switches its profile while it stays in the slot"
leave
insert e
waiting "the eUICC is found" ask ok || fail "it was not found"
settle
ON_SECONDS=200 typed assword "$OWNER_PASSWORD" "[both]" pull -- simsync card enroll || fail "not enrolled"
await_run "the profile is read" || fail "no run"
epoch=$(slot_attr epoch)
shown simsync esim list || fail "no profiles"
settle
from=$(now_ns)
typed assword "$OWNER_PASSWORD" -- simsync esim enable 89331000005555666677 || fail "not switched"
t=$(event_since "$from" profile-switched) || fail "the kernel did not notice the switch"
figure "profile switch: command, with its password, to event" "$(ms "$from" "$t")"
good "the kernel says profile-switched; epoch $epoch -> $(slot_attr epoch), profile_switches $(slot_attr profile_switches)"
waiting "the new profile is asked about" ask || fail "nobody was asked about the new profile"
shown simsync status

untick
echo
echo "${BOLD}Measured${OFF} (QEMU's emulated processor, on this machine as busy as it is)"
for f in "${FIGURES[@]}"; do echo "   $f"; done
echo
echo "Done in $(seconds "$began" "$(now_ns)")."
if [ "${INTERACTIVE:-0}" != 0 ]; then
	cat <<TEXT

The handset is running. Owner's password: $OWNER_PASSWORD. From another terminal:
   $STAGE_B/wire --ask $STAGE/wire.sock remove
   $STAGE_B/wire --ask $STAGE/wire.sock insert $STAGE/a.sock    (or b.sock, e.sock)
Try: simsync status, simsync contacts list, simsync plan. Leave the shell to end it.
TEXT
	"$STAGE_TOP/tests/board/handset.sh" shell "$STAGE/board" || true
fi
