#!/bin/bash
# SPDX-License-Identifier: MIT
# card_inside.sh STAGE TOOLS: runs on the amd64 board (t_card_commands.sh starts it).
. "$(dirname "$0")/tap.sh"
stage=$1 tools=$2
images=$TAP_TOP/tests/card/images
slot=/sys/class/simslot/simslot0
work=$(mktemp -d)
chmod 777 "$work"

cp -a "$stage"/. /
groupadd -r simsync
useradd -r -g simsync -d / -s /usr/sbin/nologin simsync
useradd -m -s /bin/bash anna
echo 'anna:correct horse' | chpasswd
rm -rf /var/lib/simsync /run/simsync
mkdir -p /var/lib/simsync
udevadm control --reload

until_true() {
	local end=$((SECONDS + $1))
	shift
	until "$@"; do
		[ $SECONDS -lt $end ] || return 1
		sleep 0.3
	done
}
# nothing waits, nothing runs; the board is slow: no process that is not needed
quiet() {
	local state
	[ ! -e /run/simsync/trigger ] && [ ! -e /run/simsync/trigger.run ] &&
		read -r state <"$slot/sync_state" && [ "$state" != running ] &&
		flock -n /run/simsync/run.lock true
}
# sim ARGS...: as the owner; answers are lines of $typed
typed=
anna() { HOME=/home/anna setpriv --reuid anna --regid anna --init-groups simsync "$@"; }
said() { local rc=$?; [ $rc = 0 ] || cat "$work/err" >&2; return $rc; }
sim() { printf '%b' "$typed" | anna "$@" --stdin 2>"$work/err" || said; }
# with FILE ARGS...: the same without answers; FILE is what it reads
with() { local f=$1; shift; anna "$@" <"$f" 2>"$work/err" || said; }
# json WHAT ARGS...: jq's WHAT of what it says
json() { local what=$1; shift; sim "$@" --json | jq -rc "$what" 2>&1; }
names() { json "[.[] | select(.name == \"$1\")] | length" contacts list "${@:2}"; }
last_run() { json 'map(.run) | max' history; }

modprobe simslot && modprobe simslot-proxy || exit 1
mkfifo "$work/in" "$work/out"
"$tools/proxycard" <"$work/in" >"$work/out" 2>"$work/proxy" &
exec 8>"$work/in" 9<"$work/out"
read -r answer <&9
cp "$images/card-a.card" "$work/"
cat >"$work/a.card" <<'CARD'
include card-a.card
pin2 5678 puk=12345678
fdn "Amt" +49301
# an address no contact has: another phone left it
put usim/5F3A/4F50 100 6140622EFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFF
CARD
echo "insert $work/a.card" >&8
read -r answer <&9
same "a card in the slot" ok "$answer"
until_true 20 grep -q ask "$slot/sync_state"
typed='correct horse\nboth\n'
check "it is enrolled" sim card enroll --no-sync
typed=
check "and synced" sim sync

# ---- contacts -------------------------------------------------------------------------
same "the card's contacts are listed" 40 "$(json length contacts list --card)"
# FN, two TEL, EMAIL, CATEGORIES
same "and found by name" 5 "$(json '.properties | length' contacts show 'anna müller' --card)"
# The names of this card have 18 bytes.
same "one is added; what was cut is named" '["FN","NOTE"]' \
	"$(json .lost contacts add 'Alexandra Hamilton II' --phone '+49 30 555' --note x --card)"
