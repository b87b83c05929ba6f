#!/bin/bash
# SPDX-License-Identifier: MIT
# boards: arm64-6.1
# timeout: 1500
# Servers that are down, fail, lie or refuse, and a store whose disk is full: said
# clearly, nothing lost, and all in sync again when it is over.
. "$(dirname "$0")/tap.sh"
. "$(dirname "$0")/../e2e/stage.sh"
. "$(dirname "$0")/bad.sh"
export ON_SECONDS=150 WAIT_SECONDS=150

bad_up
: >"$STAGE/details"
servers=$STAGE/servers
real=$(cat "$servers/radicale.port")
echo pass >"$STAGE/mode"
python3 "$TAP_TOP/tests/board/faulty.py" "$STAGE/faulty.port" "$real" "$STAGE/mode" "$STAGE/requests" &
STAGE_PIDS+=($!)
for _ in $(seq 100); do [ -s "$STAGE/faulty.port" ] && break; sleep 0.1; done
cp "$STAGE/faulty.port" "$servers/radicale.port"

card_up a "$TAP_TOP/tests/card/images/card-a.card" || { echo "Bail out! no card"; exit 1; }
insert a ask
check "the card is enrolled" enroll
check "and a server added" add_server
in_sync "phone, card and server are the same"
keep
same "40 contacts are on the server" 40 "$(grep -c '^BEGIN:VCARD' "$STAGE/server.was")"

number=22600
# The person goes on using the phone; it comes to the card at once, to the server later.
edit() {
	number=$((number + 1))
	owner contacts edit Taxi --phone "$number"
	[ "$RC" = 0 ] || echo "$ERR" | diag
}

# recovers NAME: what was edited meanwhile is on the server, and nothing else changed.
recovers() {
	in_sync "$1: the next run finds all in sync"
	same "$1: what was edited meanwhile is on the server, once" 1 \
		"$(server_has | grep -c "^TEL.*:$number\$")"
	same "$1: and nothing else has changed there" \
		"$(grep -vE '^TEL.*:22[0-9]{3}$' "$STAGE/server.was")" \
		"$(server_has | grep -vE '^TEL.*:22[0-9]{3}$')"
	same "$1: there are 40 contacts on the phone still" 40 \
		"$(phone_has | grep -c '^BEGIN:VCARD')"
}

# ---- a server that is down, fails or lies -----------------------------------

while IFS='|' read -r mode name code words out; do
	server_has >"$STAGE/before"
	case $mode in
	down) on ip route add unreachable 10.0.2.100/32 </dev/null ;;
	hangs-up) echo 9 >"$servers/radicale.port" ;;
	*) echo "$mode" >"$STAGE/mode" ;;
	esac
	edit
	owner sync
	ends "$name: stderr says so, with $code" "$code" server "$words" "$out"
	slot_line >>"$STAGE/details"
	shows "$name: so does sync_detail" partial server "$words" "$out"
	same "$name: the card has the edit all the same" 1 \
		"$(card_has a | grep -cE "\"Taxi\" $number\b")"
	same "$name: the server's files are as they were" "$(cat "$STAGE/before")" "$(server_has)"
	[ "$mode" != down ] || on ip route del unreachable 10.0.2.100/32 </dev/null
	echo pass >"$STAGE/mode"
	cp "$STAGE/faulty.port" "$servers/radicale.port"
	recovers "$name"
done <<'LIST'
down|a server that is down|69|down or not reachable|next run
hangs-up|a server that hangs up|75|connection broke|next run
500|a server that answers 500|69|failed inside \(500\)|next run
html|a page instead of an answer|76|unexpected answer 200|simsync remote test
cut|an answer cut off|75|broke|next run
xml|an answer that ends in its middle|76|no good XML|next run
LIST

# A write whose answer never comes: it is there, and not twice.
echo "lost 1" >"$STAGE/mode"
edit
recovers "a PUT whose answer is lost"

# ---- a wrong password -------------------------------------------------------

echo 'owner:another secret' >"$servers/radicale/users"
server_has >"$STAGE/before"
edit
owner sync
ends "a password changed on the server: stderr says so, with 77 (EX_NOPERM)" 77 \
	'refuses user or password' 'simsync remote add'
slot_line >>"$STAGE/details"
shows "a password changed on the server: so does sync_detail" partial 'refuses user or password' 'simsync remote add'
same "a password changed on the server: its files are as they were" "$(cat "$STAGE/before")" "$(server_has)"
RC=0
OUT=$(on_owner --tty --type assword 'still wrong' simsync remote add \
	http://10.0.2.100:5232/owner/contacts/ --webdav http://10.0.2.100:5280/dav/ \
	--user owner --plain 2>&1) || RC=$?
