#!/bin/bash
# SPDX-License-Identifier: MIT
# boards: arm64-6.1
# check: full
# timeout: 1800
# R1 to R8 (design.md, Rules), each alone: what it connects becomes the same, through
# edits and profile switches, and every other replica stays as it is, byte for byte.
. "$(dirname "$0")/../board/tap.sh"
. "$(dirname "$0")/stage.sh"
. "$(dirname "$0")/world.sh"
STAGE=${STAGE:-${TMPDIR:-/tmp}/s}
export ON_SECONDS=150

# sorted union of lists
union() { printf '%s\n' "$@" | grep . | LC_ALL=C sort -u; }

# here X...: those that are in a slot now; W is not while V is on
here() { local x; for x in "$@"; do [ "$x" = "$OFF_NOW" ] || echo "$x"; done; }

# all_hold NAME LIST X...
all_hold() {
	local name=$1 want=$2 x
	shift 2
	for x in "$@"; do same "$name: $x holds what all together hold" "$want" "$(holds "$x")"; done
}

run_once() {
	local out rc=0
	out=$(sim sync </dev/null 2>&1) || rc=$?
	same "$1" 0 $rc
	[ $rc = 0 ] || printf '%s\n' "$out" | diag
}

# others X...: the replicas that are not among X
others() {
	local x
	for x in "${WORLD_ALL[@]}"; do
		case " $* " in *" $x "*) ;; *) echo "$x" ;; esac
	done
}

# untouched RULE X...: byte for byte what it was; X are the connected ones
untouched() {
	local rule=$1 x
	shift
	rm -rf "$STAGE/now"
	picture "$STAGE/now"
	for x in $(others "$@"); do
		if [ -s "$STAGE/now/$x" ] && cmp -s "$STAGE/was/$x" "$STAGE/now/$x"; then
			ok "$rule: $x is not connected and byte for byte what it was"
		else
			not_ok "$rule: $x is not connected and byte for byte what it was"
			diff -a "$STAGE/was/$x" "$STAGE/now/$x" | head -n 12 | diag
		fi
	done
}

# edit X NUMBER: the first of its own contacts gets that number, by other hands than ours
edit() {
	local first=${WORLD_OWN[$1]%%$'\n'*} name n
	name=${first%% *}
	case $1 in
	L) sim contacts edit "$name" --phone "$2" </dev/null >/dev/null ;;
	S) vcard siri Siri "$2" | server_put siri.vcf ;;
	P) n=$(record P "$name") && card_out && card_edit p contact "$n" "tel=$2" >/dev/null && card_in p && wait_ready 0 ;;
	Q) n=$(record Q "$name") && proxied_edit 1 quirin "edit contact $n tel=$2" ;;
	V) n=$(record V "$name") && proxied_edit 2 esim "edit contact $n tel=$2" ;;
	esac
}
record() { shown "$1" | sed -n "s/^ *\([0-9]*\) *\"$2\" .*/\1/p"; }
proxied_edit() {
	on sh -c '/root/slots $1 remove && /root/simcard edit /run/cards/$2.card "$3" &&
		/root/slots $1 insert /run/cards/$2.card' sh "$@" </dev/null >/dev/null && wait_ready "$1"
}

# changed LIST X NUMBER: LIST after edit X NUMBER
changed() { printf '%s\n' "$1" | sed "s/^\(${WORLD_OWN[$2]%% *}\) .*/\1 $3/"; }

# other_kinds RULE X...: messages go from SIMs to the phone and on to the server, onto no SIM;
# so does what the SIMs say of themselves. The phone knows Xaver's SIM of old.
other_kinds() {
	local rule=$1 x senders='' own=''
	shift
	for x in $(here "$@"); do
		[ -n "${WORLD_SENDER[$x]:-}" ] || continue
		senders=$(union "$senders" "${WORLD_SENDER[$x]}")
		own=$(union "$own" "${WORLD_NUMBER[$x]}")
		same "$rule: on $x there are no messages but its own" "${WORLD_SENDER[$x]}" "$(messages "$x")"
	done
	case " $* " in *' L '*) ;; *) return ;; esac
	senders=$(union "$senders" "${WORLD_SENDER[X]}")
	own=$(union "$own" "${WORLD_NUMBER[X]}")
	same "$rule: the phone has the messages of all" "$senders" "$(messages L)"
	same "$rule: and their SIM information" "$own" "$(numbers L)"
	case " $* " in *' S '*) ;; *) return ;; esac
	same "$rule: the server has the messages of all" "$(wc -l <<<"$senders")" "$(messages S)"
	same "$rule: and their SIM information" "$own" "$(numbers S)"
}

# rule NAME X...: NAME alone is on and connects these
rule() {
	local rule=$1 x want='' n=0
	shift
	stage_reset "$(alone "$rule")" || { not_ok "$rule: the first state"; return; }
	picture "$STAGE/was"
	OFF_NOW=W
	for x in $(here "$@"); do want=$(union "$want" "${WORLD_OWN[$x]}"); done
	run_once "$rule: a run"
	# shellcheck disable=SC2046 # a list
	all_hold "$rule" "$want" $(here "$@")

	other_kinds "$rule" "$@"

	slots hush
	for x in $(here "$@"); do
		[ "$x" != V ] || continue
		n=$((n + 1))
		edit "$x" "+49309990000$n" || not_ok "$rule: $x is edited"
		want=$(changed "$want" "$x" "+49309990000$n")
	done
	case " $* " in
	*' V '*)
		# the phone's edit starts a run, which is not to see Vera's
		quiet && edit V +493099900009 && slots listen || not_ok "$rule: V is edited"
		switched "$rule" "$want" +493099900009 "$@"
		;;
	*)
		slots listen
		run_once "$rule: a run after each was edited"
		all_hold "$rule, edited" "$want" "$@"
		;;
	esac
	untouched "$rule" "$@"
}

# switched RULE LIST NUMBER X...: Wanda's turn, then Vera's again, whose contact got NUMBER
# just before Wanda's turn; each gets what came while the other was on.
switched() {
	local rule=$1 want number=$3 x
	want=$(union "$2" "${WORLD_OWN[W]}")
	shift 3
	switch_to W && quiet
	OFF_NOW=V
	# shellcheck disable=SC2046 # a list
	all_hold "$rule, edited, the other profile on" "$want" $(here "$@")
	switch_to V && quiet
	OFF_NOW=W
	# shellcheck disable=SC2046 # a list
	all_hold "$rule, the first profile on again" "$(changed "$want" V "$number")" $(here "$@")
	same "$rule, the first profile on again: W waits for what is due to it" "$want" "$(holds W)"
}

# What QEMU has computed until now, in seconds.
cpu() { awk '{ printf "%d", ($14 + $15) / 100 }' "/proc/$(cat "$STAGE/board/qemu.pid")/stat"; }

if [ -z "${WORLD_IS_UP:-}" ]; then
	world_up || { echo "Bail out! the world is not up"; exit 1; }
fi
for r in ${RULES:-R1 R2 R3 R4 R5 R6 R7 R8}; do
	from=$SECONDS cpu=$(cpu)
	case $r in
	R1) rule R1 P Q ;;
	R2) rule R2 V W ;;
	R3) rule R3 P Q V W ;;
	R4) rule R4 P Q L ;;
	R5) rule R5 V W L ;;
	R6) rule R6 L S ;;
	R7) rule R7 P Q V W L ;;
	R8) rule R8 P Q V W L S ;;
	esac
	echo "# $r took $((SECONDS - from)) s, $(($(cpu) - cpu)) s of QEMU"
done
finish
