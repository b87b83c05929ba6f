#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""A server that misbehaves: stands between the board and a real one.

	faulty.py PORTFILE UPSTREAM-PORT MODEFILE LOG

Listens on a free port of the loopback, writes it to PORTFILE, and hands every
request on to 127.0.0.1:UPSTREAM-PORT, as the first line of MODEFILE says at that
moment:

	pass		as it is
	500		nothing is handed on: 500 and a page
	html		nothing is handed on: 200 and a page (a hotel's login)
	cut		the answer stops in its middle
	xml		the answer's XML ends too early, its length agrees
	silent		nothing is handed on and nothing comes
	vcard NAME	in multistatus answers the vCard of the file NAME is broken:
			its END is gone
	lost N		the Nth PUT from now is done, its answer never comes;
			then as pass

LOG gets a line for each request: method, path, status.
"""
import http.client
import http.server
import sys
import threading
import time

PORTFILE, UPSTREAM, MODEFILE, LOG = sys.argv[1:5]
lock = threading.Lock()
puts = 0


def mode():
    with open(MODEFILE, encoding="utf-8") as f:
        return (f.readline().split() + ["pass"])[:2]


def break_vcard(body, name):
    """Take the END line out of the address-data that follows NAME's href."""
    at = body.find(name.encode())
    if at < 0:
        return body
    end = body.find(b"END:VCARD", at)
    after = body.find(b"</", at)
    following = body.find(b".vcf", at + len(name))
    if end < 0 or after < 0 or 0 <= following < end:
        return body
    return body[:end] + body[end + len(b"END:VCARD"):]


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *args):
        pass

    def note(self, status):
        with lock, open(LOG, "a", encoding="utf-8") as f:
            f.write(f"{self.command} {self.path} {status}\n")

    def answer(self, status, headers, body, cut=None):
        self.send_response_only(status)
        for k, v in headers:
            if k.lower() not in ("content-length", "transfer-encoding",
                                 "connection", "content-encoding"):
                self.send_header(k, v)
        if status not in (204, 304):
            self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command != "HEAD" and status not in (204, 304):
            self.wfile.write(body if cut is None else body[:cut])
        if cut is not None:
            self.close_connection = True
        self.note(status)

    def upstream(self, body):
        c = http.client.HTTPConnection("127.0.0.1", int(UPSTREAM))
        headers = {k: v for k, v in self.headers.items()
                   if k.lower() not in ("accept-encoding", "connection", "te")}
        c.request(self.command, self.path, body, headers)
        r = c.getresponse()
        return r.status, r.getheaders(), r.read()

    def lose(self, n):
        global puts
        if self.command != "PUT":
            return False
        with lock:
            puts += 1
            if puts != n:
                return False
            puts = 0
            with open(MODEFILE, "w", encoding="utf-8") as f:
                f.write("pass\n")
            return True

    def any_method(self):
        what, arg = mode()
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        if what == "silent":
            self.note("silent")
            time.sleep(300)
            return
        if what == "500":
            self.answer(500, [("Content-Type", "text/html")],
                        b"<html>Internal Server Error</html>")
            return
        if what == "html":
            self.answer(200, [("Content-Type", "text/html")],
                        b"<html><body>Welcome, please log in</body></html>")
            return
        status, headers, out = self.upstream(body)
        if what == "lost" and self.lose(int(arg)):
            self.note("lost")
            self.close_connection = True
            return
        if what == "vcard" and status == 207:
            out = break_vcard(out, arg)
        if what == "xml" and status == 207:
            out = out[:len(out) // 2]
        self.answer(status, headers, out,
                    len(out) // 2 if what == "cut" else None)

    do_GET = do_HEAD = do_PUT = do_DELETE = do_POST = any_method
    do_OPTIONS = do_PROPFIND = do_REPORT = do_MKCOL = do_MOVE = any_method
    do_PROPPATCH = do_COPY = do_LOCK = do_UNLOCK = any_method


class Server(http.server.ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 64


server = Server(("127.0.0.1", 0), Handler)
with open(PORTFILE, "w", encoding="utf-8") as f:
    f.write(f"{server.server_address[1]}\n")
server.serve_forever()
