# SPDX-License-Identifier: MIT
"""notified.py FILE: own org.freedesktop.Notifications on the session bus, and
write each Notify() that comes to FILE as a line of JSON. "ready" comes first."""
import json
import sys

import dbus
import dbus.mainloop.glib
import dbus.service
from gi.repository import GLib

NAME = "org.freedesktop.Notifications"
out = open(sys.argv[1], "w", buffering=1, encoding="utf-8")


class Shown(dbus.service.Object):
    @dbus.service.method(NAME, in_signature="susssasa{sv}i", out_signature="u")
    def Notify(self, app, replaces, icon, summary, body, actions, hints, ms):
        json.dump({"app": app, "summary": summary, "body": body,
                   "urgency": int(hints["urgency"]), "ms": ms,
                   "actions": list(actions)}, out)
        out.write("\n")
        return 7


dbus.mainloop.glib.DBusGMainLoop(set_as_default=True)
bus = dbus.SessionBus()
name = dbus.service.BusName(NAME, bus, do_not_queue=True)
shown = Shown(bus, "/org/freedesktop/Notifications")
out.write('"ready"\n')
GLib.MainLoop().run()
