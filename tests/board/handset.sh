#!/bin/bash
# SPDX-License-Identifier: MIT
# The arm64 handset board: Debian's stock kernel and an arm64 Debian root with systemd.
#
#	handset.sh start DIR [--no-helper] [--servers DIR] [--series 6.1] [--append ARGS]
#			[--slot FILE.dtso]
#		boot in the background with the state in DIR, return when userspace is up.
#		DIR/disk.qcow2 is kept between starts: the handset's storage.
#	handset.sh exec DIR [--tty] [--user NAME] [--folder PATH] [--timeout S]
#			[--type PROMPT TEXT]... COMMAND [ARGS]
#		run a command on it (see exec.c)
#	handset.sh put DIR FILE... FOLDER	copy files of the host to the board
#	handset.sh get DIR FILE... FOLDER	and back
#	handset.sh shell DIR			an interactive shell, as the owner
#	handset.sh stop DIR [--pull]		power off, or with --pull as if the battery fell out
#
# Sockets in DIR: uart.sock (the PL011: the card's I/O), qtest.sock and qmp.sock (the
# PL061: card detect, VCC, RST), agent.N.sock. The kernel's console is DIR/console.
# 10.0.2.100:5232 and :5280 on the board are the servers whose ports stand in
# radicale.port and apache.port of the --servers folder (default DIR/servers).
. "$(dirname "$0")/../../scripts/lib.sh"

BUILD=${B:-$TOP/build}
BOOT_SECONDS=${BOARD_BOOT_SECONDS:-90}

usage() { sed -n 's/^#\t\(handset.sh\)/\1/p' "$0" >&2; exit 2; }

running() { [ -s "$dir/qemu.pid" ] && kill -0 "$(cat "$dir/qemu.pid")" 2>/dev/null; }

tools() { make -s -C "$TOP" B="$BUILD" "$BUILD/board/exec" "$BUILD/board/agent-arm64" >&2; }

# What the product installs, the agent and the modules: laid on the disk at each start.
stage() {
	local to=$1 modules tree
	note "building the module for arm64"
	modules=$("$TOP/scripts/modules.sh" arm64 "$series")
	tree=$(echo "$modules"/lib/modules/*)
	mkdir -p "$to/usr/lib/modules/${tree##*/}" "$to/usr/lib/board"
	cp -a "$tree/updates" "$to/usr/lib/modules/${tree##*/}/"
	find "$tree" -maxdepth 1 -type f -name 'modules.*' -exec cp {} "$to/usr/lib/modules/${tree##*/}/" \;
	cp -a "$TOP/tests/board/guest/root/." "$to/"
	cp "$BUILD/board/agent-arm64" "$to/usr/lib/board/agent"
	[ -n "$helper" ] || return 0
	note "building the helper for arm64"
	"$TOP/scripts/sysroot.sh" make -s -j2 -C "$TOP" B="$BUILD/arm64" helper >&2
	"$TOP/scripts/sysroot.sh" make -s -C "$TOP" B="$BUILD/arm64" DESTDIR="$to" install >&2
	# what a package does after unpacking
	local units
	units=$(cd "$to/usr/lib/systemd/system" && find . -maxdepth 1 -type f ! -name '*@*' \
		-exec grep -ls '^\[Install\]' {} + | sed 's,^\./,,' || true)
	# shellcheck disable=SC2086 # a list
	[ -z "$units" ] || systemctl -q --root="$to" enable $units
}

# The root has merged /usr, so nothing here may begin with /lib or /bin.
pack() {
	local from=$1 to=$2
	[ ! -e "$from/lib" ] && [ ! -e "$from/bin" ] && [ ! -e "$from/sbin" ] ||
		die "make install put files outside /usr"
	mkdir -p "$from/etc" "$to"
	(cd "$from" && find . -path ./etc -prune -o ! -type d -print0 |
		tar --null -T - --owner=0 --group=0 --numeric-owner -cf -) >"$to/product.tar"
	(cd "$from" && find ./etc ! -type d -print0 |
		tar --null -T - --owner=0 --group=0 --numeric-owner -cf -) >"$to/product-etc.tar"
}

device_tree() {
	local out=$1 phandle
	qemu-system-aarch64 -M "virt,dumpdtb=$dir/base.dtb" "${machine[@]}" -nodefaults -display none 2>/dev/null
	phandle=$(fdtget "$dir/base.dtb" /pl061@9030000 phandle)
	fdtput -d "$dir/base.dtb" /chosen stdout-path
	sed "s/PL061/$phandle/" "$slot" |
		dtc -q -I dts -O dtb -o "$dir/slot.dtbo" -
	fdtoverlay -i "$dir/base.dtb" -o "$out" "$dir/slot.dtbo"
}

