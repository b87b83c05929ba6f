#!/bin/bash
# SPDX-License-Identifier: MIT
# Real servers for tests, on the loopback only, without root, storage in DIR:
#
#	servers.sh start DIR [radicale|apache]	both, or the one
#	servers.sh stop DIR [radicale|apache]
#
# DIR/radicale.port, DIR/apache.port: where they listen (kept from start to start).
# User "owner", password "server secret". Radicale (CardDAV) has the address book
# /owner/contacts/, its files are below DIR/radicale/collections; Apache (mod_dav) serves
# /dav/ from DIR/apache/files.
. "$(dirname "$0")/../../scripts/lib.sh"

USER_NAME=owner PASSWORD='server secret'

free_port() {
	python3 -c 'import socket
s = socket.socket()
s.bind(("127.0.0.1", 0))
print(s.getsockname()[1])'
}

config_radicale() {
	mkdir -p "$dir/radicale/collections"
	printf '%s:%s\n' "$USER_NAME" "$PASSWORD" >"$dir/radicale/users"
	cat >"$dir/radicale/config" <<-CONFIG
		[server]
		hosts = 127.0.0.1:$port
		max_connections = 40
		[auth]
		type = htpasswd
		htpasswd_filename = $dir/radicale/users
		htpasswd_encryption = plain
		delay = 0
		[storage]
		filesystem_folder = $dir/radicale/collections
		[logging]
		level = warning
	CONFIG
}

config_apache() {
	local m modules=/usr/lib/apache2/modules
	mkdir -p "$dir/apache/files"
	# apache takes no plain password: {SHA} base64 is the short way without htpasswd
	printf '%s:{SHA}%s\n' "$USER_NAME" \
		"$(printf %s "$PASSWORD" | openssl dgst -sha1 -binary | base64)" >"$dir/apache/users"
	{
		for m in mpm_event authn_core authn_file authz_core authz_user auth_basic alias \
			dav dav_fs mime; do
			echo "LoadModule ${m}_module $modules/mod_$m.so"
		done
		cat <<-CONFIG
			ServerName localhost
			Listen 127.0.0.1:$port
			PidFile $dir/apache/pid
			ErrorLog $dir/apache/error.log
			TypesConfig /dev/null
			DavLockDB $dir/apache/locks
			DocumentRoot $dir/apache/files
			Alias /dav $dir/apache/files
			StartServers 1
			<Directory $dir/apache/files>
				Dav on
				AuthType Basic
				AuthName simsync
				AuthUserFile $dir/apache/users
				Require valid-user
			</Directory>
		CONFIG
		# started by root it would ask for a user to become
		[ "$(id -u)" != 0 ] || { echo "User www-data"; echo "Group www-data"; }
	} >"$dir/apache/config"
	if [ "$(id -u)" = 0 ]; then
		chown -R www-data: "$dir/apache"
		reachable "$dir/apache/files"
	fi
}

# www-data must be able to walk to its files, wherever the test's folder is.
reachable() {
	local d=$1
	while [ "$d" != / ]; do
		[ "$(stat -c %A "$d" | cut -c 10)" != - ] || chmod o+x "$d"
		d=$(dirname "$d")
	done
}

answers() { curl -s -o /dev/null --max-time 2 "http://127.0.0.1:$port/"; }

launch() {
	case $1 in
	radicale) exec setsid radicale --config "$dir/radicale/config" ;;
	apache) exec setsid /usr/sbin/apache2 -X -f "$dir/apache/config" ;;
	esac
}

start() {
	local name=$1 port tries pid
	[ -e "$dir/$name.pid" ] && kill -0 "$(cat "$dir/$name.pid")" 2>/dev/null && return
	mkdir -p "$dir"
	for tries in 1 2 3; do
		port=$(cat "$dir/$name.port" 2>/dev/null || free_port)
		"config_$name"
		launch "$name" </dev/null >"$dir/$name.log" 2>&1 &
		pid=$!
		# at once: whoever ends a start half way finds it
		echo "$pid" >"$dir/$name.pid"
		for _ in $(seq 100); do
			if answers; then
				echo "$port" >"$dir/$name.port"
				return 0
			fi
			kill -0 "$pid" 2>/dev/null || break
			sleep 0.1
		done
		kill "$pid" 2>/dev/null || true
		rm -f "$dir/$name.port" "$dir/$name.pid"
	done
	cat "$dir/$name.log" "$dir/$name/error.log" >&2 2>/dev/null || true
	die "$name did not start ($tries tries)"
}

stop() {
	local pid
	[ -e "$dir/$1.pid" ] || return 0
	pid=$(cat "$dir/$1.pid")
	kill "$pid" 2>/dev/null || true
	for _ in $(seq 50); do
		kill -0 "$pid" 2>/dev/null || break
		sleep 0.1
	done
	kill -KILL "$pid" 2>/dev/null || true
	rm -f "$dir/$1.pid"
}

# The address book a person would have made in the server's web page.
address_book() {
	local url
	url=http://127.0.0.1:$(cat "$dir/radicale.port")/owner/contacts/
	[ "$(curl -s -o /dev/null -w '%{http_code}' -u "$USER_NAME:$PASSWORD" -X PROPFIND -H 'Depth: 0' "$url")" != 207 ] ||
		return 0
	curl -sf -o /dev/null -u "$USER_NAME:$PASSWORD" -X MKCOL -H 'Content-Type: application/xml' --data '<?xml version="1.0"?>
<mkcol xmlns="DAV:" xmlns:C="urn:ietf:params:xml:ns:carddav"><set><prop><resourcetype><collection/><C:addressbook/></resourcetype><displayname>Contacts</displayname></prop></set></mkcol>' "$url" ||
		die "Radicale does not make the address book"
}

[ $# -ge 2 ] || die "usage: servers.sh start|stop DIR [radicale|apache]"
verb=$1
mkdir -p "$2"
dir=$(cd "$2" && pwd)
shift 2
[ $# -gt 0 ] || set -- radicale apache
case $verb in
start)
	for name in "$@"; do
		start "$name"
		[ "$name" != radicale ] || address_book
	done
	;;
stop) for name in "$@"; do stop "$name"; done ;;
*) die "start or stop" ;;
esac