same "a wrong one at remote add ends with 77" 77 "$RC"
says "and says so" "$OUT" 'refuses user or password'
check "and is not shown" not_in "$OUT" 'still wrong'
echo "owner:$SERVER_PASSWORD" >"$servers/radicale/users"
recovers "the old password again"

# ---- broken vCards ----------------------------------------------------------

url=http://127.0.0.1:$real/owner/contacts
curl_owner() { curl -sf -o /dev/null -u "owner:$SERVER_PASSWORD" "$@"; }
file=$(grep -l '^FN.*:Zahnarzt' "$servers/radicale/$COLLECTION"/*.vcf | head -n 1)
vcf=${file##*/}
# Whole, with its length: Radicale takes no chunks.
elsewhere() {
	sed 's/^\(TEL.*\):.*/\1:+493055667799/' "$file" |
		curl_owner -X PUT --data-binary @- -H 'Content-Type: text/vcard' "$url/$vcf"
}
check "another device changes a contact on the server" elsewhere
server_has >"$STAGE/before"
phone_has >"$STAGE/phone.before"
echo "vcard $vcf" >"$STAGE/mode"
owner sync
ends "a broken vCard: stderr names the file, with 65 (EX_DATAERR)" 65 "$vcf on the server" 'END' 'mend'
slot_line >>"$STAGE/details"
shows "a broken vCard: so does sync_detail" partial "$vcf on the server" 'END'
same "a broken vCard: the phone's contact is not touched" "$(cat "$STAGE/phone.before")" "$(phone_has)"
same "a broken vCard: nor is the server's" "$(cat "$STAGE/before")" "$(server_has)"
owner sync
ends "a broken vCard: it is said as long as it is so" 65 "$vcf on the server"
echo pass >"$STAGE/mode"
in_sync "a broken vCard: when it is whole again all is in sync"
same "a broken vCard: what was changed in it has come" 1 "$(phone_has | grep -c '^TEL.*+493055667799$')"
keep

# Rubbish on the server's own disk is the server's to refuse; the rest must go on.
printf 'BEGIN:VCARD\nVERSION:3.0\nFN' >"$servers/radicale/$COLLECTION/rubbish.vcf"
edit
owner sync
says "rubbish in the server's folder: nothing is lost on the phone" \
	"$(phone_has | grep -c '^BEGIN:VCARD')" '^40$'
# A server that skips it lets the run end with 0; one that does not is named.
says "rubbish in the server's folder: it is said, or harmless" "$RC $ERR" '^0 |server' '^0 |next run|log'
rm "$servers/radicale/$COLLECTION/rubbish.vcf"
recovers "rubbish in the server's folder, removed"

# ---- a full disk ------------------------------------------------------------

# The owner's folder on a file system of its own, with no room left.
full() {
	# shellcheck disable=SC2016 # expanded on the handset
	on sh -ec 'd=/var/lib/simsync
		mkdir -p /run/small
		mount -t tmpfs -o size=24m,mode=0755 none /run/small
		cp -a $d/. /run/small/
		chown --reference=$d /run/small; chmod --reference=$d /run/small
		mount --bind /run/small $d
		dd if=/dev/zero of=$d/fill bs=4k 2>/dev/null || true
		df $d | tail -n 1' </dev/null
}
keep
check "the disk is full" full
owner contacts add "Full Disk" --phone 4711
ends "a full disk: adding a contact says so, with 74 (EX_IOERR)" 74 'simsync/.*/store.db' 'disk (is )?full|no space' 'free some space|make room'
owner sync
ends "a full disk: a run says so, with 74" 74 'disk (is )?full|no space' 'free some space|make room'
slot_line >>"$STAGE/details"
shows "a full disk: so does sync_detail" error 'disk (is )?full|no space' 'free some space|make room'
card_out && wait_sync idle error
card_ask a edit contact 9 tel=113 >/dev/null
card_has a >"$STAGE/card.was"
insert a error
shows "a full disk: what comes on a card is refused, and said" error 'disk (is )?full|no space' 'free some space|make room'
same "a full disk: the server's files are as they were" "$(cat "$STAGE/server.was")" "$(server_has)"
same "a full disk: so is the card" "$(cat "$STAGE/card.was")" "$(card_has a)"
check "there is room again" on rm /var/lib/simsync/fill
in_sync "room again: the next run finds all in sync"
same "room again: what came on the card is on the phone" 1 "$(phone_has | grep -c '^TEL.*:113$')"
same "room again: and on the server" 1 "$(server_has | grep -c '^TEL.*:113$')"
same "room again: no contact is doubled or lost" 40 "$(phone_has | grep -c '^BEGIN:VCARD')"
check "both databases are whole" on sh -c \
	'for f in /var/lib/simsync/*/*.db; do [ "$(sqlite3 "$f" "pragma integrity_check")" = ok ] || exit 1; done'

no_content "no contact is named in sync_detail or the journal"
finish
