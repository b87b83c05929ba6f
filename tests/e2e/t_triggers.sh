#!/bin/bash
# SPDX-License-Identifier: MIT
# boards: arm64-6.1
# check: full
# timeout: 1800
# T1 to T12 (design.md, Triggers): whatever happens, and wherever, is noticed without a
# command, and is everywhere it belongs afterwards. Rule R8 is on.
. "$(dirname "$0")/../board/tap.sh"
. "$(dirname "$0")/stage.sh"
. "$(dirname "$0")/world.sh"
STAGE=${STAGE:-${TMPDIR:-/tmp}/s}
export ON_SECONDS=150

# soon SECONDS COMMAND...: it succeeds before these are over
soon() {
	local end=$((SECONDS + $1))
	shift
	until "$@"; do
		[ "$SECONDS" -lt "$end" ] || return 1
		sleep 0.5
	done
}

has() { holds "$1" | grep -qxF -- "$2"; }
has_message() { messages "$1" | grep -qxF -- "$2"; }
lacks() { ! holds "$1" | grep -q "^$2 "; }
# arrives NAME X LINE, departs NAME X WHO: without a command, before NOTICE seconds
NOTICE=120
arrives() { check "$1" soon "$NOTICE" has "$2" "$3"; }
departs() { check "$1" soon "$NOTICE" lacks "$2" "$3"; }
# now NAME X LINE: it has it by now
now() { check "$1" has "$2" "$3"; }

# A SIM's own number: on it, in the phone, on the server.
own_on() { shown "$1" | sed -n 's/^ *1 *"" \(+[0-9]*\)$/\1/p' | head -n 1; }
number_is() { [ "$(own_on "$1")" = "$2" ]; }
own_in_phone() { sim info list --json </dev/null | jq -r --arg i "${WORLD_ICCID[$1]}" '.[] | select(.iccid == $i) | .number'; }
on_server() { grep -rqF -- "$1" "$STAGE/servers/apache/files"; }

place() { sim status --json </dev/null | jq -r --arg i "${WORLD_ICCID[$1]: -4}" "[.. | .places? // empty | .[] | select(.name | contains(\$i))][0].$2"; }
is_place() { [ "$(place "$1" "$2")" = "$3" ]; }

is_known() { place "$1" name | grep -qF "${WORLD_ICCID[$1]: -4}"; }
asked() { [ "$(on cat /sys/class/simslot/simslot2/sync_state </dev/null)" = ask ]; }

# elsewhere X LINE...: what another phone does to it, between taking it out and putting it in
elsewhere() {
	local x=$1 l
	shift
	case $x in
	P)
		card_out
		for l in "$@"; do card_ask p "$l" >/dev/null || return; done
		card_in p
		;;
	V)
		on sh -c '/root/slots 2 remove && /root/simcard edit /run/cards/esim.card "$@" &&
			/root/slots 2 insert /run/cards/esim.card' sh "$@" </dev/null >/dev/null
		;;
	esac
}
record() { shown "$1" | sed -n "s/^ *\([0-9]*\) *\"$2\" .*/\1/p"; }

T1_T2() {
	card_in p
	arrives "T1: a physical SIM that is put in is read: its contacts are on the server" S "Paula +493011100001"
	quiet
	now "T1: and in the phone" L "Pit +493011100002"
	now "T1: and on the virtual SIM" V "Pit +493011100002"
	now "T1: and it has theirs" P "Vera +493033300001"
	check "T1: its message is in the phone" has_message L +493011100001
	same "T1: it is here" here "$(place P state)"

	card_out
	check "T2: a physical SIM that is pulled is away" soon "$NOTICE" is_place P state away
	now "T2: what it held stays in the phone" L "Paula +493011100001"
	now "T2: and on the server" S "Paula +493011100001"
	sim contacts edit Paula --phone +493011100009 </dev/null >/dev/null
	arrives "T2: phone and server go on with what it last held" S "Paula +493011100009"
	quiet
	now "T2: it has not changed" P "Paula +493011100001"
	same "T2: and it is known what is due to it" 1 "$(place P due)"
	card_in p
	arrives "T2: it gets it when it is back" P "Paula +493011100009"
}

T5_T7() {
	quiet
	elsewhere P "edit contact $(record P Paula) tel=+493011100003" "del contact $(record P Pit)" \
		'add contact "Petra" +493011100004' 'msisdn "" +4915170000019 rec=1'
	arrives "T7: a contact edited on a physical SIM is on the server" S "Paula +493011100003"
	arrives "T7: one added there too" S "Petra +493011100004"
	departs "T7: one deleted there no more" S Pit
	quiet
	now "T7: the phone has the edit" L "Paula +493011100003"
	now "T7: and the new one" L "Petra +493011100004"
	check "T7: and not the deleted one" lacks L Pit
	now "T7: the other physical SIM has the edit" Q "Paula +493011100003"
	now "T7: and the virtual SIM" V "Petra +493011100004"
	same "T5: a physical SIM's own number edited on it is in the phone" +4915170000019 "$(own_in_phone P)"
	check "T5: and on the server" on_server +4915170000019
}

T6_T8() {
	elsewhere V "edit contact $(record V Vera) tel=+493033300003" "del contact $(record V Viktor)" \
		'add contact "Valentin" +493033300004' 'msisdn "" +4915170000039 rec=1'
	arrives "T8: a contact edited on a virtual SIM is on the server" S "Vera +493033300003"
	arrives "T8: one added there too" S "Valentin +493033300004"
	departs "T8: one deleted there no more" S Viktor
	quiet
	now "T8: the phone has the edit" L "Vera +493033300003"
	check "T8: and not the deleted one" lacks L Viktor
	now "T8: the physical SIM has the new one" P "Valentin +493033300004"
	same "T6: a virtual SIM's own number edited on it is in the phone" +4915170000039 "$(own_in_phone V)"
	check "T6: and on the server" on_server +4915170000039
}