until_true 60 quiet
same "it is on the card, as it fits" 1 "$(names 'Alexandra Hamilton' --card)"
same "and with the run behind it in the phone" 1 "$(names 'Alexandra Hamilton')"
run=$(last_run)
same "the same again is not doubled" 73 "$(sim contacts add 'Alexandra Hamilton II' --phone '+49 30 555' --card >/dev/null; echo $?)"
# Undoing a run leaves what was added where the person had put it.
typed='correct horse\n'
check "the run that took it over is undone" sim undo "$run"
typed=
until_true 60 quiet
same "it is off the phone" 0 "$(names 'Alexandra Hamilton')"
check "and removed from the card by hand" sim contacts rm 'Alexandra Hamilton' --card
same "it is off the card" 0 "$(names 'Alexandra Hamilton' --card)"
check "one is changed on the card" sim contacts edit Taxi --phone 19410 --card
until_true 60 quiet
same "the phone has the change" 1 "$(json '[.[] | select(.phone == "19410")] | length' contacts list)"
run=$(last_run)
typed='correct horse\n'
check "that is undone" sim undo "$run"
typed=
until_true 60 quiet
same "on the card too" 22456 "$(json '.[] | select(.name == "Taxi") | .phone' contacts list --card)"
check "one is removed from the card" sim contacts rm Mailbox --card
until_true 60 quiet
same "and so from the phone" 0 "$(names Mailbox)"
sim contacts export --card >"$work/all.vcf"
same "all are exported" 39 "$(grep -c '^BEGIN:VCARD' "$work/all.vcf")"
same "or those that are meant" 1 "$(json length contacts export zahnarzt --card)"
printf 'BEGIN:VCARD\r\nVERSION:3.0\r\nFN:Neu\r\nTEL:4711\r\nEND:VCARD\r\n' >>"$work/all.vcf"
same "a file is imported; what is there is not doubled" '{"added":1,"cut":0,"there":39,"refused":0}' \
	"$(with "$work/all.vcf" contacts import - --card --json | jq -c .)"
until_true 60 quiet

same "a record no contact uses is found" '[1,false]' "$(json '[.left_behind, .freed]' card check)"
same "and freed" '[1,true]' "$(json '[.left_behind, .freed]' card check --free)"
same "it is gone" 0 "$(json .left_behind card check)"

# ---- messages -------------------------------------------------------------------------
same "of five records the parts of one are one" 4 "$(json length sms list --card)"
same "it is shown whole" "Привет, до завтра! Олег" "$(json .text sms show sms/5 --card)"
sim sms export --card >"$work/sms.json"
same "all records are exported" 5 "$(wc -l <"$work/sms.json")"
same "it is removed with its parts" 2 "$(json .records sms rm sms/4 --card)"
same "and put back from the file" '{"added":2,"there":3,"refused":0}' \
	"$(with "$work/sms.json" sms import - --card --json | jq -c .)"
until_true 60 quiet
same "it is marked with its parts" 2 "$(json .records sms mark sms/4 unread --card)"
same "on the card" '["unread",5]' \
	"$(sim sms list --card --json | jq -c '[(.[] | select(.ref == "sms/4") | .status), length + 1]')"
until_true 60 quiet
same "reading has deleted nothing" 5 "$(sim sms export --card | wc -l)"

# ---- fixed dialling numbers -----------------------------------------------------------
typed='9999\n5678\n'
check "a fixed number is added with PIN2, at the second try" \
	sim contacts add Feuerwehr --phone 112 --card --list fdn
typed=
same "it is in the list" '["Amt","Feuerwehr"]' "$(json 'map(.name)' contacts list --card --list fdn)"
same "and not in the phonebook of the phone twice" 1 "$(names Feuerwehr)"
# Nobody there to answer: EX_NOINPUT.
same "without PIN2 nothing is written" 66 "$(sim contacts rm Amt --card --list fdn >/dev/null; echo $?)"
same "other lists are only read" 64 "$(sim contacts rm x --card --list lnd >/dev/null; echo $?)"

# ---- information ----------------------------------------------------------------------
same "information names services, files and rights" '[true,true,"PIN1","PIN2"]' \
	"$(json '.[0] | [(.services | length > 5), (.files | length > 20), (.files[] | select(.file == "EF_FDN") | .read, .update)]' info)"
check "one's own number is written" sim info set --number +4917099 --languages fr
until_true 60 quiet
same "and there" '["+4917099","fr"]' "$(json '.[0] | [.MSISDN, .LANG]' info)"
with /dev/null contacts list --card --trace "$work/trace" >/dev/null
check "a trace tells each command" grep -q '^SELECT\|^READ RECORD' "$work/trace"

exec 8>&- 9<&-
finish
