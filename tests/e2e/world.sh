# SPDX-License-Identifier: MIT
# shellcheck shell=bash
# The world of t_rules.sh and t_triggers.sh: one handset with every kind of replica at
# once, each holding contacts and a message of its own, brought back to its first state
# between tests instead of booted anew. Sourced after tap.sh and stage.sh.
#
#	P	Paula, a physical SIM in slot 0, the UART's
#	Q	Quirin, a physical SIM in slot 1
#	V, W	Vera and Wanda, profiles of the eUICC in slot 2; Vera is on
#	L	the phone's store: Lena, Lars, and what a SIM gone long ago (Xaver) left
#	S	the server: Sven, Siri
#
# All SIMs are enrolled and the owner has unlocked. No rule is on.

WORLD_CARDS=$TAP_TOP/tests/e2e/cards
WORLD_BOOK=collections/collection-root/owner/contacts
WORLD_ALL=(P Q V W L S)

declare -A WORLD_OWN=(
	[P]=$'Paula +493011100001\nPit +493011100002'
	[Q]=$'Quinta +493022200002\nQuirin +493022200001'
	[V]=$'Vera +493033300001\nViktor +493033300002'
	[W]=$'Wanda +493044400001\nWilli +493044400002'
	[L]=$'Lars +493055500002\nLena +493055500001'
	[S]=$'Siri +493066600002\nSven +493066600001'
)
# who sent the one message each SIM has; the SIM's own number
declare -A WORLD_SENDER=([P]=+493011100001 [Q]=+493022200001 [V]=+493033300001
	[W]=+493044400001 [X]=+493077700001)
declare -A WORLD_NUMBER=([P]=+4915170000011 [Q]=+4915170000029 [V]=+4915170000037
	[W]=+4915170000045 [X]=+4915170000052)
declare -A WORLD_ICCID=([P]=89490200007770000011 [Q]=89490200007770000029
	[V]=89490200007770000037 [W]=89490200007770000045 [X]=89490200007770000052)

# ---- words ------------------------------------------------------------------

slots() { on /root/slots "$@" </dev/null; }
quiet() { slots quiet; }

# proved COMMAND...: simsync, with the owner's password where it asks
proved() { on_owner sh -c "printf '%s\n' '$OWNER_PASSWORD' | simsync $* --stdin" </dev/null; }

# rules TEXT: the rule file
rules() { on sh -c 'printf "rules = { %s };\n" "$1" >/etc/simsync/rules.conf' sh "$1" </dev/null; }
OFF='R4 = { on = false; }; R5 = { on = false; }; R6 = { on = false; };'
# alone NAME [SETTINGS]: that rule is on and no other
alone() {
	local other='' r
	for r in R4 R5 R6; do
		[ "$1" = $r ] || other="$other $r = { on = false; };"
	done
	echo "$1 = { on = true; ${2:-} }; $other"
}

server_url() { echo "http://127.0.0.1:$(cat "$STAGE/servers/radicale.port")/owner/contacts/$1"; }
# server_put FILE: a vCard on standard input
server_put() {
	curl -sSf -o /dev/null -u "owner:$SERVER_PASSWORD" -H 'Content-Type: text/vcard' \
		-X PUT --data-binary @- "$(server_url "$1")"
}
vcard() { printf 'BEGIN:VCARD\r\nVERSION:3.0\r\nUID:%s\r\nFN:%s\r\nN:;%s;;;\r\nTEL:%s\r\nEND:VCARD\r\n' "$1" "$2" "$2" "$3"; }

# ---- what is where ----------------------------------------------------------

# shown X: a SIM's content as text
shown() {
	case $1 in
	P) "$STAGE_B/simcard" show "$STAGE/p.state" ;;
	Q) on cat /run/cards/quirin.card </dev/null >"$STAGE/q.now" && "$STAGE_B/simcard" show "$STAGE/q.now" ;;
	*)
		on cat /run/cards/esim.card </dev/null >"$STAGE/e.now" &&
			"$STAGE_B/simcard" show "$STAGE/e.now" |
			awk -v want="${WORLD_ICCID[$1]}" '/^profile / { on = ($2 "") == want } on' ;;
	esac
}

# holds X: its contacts, "NAME NUMBER" a line, in order
holds() {
	case $1 in
	L) sim contacts list --json </dev/null | jq -r '.[] | .name + " " + .phone' ;;
	S) cat "$STAGE/servers/radicale/$WORLD_BOOK"/*.vcf | tr -d '\r' | awk -F: '
		/^FN[:;]/ { name = $2 } /^TEL[:;]/ { tel = $2 }
		/^END:/ { print name, tel }' ;;
	*) shown "$1" | sed -n '/5F3A\/4F3A /,/5F3A\/4F4A /s/^ *[0-9]* *"\(.*\)" \([^ ]*\)$/\1 \2/p' ;;
	esac | LC_ALL=C sort
}

# messages X: who sent those it holds; of the server how many it holds
messages() {
	case $1 in
	L) sim sms list --json </dev/null | jq -r '.[].from' ;;
	S) cat "$STAGE"/servers/apache/files/*.ndjson 2>/dev/null | grep -ci tpdu ;;
	*) shown "$1" | sed -n 's/^ *[0-9]* *from \([^ ]*\) .*/\1/p' ;;
	esac | LC_ALL=C sort
}