start() {
	local helper=1 series=6.1 servers=$dir/servers append='' base kernel n args
	local slot=$TOP/tests/board/slot.dtso
	while [ $# -gt 0 ]; do
		case $1 in
		--no-helper) helper= ; shift ;;
		--servers) servers=$(realpath -m "$2"); shift 2 ;;
		--series) series=$2; shift 2 ;;
		--append) append=$2; shift 2 ;;
		--slot) slot=$2; shift 2 ;;
		*) usage ;;
		esac
	done
	running && die "the board in $dir is running"
	mkdir -p "$dir"
	[ "$(printf %s "$dir/agent.0.sock" | wc -c)" -lt 108 ] || die "$dir: too long a name for sockets"
	base=$("$TOP/scripts/handset-root.sh" "$series")
	mapfile -t kernel < <("$TOP/scripts/kernel.sh" arm64 "$series")
	tools
	rm -rf "$dir/stage" "$dir/packed" "$dir"/*.sock
	mkdir -p "$dir/stage"
	stage "$dir/stage"
	pack "$dir/stage" "$dir/packed"
	"$TOP/scripts/initramfs.sh" arm64 "$series" "$dir/initramfs" "$dir/packed"
	rm -rf "$dir/stage" "$dir/packed"
	[ -e "$dir/disk.qcow2" ] ||
		qemu-img create -q -f qcow2 -b "$base" -F raw "$dir/disk.qcow2"
	local machine=(-cpu cortex-a53 -smp 2 -m 1024)
	device_tree "$dir/board.dtb"

	args=(-M virt "${machine[@]}" -nodefaults -no-user-config -display none -no-reboot
		-accel "tcg,thread=multi" -pidfile "$dir/qemu.pid"
		-kernel "${kernel[0]}/image" -initrd "$dir/initramfs" -dtb "$dir/board.dtb"
		-append "console=ttyS0 $BOARD_APPEND oops=panic net.ifnames=0 $append"
		-drive "if=none,id=disk,file=$dir/disk.qcow2,format=qcow2,cache=unsafe"
		-device virtio-blk-pci,drive=disk
		-chardev "socket,id=uart,path=$dir/uart.sock,server=on,wait=off" -serial chardev:uart
		-chardev "file,id=con,path=$dir/console" -device pci-serial,chardev=con
		-qtest "unix:$dir/qtest.sock,server=on,wait=off" -qtest-log /dev/null
		-qmp "unix:$dir/qmp.sock,server=on,wait=off"
		-netdev "user,id=net,restrict=on,guestfwd=tcp:10.0.2.100:5232-cmd:$TOP/tests/board/to-server.sh $servers radicale,guestfwd=tcp:10.0.2.100:5280-cmd:$TOP/tests/board/to-server.sh $servers apache"
		-device virtio-net-pci,netdev=net,romfile=
		-device virtio-serial-pci)
	for n in 0 1 2 3 4 5 6 7; do
		args+=(-chardev "socket,id=a$n,path=$dir/agent.$n.sock,server=on,wait=off"
			-device "virtserialport,chardev=a$n,name=agent.$n")
	done
	note "booting the handset"
	setsid qemu-system-aarch64 "${args[@]}" </dev/null >"$dir/qemu.log" 2>&1 &
	wait_up
}

# Up: the agent answers and systemd has nothing left to start.
wait_up() {
	local end=$((SECONDS + BOOT_SECONDS)) state
	while ! [ -S "$dir/agent.7.sock" ] || ! [ -s "$dir/qemu.pid" ]; do
		[ $SECONDS -lt $end ] || { cat "$dir/qemu.log" >&2; die "QEMU did not start"; }
		sleep 0.05
	done
	while [ $SECONDS -lt $end ]; do
		running || { tail -n 30 "$dir/console" "$dir/qemu.log" >&2; die "the board went down at its start"; }
		state=$("$BUILD/board/exec" "$dir" --timeout "$BOOT_SECONDS" \
			systemctl is-system-running --wait </dev/null 2>/dev/null) || true
		case $state in
		running) return ;;
		degraded)
			note "the board's systemd has failed units:"
			"$BUILD/board/exec" "$dir" systemctl --failed --no-legend </dev/null >&2
			return ;;
		esac
		sleep 0.2
	done
	tail -n 30 "$dir/console" >&2
	stop --pull
	die "the board was not up after $BOOT_SECONDS s"
}

stop() {
	local pid end=$((SECONDS + 20))
	running || { rm -f "$dir/qemu.pid"; return 0; }
	pid=$(cat "$dir/qemu.pid")
	if [ "${1:-}" != --pull ]; then
		timeout 15 "$BUILD/board/exec" "$dir" --timeout 10 systemctl poweroff </dev/null >/dev/null 2>&1 || true
		while kill -0 "$pid" 2>/dev/null && [ $SECONDS -lt $end ]; do sleep 0.1; done
	fi
	kill -KILL "$pid" 2>/dev/null || true
	while kill -0 "$pid" 2>/dev/null; do sleep 0.05; done
	rm -f "$dir/qemu.pid" "$dir"/*.sock "$dir"/agent.*.lock
}

put() {
	[ $# -ge 2 ] || usage
	local to=${*: -1} f list=()
	for f in "${@:1:$#-1}"; do
		list+=(-C "$(cd "$(dirname "$f")" && pwd)" "$(basename "$f")")
	done
	tar -cf - "${list[@]}" | "$BUILD/board/exec" "$dir" tar -C "$to" -xf - --no-same-owner
}

get() {
	[ $# -ge 2 ] || usage
	"$BUILD/board/exec" "$dir" tar -C / -cf - "${@:1:$#-1}" </dev/null | tar -C "${*: -1}" -xf - --no-same-owner
}

[ $# -ge 2 ] || usage
verb=$1 dir=$(realpath -m "$2")
shift 2
case $verb in
start | stop | put | get) "$verb" "$@" ;;
exec) exec "$BUILD/board/exec" "$dir" "$@" ;;
shell) exec "$BUILD/board/exec" "$dir" --tty --user owner bash -l ;;
*) usage ;;
esac
