# SPDX-License-Identifier: MIT
# shellcheck shell=bash
# For t_*.sh: TAP lines and boards. A test script says in its header
#
#	# boards: amd64-6.1 amd64-6.12 arm64-6.1
#
# and is run once for each with BOARD set (without that line: once, without a board).
# What it writes goes below TMPDIR, which run-check gives it and clears away.

set -u

TAP_TOP=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
TAP_N=0 TAP_FAILED=0

ok() { TAP_N=$((TAP_N + 1)); echo "ok $TAP_N - $*"; }
not_ok() { TAP_N=$((TAP_N + 1)); TAP_FAILED=$((TAP_FAILED + 1)); echo "not ok $TAP_N - $*"; }
diag() { sed 's/^/# /'; }

# check NAME COMMAND [ARGS]: the command succeeds; its output is shown if it does not.
check() {
	local name=$1 out rc=0
	shift
	out=$("$@" 2>&1 </dev/null) || rc=$?
	if [ $rc = 0 ]; then
		ok "$name"
	else
		not_ok "$name"
		printf '%s\n' "$out" "exit code $rc of: $*" | diag
	fi
	return $rc
}

# same NAME WANT GOT
same() {
	if [ "$2" = "$3" ]; then
		ok "$1"
	else
		not_ok "$1"
		printf 'want: %s\ngot:  %s\n' "$2" "$3" | diag
	fi
}

# finish: the plan and the exit code; the last line of a test script.
finish() {
	echo "1..$TAP_N"
	[ $TAP_FAILED = 0 ] && [ $TAP_N -gt 0 ]
	exit
}

# on_board COMMAND [ARGS]: on $BOARD, in this folder on amd64 (options: AMD64_OPTIONS), in /
# on arm64. On arm64 the handset is started at the first call (options: HANDSET_OPTIONS)
# and ends with the script.
HANDSET=
on_board() {
	case $BOARD in
	amd64-*)
		# shellcheck disable=SC2086 # a list of options
		"$TAP_TOP/tests/board/amd64.sh" ${AMD64_OPTIONS:-} "${BOARD#*-}" "$@"
		;;
	arm64-*)
		if [ -z "$HANDSET" ]; then
			HANDSET=$(mktemp -d)/h
			trap '"$TAP_TOP/tests/board/handset.sh" stop "$HANDSET" --pull' EXIT
			trap 'exit 143' TERM INT
			# shellcheck disable=SC2086 # a list of options
			"$TAP_TOP/tests/board/handset.sh" start "$HANDSET" \
				--series "${BOARD#*-}" ${HANDSET_OPTIONS:-} || exit 1
		fi
		"$TAP_TOP/tests/board/handset.sh" exec "$HANDSET" "$@"
		;;
	*) echo "Bail out! no board '$BOARD'"; exit 1 ;;
	esac
}
