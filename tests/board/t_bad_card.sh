#!/bin/bash
# SPDX-License-Identifier: MIT
# boards: arm64-6.1
# timeout: 1500
# Cards that misbehave in every way a card can, on the handset: said clearly, nothing
# lost, and well again when the card is.
. "$(dirname "$0")/tap.sh"
. "$(dirname "$0")/../e2e/stage.sh"
. "$(dirname "$0")/bad.sh"
images=$TAP_TOP/tests/card/images
export ON_SECONDS=150 WAIT_SECONDS=150

bad_up
: >"$STAGE/details"
card_up a "$images/card-a.card" || { echo "Bail out! no card"; exit 1; }

pull() { card_out && wait_sync idle; }

# ---- a wrong password -------------------------------------------------------

insert a ask
shows "before anybody is asked nothing is read: sync_detail says what to do" ask 'simsync card enroll'
RC=0
OUT=$(on_owner --tty --type assword wrong --type assword "wrong too" --type assword "and wrong" \
	simsync card enroll --policy both 2>&1) || RC=$?
same "a wrong password three times ends with 77 (EX_NOPERM)" 77 "$RC"
says "it says that it is not proved who is there" "$OUT" 'not proved to be you'
check "and no word that was typed is shown" not_in "$OUT" wrong
shows "the card is as unknown as before" ask 'simsync card enroll'
same "nothing was read into the phone" '' "$(on sh -c 'ls /var/lib/simsync/*/store.db 2>/dev/null' </dev/null)"

# ---- all is well ------------------------------------------------------------

check "with the right one the card is enrolled" enroll
check "and a server added" add_server
in_sync "phone, card and server are the same"
keep
same "40 contacts are on the server" 40 "$(grep -c '^BEGIN:VCARD' "$STAGE/server.was")"

# ---- no usable answer to reset ----------------------------------------------

while IFS='|' read -r fault name words; do
	pull
	card_ask a fault "$fault" times=always >/dev/null
	insert a error
	shows "$name: sync_detail says so and what helps" error "$words" 'put it back'
	owner sync
	ends "$name: so does stderr, with 69 (EX_UNAVAILABLE)" 69 'slot 0' "$words" 'put it back'
	card_ask a fault clear >/dev/null
	pull
	insert a ok
	in_sync "$name: well again, all is in sync"
	kept "$name: nothing is lost"
done <<'LIST'
no-atr|a card that never answers|no answer to reset
bad-tck|a wrong TCK|answer to reset is corrupt
LIST

# ---- within a command -------------------------------------------------------

# A card that has not left is asked for little: the fourth command is in the midst of it.
# The kernel waits for a minute while a card sends NULLs.
while IFS='|' read -r fault name seconds; do
	card_ask a fault "$fault" nth=4 >/dev/null
	start=$SECONDS
	owner sync
	took=$((SECONDS - start))
	ends "$name: stderr says what happened, with 74 (EX_IOERR)" 74 \
		'never came whole' 'clean|next run'
	if [ "$took" -le "$seconds" ]; then
		ok "$name: ends in bounded time"
	else
		not_ok "$name: ends in bounded time ($took s, at most $seconds)"
	fi
	slot_line >>"$STAGE/details"
	shows "$name: so does sync_detail" error 'never came whole' 'clean|next run'
	card_ask a fault clear >/dev/null
	in_sync "$name: the next run finds all in sync"
	kept "$name: nothing is lost"
done <<'LIST'
silence|silence within a command|60
garbage 3|garbage for an answer|60
stop 1|an answer that stops in its middle|60
nulls 0|NULLs for ever|120
LIST

# A card that was put in is read whole: its fortieth command reads a contact.
pull
card_ask a fault "stop 1" nth=40 >/dev/null
insert a error
shows "an answer that stops while the card is read: sync_detail says so" error \
	'never came whole' 'clean|next run'
card_ask a fault clear >/dev/null
in_sync "an answer that stops while the card is read: the next run finds all in sync"
kept "an answer that stops while the card is read: nothing is lost"

# ---- while it is written to -------------------------------------------------

number=22500
while IFS='|' read -r fault name; do
	pull
	number=$((number + 1))
	owner contacts edit Taxi --phone "$number"
	[ "$RC" = 0 ] || echo "$ERR" | diag
	# the run of the edit must not be the one that meets the fault: the insertion's run
	# would come right behind it and put things right
	no_run
	card_has a >"$STAGE/before"
	card_ask a fault "$fault" ins=DC >/dev/null
	insert a error partial
	shows "$name: sync_detail says so" 'error|partial' 'never came whole' 'clean|next run'
	card_has a >"$STAGE/after"
	same "$name: one record may have changed, no other" '' \
		"$(diff "$STAGE/before" "$STAGE/after" | grep '^[<>].*"' | grep -v '"Taxi"')"
	card_ask a fault clear >/dev/null
	in_sync "$name: the next run writes what was due"
	same "$name: it is on the card, once" 1 \
		"$(card_has a | grep -cE "\"Taxi\" $number\b")"
	same "$name: there are 40 contacts on the phone still" 40 \
		"$(phone_has | grep -c '^BEGIN:VCARD')"
done <<'LIST'
stop 1|a write whose answer stops
silence|a write without an answer
lost|a write that was done in silence
LIST

no_content "no contact is named in sync_detail or the journal"
finish
