#!/bin/bash
# SPDX-License-Identifier: MIT
# broker_inside.sh STAGE TOOLS: runs on the amd64 board (t_broker.sh starts it). The
# helper of STAGE is installed over the board's root, udevd runs our rule, cards are
# software cards behind /dev/simslot-proxy. No init system: udev's launcher detaches.
. "$(dirname "$0")/tap.sh"
stage=$1 tools=$2
images=$TAP_TOP/tests/card/images
slot=/sys/class/simslot/simslot0
work=$(mktemp -d)
chmod 755 "$work"

cp -a "$stage"/. /
groupadd -r simsync
useradd -r -g simsync -d / -s /usr/sbin/nologin simsync
useradd -m -s /bin/bash anna
useradd -m -s /bin/bash bert
echo 'anna:correct horse' | chpasswd
echo 'bert:battery staple' | chpasswd
# Emptied, not made anew: an overlay needs attributes for that, which a tmpfs need not have.
rm -rf /run/simsync
mkdir -p /var/lib/simsync
find /var/lib/simsync -mindepth 1 -delete
chown root:root /var/lib/simsync
udevadm control --reload

say() { sleep "${1:-0}"; cat "$slot/sync_state"; }

# until SECONDS COMMAND: it becomes true
until_true() {
	local end=$((SECONDS + $1))
	shift
	until "$@"; do
		[ $SECONDS -lt $end ] || return 1
		sleep 0.1
	done
}
state_is() { [ "$(cat "$slot/sync_state")" = "$1" ]; }
# nothing waits, nothing runs
quiet() {
	udevadm settle
	[ ! -e /run/simsync/trigger ] && [ ! -e /run/simsync/trigger.run ] &&
		flock -n /run/simsync/run.lock true && ! state_is running
}
runs() { simsync history --json | jq length; }
ready_runs() { simsync history --json | jq '[.[] | select(.trigger | test("card-ready"))] | length'; }
as_anna() { su anna -s /bin/bash -c "$*"; }
card() { echo "$*" >&8; read -r answer <&9; [ "$answer" = ok ] || { echo "# card: $answer"; return 1; }; }

modprobe simslot
modprobe simslot-proxy
same "status without a slot says so" "no SIM slot (is the kernel module simslot loaded?)" \
	"$(simsync status | head -n 1)"

mkfifo "$work/in" "$work/out"
"$tools/proxycard" <"$work/in" >"$work/out" 2>"$work/err" &
exec 8>"$work/in" 9<"$work/out"
read -r answer <&9
same "a slot served by a process" "slot 0" "$answer"
for i in a b; do cp "$images/card-$i.card" "$work/$i.card"; done

# ---- a card that nobody knows ---------------------------------------------------------
card insert "$work/a.card"
until_true 10 state_is ask
same "an unknown card with no owner: asked, not read" "ask" "$(cat "$slot/sync_state")"
until_true 10 quiet
apdus() { echo count >&8; read -r answer <&9; echo "$answer"; }
# The kernel's own two: SELECT and READ BINARY of EF_ICCID (2FE2).
same "and nothing but the kernel's reading of EF_ICCID is sent to it" 2 "$(apdus)"

out=$(as_anna simsync contacts list 2>&1); rc=$?
same "without an owner nobody reads contacts" 78 $rc
out=$(as_anna "printf 'wrong\n' | simsync card enroll --stdin" 2>&1); rc=$?
same "a wrong password enrolls nothing" 77 $rc
printf '%s\n' "$out" | diag
same "and makes nobody the owner" "no" "$([ -e /var/lib/simsync/owner ] && echo yes || echo no)"

out=$(as_anna "printf 'correct horse\nboth\n' | simsync card enroll --stdin --no-sync" 2>&1); rc=$?
printf '%s\n' "$out" | diag
same "the right one enrolls (pam_unix)" 0 $rc
same "the enrolled list is root's alone" "600 root" "$(stat -c '%a %U' /var/lib/simsync/cards.conf)"
same "who enrolled first is the owner" "$(id -u anna)" "$(cat /var/lib/simsync/owner)"

