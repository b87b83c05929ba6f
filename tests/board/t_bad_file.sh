#!/bin/bash
# SPDX-License-Identifier: MIT
# boards: arm64-6.1
# timeout: 1500
# Cards whose files are not what they should be, on the handset: said clearly, nothing
# written, nothing lost, and all in sync again with a good card.
. "$(dirname "$0")/tap.sh"
. "$(dirname "$0")/../e2e/stage.sh"
. "$(dirname "$0")/bad.sh"
images=$TAP_TOP/tests/card/images
export ON_SECONDS=150 WAIT_SECONDS=150

bad_up
: >"$STAGE/details"
card_up a "$images/card-a.card" || { echo "Bail out! no card"; exit 1; }
insert a ask
check "the card is enrolled" enroll
check "and a server added" add_server
in_sync "phone, card and server are the same"
keep

pull() { card_out && wait_sync idle; }

# put NAME IMAGE: another card, which keeps its state apart.
put() {
	card_up "$1" "$images/$2.card" && cp "$STAGE/$1.state" "$STAGE/$1.first" && pull &&
		card_in "$1" && wait_run ok partial held conflict error
}

# untouched TEST NAME: nobody has written to that card.
untouched() {
	if cmp -s "$STAGE/$2.first" "$STAGE/$2.state"; then
		ok "$1"
	else
		not_ok "$1"
		diff "$STAGE/$2.first" "$STAGE/$2.state" | head -n 12 | diag
	fi
}

while IFS='|' read -r image name code states words; do
	put "$image" "$image" || { not_ok "$name: the card is in and a run has looked at it"; continue; }
	shows "$name: sync_detail says so" "$states" "$words"
	owner sync
	ends "$name: so does stderr" "$code" "$words"
	untouched "$name: the card is not written to" "$image"
	kept "$name: nothing is lost on phone and server"
	pull
	kill "$(cat "$STAGE/$image.pid")"
	insert a ok
	in_sync "$name: with the good card all is in sync"
	kept "$name: and nothing has moved"
done <<'LIST'
corrupt-01-record-length-0|records of 0 bytes|65|partial|EF_ADN.*makes no sense
corrupt-02-record-length-255|records of 255 bytes|65|partial|EF_ADN
corrupt-11-pbr-dangling|an EF_PBR with nothing behind it|65|partial|EF_PBR
corrupt-27-ff-book|a phonebook full of FF|0|held|held: simsync held list
LIST

no_content "no contact is named in sync_detail or the journal"
finish
