#!/bin/bash
# SPDX-License-Identifier: MIT
# amd64.sh [--timeout S] [--console FILE] [--append ARGS] [--bare] SERIES COMMAND [ARGS]
#
# Boot Debian's stock kernel of SERIES under QEMU on this machine's own root (read-only,
# changes go to memory), with systemd-udevd running (not with --bare) and the modules of this tree in
# place, and run COMMAND there as root in this folder. Its output comes out here, and
# its exit code is the exit code; 124: it took more than S seconds (default 240, debug: 600);
# 125: the board itself failed, with the end of the console on standard error; 126: the
# command succeeded, but the kernel complained (a warning, a lockdep or KASAN report).
. "$(dirname "$0")/../../scripts/lib.sh"

timeout="" console="" append="" udev=1
while [ $# -gt 0 ]; do
	case $1 in
	--timeout) timeout=$2; shift 2 ;;
	--console) console=$2; shift 2 ;;
	--append) append=$2; shift 2 ;;
	--bare) udev=""; shift ;;
	--*) die "no option $1" ;;
	*) break ;;
	esac
done
[ $# -ge 2 ] || die "usage: amd64.sh [--timeout S] [--console FILE] [--append ARGS] [--bare] SERIES COMMAND [ARGS]"
series=$1
shift
[ -n "$timeout" ] || case $series in debug) timeout=600 ;; *) timeout=240 ;; esac

mapfile -t kernel < <("$TOP/scripts/kernel.sh" amd64 "$series")
[ ${#kernel[@]} = 2 ] || die "no kernel amd64 $series"
root=${kernel[0]} rel=${kernel[1]}
modules=$("$TOP/scripts/modules.sh" amd64 "$series")

dir=$(mktemp -d)
pids=()
cleanup() {
	[ ${#pids[@]} = 0 ] || kill "${pids[@]}" 2>/dev/null || true
	rm -rf "$dir"
}
trap cleanup EXIT
trap 'exit 143' TERM INT HUP
: "${console:=$dir/console}"
# KASAN's shadow takes an eighth, and its quarantine more. ACPI's tables are programs, which this
# kernel takes a minute to interpret: it gets its processors from the older tables, which
# know sockets and no cores, and the PIIX4's timer by its port.
memory=1024 smp=2
[ "$series" != debug ] || {
	memory=2048 smp=2,sockets=2
	append="acpi=off pmtmr=0x608 tsc=reliable pty.legacy_count=0 log_buf_len=4M $append"
}

mkdir "$dir/more"
printf 'BOARD_%s\n' "RELEASE=$rel" "MODULES=$modules/lib/modules/$rel" \
	"DIR=$TOP/tests/board" "PWD=$PWD" "UDEV=$udev" >"$dir/more/board"
printf '%q ' exec "$@" >"$dir/more/command"
"$TOP/scripts/initramfs.sh" amd64 "$series" "$dir/initramfs" "$dir/more"

mkfifo "$dir/out"
: >"$dir/rc"
cat "$dir/out" &
pids+=($!)

setpriv --pdeathsig TERM timeout --foreground -k 2 "$timeout" \
	qemu-system-x86_64 -nodefaults -no-user-config -display none -no-reboot \
	-accel tcg,thread=multi -cpu max -smp "$smp" -m "$memory" \
	-kernel "$root/image" -initrd "$dir/initramfs" \
	-append "console=ttyS0 $BOARD_APPEND oops=panic $append" \
	-chardev file,id=con,path="$console" -serial chardev:con \
	-virtfs local,path=/,mount_tag=host,security_model=none,readonly=on,multidevs=remap \
	-device virtio-serial-pci \
	-chardev file,id=out,path="$dir/out" -device virtserialport,chardev=out,name=board.out \
	-chardev file,id=rc,path="$dir/rc" -device virtserialport,chardev=rc,name=board.rc \
	</dev/null >&2 &
qemu=$!
pids+=("$qemu")
status=0
wait "$qemu" || status=$?
wait "${pids[0]}" || true
pids=()

rc=$(cat "$dir/rc")
[ -z "$rc" ] || exit "$rc"
tail -n 40 "$console" >&2
[ "$status" != 124 ] || { note "amd64 board $series: still running after $timeout s, killed"; exit 124; }
note "amd64 board $series: it went down before the command had ended (QEMU: $status)"
exit 125