out=$(su bert -s /bin/bash -c "simsync contacts list" 2>&1); rc=$?
same "another user is refused" 77 $rc
out=$(su bert -s /bin/bash -c "simsync status" 2>&1); rc=$?
same "but may see the state" 0 $rc
case $out in *8949*) not_ok "without the identity" ;; *) ok "without the identity" ;; esac

# ---- unlocked and enrolled: a run reads it -------------------------------------------
out=$(as_anna simsync sync 2>&1); rc=$?
printf '%s\n' "$out" | diag
same "the owner's sync of an enrolled card" 0 $rc
same "contacts are in the phone" 40 "$(as_anna simsync contacts list --json | jq length)"
same "the slot says ok" ok "$(cat "$slot/sync_state")"
same "the worker's folder is the worker's alone" "700 simsync" \
	"$(stat -c '%a %U' "/var/lib/simsync/$(id -u anna)")"

# ---- ten insertions, ten runs ---------------------------------------------------------
card remove; until_true 10 state_is idle; until_true 10 quiet
before=$(runs) ready=$(ready_runs)
for _ in 1 2 3 4 5 6 7 8 9 10; do
	card insert "$work/a.card"
	until_true 20 state_is ok; until_true 20 quiet
	card remove
	until_true 20 state_is idle; until_true 20 quiet
done
after=$(runs)
same "ten insertions and ten removals start twenty runs" 20 $((after - before))
same "ten of them for card-ready" 10 $(($(ready_runs) - ready))
sleep 2; until_true 10 quiet
same "and none starts itself" "$after" "$(runs)"

# ---- an insertion during a run: exactly one more --------------------------------------
card insert "$work/a.card"; until_true 10 state_is ok; until_true 10 quiet
before=$(runs)
(
	flock 7
	echo "simslot0 card-ready" >>/run/simsync/trigger
	for _ in 1 2 3 4 5; do
		ACTION=change SIMSLOT_EVENT=card-ready SIMSLOT_STATE=ready \
			DEVPATH=/devices/virtual/simslot/simslot0 /usr/lib/udev/simsync-launch
	done
) 7>/run/simsync/run.lock
# whoever held the lock looks after the token when it lets go
simsync run --udev
until_true 20 quiet
same "five events during a run are one more" $((before + 1)) "$(runs)"

# ---- locked ---------------------------------------------------------------------------
card remove; until_true 10 state_is idle; until_true 10 quiet
rm /run/simsync/unlocked
card insert "$work/a.card"
until_true 10 state_is auth-required
same "not unlocked since boot: auth-required" auth-required "$(cat "$slot/sync_state")"
until_true 10 quiet
same "and of it nothing but EF_ICCID has been read" 2 "$(apdus)"
printf 'correct horse\n' >"$work/pw"; chmod 644 "$work/pw"
out=$(as_anna "simsync unlock --stdin <$work/pw" 2>&1); rc=$?
printf '%s\n' "$out" | diag
same "unlock" 0 $rc
same "resumes what waited" ok "$(cat "$slot/sync_state")"

# ---- a card that does not answer ------------------------------------------------------
card remove; until_true 10 state_is idle; until_true 10 quiet
card mute
until_true 10 state_is error; until_true 10 quiet
same "a card that does not answer: the kernel says mute" mute "$(cat "$slot/state")"
same "and the run says error" error "$(cat "$slot/sync_state")"
case $(cat "$slot/sync_detail") in
*"take it out"*) ok "with the way out" ;;
*) not_ok "with the way out"; diag <"$slot/sync_detail" ;;
esac
# It is no reason to ask anybody, and nothing of the phone's is touched.
same "the phone keeps its contacts" 40 "$(as_anna simsync contacts list --json | jq length)"

exec 8>&- 9<&-
finish
