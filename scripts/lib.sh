# SPDX-License-Identifier: MIT
# What the scripts share: messages, the cache, the machine's own Debian mirror.
# shellcheck shell=bash

set -Eeuo pipefail
trap 'echo "${0##*/}: line $LINENO: failed: $BASH_COMMAND" >&2' ERR

TOP=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
CACHE=${SIMSYNC_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/simsync}

# Emulated processors pay dearly for what these switch off, and no test looks at it.
BOARD_APPEND="quiet panic=-1 nokaslr nopti kpti=0 mitigations=off init_on_alloc=0 apparmor=0 audit=0"

note() { printf '%s\n' "$*" >&2; }
die() { note "${0##*/}: $*"; exit 1; }

need_root() {
	[ "$(id -u)" = 0 ] || die "must run as root: it installs packages and starts boards"
}

# once DIR COMMAND [ARGS]: make DIR by running COMMAND ARGS TMPDIR, unless DIR is
# there. DIR appears whole or not at all; a second caller waits for the first.
once() {
	local dir=$1 tmp
	shift
	[ -e "$dir" ] && return 0
	mkdir -p "$(dirname "$dir")"
	(
		flock 9
		[ -e "$dir" ] && exit 0
		# Under the lock, so these are leftovers of an attempt that died.
		rm -rf "$dir".tmp.*
		tmp=$dir.tmp.$$
		mkdir "$tmp"
		"$@" "$tmp" 9>&-
		mv "$tmp" "$dir"
	) 9>"$dir.lock"
}

# debian_sources: "URI CODENAME COMPONENT" of each Debian source this machine has.
debian_sources() {
	apt-get indextargets --format '$(REPO_URI) $(CODENAME) $(COMPONENT)' \
		'Created-By: Packages' 'Origin: Debian' | sort -u
}

# mirror: the address of the main Debian archive, as configured on this machine.
mirror() {
	local uri codename rest
	while read -r uri codename rest; do
		case $codename in
		*-*) ;;
		*) echo "${uri%/}"; return ;;
		esac
	done < <(debian_sources)
	die "apt knows no Debian archive: add one to the sources and run apt-get update"
}

# own_apt ARCH COMMAND...: apt with lists of its own, so that another architecture
# or an old package set of the machine does not come into it. One at a time.
own_apt() {
	local arch=$1 dir=$CACHE/apt/$1
	shift
	(
		flock 7
		"$1" -o APT::Architecture="$arch" -o APT::Architectures="$arch" \
			-o Dir::Etc::SourceList="$dir/sources.list" -o Dir::Etc::SourceParts=/dev/null \
			-o Dir::State="$dir/state" -o Dir::State::status="$dir/status" \
			-o Dir::Cache="$dir/cache" -o Acquire::Languages=none \
			-o APT::Install-Recommends=no -o APT::Sandbox::User=root "${@:2}"
	) 7>"$CACHE/apt/lock"
}

# own_apt_update ARCH: lists no older than an hour.
own_apt_update() {
	local dir=$CACHE/apt/$1 uri codename component
	mkdir -p "$dir/state/lists/partial" "$dir/cache/archives/partial"
	[ -z "$(find "$dir/updated" -mmin -60 2>/dev/null)" ] || return 0
	: >"$dir/status"
	debian_sources | while read -r uri codename component; do
		echo "deb [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] $uri $codename $component"
	done >"$dir/sources.list.$$"
	[ -s "$dir/sources.list.$$" ] || die "apt knows no Debian archive: run apt-get update"
	mv "$dir/sources.list.$$" "$dir/sources.list"
	own_apt "$1" apt-get -qq update
	: >"$dir/updated"
}

# fetch ARCH DIR PACKAGE...: download exactly these packages into DIR.
fetch() {
	local arch=$1 dir=$2
	shift 2
	mkdir -p "$dir"
	own_apt_update "$arch"
	(cd "$dir" && own_apt "$arch" apt-get -qq download "$@")
}
