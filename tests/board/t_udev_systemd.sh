#!/bin/bash
# SPDX-License-Identifier: MIT
# boards: arm64-6.1
# timeout: 1500
# What a SIM starts on a handset with systemd: a card on the wire, the slot's driver, the
# kernel's events, udev, systemd, the broker, PAM. No server: SIM and phone only.
. "$(dirname "$0")/tap.sh"
. "$(dirname "$0")/../e2e/stage.sh"
STAGE=${TMPDIR:-/tmp}/s
IMAGES=$STAGE_TOP/tests/card/images
WAIT_SECONDS=${WAIT_SECONDS:-90}
trap stage_down EXIT
trap 'exit 143' TERM INT HUP
mkdir -p "$STAGE"

# board_up [CARD]: the handset, switched on with this card in its slot
board_up() {
	rm -f "$STAGE"/board/*.sock "$STAGE/wire.sock"
	(
		until [ -S "$STAGE/board/qmp.sock" ]; do sleep 0.05; done
		exec "$STAGE_B/wire" --qtest "$STAGE/board/qtest.sock" \
			--qmp "$STAGE/board/qmp.sock" --control "$STAGE/wire.sock" 2>&1
	) >>"$STAGE/wire.log" 2>&1 &
	STAGE_PIDS+=($!)
	(
		until [ -S "$STAGE/wire.sock" ] && card_in "$1" 2>/dev/null; do sleep 0.1; done
	) &
	STAGE_PIDS+=($!)
	"$STAGE_TOP/tests/board/handset.sh" start "$STAGE/board"
}

# runs: number of the last run. quiet: nothing waits and nothing runs.
runs() { sim history --json </dev/null | jq '[.[].run] | max // 0'; }
# shellcheck disable=SC2016 # expanded on the handset
quiet() {
	on sh -c 'udevadm settle
		for i in $(seq 600); do
			if [ ! -e /run/simsync/trigger ] && [ ! -e /run/simsync/trigger.run ] &&
			   [ "$(systemctl is-active simsync.service)" != activating ]; then
				exit 0
			fi
			sleep 0.1
		done
		echo "something still runs" >&2; exit 1' </dev/null
}
apdus() { card_ask "$1" count | tr ' ' '\n' | sed -n 's/^apdus=//p'; }
book() { "$STAGE_B/simcard" show "$STAGE/$1.state" | grep '"'; }
# book_has CARD TEXT: at most a minute from now
book_has() {
	local end=$((SECONDS + WAIT_SECONDS))
	until book "$1" | grep -qF -- "$2"; do
		[ "$SECONDS" -lt "$end" ] || return 1
		sleep 0.2
	done
}
say() { slot_attr sync_state; }
# says WORD TEXT: after at most WAIT_SECONDS that is sync_state, and TEXT in sync_detail
says() {
	local detail
	wait_sync "$1" || return
	detail=$(slot_attr sync_detail)
	case $detail in *"$2"*) return 0 ;; esac
	echo "sync_detail is: $detail"
	return 1
}

make -s -C "$STAGE_TOP" B="$STAGE_B" "$STAGE_B/simcard" "$STAGE_B/wire" >&2 ||
	{ echo "Bail out! does not build"; exit 1; }
for i in a pin-on pin-last; do
	f=$IMAGES/$i.card
	[ -e "$f" ] || f=$IMAGES/card-$i.card
	card_up "$i" "$f" --trace "$STAGE/$i.trace" || { echo "Bail out! no card"; exit 1; }
done

# ---- a SIM that sits in the phone at boot ----------------------------------------------
board_up a || { echo "Bail out! the handset does not start"; exit 1; }
check "a SIM in the slot at boot is found and asked about" says ask "card enroll"
same "the slot is ready" ready "$(slot_attr state)"
same "and was sent what EF_ICCID takes and no more: SELECT, READ BINARY" 2 "$(apdus a)"
out=$(on_owner sh -c "printf 'wrong\n' | simsync card enroll --stdin" </dev/null 2>&1)
same "a wrong password: refused" 77 $?
printf '%s\n' "$out" | diag
same "still nothing more was sent to the SIM" 2 "$(apdus a)"
same "and nothing is enrolled" ask "$(say)"

ON_SECONDS=180 check "the right one enrolls and syncs" on_owner sh -c \
	"printf '%s\nboth\n' '$OWNER_PASSWORD' | simsync card enroll --stdin"
check "the slot says ok" says ok ""
same "the contacts are in the phone" 40 "$(sim contacts list --json </dev/null | jq length)"

# ---- ten times out and in --------------------------------------------------------------
quiet
before=$(runs)
bad=
from=$SECONDS
for _ in 1 2 3 4 5 6 7 8 9 10; do
	card_out; wait_sync idle || bad=1; quiet
	card_in a; wait_sync ok || bad=1; quiet
done
echo "# ten times out and in took $((SECONDS - from)) s"
same "ten times out and in, each noticed" "" "$bad"
same "that is ten and ten runs" 20 $(($(runs) - before))

# ---- events while a run is under way ---------------------------------------------------
# A run waits for the store as long as this import does.
before=$(runs)
on sh -c 'mkfifo -m 666 /run/hold; sleep 600 >/run/hold & echo $! >/run/hold.pid' </dev/null
on_owner sh -c 'simsync contacts import /run/hold' </dev/null >/dev/null 2>&1 &
hold=$!
sleep 1
card_out
on sh -c 'until [ "$(systemctl is-active simsync.service)" = activating ]; do sleep 0.1; done; udevadm settle' </dev/null
for _ in 1 2 3; do card_in a; on udevadm settle </dev/null; sleep 1; card_out; sleep 0.5; done
card_in a
on sh -c 'sleep 1; udevadm settle; kill $(cat /run/hold.pid); rm /run/hold /run/hold.pid' </dev/null
wait $hold
wait_sync ok; quiet
same "seven events while a run is under way are exactly one more" 2 $(($(runs) - before))

before=$(runs)
on sh -c 'for w in conflict idle held ok; do echo $w >/sys/class/simslot/simslot0/sync_state; done; udevadm settle; sleep 2' </dev/null
quiet
same "what is written to sync_state starts no run" "$before" "$(runs)"

# ---- the mirrored folder, as the owner's user service ----------------------------------
uid=$(on id -u owner </dev/null)
user() { on_owner env XDG_RUNTIME_DIR="/run/user/$uid" systemctl --user "$@" </dev/null; }
folder=.local/share/simsync/contacts
on loginctl enable-linger owner </dev/null
on sh -c "until [ -S /run/user/$uid/systemd/private ]; do sleep 0.1; done" </dev/null
check "the owner starts the folder's service" user enable --now simsync-folder
check "every contact is a file" on_owner sh -c \
	"cd; for i in \$(seq 300); do n=\$(ls $folder 2>/dev/null | wc -l); [ \$n = 40 ] && exit 0; sleep 0.1; done; echo \$n; exit 1"
same "that only the owner can read" "700 600" "$(on_owner sh -c "cd; stat -c %a $folder \"\$(ls -d $folder/* | head -n 1)\" | xargs" </dev/null)"
quiet
before=$(runs)
check "a file is edited by hand" on_owner sh -c \
	"cd; f=\$(grep -l Taxi $folder/*) && sed -i s/22456/22457/ \"\$f\""
check "and the SIM has it" book_has a 22457
sleep 1; quiet
same "by one run" 1 $(($(runs) - before))
check "an edit on the phone" sim contacts edit Taxi --phone 22458
check "is in the file" on_owner sh -c \
	"cd; for i in \$(seq 300); do grep -q 22458 $folder/* && exit 0; sleep 0.1; done; exit 1"
check "and on the SIM" book_has a 22458

# ---- switched off and on ---------------------------------------------------------------
quiet
"$STAGE_TOP/tests/board/handset.sh" stop "$STAGE/board"
board_up a || { echo "Bail out! the handset does not start again"; exit 1; }
check "after a reboot the owner is waited for" says auth-required unlock
n=$(apdus a)
check "unlock" on_owner sh -c "printf '%s\n' '$OWNER_PASSWORD' | simsync unlock --stdin"
check "resumes what waited" says ok ""
[ "$(apdus a)" -gt "$n" ] && ok "with the SIM" || not_ok "with the SIM"

# ---- asked each time -------------------------------------------------------------------
on sed -i 's/^policy = .*/policy = "strict";/' /etc/simsync/simsync.conf </dev/null
quiet; card_out; wait_sync idle; quiet
card_in a
check "policy strict: an enrolled SIM is asked for at its insertion" says ask "asked for at each insertion"
quiet
check "and is synced when the owner says so" on_owner sh -c \
	"printf '%s\n' '$OWNER_PASSWORD' | simsync sync --stdin"
check "then the slot says ok" says ok ""
on sed -i 's/^policy = .*/policy = "unlock";/' /etc/simsync/simsync.conf </dev/null

# ---- PINs ------------------------------------------------------------------------------
quiet; card_out; wait_sync idle; quiet
card_in pin-on
check "a SIM with a PIN is new here" says ask "card enroll"
quiet
out=$(ON_SECONDS=180 on_owner --tty --type assword "$OWNER_PASSWORD" --type 'PIN of SIM' 86429753 \
	--type 'PIN of SIM' 1234 simsync card enroll --policy pull </dev/null 2>&1)
same "its PIN is asked for on the terminal, again after a wrong one" 0 $?
printf '%s\n' "$out" | diag
case $out in *"wrong PIN; 2 tries left"*) ok "and it is told what is left" ;; *) not_ok "and it is told what is left" ;; esac
case $out in *1234* | *86429753*) not_ok "a PIN is not shown" ;; *) ok "a PIN is not shown" ;; esac
check "then the SIM is read" says ok ""
# 1234 may stand in a number; nobody but the one who typed it knows 86429753
# shellcheck disable=SC2016 # expanded on the handset
same "no PIN that was typed is on the disk or in the journal" '' "$(on sh -c '
	grep -rlaF 86429753 /var/lib/simsync /run/simsync /etc/simsync /tmp
	journalctl -b --no-pager -o export -u "simsync*" | grep -aF "MESSAGE=" | grep -F 86429753' </dev/null)"
quiet; card_out; wait_sync idle; quiet
card_in pin-last
check "a SIM with one try left is new here" says ask "card enroll"
quiet
out=$(ON_SECONDS=60 on_owner --tty --type assword "$OWNER_PASSWORD" simsync card enroll --policy pull </dev/null 2>&1)
same "it is refused without a question" 77 $?
case $out in *"one try is left for PIN1"*) ok "with a sentence that says so" ;; *) not_ok "with a sentence that says so" ;; esac
printf '%s\n' "$out" | diag
same "and no try was spent: VERIFY with a PIN was never sent" 0 \
	"$(grep -c 'VERIFY.*\*\*' "$STAGE/pin-last.trace")"
finish