# numbers X: the own numbers of the SIMs it knows
numbers() {
	case $1 in
	L) sim info list --json </dev/null | jq -r '.[].number' ;;
	S) cat "$STAGE"/servers/apache/files/card-*.json 2>/dev/null |
		sed -n 's/.*"MSISDN:\([^"]*\)".*/\1/p' ;;
	esac | LC_ALL=C sort
}

# picture FOLDER: every replica byte for byte, a file each; V and W are one card.
picture() {
	mkdir -p "$1"
	cp "$STAGE/p.state" "$1/P"
	on sh -c 'cd /run/cards && sqlite3 /var/lib/simsync/*/store.db .dump >L &&
		cp quirin.card Q && cp esim.card V && tar -cf - L Q V && rm L Q V' </dev/null |
		tar -C "$1" -xf -
	cp "$1/V" "$1/W"
	(cd "$STAGE/servers" && find radicale/collections apache/files \
		-name .Radicale.cache -prune -o -name .Radicale.lock -prune -o \
		-type f -printf '%p %T@ ' -exec sha256sum {} \; | LC_ALL=C sort) >"$1/S"
}

# ---- up and back ------------------------------------------------------------

enroll() { proved "card enroll $1 --policy ${2:-both} --no-sync" >/dev/null; }
switch_to() { proved "esim enable ${WORLD_ICCID[$1]} --slot 2" >/dev/null; }

world_up() {
	local arm=$STAGE_B/arm64
	"$TAP_TOP/scripts/sysroot.sh" make -s -C "$TAP_TOP" B="$arm" "$arm/board/proxycard" "$arm/simcard" >&2 &&
		stage_up &&
		"$TAP_TOP/tests/board/handset.sh" put "$STAGE/board" "$arm/board/proxycard" "$arm/simcard" \
			"$TAP_TOP/tests/e2e/slots" "$WORLD_CARDS" /root &&
		slots up /root/proxycard &&
		on sh -c 'mkdir -p /run/cards /etc/simsync &&
			echo "owner = \"owner\";" >>/etc/simsync/simsync.conf' </dev/null &&
		proved unlock --no-sync >/dev/null &&
		on_owner sh -c "printf '%s\n' '$SERVER_PASSWORD' | simsync remote add http://10.0.2.100:5232/owner/contacts/ \
			--webdav http://10.0.2.100:5280/dav/ --user owner --plain --stdin" </dev/null >&2 &&
		card_up p "$WORLD_CARDS/paula.card" &&
		card_up x "$WORLD_CARDS/xaver.card" &&
		world_past && world_first
}

# What Xaver's SIM left: its message, and what it said of itself.
world_past() {
	slots hush && rules "$OFF" && card_in x && wait_ready 0 && enroll 0 pull &&
		rules "$(alone R4 'direction = "from-card";')" && sim sync </dev/null >&2 &&
		proved "card forget ${WORLD_ICCID[X]}" >/dev/null &&
		card_out && rules "$OFF" && sim contacts add Lena --phone +493055500001 </dev/null >&2 &&
		sim contacts add Lars --phone +493055500002 </dev/null >&2
}

wait_ready() { slots ready "$1"; }

world_first() {
	vcard sven Sven +493066600001 | server_put sven.vcf &&
		vcard siri Siri +493066600002 | server_put siri.vcf &&
		cards_in &&
		enroll 0 && enroll 1 && enroll 2 && switch_to W && enroll 2 && switch_to V &&
		world_keep
}

cards_in() {
	on sh -c 'cp /root/cards/*.card /run/cards/ &&
		/root/slots 1 insert /run/cards/quirin.card && /root/slots 2 insert /run/cards/esim.card' \
		</dev/null >/dev/null &&
		card_in p && wait_ready 0
}

# This is the first state, but that no ledger is part of it.
world_keep() {
	on sh -c 'rm -f /var/lib/simsync/*/ledger.db* /var/lib/simsync/*/slot-*.seen
		cp /run/cards/esim.card /root/cards/ && tar -C /var/lib/simsync -cf /root/first.tar .' </dev/null &&
		cp -a "$STAGE/servers/radicale/collections" "$STAGE/first.collections" &&
		cp -a "$STAGE/servers/apache/files" "$STAGE/first.files" &&
		cp "$STAGE/p.state" "$STAGE/p.first"
}

# stage_reset [RULES]: everything as it was first; those rules are on, or none, and events
# start runs again.
stage_reset() {
	slots hush && rules "${1:-$OFF}" && card_out &&
		cp "$STAGE/p.first" "$STAGE/p.state" &&
		card_ask p load "$STAGE/p.first" "state=$STAGE/p.state" >/dev/null &&
		rsync -a --delete "$STAGE/first.collections/" "$STAGE/servers/radicale/collections/" &&
		rsync -a --delete "$STAGE/first.files/" "$STAGE/servers/apache/files/" &&
		card_in p && slots first >/dev/null && wait_ready 0 && slots listen
}