T9_T10() {
	sim info edit 0011 --number +4915170000018 --label Dienst </dev/null >/dev/null
	check "T9: a SIM's number edited in the phone is on the SIM" soon "$NOTICE" number_is P +4915170000018
	check "T9: and on the server" soon "$NOTICE" on_server +4915170000018
	check "T9: the name it was given is on the server" on_server Dienst
	same "T9: and stays in the phone" Dienst "$(sim info list --json </dev/null | jq -r '.[] | select(.iccid | endswith("0011")) | .label')"

	quiet
	sim contacts edit Lena --phone +493055500003 </dev/null >/dev/null
	sim contacts add Leo --phone +493055500004 </dev/null >/dev/null
	sim contacts rm Lars </dev/null >/dev/null
	arrives "T10: a contact edited in the phone is on the physical SIM" P "Lena +493055500003"
	arrives "T10: one added there too" P "Leo +493055500004"
	departs "T10: one removed there no more" P Lars
	arrives "T10: the server has the edit" S "Lena +493055500003"
	quiet
	check "T10: the server has not what was removed" lacks S Lars
	now "T10: the virtual SIM has the edit" V "Lena +493055500003"
	folder=/home/owner/.local/share/simsync/contacts
	on systemd-run -q --uid=owner -E HOME=/home/owner simsync folder watch </dev/null
	check "T10: the vCard folder is filled" soon "$NOTICE" on sh -c "grep -q Leo $folder/*.vcf"
	quiet
	on_owner sh -c "sed -i s/+493055500004/+493055500005/ \$(grep -l Leo $folder/*.vcf)" </dev/null
	arrives "T10: a file of the vCard folder edited by hand is on the physical SIM" P "Leo +493055500005"
	arrives "T10: and on the server" S "Leo +493055500005"
}

T11_T12() {
	quiet
	vcard sven Sven +493066600003 | server_put sven.vcf
	vcard silke Silke +493066600004 | server_put silke.vcf
	curl -sSf -o /dev/null -u "owner:$SERVER_PASSWORD" -X DELETE "$(server_url siri.vcf)"
	number=$(own_on P)
	sed -i "s/$number/+4915170000017/" "$(grep -rlF -- "$number" "$STAGE/servers/apache/files")"
	arrives "T12: a contact edited on the server is on the physical SIM" P "Sven +493066600003"
	arrives "T12: one added there too" P "Silke +493066600004"
	departs "T12: one deleted there no more" P Siri
	quiet
	now "T12: the phone has the edit" L "Sven +493066600003"
	check "T12: and not the deleted one" lacks L Siri
	now "T12: the virtual SIM has the new one" V "Silke +493066600004"
	check "T11: a SIM's number edited on the server is on the SIM" soon "$NOTICE" number_is P +4915170000017
	same "T11: and in the phone" +4915170000017 "$(own_in_phone P)"
}

T3() {
	quiet
	on sh -c '/root/slots 2 remove && { echo; cat; } >>/run/cards/esim.card && /root/slots 2 insert /run/cards/esim.card' \
		>/dev/null <"$WORLD_CARDS/yvonne.profile"
	WORLD_ICCID[Y]=89490200007770000060
	check "T3: a virtual SIM that was added is known, though it was never on" soon "$NOTICE" is_known Y
	same "T3: it is away" away "$(place Y state)"
	quiet
	switch_to Y
	check "T3: switched on it is asked about, as every new SIM" soon "$NOTICE" asked
	enroll 2 && slots quiet && sim sync </dev/null >/dev/null
	now "T3: enrolled, what it holds is in the phone" L "Yvonne +493099900001"
	now "T3: and it has what the others hold" Y "Quirin +493022200001"
	switch_to V && quiet
}

# Wanda is switched on once, so that what it holds is known.
T4() {
	quiet
	switch_to W && quiet && switch_to V && quiet
	now "T4: before: the phone has what the other profile held" L "Wanda +493044400001"
	on_owner sh -c "printf '%s\n0045\n' '$OWNER_PASSWORD' | simsync esim delete 0045 --slot 2 --stdin" </dev/null >/dev/null
	check "T4: a virtual SIM that was deleted is retired" soon "$NOTICE" is_place W state retired
	quiet
	now "T4: what it held stays in the phone" L "Wanda +493044400001"
	now "T4: and on the server" S "Willi +493044400002"
	sim contacts rm Willi </dev/null >/dev/null
	departs "T4: removed by the person, it goes" S Willi
	quiet
	check "T4: what the deleted profile held can be had back" proved card restore 0045
	arrives "T4: and is in the phone again" L "Willi +493044400002"
}

if [ -z "${WORLD_IS_UP:-}" ]; then
	world_up || { echo "Bail out! the world is not up"; exit 1; }
fi
TRIGGERS=${TRIGGERS:-T1_T2 T5_T7 T6_T8 T9_T10 T11_T12 T3 T4}
stage_reset "$(alone R8)" && { [ "${TRIGGERS%% *}" != T1_T2 ] || card_out; } && quiet && slots watch || { echo "Bail out! the first state"; exit 1; }
check "before: all but Paula's SIM are the same" sim sync
now "before: the phone has Sven" L "Sven +493066600001"
now "before: the server has Quirin" S "Quirin +493022200001"

for t in $TRIGGERS; do "$t"; done
finish
